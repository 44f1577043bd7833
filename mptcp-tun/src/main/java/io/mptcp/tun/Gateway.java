package io.mptcp.tun;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.MptcpDriver;
import io.mptcp.netty.host.ConnectListener;
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
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes every connection that arrives on the inner stack, whatever its destination, and opens one to the same destination over the uplinks, straight or by way of a relay. The
 * application's handshake waits for that one: it sees "connected" when the destination has answered, and "connection refused" when
 * the destination could not be reached.
 */
final class Gateway implements ConnectionHandler {
    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);

    /** A relay's channel is copied to at most this much at a time. */
    private static final int SCRATCH_BYTES = 128 << 10;

    private final MptcpDriver inner;
    private final Uplinks uplinks;
    private final FlowTable flows;
    private final FlowRouting routing;
    private final long connectTimeoutMillis;
    /** Of flows by way of relays, while copying. */
    private final MemorySegment scratch = Arena.ofAuto().allocate(SCRATCH_BYTES);

    /** @param inner driver of the stack that ends the applications' connections; on the same loop as the uplinks */
    Gateway(MptcpDriver inner, Uplinks uplinks, FlowTable flows, FlowRouting routing, TunConfig.GatewayLimits limits) {
        this.inner = inner;
        this.uplinks = uplinks;
        this.flows = flows;
        this.routing = routing;
        this.connectTimeoutMillis = TimeUnit.SECONDS.toMillis(limits.connectTimeoutSeconds());
    }

    /** Starts to take connections. */
    void start() {
        inner.stack().listen(new IpEndpoint(IpAddress.ANY, 0), true, ConnectOptions.DEFAULT.withSocket(SocketOptions.NO_DELAY), this);
    }

    @Override
    public void ready(MptcpConnection connection, int readiness) {
        if ((readiness & Readiness.ACCEPTED) == 0) {
            return; // The end of one that was turned away.
        }
        if (!flows.admits()) {
            connection.abort();
            return;
        }
        Flow flow = new Flow(connection);
        flows.add(flow);
        flow.open();
    }

    /** One connection of an application, from its SYN on. */
    private final class Flow implements ConnectionHandler, ConnectListener, RelayDialer.Listener, CarriedFlow {
        private final MptcpConnection local;
        private final long openedNanos = uplinks.loop().ticker().nanoTime();
        private final FlowRule rule;
        /** Gives up what is being opened. */
        private Runnable cancel;
        private MptcpConnection outer;
        /** Resets both sides; null until there are two. */
        private Runnable reset;

        Flow(MptcpConnection local) {
            this.local = local;
            // The listener is transparent: the local address of the application's connection is where it wants to go.
            this.rule = routing.choose(local.remote().address(), local.local(), local.receivedTrafficClass() >> 2);
            local.attach(this);
        }

        void open() {
            cancel = routing.open(rule, local.local(), connectTimeoutMillis, this, this);
        }

        @Override
        public void connected(MptcpConnection remote) {
            LOG.debug("{} -> {} open over {}", local.remote(), local.local(), remote.local());
            reset = new Relay(local, inner, remote, uplinks.driver(), this::finish)::abort;
            accept(remote);
        }

        @Override
        public void connected(RelayStream stream) {
            LOG.debug("{} -> {} open by way of {}", local.remote(), local.local(), rule.relay().name());
            ChannelRelay relay = new ChannelRelay(stream.channel(), local, inner, scratch, this::finish);
            reset = relay::abort;
            accept(stream.connection());
            stream.attach(relay);
            relay.begin();
        }

        private void accept(MptcpConnection remote) {
            outer = remote;
            flows.onAccepted();
            local.accept();
            inner.wake();
        }

        @Override
        public void failed(CloseReason reason) {
            flows.onFailed();
            LOG.debug("{} -> {} failed: {}", local.remote(), local.local(), reason);
            abort();
        }

        /** Until there is a relay: the application has given up. */
        @Override
        public void ready(MptcpConnection connection, int readiness) {
            if ((readiness & Readiness.CLOSED) != 0) {
                cancel.run();
                finish();
            }
        }

        @Override
        public void abort() {
            if (reset != null) {
                reset.run();
            } else {
                cancel.run();
                local.abort();
                inner.wake();
                finish();
            }
        }

        private void finish() {
            flows.remove(this);
        }

        @Override
        public String origin() {
            return "tun";
        }

        @Override
        public IpEndpoint source() {
            return local.remote();
        }

        @Override
        public String destination() {
            return local.local().toString();
        }

        @Override
        public String relay() {
            return rule.relayName();
        }

        @Override
        public MptcpConnection outer() {
            return outer;
        }

        @Override
        public long openedNanos() {
            return openedNanos;
        }
    }
}
