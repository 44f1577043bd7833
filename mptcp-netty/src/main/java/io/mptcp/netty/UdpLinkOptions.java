package io.mptcp.netty;

/**
 * Options of a {@link UdpLink}.
 *
 * @param gso    whether the kernel may cut up several segments handed over at once (UDP_SEGMENT), where it can
 * @param weight share given to the path by configuration
 * @param backup subflows over it are used only when no other is
 */
public record UdpLinkOptions(boolean gso, int weight, boolean backup) {
    public static final UdpLinkOptions DEFAULT = new UdpLinkOptions(true, 1, false);
}
