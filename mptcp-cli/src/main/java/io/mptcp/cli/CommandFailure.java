package io.mptcp.cli;

import java.io.Serial;

/** A command cannot do what it was asked for. The message is the one line a person sees: what, where, what to do. */
public final class CommandFailure extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    private final int exitCode;

    private CommandFailure(int exitCode, String message, Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
    }

    /** Something went wrong while running: exit code {@link ExitCodes#FAILURE}. */
    public static CommandFailure failed(String message) {
        return new CommandFailure(ExitCodes.FAILURE, message, null);
    }

    /** As {@link #failed(String)}, keeping the cause for {@code --debug}. */
    public static CommandFailure failed(String message, Throwable cause) {
        return new CommandFailure(ExitCodes.FAILURE, message, cause);
    }

    /** The command line asks for something that cannot be: exit code {@link ExitCodes#USAGE}. */
    public static CommandFailure usage(String message) {
        return new CommandFailure(ExitCodes.USAGE, message, null);
    }

    /** The command ends with {@link ExitCodes#FAILURE} and says nothing, as programs do whose output was closed by its reader. */
    public static CommandFailure silent() {
        return new CommandFailure(ExitCodes.FAILURE, null, null);
    }

    /** @return one of {@link ExitCodes} */
    public int exitCode() {
        return exitCode;
    }
}
