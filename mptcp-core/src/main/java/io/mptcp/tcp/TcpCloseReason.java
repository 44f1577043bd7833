package io.mptcp.tcp;

/** Why a Tcb is CLOSED. */
public enum TcpCloseReason {
    /** FINs exchanged. */
    FINISHED,
    /** RST in answer to our SYN. */
    REFUSED,
    /** ICMP said, in answer to our SYN, that trying again is useless. */
    UNREACHABLE,
    /** RST from the peer. */
    RESET,
    /** Too many retransmissions. */
    TIMED_OUT,
    /** Reset by this side. */
    ABORTED
}
