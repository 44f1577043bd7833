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
 * @param fastOpen          active opens only: what is written before the SYN leaves, that is before the next {@link Stack#transmit}, goes with it
 *                          where a cookie of the server is known, else a cookie is asked for (RFC 7413). The server may get such data twice
 */
public record ConnectOptions(boolean mptcp, Supplier<PacketScheduler> scheduler, String congestionControl, SocketOptions socket, boolean fastOpen) {
    public static final ConnectOptions DEFAULT = new ConnectOptions(true, null, null, SocketOptions.DEFAULT, false);

    public ConnectOptions withMptcp(boolean mptcp) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen);
    }

    public ConnectOptions withScheduler(Supplier<PacketScheduler> scheduler) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen);
    }

    public ConnectOptions withCongestionControl(String congestionControl) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen);
    }

    public ConnectOptions withSocket(SocketOptions socket) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen);
    }

    public ConnectOptions withFastOpen(boolean fastOpen) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen);
    }
}
