package io.mptcp.sim.socket;

/** An IP packet that left the stack. @param atNanos virtual time of its emission */
public record EmittedPacket(long atNanos, byte[] bytes) {
}
