package io.mptcp.netty;

/**
 * Options of a {@link UdpLink}.
 *
 * @param gso    whether the kernel may cut up several segments handed over at once (UDP_SEGMENT), where it can
 * @param weight share given to the path by configuration
 * @param backup subflows over it are used only when no other is
 * @param shared several links of this user may listen on the same port, and the kernel gives each sender to one of them (SO_REUSEPORT)
 * @param peers  so many TCP endpoints that were heard last can be answered at the UDP port they came from, at least; they are known only from what they
 *               send, so it has to be as many as there are subflows: one that is idle may not be heard for a long time
 */
public record UdpLinkOptions(boolean gso, int weight, boolean backup, boolean shared, int peers) {
    private static final int DEFAULT_PEERS = 8 * 1024;
    public static final UdpLinkOptions DEFAULT = new UdpLinkOptions(true, 1, false);

    /** Ports are the link's alone. */
    public UdpLinkOptions(boolean gso, int weight, boolean backup) {
        this(gso, weight, backup, false, DEFAULT_PEERS);
    }
}
