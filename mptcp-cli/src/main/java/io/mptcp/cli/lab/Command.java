package io.mptcp.cli.lab;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Finds external programs, and runs short ones to their end. */
public final class Command {
    private static final long PATIENCE_SECONDS = 30;

    private Command() {
    }

    /**
     * The program of this name. Administrators' folders count too: they are often missing from users' PATH, though the programs there work in
     * a user namespace.
     */
    public static Optional<Path> find(String program) {
        if (program.indexOf('/') >= 0) {
            return Optional.of(Path.of(program)).filter(Files::isExecutable);
        }
        String path = System.getenv("PATH");
        for (String folder : ((path == null ? "" : path) + ":/usr/sbin:/sbin").split(":")) {
            Path candidate = Path.of(folder, program);
            if (!folder.isEmpty() && Files.isExecutable(candidate)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    /** The command with its program replaced by where it was found. */
    static List<String> resolved(List<String> command) {
        List<String> resolved = new ArrayList<>(command);
        String program = command.getFirst();
        resolved.set(0, find(program).map(Path::toString).orElseThrow(() -> new LabException("no program " + program + ": install it")));
        return resolved;
    }

    /**
     * Output, standard error included, of a command that succeeded.
     *
     * @throws LabException when it cannot be started, fails or does not end
     */
    static String run(List<String> command, String input) {
        Result result = tryRun(command, input);
        if (result.exitCode != 0) {
            String why = result.output.isBlank() ? "exit code " + result.exitCode : result.output.strip().replaceAll("\\s*\\n\\s*", "; ");
            throw new LabException(String.join(" ", command) + ": " + why);
        }
        return result.output;
    }

    /** As {@link #run}, for commands that may fail. The input must fit a pipe (64 KiB): it is written before the output is read. */
    static Result tryRun(List<String> command, String input) {
        Process process = null;
        try {
            process = new ProcessBuilder(resolved(command)).redirectErrorStream(true).start();
            try (OutputStream stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException endedEarly) {
                // It ended without reading all; its exit code and output tell why.
            }
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new LabException(command.getFirst() + " did not end within " + PATIENCE_SECONDS + " s");
            }
            return new Result(process.exitValue(), output);
        } catch (IOException e) {
            throw new LabException("cannot run " + command.getFirst() + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while running " + command.getFirst(), e);
        } finally {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }

    /** How a command ended. */
    record Result(int exitCode, String output) {
    }
}
