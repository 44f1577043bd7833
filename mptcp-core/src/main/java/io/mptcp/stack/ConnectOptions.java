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
 * @param fastOpenWithoutCookie with {@code fastOpen}: the server is known to take data with a SYN from anybody, no cookie is sent or asked for
 */
public record ConnectOptions(boolean mptcp, Supplier<PacketScheduler> scheduler, String congestionControl, SocketOptions socket, boolean fastOpen,
                             boolean fastOpenWithoutCookie) {
    public static final ConnectOptions DEFAULT = new ConnectOptions(true, null, null, SocketOptions.DEFAULT, false, false);

    public ConnectOptions withMptcp(boolean mptcp) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen, fastOpenWithoutCookie);
    }

    public ConnectOptions withScheduler(Supplier<PacketScheduler> scheduler) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen, fastOpenWithoutCookie);
    }

    public ConnectOptions withCongestionControl(String congestionControl) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen, fastOpenWithoutCookie);
    }

    public ConnectOptions withSocket(SocketOptions socket) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen, fastOpenWithoutCookie);
    }

    public ConnectOptions withFastOpen(boolean fastOpen) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen, fastOpenWithoutCookie);
    }

    public ConnectOptions withFastOpenWithoutCookie(boolean fastOpenWithoutCookie) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen, fastOpenWithoutCookie);
    }
}
