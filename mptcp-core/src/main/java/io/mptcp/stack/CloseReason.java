package io.mptcp.stack;

/** Why a connection is over. */
public enum CloseReason {
    /** Not over yet. */
    NONE("open"),
    /** Both directions ended in order. */
    CLOSED("closed"),
    /** The peer answered the SYN with a reset. */
    REFUSED("connection refused"),
    /** The peer reset the connection (RST, or MP_FASTCLOSE). */
    RESET("connection reset by peer"),
    /** No answer to SYN, data or close within the limits. */
    TIMED_OUT("connection timed out"),
    /** An ICMP error or the loss of every link. */
    UNREACHABLE("host unreachable"),
    /** This side gave up: {@link MptcpConnection#abort()}. */
    ABORTED("aborted"),
    /** A limit of the stack was reached. */
    LIMIT("limit reached"),
    /** An invariant of the engine was broken; counted, and the connection closed to protect the rest. */
    INTERNAL("internal error");

    private final String text;

    CloseReason(String text) {
        this.text = text;
    }

    @Override
    public String toString() {
        return text;
    }
}
