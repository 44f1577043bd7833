package io.mptcp.netty;

/**
 * Options of a {@link PacketLink}.
 *
 * @param gso    whether segments longer than the MSS may be left to the kernel or the network card to cut
 * @param weight share given to the path by configuration
 * @param backup subflows over it are used only when no other is
 */
public record PacketLinkOptions(boolean gso, int weight, boolean backup) {
    public static final PacketLinkOptions DEFAULT = new PacketLinkOptions(true, 1, false);
}
