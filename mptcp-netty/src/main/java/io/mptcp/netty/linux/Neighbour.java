package io.mptcp.netty.linux;

import io.mptcp.wire.IpAddress;

/**
 * An entry of the kernel's neighbour table (ARP, and neighbour discovery of RFC 4861).
 *
 * @param state one of the NUD bits
 * @param mac   48 bits of hardware address, -1 when it is not known
 */
public record Neighbour(int interfaceIndex, IpAddress address, int state, long mac) {
    public static final int REACHABLE = 0x02;
    public static final int STALE = 0x04;
    public static final int DELAY = 0x08;
    public static final int PROBE = 0x10;
    public static final int FAILED = 0x20;
    public static final int NOARP = 0x40;
    public static final int PERMANENT = 0x80;

    /** Whether packets may be sent to {@link #mac}. */
    public boolean isResolved() {
        return mac >= 0 && (state & (REACHABLE | STALE | DELAY | PROBE | NOARP | PERMANENT)) != 0;
    }

    /** Whether an administrator made it: the kernel does not verify it, and must not be asked to. */
    public boolean isFixed() {
        return (state & (NOARP | PERMANENT)) != 0;
    }
}
