package io.mptcp.stack;

import io.mptcp.spi.PacketScheduler;
import io.mptcp.tcp.SocketOptions;
import java.util.function.Supplier;

/**
 * Options of one connection, or of all that a listener accepts; null or defaults leave the choice to the stack's configuration.
 *
 * @param mptcp             false opens plain TCP
 * @param scheduler         makes a packet scheduler for each connection (schedulers may keep state), null for the built-in one:
 *                          lowest RTT with room first
 * @param congestionControl controller name, null for the stack's
 * @param socket            options the application may change later with {@link MptcpConnection#setSocketOptions}
 */
public record ConnectOptions(boolean mptcp, Supplier<PacketScheduler> scheduler, String congestionControl, SocketOptions socket) {
    public static final ConnectOptions DEFAULT = new ConnectOptions(true, null, null, SocketOptions.DEFAULT);

    public ConnectOptions withMptcp(boolean mptcp) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket);
    }

    public ConnectOptions withScheduler(Supplier<PacketScheduler> scheduler) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket);
    }

    public ConnectOptions withCongestionControl(String congestionControl) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket);
    }

    public ConnectOptions withSocket(SocketOptions socket) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket);
    }
}
