package io.mptcp.netty.linux;

import io.mptcp.wire.IpAddress;

/**
 * What the kernel's routing says of one destination.
 *
 * @param type            {@link #UNICAST}, {@link #LOCAL} and so on
 * @param outputInterface index of the interface packets leave by; that of {@code lo} for this host's own addresses
 * @param gateway         next hop, null when the destination is on the link itself
 * @param preferredSource address to use, null when the kernel did not say
 * @param mtuBytes        limit of the route, 0 when it has none of its own
 */
public record Route(int type, int outputInterface, IpAddress gateway, IpAddress preferredSource, int mtuBytes) {
    public static final int UNICAST = 1;
    public static final int LOCAL = 2;

    /** Whether the destination is this host. */
    public boolean isLocal() {
        return type == LOCAL;
    }
}
