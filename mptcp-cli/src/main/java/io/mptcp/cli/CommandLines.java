package io.mptcp.cli;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** How both commands are run: the same exit codes, and one line per error. */
final class CommandLines {
    private CommandLines() {
    }

    /** A command line ready to {@link CommandLine#execute execute}: never throws, never prints a stack trace unless {@code --debug} is given. */
    static CommandLine of(Object command) {
        CommandLine line = new CommandLine(command);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpAutoWidth(true);
        line.setParameterExceptionHandler((error, args) -> badUsage(error));
        line.setExecutionExceptionHandler(CommandLines::failed);
        return line;
    }

    /** Runs to the end of the process. */
    static void runAndExit(CommandLine command, String[] args) {
        int code;
        try {
            code = command.execute(args);
        } catch (Throwable t) {
            // Errors pass picocli by; a person still gets one line.
            System.err.println(command.getCommandName() + ": internal error: " + t.getClass().getSimpleName() + ": " + oneLine(t));
            code = ExitCodes.FAILURE;
        }
        System.out.flush();
        System.exit(code);
    }

    private static int badUsage(ParameterException error) {
        CommandLine line = error.getCommandLine();
        String name = line.getCommandSpec().qualifiedName();
        print(line, name + ": " + oneLine(error) + " (try '" + name + " --help')");
        return ExitCodes.USAGE;
    }

    private static int failed(Exception error, CommandLine line, ParseResult parsed) {
        String name = line.getCommandSpec().qualifiedName();
        if (CommonOptions.isDebug()) {
            error.printStackTrace(line.getErr());
        }
        switch (error) {
            case CommandFailure failure -> {
                if (failure.getMessage() != null) {
                    print(line, name + ": " + oneLine(failure));
                }
                return failure.exitCode();
            }
            case IOException io -> print(line, name + ": " + describe(io));
            case UncheckedIOException io -> print(line, name + ": " + describe(io.getCause()));
            default -> print(line, name + ": internal error: " + error.getClass().getSimpleName() + ": " + oneLine(error)
                    + (CommonOptions.isDebug() ? "" : " (--debug shows where)"));
        }
        return ExitCodes.FAILURE;
    }

    /** Exceptions of java.nio.file have the bare path as their message. */
    static String describe(IOException error) {
        return switch (error) {
            case NoSuchFileException e -> e.getFile() + ": no such file";
            case AccessDeniedException e -> e.getFile() + ": permission denied";
            case FileSystemException e when e.getReason() != null -> e.getFile() + ": " + e.getReason();
            case FileNotFoundException e -> oneLine(e);
            default -> oneLine(error);
        };
    }

    private static void print(CommandLine line, String text) {
        PrintWriter err = line.getErr();
        err.println(text);
        err.flush();
    }

    /** The message of an exception without line breaks; its class where it has none. */
    static String oneLine(Throwable error) {
        String message = error.getMessage();
        return message == null || message.isBlank() ? error.getClass().getSimpleName() : message.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
