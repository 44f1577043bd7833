package io.mptcp.netty.channel;

import io.mptcp.netty.SegmentLink;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.spi.PathCommands;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.util.concurrent.Future;

/** Opens, closes and changes subflows of one connection, beside what its path manager does. On any thread; what is asked for happens on the loop. */
public final class SubflowControl {
    private final Uplinks uplinks;
    private final MptcpConnection connection;

    SubflowControl(Uplinks uplinks, MptcpConnection connection) {
        this.uplinks = uplinks;
        this.connection = connection;
    }

    /**
     * Opens a subflow to the address the connection leads to (MP_JOIN, RFC 8684 section 3.2).
     *
     * @param linkId number of the path, from 0 in the order of the builder
     * @param backup whether it is to carry data only when no other can
     * @return id of the subflow; the future fails with an {@link IllegalStateException} that says why when it cannot be opened now
     */
    public Future<Integer> open(int linkId, boolean backup) {
        return uplinks.loop().submit(() -> {
            SegmentLink link = uplinks.driver().link(linkId);
            if (link == null) {
                throw new IllegalStateException("there is no path " + linkId + ": " + uplinks.pathNames());
            }
            IpEndpoint remote = connection.remote();
            IpAddress local = link.localAddressFor(remote.address());
            if (local == null) {
                throw new IllegalStateException("path " + link.name() + " has no route to " + remote.address());
            }
            int id = commands().openSubflow(linkId, local, remote, backup);
            uplinks.driver().wake();
            if (id < 0) {
                throw new IllegalStateException("no subflow over " + link.name() + ": " + (connection.isFallback() ? "the connection runs as plain TCP"
                        : "the limit of subflows is reached, or the peer is not known to have the keys yet"));
            }
            return id;
        });
    }

    /** Ends a subflow in order: what it has sent is delivered, new data goes by others. */
    public Future<?> close(int subflowId) {
        return run(() -> commands().finishSubflow(subflowId));
    }

    /** Makes a subflow a backup, or an ordinary one, and tells the peer with MP_PRIO (RFC 8684 section 3.3.8). */
    public Future<?> setBackup(int subflowId, boolean backup) {
        return run(() -> commands().setBackup(subflowId, backup));
    }

    private Future<?> run(Runnable task) {
        return uplinks.loop().submit(() -> {
            task.run();
            uplinks.driver().wake();
        });
    }

    private PathCommands commands() {
        return connection.pathCommands();
    }
}
