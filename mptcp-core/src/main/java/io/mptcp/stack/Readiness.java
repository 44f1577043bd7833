package io.mptcp.stack;

/** Bits of {@link MptcpConnection#takeReadiness()}. A bit is set when something changed and stays until taken. */
public final class Readiness {
    /** A passive connection is there: new from a listener. With a deferring listener the handshake waits for {@link MptcpConnection#accept()}. */
    public static final int ACCEPTED = 1;
    /** The handshake is complete. */
    public static final int CONNECTED = 1 << 1;
    /** Bytes can be read, or the end of the stream has been reached. */
    public static final int READABLE = 1 << 2;
    /** Space came free in a send buffer that had been full, or the peer has acknowledged the end of the output. */
    public static final int WRITABLE = 1 << 3;
    /** The connection is over: closed in order, reset or timed out; see {@link MptcpConnection#closeReason()}. */
    public static final int CLOSED = 1 << 4;
    /** A subflow came, went or changed. */
    public static final int SUBFLOWS = 1 << 5;
    /** Data have been sent again so often (R1 of RFC 9293 section 3.8.3) that the application may want to do something about it. */
    public static final int UNRESPONSIVE = 1 << 6;
    /** The peer has announced urgent data, see {@link MptcpConnection#urgentBytes()}. */
    public static final int URGENT = 1 << 7;

    private Readiness() {
    }
}
