package io.mptcp.tun;

import io.mptcp.stack.MptcpConnection;
import io.mptcp.wire.IpEndpoint;

/** A program's connection that the daemon carries on, from its beginning to its end. On the loop. */
interface CarriedFlow {
    /** How it came in: tun, socks5 or http-connect. */
    String origin();

    /** The program's own address and port. */
    IpEndpoint source();

    /** Where it wants to go: address or name, and port. */
    String destination();

    /** Name of the relay by way of which, null for straight there. */
    String relay();

    /** What carries it on, null while that is being opened. */
    MptcpConnection outer();

    /** When it came, by the loop's clock. */
    long openedNanos();

    /** Resets both sides. */
    void abort();
}
