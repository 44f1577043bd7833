package io.mptcp.netty.linux;

/**
 * A network interface.
 *
 * @param hardwareType {@link #ETHERNET}, {@link #LOOPBACK} or another ARPHRD number
 * @param flags        IFF bits
 * @param mtuBytes     largest IP packet
 * @param mac          48 bits of hardware address, -1 when it has none
 */
public record LinkInfo(int index, String name, int hardwareType, int flags, int mtuBytes, long mac) {
    public static final int ETHERNET = 1;
    public static final int LOOPBACK = 772;

    private static final int IFF_UP = 0x1;
    private static final int IFF_RUNNING = 0x40;
    private static final int IFF_LOWER_UP = 0x10000;

    /** Whether it is switched on and has a carrier. */
    public boolean isUp() {
        int wanted = IFF_UP | IFF_RUNNING | IFF_LOWER_UP;
        return (flags & wanted) == wanted;
    }

    /** The same after it was taken away: down. */
    public LinkInfo removed() {
        return new LinkInfo(index, name, hardwareType, 0, mtuBytes, mac);
    }
}
