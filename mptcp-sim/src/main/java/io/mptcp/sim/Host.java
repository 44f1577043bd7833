package io.mptcp.sim;

import io.mptcp.spi.RandomSource;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.LinkProperties;
import io.mptcp.stack.Listener;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Stack;
import io.mptcp.stack.StackConfig;
import io.mptcp.stack.SubflowInfo;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * One stack with its links and applications, driven as a real driver drives it: segments in, timers, applications, segments out, one
 * timer armed. After every turn it checks that the stack has come to rest: nothing left to send and no timer that is already due.
 */
public final class Host implements Endpoint {
    private static final int SLOT_BYTES = 65_535 + 128;
    /** Where the TCP header starts: headroom as a real link would want, and not too well aligned. */
    private static final int HEADROOM_BYTES = 66;
    /** No turn needs as many rounds or segments; more is an endless loop. */
    private static final int MAX_ROUNDS = 10_000;
    private static final int MAX_SEGMENTS_PER_ROUND = 200_000;

    private final Simulation simulation;
    private final String name;
    private final Stack stack;
    private final List<SimLink> links = new ArrayList<>();
    private final List<LinkProperties> properties = new ArrayList<>();
    private final List<MptcpConnection> connections = new ArrayList<>();
    private final PacketSlot out = new PacketSlot();
    private final PacketSlot whole = new PacketSlot();
    private boolean gather;
    private boolean awake = true;
    private boolean running;
    private long timerNanos = Long.MAX_VALUE;
    /** What arrived since the host was held up; null while it is not. */
    private List<SimPacket> unread;

    Host(Simulation simulation, String name, StackConfig config, RandomSource random) {
        this.simulation = simulation;
        this.name = name;
        this.stack = new Stack(config, random);
        Arena arena = Arena.ofAuto();
        out.buffer = arena.allocate(SLOT_BYTES, 8);
        whole.buffer = arena.allocate(SLOT_BYTES, 8);
        simulation.add(this);
    }

    public String name() {
        return name;
    }

    public Stack stack() {
        return stack;
    }

    public Simulation simulation() {
        return simulation;
    }

    public long nowNanos() {
        return simulation.nowNanos();
    }

    /** Whether the stack hands out payload by reference, as for links that gather. */
    public void setGather(boolean gather) {
        this.gather = gather;
    }

    void addLink(int linkId, SimLink link, LinkProperties linkProperties) {
        while (links.size() <= linkId) {
            links.add(null);
            properties.add(null);
        }
        links.set(linkId, link);
        properties.set(linkId, linkProperties);
        stack.addLink(linkId, linkProperties);
    }

    /** Opens a connection whose news go to the app. */
    public MptcpConnection connect(int linkId, IpEndpoint local, IpEndpoint remote, ConnectOptions options, StreamApp app) {
        MptcpConnection connection = stack.connect(linkId, local, remote, options, app);
        connections.add(connection);
        wake();
        return connection;
    }

    /** Listens; each new connection gets an app of its own. */
    public Listener listen(IpEndpoint local, ConnectOptions options, Supplier<StreamApp> apps) {
        StreamApp acceptor = (host, connection, readiness) -> {
            StreamApp app = apps.get();
            connection.attach(app);
            app.ready(host, connection, readiness);
        };
        return stack.listen(local, false, options, acceptor);
    }

    /** The connections there have been, in order of appearance. */
    public List<MptcpConnection> connections() {
        return connections;
    }

    /** Does something after a delay and lets the host run afterwards: how applications wait. */
    public void after(long delayNanos, Runnable action) {
        simulation.after(delayNanos, () -> {
            action.run();
            wake();
        });
    }

    /** The stack or an application was touched from outside: run before time goes on. */
    public void wake() {
        if (!awake && !running) {
            // An event at this moment makes sure the simulation gets here even if nothing else happens.
            simulation.schedule(simulation.nowNanos(), now -> { });
        }
        awake = true;
    }

    /**
     * For a while the host does nothing, as a thread that gets no processor: what arrives waits, and timers do not fire. Then it goes on as
     * drivers do: what has arrived is read before timers fire.
     */
    public void holdUp(long nanos) {
        if (unread != null) {
            throw new IllegalStateException(name + " is held up already");
        }
        unread = new ArrayList<>();
        simulation.after(nanos, this::goOn);
    }

    private void goOn() {
        List<SimPacket> arrived = unread;
        unread = null;
        for (SimPacket packet : arrived) {
            stack.receive(simulation.nowNanos(), packet.slot);
            simulation.packets().give(packet);
        }
        awake = true;
    }

    @Override
    public void receive(PacketSlot slot, long nowNanos) {
        if (unread != null) {
            unread.add(simulation.packets().copy(slot));
            return;
        }
        stack.receive(nowNanos, slot);
        awake = true;
    }

    @Override
    public void setLinkWritable(int linkId, boolean writable) {
        stack.setLinkWritable(linkId, writable);
        wake();
    }

    void runIfAwake(long nowNanos) {
        if (!awake || unread != null) {
            return;
        }
        awake = false;
        running = true;
        if (stack.deadlineNanos() <= nowNanos) {
            stack.expire(nowNanos);
        }
        int rounds = 0;
        boolean progress;
        do {
            progress = notifyApplications();
            progress |= transmitAll(nowNanos);
            if (++rounds > MAX_ROUNDS) {
                throw simulation.failure(name + ": the stack never comes to rest");
            }
        } while (progress);
        running = false;
        long deadline = stack.deadlineNanos();
        if (deadline <= nowNanos) {
            throw simulation.failure(name + ": spins: nothing to transmit at " + nowNanos + " ns but the deadline is " + deadline + " ns");
        }
        armTimer(deadline);
    }

    private boolean notifyApplications() {
        boolean any = false;
        for (Runnable release = stack.nextReleased(); release != null; release = stack.nextReleased()) {
            release.run();
        }
        for (MptcpConnection connection = stack.nextReady(); connection != null; connection = stack.nextReady()) {
            any = true;
            if (connection.listener() != null && !connections.contains(connection)) {
                connections.add(connection);
            }
            // A new passive connection belongs to its listener's app until that attaches another one.
            Object app = connection.attachment() != null ? connection.attachment() : connection.listener().attachment();
            ((StreamApp) app).ready(this, connection, connection.takeReadiness());
        }
        return any;
    }

    private boolean transmitAll(long nowNanos) {
        int segments = 0;
        out.offset = HEADROOM_BYTES;
        out.gather = gather;
        while (stack.transmit(nowNanos, out)) {
            if (++segments > MAX_SEGMENTS_PER_ROUND) {
                throw simulation.failure(name + ": transmit never ends");
            }
            PacketSlot segment = assembled();
            SimLink link = segment.linkId < links.size() ? links.get(segment.linkId) : null;
            if (link == null) {
                throw simulation.failure(name + ": segment for link " + segment.linkId + ", which is not there");
            }
            checkSize(segment);
            simulation.monitor().generated(segment);
            link.send(segment, nowNanos);
        }
        return segments > 0;
    }

    /** The slot with its payload behind the header, wherever the stack had left it. */
    private PacketSlot assembled() {
        if (out.pieces() == 0) {
            return out;
        }
        whole.linkId = out.linkId;
        whole.copyIpFields(out);
        whole.checksumState = out.checksumState;
        whole.segmentSize = out.segmentSize;
        whole.offset = 0;
        whole.length = out.totalLength();
        MemorySegment.copy(out.buffer, out.offset, whole.buffer, 0, out.length);
        out.copyReferenced(0, out.referencedLength(), whole.buffer, out.length);
        out.clearPayloadReference();
        return whole;
    }

    private void checkSize(PacketSlot segment) {
        if (!TcpSegment.validate(segment.buffer, segment.offset, segment.length)) {
            throw simulation.failure(name + ": segment that is not TCP");
        }
        LinkProperties link = properties.get(segment.linkId);
        int headerLength = TcpSegment.headerLength(segment.buffer, segment.offset);
        int payload = segment.length - headerLength;
        int packet = (segment.segmentSize > 0 ? Math.min(segment.segmentSize, payload) : payload) + headerLength + (segment.isIpv4() ? 20 : 40);
        if (packet > link.mtuBytes()) {
            throw simulation.failure(name + ": packet of " + packet + " bytes on a link with an MTU of " + link.mtuBytes());
        }
        if (segment.segmentSize > 0 && payload > segment.segmentSize && payload > link.maxSuperSegmentBytes()) {
            throw simulation.failure(name + ": super-segment of " + payload + " bytes on a link that takes " + link.maxSuperSegmentBytes());
        }
    }

    private void armTimer(long deadlineNanos) {
        if (deadlineNanos >= timerNanos || deadlineNanos == Long.MAX_VALUE) {
            // The timer that is armed comes early enough; when it fires it looks again.
            return;
        }
        timerNanos = deadlineNanos;
        simulation.schedule(deadlineNanos, now -> {
            if (timerNanos == now) {
                timerNanos = Long.MAX_VALUE;
            }
            awake = true;
        });
    }

    /** State of all connections, for failure messages. */
    String describe() {
        StringBuilder text = new StringBuilder(name).append(": ").append(connections.size()).append(" connections, deadline ");
        long deadline = stack.deadlineNanos();
        text.append(deadline == Long.MAX_VALUE ? "never" : Simulation.seconds(deadline) + " s").append(", ").append(stack.counters().nonZero());
        for (MptcpConnection connection : connections) {
            text.append('\n').append(connection.attachment()).append(" acked ").append(connection.bytesAcked())
                    .append(" received ").append(connection.bytesReceived()).append(" writable ").append(connection.writableBytes())
                    .append(" readable ").append(connection.readableBytes())
                    .append(connection.isFallback() ? " fallback " + connection.fallbackReason() : "")
                    .append(connection.isClosed() ? " closed: " + connection.closeReason() : "");
            for (SubflowInfo subflow : connection.subflows()) {
                text.append("\n  ").append(subflow);
            }
        }
        return text.toString();
    }
}
