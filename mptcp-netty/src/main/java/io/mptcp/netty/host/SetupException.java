package io.mptcp.netty.host;

/** Something on this host keeps a device, link or route from being set up. The message is one line: what, where, what to do. */
public final class SetupException extends Exception {
    private static final long serialVersionUID = 1L;

    public SetupException(String message) {
        super(message);
    }

    public SetupException(String message, Throwable cause) {
        super(message, cause);
    }
}
