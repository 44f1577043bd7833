package io.mptcp.tcp;

/** What a segment is sent for. */
public enum SegmentKind {
    SYN, SYN_ACK,
    /** Pure acknowledgment, also as window update or probe. */
    ACK,
    DATA, FIN, RST
}
