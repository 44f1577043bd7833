package io.mptcp.netty;

/**
 * Options of a {@link UdpLink}.
 *
 * @param gso    whether the kernel may cut up several segments handed over at once (UDP_SEGMENT), where it can
 * @param weight share given to the path by configuration
 * @param backup subflows over it are used only when no other is
 * @param shared several links of this user may listen on the same port, and the kernel gives each sender to one of them (SO_REUSEPORT)
 */
public record UdpLinkOptions(boolean gso, int weight, boolean backup, boolean shared) {
    public static final UdpLinkOptions DEFAULT = new UdpLinkOptions(true, 1, false);

    /** Ports are the link's alone. */
    public UdpLinkOptions(boolean gso, int weight, boolean backup) {
        this(gso, weight, backup, false);
    }
}
