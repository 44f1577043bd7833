package io.mptcp.cli.check;

import io.mptcp.spi.PathManager;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Stack;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.wire.IpEndpoint;
import java.util.List;

/** What the probes of all paths share. */
final class ProbeContext {
    private static final ConnectOptions MPTCP = ConnectOptions.DEFAULT.withSocket(SocketOptions.NO_DELAY).withScheduler(EverySubflow::new);

    private final Stack stack;
    private final CheckSettings settings;
    private final List<CheckedPath> paths;
    private final SegmentWatch watch;
    private final Managers managers;
    private final Object attachment;

    /** Makes the path manager of each connection, and hands out the one made last. */
    static final class Managers {
        private JoinManager last;

        /** To be the stack's path manager factory. */
        PathManager create() {
            last = new JoinManager();
            return last;
        }
    }

    /** A connection, and what decides on its subflows. */
    record Opened(MptcpConnection connection, JoinManager manager) {
    }

    /** @param attachment of every connection: what the stack's owner expects there */
    ProbeContext(Stack stack, CheckSettings settings, List<CheckedPath> paths, SegmentWatch watch, Managers managers, Object attachment) {
        this.stack = stack;
        this.settings = settings;
        this.paths = List.copyOf(paths);
        this.watch = watch;
        this.managers = managers;
        this.attachment = attachment;
    }

    CheckSettings settings() {
        return settings;
    }

    List<CheckedPath> paths() {
        return paths;
    }

    FlowRecord flow(int linkId, IpEndpoint local) {
        return watch.flow(linkId, local);
    }

    /** @throws IllegalStateException when no port is free */
    Opened open(CheckedPath path, boolean mptcp) {
        MptcpConnection connection = stack.connect(path.linkId(), new IpEndpoint(path.local(), 0), settings.remote(), MPTCP.withMptcp(mptcp), attachment);
        return new Opened(connection, managers.last);
    }
}
