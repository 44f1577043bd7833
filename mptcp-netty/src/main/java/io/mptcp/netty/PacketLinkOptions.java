package io.mptcp.netty;

import io.mptcp.netty.linux.PortShare;

/**
 * Options of a {@link PacketLink}.
 *
 * @param gso    whether segments longer than the MSS may be left to the kernel or the network card to cut
 * @param weight share given to the path by configuration
 * @param backup subflows over it are used only when no other is
 * @param share  what of the reserved ports is received; null for everything
 */
public record PacketLinkOptions(boolean gso, int weight, boolean backup, PortShare share) {
    public static final PacketLinkOptions DEFAULT = new PacketLinkOptions(true, 1, false);

    /** Ports are the link's alone. */
    public PacketLinkOptions(boolean gso, int weight, boolean backup) {
        this(gso, weight, backup, null);
    }
}
