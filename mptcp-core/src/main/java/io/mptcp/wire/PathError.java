package io.mptcp.wire;

/**
 * What a router or the far host says about a packet it did not deliver (RFC 792, RFC 4443), in terms of what TCP makes of it
 * (RFC 9293 section 3.9.2.2).
 */
public enum PathError {
    NONE(false),
    NET_UNREACHABLE(false),
    HOST_UNREACHABLE(false),
    /** The far host has no TCP. */
    PROTOCOL_UNREACHABLE(true),
    PORT_UNREACHABLE(true),
    /** A filter forbids it (RFC 1812 section 5.2.7.1; ICMPv6 type 1 code 1). */
    PROHIBITED(true),
    SOURCE_ROUTE_FAILED(false),
    /** Fragmentation needed and DF set, or ICMPv6 Packet Too Big. */
    PACKET_TOO_BIG(false),
    TIME_EXCEEDED(false),
    PARAMETER_PROBLEM(false);

    private final boolean hard;

    PathError(boolean hard) {
        this.hard = hard;
    }

    /** Whether trying again is useless; "soft" errors may pass. */
    public boolean isHard() {
        return hard;
    }
}
