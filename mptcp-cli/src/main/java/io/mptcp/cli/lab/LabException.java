package io.mptcp.cli.lab;

/** The laboratory cannot be built or used. The message is one line for people: what, where, what to do. */
public final class LabException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public LabException(String message) {
        super(message);
    }

    public LabException(String message, Throwable cause) {
        super(message, cause);
    }
}
