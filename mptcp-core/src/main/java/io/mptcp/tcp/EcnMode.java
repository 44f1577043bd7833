package io.mptcp.tcp;

/** Whether explicit congestion notification (RFC 3168) is used. */
public enum EcnMode {
    /** Neither asked for nor accepted. */
    OFF,
    /** Accepted when the peer asks for it: Linux's default. */
    PASSIVE,
    /** Asked for, and accepted. */
    ACTIVE
}
