package io.mptcp.stack;

import io.mptcp.buffer.RingPool;
import io.mptcp.cc.CongestionControllers;
import io.mptcp.spi.RandomSource;
import io.mptcp.spi.Tracer;
import io.mptcp.tcp.IncomingSegment;
import io.mptcp.tcp.TcpCloseReason;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A TCP and Multipath TCP stack without I/O, clock or thread. The owner drives it with five verbs:
 * {@link #receive}, {@link #expire}, {@link #transmit}, {@link #deadlineNanos} and {@link #nextReady}. Only the first three take time; everything the
 * application calls records what it wants and never sends. One thread at a time. The same seed and calls give the same bytes.
 */
public final class Stack {
    private static final int MAX_LINKS = 64;
    /** Ring memory kept for the next connection or burst instead of being given back. */
    private static final long MAX_SPARE_RING_BYTES = 32L << 20;
    private static final int DEFAULT_FIRST_PORT = 49_152;
    private static final int DEFAULT_LAST_PORT = 65_535;
    /** A join that gets no answer is given up soon: the path manager decides when to try again. */
    private static final int JOIN_SYN_RETRIES = 2;

    private final StackConfig config;
    private final TcpConfig joinTcpConfig;
    private final RandomSource random;
    private final Keys keys = new Keys();
    private final IsnGenerator isns;
    private final Counters counters = new Counters();
    private final RingPool rings = new RingPool(MAX_SPARE_RING_BYTES);

    private final LinkProperties[] links = new LinkProperties[MAX_LINKS];
    private long linksDown;
    private long linksBlocked;
    private final List<List<Connection>> waitingForLink = new ArrayList<>();

    private final FlowTable<Subflow> flows;
    private final TokenTable<Connection> tokens = new TokenTable<>();
    private final Map<IpEndpoint, Listener> listeners = new LinkedHashMap<>();
    private final Set<Connection> connections = new LinkedHashSet<>();
    private int halfOpen;

    private final DeadlineQueue deadlines = new DeadlineQueue();
    private final ArrayDeque<Connection> work = new ArrayDeque<>();
    private final ArrayDeque<Connection> ready = new ArrayDeque<>();
    /** Closed subflows whose RST has not left yet. */
    private final ArrayDeque<Subflow> dying = new ArrayDeque<>();
    private final ResetQueue resets;
    private final IcmpReceiver icmp;
    private final IncomingSegment incoming = new IncomingSegment();

    private int firstPort = DEFAULT_FIRST_PORT;
    private int lastPort = DEFAULT_LAST_PORT;
    private long nowNanos;

    public Stack(StackConfig config, RandomSource random) {
        CongestionControllers.create(config.congestionControl()); // an unknown name is the caller's mistake: say so now
        this.config = config;
        joinTcpConfig = config.tcp().withRetries(Math.min(JOIN_SYN_RETRIES, config.tcp().synRetries()), config.tcp().retries());
        this.random = random;
        isns = new IsnGenerator(random);
        flows = new FlowTable<>(random.nextLong());
        resets = new ResetQueue(config.limits().maxResetsPerSecond());
        icmp = new IcmpReceiver(this, flows, config.limits().maxIcmpPerSecond());
        for (int i = 0; i < MAX_LINKS; i++) {
            waitingForLink.add(new ArrayList<>(0));
        }
    }

    // ==== links ====

    /**
     * Adds a link, or changes its properties. Subflows that are there follow a change of its MTU and super-segments: what they send from now on
     * fits.
     *
     * @param linkId small number chosen by the caller, 0..63
     */
    public void addLink(int linkId, LinkProperties properties) {
        if (linkId < 0 || linkId >= MAX_LINKS) {
            throw new IllegalArgumentException("link id " + linkId + " is not in 0.." + (MAX_LINKS - 1));
        }
        LinkProperties before = links[linkId];
        links[linkId] = properties;
        if (before != null && !before.equals(properties)) {
            for (Connection connection : connections) {
                connection.onLinkProperties(linkId, properties);
                enqueue(connection);
            }
        }
    }

    /** The link works, or does not: subflows over it are given up at once and their data goes elsewhere. */
    public void setLinkUp(int linkId, boolean up) {
        if (isLinkUp(linkId) == up) {
            return;
        }
        linksDown = up ? linksDown & ~(1L << linkId) : linksDown | 1L << linkId;
        for (Connection connection : List.copyOf(connections)) {
            connection.onLinkChange(linkId, up);
            enqueue(connection);
        }
    }

    /** Back-pressure: while a link is not writable, {@link #transmit} hands out nothing for it. */
    public void setLinkWritable(int linkId, boolean writable) {
        if (!writable) {
            linksBlocked |= 1L << linkId;
            return;
        }
        linksBlocked &= ~(1L << linkId);
        List<Connection> waiting = waitingForLink.get(linkId);
        for (int i = 0; i < waiting.size(); i++) {
            waiting.get(i).waitingForLinks &= ~(1L << linkId);
            enqueue(waiting.get(i));
        }
        waiting.clear();
    }

    boolean isLinkUp(int linkId) {
        return (linksDown & 1L << linkId) == 0;
    }

    boolean isLinkWritable(int linkId) {
        return ((linksBlocked | linksDown) & 1L << linkId) == 0;
    }

    /** The connection has something to send on a link that is not writable: it is looked at again when the link is. */
    void waitForLink(Connection connection, int linkId) {
        if ((connection.waitingForLinks & 1L << linkId) == 0) {
            connection.waitingForLinks |= 1L << linkId;
            waitingForLink.get(linkId).add(connection);
        }
    }

    boolean hasLink(int linkId) {
        return linkId >= 0 && linkId < MAX_LINKS && links[linkId] != null;
    }

    LinkProperties linkProperties(int linkId) {
        return links[linkId];
    }

    // ==== the application's side ====

    /**
     * Opens a connection; the SYN leaves with the next {@link #transmit}.
     *
     * @param local  address to use on that link; port 0 lets the stack choose (see {@link #setPortRange})
     * @throws IllegalStateException when a limit is reached or no port is free
     */
    public MptcpConnection connect(int linkId, IpEndpoint local, IpEndpoint remote, ConnectOptions options, Object attachment) {
        requireLink(linkId);
        if (local.address().isIpv4() != remote.address().isIpv4()) {
            throw new IllegalArgumentException("cannot reach " + remote + " from " + local.address() + ": different address families");
        }
        if (connections.size() >= config.limits().maxConnections()) {
            throw new IllegalStateException("the limit of " + config.limits().maxConnections() + " connections is reached");
        }
        int port = local.port() != 0 ? local.port() : allocatePort(local.address(), remote);
        FlowKey key = FlowKey.of(new IpEndpoint(local.address(), Math.max(port, 0)), remote);
        if (port < 0 || lookUp(key) != null) {
            throw new IllegalStateException("no free local port for " + remote);
        }
        boolean mptcp = config.mptcp() && options.mptcp();
        Connection connection = new Connection(this, null, options, mptcp, attachment);
        if (mptcp) {
            newLocalKey(connection);
        }
        connections.add(connection);
        counters.increment(Counter.ActiveOpens);
        connection.openInitial(linkId, key, true).tcb.openActive();
        enqueue(connection);
        return connection.facade();
    }

    private void requireLink(int linkId) {
        if (!hasLink(linkId)) {
            throw new IllegalArgumentException("no such link: " + linkId);
        }
    }

    /** Local ports the stack may choose from, both inclusive. Default 49152..65535. */
    public void setPortRange(int first, int last) {
        if (first < 1 || last > 65_535 || first > last) {
            throw new IllegalArgumentException("not a port range: " + first + ".." + last);
        }
        firstPort = first;
        lastPort = last;
    }

    /** A local port such that the 4-tuple is free (RFC 6056 section 3.3.1: random start, then the next free one); -1 when there is none. */
    int allocatePort(IpAddress local, IpEndpoint remote) {
        int count = lastPort - firstPort + 1;
        int start = (int) Long.remainderUnsigned(random.nextLong(), count);
        for (int i = 0; i < count; i++) {
            int port = firstPort + (start + i) % count;
            if (flows.get(local.hi(), local.lo(), port, remote.address().hi(), remote.address().lo(), remote.port()) == null) {
                return port;
            }
        }
        return -1;
    }

    /**
     * Listens. Address {@link IpAddress#ANY} takes any local address, port 0 any port (a transparent listener, for a TUN gateway).
     *
     * @param deferred the SYN/ACK is held back until {@link MptcpConnection#accept()}
     * @throws IllegalStateException when that address and port already has a listener
     */
    public Listener listen(IpEndpoint local, boolean deferred, ConnectOptions options, Object attachment) {
        IpEndpoint key = listenerKey(local.address(), local.port());
        if (listeners.containsKey(key)) {
            throw new IllegalStateException("there is already a listener on " + local);
        }
        Listener listener = new Listener(local, deferred, options, attachment);
        listeners.put(key, listener);
        return listener;
    }

    public void close(Listener listener) {
        listener.closed = true;
        listeners.remove(listenerKey(listener.local().address(), listener.local().port()), listener);
    }

    private static IpEndpoint listenerKey(IpAddress address, int port) {
        return new IpEndpoint(address.isAny() ? IpAddress.ANY : address, port);
    }

    private Listener findListener(FlowKey key) {
        IpAddress address = new IpAddress(key.localHi(), key.localLo());
        Listener exact = listeners.get(new IpEndpoint(address, key.localPort()));
        if (exact == null) {
            exact = listeners.get(new IpEndpoint(IpAddress.ANY, key.localPort()));
        }
        return exact != null ? exact : listeners.get(new IpEndpoint(IpAddress.ANY, 0));
    }

    public Counters counters() {
        return counters;
    }

    /** Connections that exist, closing ones included. */
    public int connectionCount() {
        return connections.size();
    }

    // ==== the five verbs ====

    /**
     * Takes in one segment, or an ICMP message ({@link PacketSlot#protocol}). The slot and its memory may be reused when this returns. Never
     * throws because of what is in it.
     */
    public void receive(long nowNanos, PacketSlot in) {
        tick(nowNanos);
        if (in.protocol != IpHeaders.PROTOCOL_TCP) {
            receiveIcmp(nowNanos, in);
            return;
        }
        if (!TcpSegment.validate(in.buffer, in.offset, in.length)) {
            counters.increment(Counter.InMalformed);
            return;
        }
        if (in.checksumState == PacketSlot.CHECKSUM_UNVERIFIED && !Checksum.verifyTcp(in)) {
            counters.increment(Counter.TCPCsumErrors);
            return;
        }
        incoming.read(in);
        Subflow subflow = flows.get(in.destinationHi, in.destinationLo, TcpSegment.destinationPort(in.buffer, in.offset),
                in.sourceHi, in.sourceLo, TcpSegment.sourcePort(in.buffer, in.offset));
        if (subflow != null && subflow.tcb.mayBeReplacedBy(incoming) && findListener(FlowKey.ofReceived(in)) != null) {
            subflow.tcb.forget(TcpCloseReason.FINISHED);
            subflow.connection.settle(nowNanos);
            subflow = null;
        }
        if (subflow == null) {
            receiveUnknown(in);
            return;
        }
        if (subflow.tcb.isForeignAck(incoming)) {
            reset(in, -1);
            return;
        }
        try {
            subflow.connection.receiveOn(nowNanos, subflow, incoming);
        } catch (RuntimeException e) {
            contain(subflow.connection, e);
        }
        enqueue(subflow.connection);
    }

    private void receiveIcmp(long nowNanos, PacketSlot in) {
        Subflow subflow = icmp.receive(nowNanos, in);
        if (subflow != null) {
            try {
                subflow.connection.settle(nowNanos);
            } catch (RuntimeException e) {
                contain(subflow.connection, e);
            }
            enqueue(subflow.connection);
        }
    }

    /** A broken invariant costs the connection it was found in, not the others. */
    private void contain(Connection connection, RuntimeException e) {
        assert false : e;
        counters.increment(Counter.InternalErrors);
        connection.terminate(CloseReason.INTERNAL, true);
        connection.settle(nowNanos);
    }

    /** Fires every timer that is due. */
    public void expire(long nowNanos) {
        tick(nowNanos);
        for (DeadlineQueue.Node node = deadlines.pollDue(nowNanos); node != null; node = deadlines.pollDue(nowNanos)) {
            Connection connection = node instanceof Subflow subflow ? subflow.connection : (Connection) node;
            try {
                if (node instanceof Subflow subflow) {
                    subflow.expire(nowNanos);
                    connection.settle(nowNanos);
                } else {
                    connection.expire(nowNanos);
                }
            } catch (RuntimeException e) {
                contain(connection, e);
            }
            enqueue(connection);
        }
    }

    /**
     * Writes the next segment to be sent into the slot. {@code out.buffer}, {@code out.offset} and {@code out.gather} are the caller's: room
     * for 60 bytes of header, and for the payload too unless {@code gather}.
     *
     * @return false when there is nothing to send now
     */
    public boolean transmit(long nowNanos, PacketSlot out) {
        tick(nowNanos);
        out.clearPayloadReference();
        while (!dying.isEmpty()) {
            Subflow subflow = dying.poll();
            if (isLinkUp(subflow.linkId) && subflow.transmitControl(nowNanos, out)) {
                counters.increment(Counter.OutRsts);
                return true;
            }
        }
        if (resets.transmit(out)) {
            out.checksumState = PacketSlot.CHECKSUM_UNVERIFIED;
            counters.increment(Counter.OutRsts);
            return true;
        }
        while (!work.isEmpty()) {
            Connection connection = work.poll();
            connection.inWorkQueue = false;
            try {
                if (connection.transmit(nowNanos, out)) {
                    enqueue(connection); // to the end of the queue: connections take turns
                    return true;
                }
            } catch (RuntimeException e) {
                contain(connection, e);
            }
            if (!dying.isEmpty()) {
                return transmit(nowNanos, out);
            }
        }
        return false;
    }

    /** When {@link #expire} has to be called at the latest; Long.MAX_VALUE for never. */
    public long deadlineNanos() {
        return deadlines.nextDeadlineNanos();
    }

    /** Takes the next connection with new readiness bits off the queue; null when there is none. */
    public MptcpConnection nextReady() {
        Connection connection = ready.poll();
        if (connection != null) {
            connection.inReadyQueue = false;
        }
        return connection == null ? null : connection.facade();
    }

    /** Ends every connection without a word to its peer and frees all native memory. On the owner's thread; the stack is of no use afterwards. */
    public void close() {
        for (Connection connection : List.copyOf(connections)) {
            connection.discard();
        }
        rings.close();
    }

    private void tick(long now) {
        nowNanos = now;
        isns.tick(now);
    }

    // ==== segments of no known flow ====

    private void receiveUnknown(PacketSlot in) {
        if (incoming.has(TcpSegment.RST)) {
            return;
        }
        boolean opens = incoming.has(TcpSegment.SYN) && !incoming.has(TcpSegment.ACK | TcpSegment.FIN);
        if (!opens) {
            reset(in, -1);
            return;
        }
        if (isMulticastOrBroadcast(in.destinationHi, in.destinationLo) || isMulticastOrBroadcast(in.sourceHi, in.sourceLo)) {
            return; // RFC 9293 MUST-57
        }
        MptcpOptions mptcp = incoming.options.mptcp;
        if (mptcp.has(MptcpOptions.MP_JOIN) && mptcp.mpJoinLength == 12 && !mptcp.has(MptcpOptions.MP_CAPABLE)) {
            receiveJoin(in, mptcp);
            return;
        }
        FlowKey key = FlowKey.ofReceived(in);
        Listener listener = findListener(key);
        if (listener == null) {
            reset(in, -1);
        } else if (halfOpen >= config.limits().maxHalfOpen() || connections.size() >= config.limits().maxConnections()) {
            counters.increment(Counter.ListenOverflows); // silence: the peer tries again
        } else {
            openPassive(in, key, listener, mptcp);
        }
    }

    private void openPassive(PacketSlot in, FlowKey key, Listener listener, MptcpOptions mptcpOptions) {
        boolean mptcp = config.mptcp() && listener.options().mptcp() && Handshake.isAcceptableSyn(mptcpOptions);
        Connection connection = new Connection(this, listener, listener.options(), mptcp, null);
        if (mptcp) {
            counters.increment(Counter.MPCapableSYNRX);
            newLocalKey(connection);
            connection.handshake().onSyn(mptcpOptions);
        }
        connections.add(connection);
        halfOpen++;
        counters.increment(Counter.PassiveOpens);
        Subflow subflow = connection.openInitial(in.linkId, key, false);
        subflow.tcb.openPassive(nowNanos, incoming, listener.isDeferred());
        if (listener.isDeferred()) {
            connection.raiseAccepted();
        }
        enqueue(connection);
    }

    /** MP_JOIN goes by its token, not by port (RFC 8684 section 3.2). */
    private void receiveJoin(PacketSlot in, MptcpOptions mptcp) {
        counters.increment(Counter.MPJoinSynRx);
        Connection connection = tokens.get(mptcp.joinToken);
        if (connection == null || !connection.isMptcp()) {
            counters.increment(Counter.MPJoinNoTokenFound);
            reset(in, ResetReason.MPTCP);
            return;
        }
        if (!connection.acceptsJoins() || connection.paths().subflowCount() >= config.limits().maxSubflows()) {
            counters.increment(Counter.MPJoinRejected);
            reset(in, ResetReason.PROHIBITED);
            return;
        }
        Subflow subflow = connection.addSubflow(in.linkId, FlowKey.ofReceived(in), true, false);
        subflow.join.onSyn(mptcp);
        subflow.tcb.openPassive(nowNanos, incoming, false);
        enqueue(connection);
    }

    private void reset(PacketSlot in, int reason) {
        resets.add(nowNanos, in, incoming, reason);
    }

    private static boolean isMulticastOrBroadcast(long hi, long lo) {
        if (IpAddress.isIpv4(hi, lo)) {
            int first = (int) lo >>> 24;
            return first >= 224 || (int) lo == 0;
        }
        return (hi >>> 56) == 0xff || (hi == 0 && lo == 0);
    }

    // ==== what connections ask ====

    private void newLocalKey(Connection connection) {
        long key;
        int token;
        do {
            key = random.nextLong();
            token = keys.token(key);
        } while (key == 0 || token == 0 || tokens.contains(token)); // unique among this host's connections (section 3.1)
        connection.data().sequence.setLocalKey(key);
        tokens.put(token, connection);
    }

    void forgetToken(Connection connection) {
        if (tokens.get(connection.data().sequence.localToken()) == connection) {
            tokens.remove(connection.data().sequence.localToken());
        }
    }

    private Subflow lookUp(FlowKey key) {
        return flows.get(key.localHi(), key.localLo(), key.localPort(), key.remoteHi(), key.remoteLo(), key.remotePort());
    }

    void register(Subflow subflow) {
        flows.put(subflow);
    }

    void unregister(Subflow subflow) {
        flows.remove(subflow);
        deadlines.schedule(subflow, Long.MAX_VALUE);
        if (subflow.tcb.isResetDue()) {
            dying.add(subflow);
        }
        if (!subflow.isJoin && !subflow.isActive && !subflow.connection.wasConnected()) {
            halfOpen--;
        }
    }

    /** A passive connection has completed its handshake. */
    void onHandshakeDone() {
        halfOpen--;
    }

    void reschedule(Subflow subflow) {
        schedule(subflow, subflow.nextDeadlineNanos(nowNanos));
    }

    void schedule(DeadlineQueue.Node node, long deadlineNanos) {
        if (node.deadlineNanos != deadlineNanos) {
            deadlines.schedule(node, deadlineNanos);
        }
    }

    void enqueue(Connection connection) {
        if (!connection.inWorkQueue && !connection.isRemoved()) {
            connection.inWorkQueue = true;
            work.add(connection);
        }
    }

    void enqueueReady(Connection connection) {
        if (!connection.inReadyQueue) {
            connection.inReadyQueue = true;
            ready.add(connection);
        }
    }

    void remove(Connection connection) {
        forgetToken(connection);
        connections.remove(connection);
        deadlines.schedule(connection, Long.MAX_VALUE);
        for (int linkId = 0; connection.waitingForLinks != 0; linkId++) {
            if ((connection.waitingForLinks & 1L << linkId) != 0) {
                connection.waitingForLinks &= ~(1L << linkId);
                waitingForLink.get(linkId).remove(connection);
            }
        }
    }

    void count(Counter counter) {
        counters.increment(counter);
    }

    void trace(String event, Connection connection, Subflow subflow, String detail) {
        if (config.tracer() != Tracer.NONE) {
            config.tracer().event(nowNanos, event, connection.data().sequence.localToken(), subflow == null ? -1 : subflow.id,
                    subflow == null ? connection.local() : subflow.local(), subflow == null ? connection.remote() : subflow.remote(), detail);
        }
    }

    StackConfig config() {
        return config;
    }

    TcpConfig joinTcpConfig() {
        return joinTcpConfig;
    }

    RandomSource random() {
        return random;
    }

    RingPool rings() {
        return rings;
    }

    Keys keys() {
        return keys;
    }

    IsnGenerator isns() {
        return isns;
    }

    long nowNanos() {
        return nowNanos;
    }
}
