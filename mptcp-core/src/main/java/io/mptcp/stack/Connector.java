package io.mptcp.stack;

import io.mptcp.spi.RandomSource;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.tcp.TcpPath;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.OptionWriter;

/** Opens connections: the other half of {@link Acceptor}. */
final class Connector {
    private final Stack stack;
    final PortAllocator ports;
    final FastOpenCache fastOpens = new FastOpenCache();

    Connector(Stack stack, RandomSource random) {
        this.stack = stack;
        ports = new PortAllocator(random);
    }

    /** As {@link Stack#connect} has it. */
    MptcpConnection connect(int linkId, IpEndpoint local, IpEndpoint remote, ConnectOptions options, Object attachment) {
        requireLink(linkId);
        if (local.address().isIpv4() != remote.address().isIpv4()) {
            throw new IllegalArgumentException("cannot reach " + remote + " from " + local.address() + ": different address families");
        }
        if (!Stack.isDestination(remote)) {
            throw new IllegalArgumentException("cannot connect to " + remote + ": not an address and port of one host"); // RFC 9293 MUST-46
        }
        if (stack.isFull()) {
            throw new IllegalStateException("the limit of " + stack.config().limits().maxConnections() + " connections is reached");
        }
        int port = local.port() != 0 ? local.port() : stack.allocatePort(local.address(), remote);
        FlowKey key = FlowKey.of(new IpEndpoint(local.address(), Math.max(port, 0)), remote);
        if (port < 0 || !stack.fourTuples().isFree(local.address(), port, remote)) {
            throw new IllegalStateException("no free local port for " + remote);
        }
        boolean mptcp = stack.config().mptcp() && options.mptcp();
        Connection connection = new Connection(stack, null, options, stack.config().tcp(), mptcp, attachment);
        if (mptcp) {
            stack.localKeys().draw(connection);
        }
        if (options.fastOpen()) {
            connection.setFastOpen(new FastOpenClient(stack, fastOpens, remote.address(), connection.data().sender, options.fastOpenWithoutCookie()));
        }
        open(connection, linkId, key);
        return connection.facade();
    }

    private void open(Connection connection, int linkId, FlowKey key) {
        try {
            stack.add(connection).openInitial(linkId, key, true).tcb.openActive();
        } catch (RuntimeException e) { // a factory's, or the path manager's: the caller hears of it
            connection.closing().bury();
            throw e;
        }
        stack.count(Counter.ActiveOpens);
        stack.enqueue(connection);
    }

    private void requireLink(int linkId) {
        if (!stack.hasLink(linkId)) {
            throw new IllegalArgumentException("no such link: " + linkId);
        }
    }

    // ---- Fast Open (RFC 7413) ----

    int fastOpenRoomBytes(int linkId, IpAddress server, SocketOptions options) {
        boolean known = fastOpens.mayTry(stack.nowNanos(), server) && fastOpens.cookie(server) != null;
        return known ? fastOpenRoomWithoutCookieBytes(linkId, server, options) : -1;
    }

    int fastOpenRoomWithoutCookieBytes(int linkId, IpAddress server, SocketOptions options) {
        requireLink(linkId);
        int mtuBytes = stack.linkProperties(linkId).mtuBytes();
        int mssBytes = Math.min(TcpPath.announcedMssBytes(mtuBytes, server.isIpv4(), options), fastOpens.mssBytes(server));
        return Math.max(0, mssBytes - OptionWriter.MAX_LENGTH);
    }
}
