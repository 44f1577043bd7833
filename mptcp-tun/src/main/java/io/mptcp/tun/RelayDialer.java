package io.mptcp.tun;

import io.mptcp.netty.channel.MptcpSocketChannel;
import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.stack.CloseReason;
import io.mptcp.tun.convert.ConnectTlv;
import io.mptcp.tun.convert.DatagramsTlv;
import io.mptcp.tun.stream.Tls;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.EventLoop;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Opens connections to destinations by way of relays. On the loop. */
final class RelayDialer {
    private static final Logger LOG = LoggerFactory.getLogger(RelayDialer.class);

    /** How it ends; one of the two is called, once, and not before {@link #dial} has returned. */
    interface Listener {
        /** The relay has reached the destination. */
        void connected(RelayStream stream);

        void failed(CloseReason reason);
    }

    private final MptcpStack stack;
    /** Of the relays with TLS: sessions are resumed. */
    private final Map<RelaySpec, SslContext> contexts;
    private final RelayProblems problems = new RelayProblems();
    private final ConvertMemory memory = new ConvertMemory();

    /** @throws SetupException with one line when TLS cannot be set up */
    RelayDialer(MptcpStack stack, List<RelaySpec> relays) throws SetupException {
        this.stack = stack;
        this.contexts = contexts(relays);
    }

    /** TLS of those relays that have it. It takes a moment: not on the loop. @throws SetupException with one line when it cannot be set up */
    static Map<RelaySpec, SslContext> contexts(List<RelaySpec> relays) throws SetupException {
        Map<RelaySpec, SslContext> contexts = new HashMap<>();
        try {
            for (RelaySpec relay : relays) {
                if (relay.tls() != null) {
                    contexts.put(relay, relay.tls().pin() != null ? Tls.pinned(relay.tls().pin()) : Tls.verified());
                }
            }
        } catch (IOException e) {
            throw new SetupException(e.getMessage(), e);
        }
        return contexts;
    }

    /** Others than before; those that stay are what they were. @param also one that goes on being used, null for none */
    void setRelays(Map<RelaySpec, SslContext> wanted, RelaySpec also) {
        if (!wanted.keySet().equals(contexts.keySet())) {
            problems.clear();
        }
        contexts.keySet().removeIf(relay -> !wanted.containsKey(relay) && !relay.equals(also));
        wanted.forEach(contexts::putIfAbsent);
    }

    /**
     * Begins.
     *
     * @param timeoutMillis for all of it: connection, TLS, and the destination's answer
     */
    RelayDial dial(FlowRule rule, IpEndpoint destination, long timeoutMillis, Listener listener) {
        RelayDial dial = new RelayDial(this, rule, ConnectTlv.of(destination), destination.toString(), listener);
        dial.start(timeoutMillis);
        return dial;
    }

    /** Asks a relay for a session of datagrams; its connection lasts as long as that. */
    RelayDial dialDatagrams(RelaySpec relay, long timeoutMillis, Listener listener) {
        RelayDial dial = new RelayDial(this, FlowRule.to(relay), DatagramsTlv.request(), "datagrams", listener);
        dial.start(timeoutMillis);
        return dial;
    }

    EventLoop loop() {
        return uplinks().loop();
    }

    Uplinks uplinks() {
        return stack.shards().getFirst();
    }

    /** Of converters. */
    ConvertMemory memory() {
        return memory;
    }

    /** Whether none of its addresses is to be asked now. */
    boolean isLeft(RelaySpec relay) {
        long now = loop().ticker().nanoTime();
        return relay.servers().stream().allMatch(server -> memory.isLeft(server, now));
    }

    MptcpSocketChannel newChannel() {
        return new MptcpSocketChannel(stack);
    }

    /** Null without TLS. */
    SslContext tls(RelaySpec relay) {
        return contexts.get(relay);
    }

    /** It does not work. */
    void problem(RelaySpec relay, String problem) {
        write(Level.WARN, problems.failure(relay.name(), problem, loop().ticker().nanoTime()));
    }

    /** It refuses this client. @param what it was asked for */
    void refusal(RelaySpec relay, String refusal, String what) {
        write(Level.WARN, problems.refusal(relay.name(), refusal, what, loop().ticker().nanoTime()));
    }

    void works(RelaySpec relay) {
        write(Level.INFO, problems.works(relay.name()));
    }

    private static void write(Level level, String line) {
        if (line != null) {
            LOG.atLevel(level).log(line);
        }
    }
}
