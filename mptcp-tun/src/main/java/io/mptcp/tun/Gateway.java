package io.mptcp.tun;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.MptcpDriver;
import io.mptcp.netty.host.ConnectListener;
import io.mptcp.netty.host.PendingConnect;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes every connection that arrives on the inner stack, whatever its destination, and opens one to the same destination over the uplinks. The
 * application's handshake waits for that one: it sees "connected" when the destination has answered, and "connection refused" when
 * the destination could not be reached.
 */
final class Gateway implements ConnectionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
    /** A relay copies at most this much at a time: large enough for a super-segment, small enough for the cache. */
    private static final int SCRATCH_BYTES = 128 << 10;

    private final MptcpDriver inner;
    private final Uplinks uplinks;
    private final int maxFlows;
    private final long connectTimeoutMillis;
    private final MemorySegment scratch = Arena.ofAuto().allocate(SCRATCH_BYTES);
    private final Set<Flow> flows = new LinkedHashSet<>();
    private long acceptedFlows;
    private long failedFlows;
    private long rejectedFlows;
    private boolean closed;

    /** @param inner driver of the stack that ends the applications' connections; on the same loop as the uplinks */
    Gateway(MptcpDriver inner, Uplinks uplinks, TunConfig.GatewayLimits limits) {
        this.inner = inner;
        this.uplinks = uplinks;
        this.maxFlows = limits.connections();
        this.connectTimeoutMillis = TimeUnit.SECONDS.toMillis(limits.connectTimeoutSeconds());
    }

    /** Starts to take connections. */
    void start() {
        inner.stack().listen(new IpEndpoint(IpAddress.ANY, 0), true, ConnectOptions.DEFAULT.withSocket(SocketOptions.NO_DELAY), this);
    }

    int activeFlows() {
        return flows.size();
    }

    /** Connections carried, past and present. */
    long acceptedFlows() {
        return acceptedFlows;
    }

    /** Connections whose destination could not be reached. */
    long failedFlows() {
        return failedFlows;
    }

    /** Connections turned away because there were too many. */
    long rejectedFlows() {
        return rejectedFlows;
    }

    @Override
    public void ready(MptcpConnection connection, int readiness) {
        if ((readiness & Readiness.ACCEPTED) == 0) {
            return; // The end of one that was turned away.
        }
        if (closed || flows.size() >= maxFlows) {
            rejectedFlows++;
            connection.abort();
            return;
        }
        Flow flow = new Flow(connection);
        flows.add(flow);
        flow.open();
    }

    /** Resets every connection, and every new one from now on. */
    void close() {
        closed = true;
        for (Flow flow : Set.copyOf(flows)) {
            flow.abort();
        }
        inner.wake();
        uplinks.driver().wake();
    }

    /** One connection of an application, from its SYN on. */
    private final class Flow implements ConnectionHandler, ConnectListener {
        private final MptcpConnection local;
        private PendingConnect pending;
        private Relay relay;

        Flow(MptcpConnection local) {
            this.local = local;
            local.attach(this);
        }

        /** The listener is transparent: the local address of the application's connection is where it wants to go. */
        void open() {
            pending = uplinks.connect(local.local(), connectTimeoutMillis, this);
        }

        @Override
        public void connected(MptcpConnection remote) {
            acceptedFlows++;
            LOG.debug("{} -> {} open over {}", local.remote(), local.local(), remote.local());
            relay = new Relay(local, inner, remote, uplinks.driver(), scratch, this::finish);
            local.accept();
            inner.wake();
        }

        @Override
        public void failed(CloseReason reason) {
            failedFlows++;
            LOG.debug("{} -> {} failed: {}", local.remote(), local.local(), reason);
            abort();
        }

        /** Until there is a relay: the application has given up. */
        @Override
        public void ready(MptcpConnection connection, int readiness) {
            if ((readiness & Readiness.CLOSED) != 0) {
                pending.cancel();
                finish();
            }
        }

        void abort() {
            if (relay != null) {
                relay.abort();
            } else {
                pending.cancel();
                local.abort();
                inner.wake();
                finish();
            }
        }

        private void finish() {
            flows.remove(this);
        }
    }
}
