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
 * @param checksum whether to ask for DSS checksums (RFC 8684 section 3.3.1), null as the stack does. They are used when the peer asks, too; a stack that
 *                 refuses them ({@link ChecksumPolicy#NEVER}) never asks
 * @param pathManager which of the stack's kinds of path manager, see {@link io.mptcp.spi.PathManagerFactory#create(String)}; null for its choice
 * @param links       bit N for link N: subflows are opened over these alone, and joins over others refused. The initial subflow is where it was asked for
 */
public record ConnectOptions(boolean mptcp, Supplier<PacketScheduler> scheduler, String congestionControl, SocketOptions socket, boolean fastOpen,
                             boolean fastOpenWithoutCookie, Boolean checksum, String pathManager, long links) {
    /** {@link #links} of a connection that may use all. */
    public static final long ALL_LINKS = -1;

    /** MPTCP where the stack speaks it, and everything else as the stack has it. */
    public static final ConnectOptions DEFAULT = new ConnectOptions(true, null, null, SocketOptions.DEFAULT, false, false, null, null, ALL_LINKS);

    /** False opens plain TCP. */
    public ConnectOptions withMptcp(boolean mptcp) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen, fastOpenWithoutCookie, checksum, pathManager, links);
    }

    /** Makes a scheduler for each connection; null for the built-in one. */
    public ConnectOptions withScheduler(Supplier<PacketScheduler> scheduler) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen, fastOpenWithoutCookie, checksum, pathManager, links);
    }

    /** The name of a controller, null for the stack's. An unknown one is an IllegalArgumentException when the connection is opened. */
    public ConnectOptions withCongestionControl(String congestionControl) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen, fastOpenWithoutCookie, checksum, pathManager, links);
    }

    /** What the application may change later, too. */
    public ConnectOptions withSocket(SocketOptions socket) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen, fastOpenWithoutCookie, checksum, pathManager, links);
    }

    /** Whether what is written before the SYN leaves goes with it (RFC 7413); the server may get it twice. */
    public ConnectOptions withFastOpen(boolean fastOpen) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen, fastOpenWithoutCookie, checksum, pathManager, links);
    }

    /** With {@link #withFastOpen}: the server takes data with a SYN from anybody. */
    public ConnectOptions withFastOpenWithoutCookie(boolean fastOpenWithoutCookie) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen, fastOpenWithoutCookie, checksum, pathManager, links);
    }

    /** Whether to ask for DSS checksums (RFC 8684 section 3.3.1); null as the stack does. */
    public ConnectOptions withChecksum(Boolean checksum) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen, fastOpenWithoutCookie, checksum, pathManager, links);
    }

    /** Which of the stack's kinds of path manager; null for its choice. */
    public ConnectOptions withPathManager(String pathManager) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen, fastOpenWithoutCookie, checksum, pathManager, links);
    }

    /** Bit N for link N: the links that subflows may use, or {@link #ALL_LINKS}. */
    public ConnectOptions withLinks(long links) {
        return new ConnectOptions(mptcp, scheduler, congestionControl, socket, fastOpen, fastOpenWithoutCookie, checksum, pathManager, links);
    }

    /** Whether subflows may use this link. */
    public boolean allowsLink(int linkId) {
        return (links >> linkId & 1) != 0;
    }

    /** Whether such a connection sets the A flag of its MP_CAPABLE by itself (RFC 8684 section 3.1). */
    boolean asksForChecksum(StackConfig config) {
        return checksum == null ? config.checksum() : checksum && config.checksums() != ChecksumPolicy.NEVER;
    }
}
