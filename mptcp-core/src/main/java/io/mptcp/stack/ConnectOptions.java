package io.mptcp.stack;

import io.mptcp.spi.PacketScheduler;
import java.util.function.Supplier;

/**
 * Options of one connection, or of all that a listener accepts; null or defaults leave the choice to the stack's configuration.
 *
 * @param mptcp             false opens plain TCP
 * @param scheduler         makes a packet scheduler for each connection (schedulers may keep state), null for the built-in one:
 *                          lowest RTT with room first
 * @param congestionControl controller name, null for the stack's
 */
public record ConnectOptions(boolean mptcp, Supplier<PacketScheduler> scheduler, String congestionControl) {
    public static final ConnectOptions DEFAULT = new ConnectOptions(true, null, null);
}
