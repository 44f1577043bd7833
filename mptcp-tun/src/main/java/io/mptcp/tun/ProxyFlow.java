package io.mptcp.tun;

import io.mptcp.netty.host.ConnectListener;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.tun.stream.ChannelJoin;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.ChannelHandler;
import io.netty.channel.socket.SocketChannel;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.List;

/** A connection that a program asked a proxy listener for: the name is looked up, then its addresses are tried one after the other. On the loop. */
final class ProxyFlow implements CarriedFlow, ConnectListener, RelayDialer.Listener {
    /** How the program is told, in the words of its protocol. */
    interface Answer {
        /** From now on the relay has the channel's bytes, and says when they are read. */
        void connected(ChannelHandler relay, IpEndpoint local);

        /** @param reason UNREACHABLE also for a name that is not known */
        void failed(CloseReason reason);
    }

    private final String origin;
    private final SocketChannel channel;
    private final String host;
    private final int port;
    private final Uplinks uplinks;
    private final FlowTable flows;
    private final MemorySegment scratch;
    private final long timeoutMillis;
    private final Answer answer;
    private final long openedNanos;
    private final ArrayDeque<IpEndpoint> untried = new ArrayDeque<>();
    private final FlowRouting routing;
    /** Of the address that is being tried. */
    private FlowRule rule = FlowRule.DIRECT;
    /** Gives up what is being opened; null while nothing is. */
    private Runnable cancel;
    private MptcpConnection outer;
    /** Resets both sides; null until there are two. */
    private Runnable reset;
    private boolean over;

    ProxyFlow(String origin, SocketChannel channel, String host, int port, ProxyContext context, Answer answer) {
        this.origin = origin;
        this.channel = channel;
        this.host = host;
        this.port = port;
        this.uplinks = context.uplinks();
        this.flows = context.flows();
        this.routing = context.routing();
        this.scratch = context.scratch();
        this.timeoutMillis = context.connectTimeoutMillis();
        this.answer = answer;
        this.openedNanos = uplinks.loop().ticker().nanoTime();
    }

    void open() {
        flows.add(this);
        channel.closeFuture().addListener(_ -> giveUp());
        // The system's resolver blocks: it gets a thread of its own.
        Thread.ofVirtual().name("lookup " + host).start(() -> {
            List<IpEndpoint> found = lookUp(host, port);
            uplinks.loop().execute(() -> {
                untried.addAll(found);
                tryNext(CloseReason.UNREACHABLE);
            });
        });
    }

    private static List<IpEndpoint> lookUp(String host, int port) {
        try {
            return List.of(InetAddress.getAllByName(host)).stream().map(address -> new IpEndpoint(IpAddress.of(address.getAddress()), port)).toList();
        } catch (UnknownHostException e) {
            return List.of();
        }
    }

    private void tryNext(CloseReason failure) {
        if (over) {
            return;
        }
        IpEndpoint next = untried.poll();
        if (next == null) {
            over = true;
            flows.remove(this);
            flows.onFailed();
            answer.failed(failure);
        } else {
            rule = routing.choose(source().address(), next, Dscp.UNKNOWN);
            cancel = routing.open(rule, next, timeoutMillis, this, this);
        }
    }

    @Override
    public void connected(MptcpConnection connection) {
        outer = connection;
        flows.onAccepted();
        ChannelRelay relay = new ChannelRelay(channel, connection, uplinks.driver(), scratch, this::finish);
        reset = relay::abort;
        answer.connected(relay, connection.local());
        relay.begin();
    }

    @Override
    public void connected(RelayStream stream) {
        outer = stream.connection();
        flows.onAccepted();
        ChannelJoin join = new ChannelJoin(channel, stream.channel(), this::finish);
        reset = join::abort;
        answer.connected(join.first(), outer.local());
        join.beginFirst();
        stream.attach(join.second());
    }

    @Override
    public void failed(CloseReason reason) {
        tryNext(reason);
    }

    /** The program has gone before there was a relay. */
    private void giveUp() {
        if (reset == null && !over) {
            if (cancel != null) {
                cancel.run();
            }
            finish();
        }
    }

    @Override
    public void abort() {
        if (reset != null) {
            reset.run();
        } else {
            channel.close(); // comes back by giveUp
        }
    }

    private void finish() {
        over = true;
        flows.remove(this);
    }

    @Override
    public String origin() {
        return origin;
    }

    @Override
    public IpEndpoint source() {
        InetSocketAddress program = channel.remoteAddress();
        return program == null ? new IpEndpoint(IpAddress.ANY, 0) : new IpEndpoint(IpAddress.of(program.getAddress().getAddress()), program.getPort());
    }

    @Override
    public String destination() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
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
