package io.mptcp.tcp;

/** RFC 9293 section 3.3.2; names as {@code ss} prints them. LISTEN is not a state of a connection here: listeners are objects of their own. */
public enum TcpState {
    CLOSED, SYN_SENT, SYN_RECV, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT;

    /** The handshake is complete: three-way handshake done, whatever came after. */
    public boolean isSynchronized() {
        return ordinal() >= ESTABLISHED.ordinal();
    }

    /** New data may be sent. */
    public boolean canSend() {
        return this == ESTABLISHED || this == CLOSE_WAIT;
    }

    /** The peer may still send data. */
    public boolean canReceive() {
        return this == ESTABLISHED || this == FIN_WAIT_1 || this == FIN_WAIT_2;
    }
}
