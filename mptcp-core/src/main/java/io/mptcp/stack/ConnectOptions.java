package io.mptcp.stack;

/**
 * Options of one connection; null or defaults leave the choice to the stack's configuration.
 *
 * @param mptcp             false opens plain TCP
 * @param scheduler         the packet scheduler instance of this connection, null for the built-in one (lowest RTT with room first)
 * @param congestionControl controller name, null for the stack's
 */
public record ConnectOptions(boolean mptcp, io.mptcp.spi.PacketScheduler scheduler, String congestionControl) {
    public static final ConnectOptions DEFAULT = new ConnectOptions(true, null, null);
}
