package io.mptcp.stack;

import io.mptcp.cc.CongestionControllers;
import io.mptcp.spi.PathEvent;
import io.mptcp.spi.RandomSource;
import io.mptcp.spi.Tracer;
import io.mptcp.tcp.IncomingSegment;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.tcp.TcpPath;
import io.mptcp.tcp.TcpScratch;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.OptionWriter;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * A TCP and Multipath TCP stack without I/O, clock or thread. The owner drives it with five verbs:
 * {@link #receive}, {@link #expire}, {@link #transmit}, {@link #deadlineNanos} and {@link #nextReady}. Only the first three take time; everything the
 * application calls records what it wants and never sends. One thread at a time. The same seed and calls give the same bytes.
 */
public final class Stack {
    /**
     * A join that gets no answer is given up soon: the path manager decides when to try again. Until then a SYN a second costs nothing, and nobody
     * has to wait longer for a path that is back.
     */
    private static final int JOIN_SYN_RETRIES = 3;

    private StackConfig config;
    private TcpConfig joinTcpConfig;
    private final RandomSource random;
    private final Keys keys = new Keys();
    private final IsnGenerator isns;
    private final Counters counters = new Counters();
    private final Blackholes blackholes = new Blackholes();

    private final LinkTable links = new LinkTable();
    private final FlowTable<Subflow> flows;
    private final LocalKeys localKeys;
    private final ConnectionList connections = new ConnectionList();
    private final Acceptor acceptor;
    private final PortAllocator ports;
    private final FourTuples fourTuples;
    private final FastOpenCache fastOpens = new FastOpenCache();
    private final MemoryBudget memory;
    private final TcpScratch tcpScratch;
    private final ConnectionView schedulerView = new ConnectionView();

    private final DeadlineQueue deadlines = new DeadlineQueue();
    private final ArrayDeque<Connection> work = new ArrayDeque<>();
    private final ArrayDeque<Connection> ready = new ArrayDeque<>();
    /** Closed subflows whose RST has not left yet. */
    private final ArrayDeque<Subflow> dying = new ArrayDeque<>();
    private final IcmpReceiver icmp;
    private final IncomingSegment incoming = new IncomingSegment();

    private BiConsumer<MptcpConnection, RuntimeException> failureHook = (connection, failure) -> {
        assert false : failure; // tests run with assertions
    };

    private long nowNanos;

    public Stack(StackConfig config, RandomSource random) {
        CongestionControllers.create(config.congestionControl()); // an unknown name is the caller's mistake: say so now
        this.config = config;
        joinTcpConfig = forJoins(config.tcp());
        this.random = random;
        tcpScratch = new TcpScratch(config.limits().maxRanges());
        memory = new MemoryBudget(this, config.limits().maxBufferBytes(), connections);
        isns = new IsnGenerator(random);
        flows = new FlowTable<>(random.nextLong());
        acceptor = new Acceptor(this, random);
        icmp = new IcmpReceiver(this, flows, acceptor.synQueue, config.limits().maxIcmpPerSecond());
        localKeys = new LocalKeys(keys, random, acceptor.synQueue, config.shard());
        ports = new PortAllocator(random);
        fourTuples = new FourTuples(this, flows, acceptor, isns);
    }

    /**
     * Other TCP settings for what is opened from now on: connections, half-open ones included, keep those they began with, and their later
     * subflows take these. {@link TcpConfig#timeWaitMillis} is the stack's and stays as it was.
     */
    public void setTcpConfig(TcpConfig tcp) {
        config = config.withTcp(tcp);
        joinTcpConfig = forJoins(tcp);
    }

    private static TcpConfig forJoins(TcpConfig tcp) {
        return tcp.toBuilder().synRetries(Math.min(JOIN_SYN_RETRIES, tcp.synRetries())).synLinearTimeouts(JOIN_SYN_RETRIES).build();
    }

    /**
     * Who is told of each internal error, once its connection is about to be closed with {@link CloseReason#INTERNAL} and after {@link
     * Counter#InternalErrors} has been incremented: something of the engine's, or a scheduler, path manager, tracer or factory that threw. On the
     * stack's thread; must not call back. Without a hook they are counted, or with assertions on an AssertionError.
     *
     * @param hook takes the connection, null where there is none, and what was thrown
     */
    public void onInternalError(BiConsumer<MptcpConnection, RuntimeException> hook) {
        failureHook = Objects.requireNonNull(hook);
    }

    // ==== links ====

    /**
     * Adds a link, or changes its properties. Subflows that are there follow a change of its MTU and super-segments: what they send from now on
     * fits.
     *
     * @param linkId small number chosen by the caller, 0..63
     */
    public void addLink(int linkId, LinkProperties properties) {
        LinkProperties before = links.has(linkId) ? links.properties(linkId) : null;
        links.add(linkId, properties);
        if (before != null && !before.equals(properties)) {
            for (Connection connection : List.copyOf(connections)) {
                guarded(connection, it -> it.onLinkProperties(linkId, properties));
                enqueue(connection);
            }
        }
    }

    /** The link works, or does not: subflows over it are given up at once and their data goes elsewhere. */
    public void setLinkUp(int linkId, boolean up) {
        if (links.isUp(linkId) == up) {
            return;
        }
        links.setUp(linkId, up);
        if (up) {
            blackholes.clearLink(linkId);
        }
        if (isTraced()) {
            trace(PathEvent.ofPath(up ? PathEvent.Type.PATH_UP : PathEvent.Type.PATH_DOWN, nowNanos, linkId, ""));
        }
        for (Connection connection : List.copyOf(connections)) {
            guarded(connection, it -> it.onLinkChange(linkId, up));
            enqueue(connection);
        }
    }

    /** Back-pressure: while a link is not writable, {@link #transmit} hands out nothing for it. */
    public void setLinkWritable(int linkId, boolean writable) {
        for (Connection connection : links.setWritable(linkId, writable)) {
            enqueue(connection);
        }
        if (writable) {
            acceptor.synQueue.onLinkWritable();
        }
    }

    boolean isLinkUp(int linkId) {
        return links.isUp(linkId);
    }

    boolean isLinkWritable(int linkId) {
        return links.isWritable(linkId);
    }

    /** The connection has something to send on a link that is not writable: it is looked at again when the link is. */
    void waitForLink(Connection connection, int linkId) {
        links.waitFor(connection, linkId);
    }

    boolean hasLink(int linkId) {
        return links.has(linkId);
    }

    LinkProperties linkProperties(int linkId) {
        return links.properties(linkId);
    }

    // ==== the application's side ====

    /**
     * Opens a connection; the SYN leaves with the next {@link #transmit}.
     *
     * @param local  address to use on that link; port 0 lets the stack choose (see {@link #setPortRange})
     * @throws IllegalArgumentException when {@code remote} is not a {@link #isDestination destination}, or of the other address family
     * @throws IllegalStateException    when a limit is reached or no port is free
     */
    public MptcpConnection connect(int linkId, IpEndpoint local, IpEndpoint remote, ConnectOptions options, Object attachment) {
        requireLink(linkId);
        if (local.address().isIpv4() != remote.address().isIpv4()) {
            throw new IllegalArgumentException("cannot reach " + remote + " from " + local.address() + ": different address families");
        }
        if (!isDestination(remote)) {
            throw new IllegalArgumentException("cannot connect to " + remote + ": not an address and port of one host"); // RFC 9293 MUST-46
        }
        if (isFull()) {
            throw new IllegalStateException("the limit of " + config.limits().maxConnections() + " connections is reached");
        }
        int port = local.port() != 0 ? local.port() : allocatePort(local.address(), remote);
        FlowKey key = FlowKey.of(new IpEndpoint(local.address(), Math.max(port, 0)), remote);
        if (port < 0 || !fourTuples.isFree(local.address(), port, remote)) {
            throw new IllegalStateException("no free local port for " + remote);
        }
        boolean mptcp = config.mptcp() && options.mptcp();
        Connection connection = new Connection(this, null, options, config.tcp(), mptcp, attachment);
        if (mptcp) {
            localKeys.draw(connection);
        }
        if (options.fastOpen()) {
            connection.setFastOpen(new FastOpenClient(this, fastOpens, remote.address(), connection.data().sender, options.fastOpenWithoutCookie()));
        }
        openActive(connection, linkId, key);
        return connection.facade();
    }

    private void openActive(Connection connection, int linkId, FlowKey key) {
        try {
            add(connection).openInitial(linkId, key, true).tcb.openActive();
        } catch (RuntimeException e) { // a factory's, or the path manager's: the caller hears of it
            connection.closing().bury();
            throw e;
        }
        counters.increment(Counter.ActiveOpens);
        enqueue(connection);
    }

    /** Whether a connection can go there at all: an address of one host, and a port (RFC 9293 section 3.9.1, MUST-46). */
    public static boolean isDestination(IpEndpoint remote) {
        return remote.port() != 0 && Acceptor.isUnicast(remote.address().hi(), remote.address().lo());
    }

    private void requireLink(int linkId) {
        if (!hasLink(linkId)) {
            throw new IllegalArgumentException("no such link: " + linkId);
        }
    }

    /**
     * Destinations to which connections begin as plain TCP, because SYNs with MP_CAPABLE were lost on the way there (RFC 8684 section 3.9.3).
     * They are forgotten in time, when MPTCP gets through after all, and when their link has been down.
     */
    public List<Blackhole> blackholes() {
        return blackholes.list(nowNanos);
    }

    /** Forgets {@link #blackholes}, and how often they were found: the next connections try MPTCP again. */
    public void clearBlackholes() {
        blackholes.clear();
    }

    /** As {@link #clearBlackholes()}, for one destination over one link. @return whether anything was known of it */
    public boolean clearBlackhole(int linkId, IpAddress remote) {
        return blackholes.clear(linkId, remote);
    }

    Blackholes blackholeTable() {
        return blackholes;
    }

    /** Local ports the stack may choose from, both inclusive. Default 49152..65535. */
    public void setPortRange(int first, int last) {
        ports.setRange(first, last);
    }

    /** A local port such that the 4-tuple is free; -1 when there is none. */
    int allocatePort(IpAddress local, IpEndpoint remote) {
        return ports.allocate(local, remote, fourTuples);
    }

    /**
     * Listens. Address {@link IpAddress#ANY} takes any local address, port 0 any port (a transparent listener, for a TUN gateway).
     *
     * @param deferred the SYN/ACK is held back until {@link MptcpConnection#accept()}
     * @throws IllegalStateException when that address and port already has a listener
     */
    public Listener listen(IpEndpoint local, boolean deferred, ConnectOptions options, Object attachment) {
        Listener listener = acceptor.listen(local, deferred, options, attachment);
        traceListener(PathEvent.Type.LISTENER_CREATED, listener);
        return listener;
    }

    /**
     * Listens for joins only: what stands behind an announced address with a port of its own. They go by their token, not by port, so it is others that
     * get another answer: a SYN that would open a connection is reset with MP_TCPRST reason 3, as by Linux.
     *
     * @throws IllegalStateException when that address and port already has a listener
     */
    public Listener listenForJoins(IpEndpoint local) {
        Listener listener = acceptor.listen(local, false, ConnectOptions.DEFAULT, null);
        listener.joinsOnly = true;
        traceListener(PathEvent.Type.LISTENER_CREATED, listener);
        return listener;
    }

    public void close(Listener listener) {
        acceptor.close(listener);
        traceListener(PathEvent.Type.LISTENER_CLOSED, listener);
    }

    private void traceListener(PathEvent.Type type, Listener listener) {
        if (isTraced()) {
            trace(PathEvent.ofListener(type, nowNanos, listener.local()));
        }
    }

    public Counters counters() {
        return counters;
    }

    /** Native memory that holds payload of all connections, in bytes. */
    public long bufferBytes() {
        return memory.rings().usedBytes();
    }

    /** Native memory kept for payload to come, in bytes; it is given back when it is not needed for some seconds. */
    public long spareBufferBytes() {
        return memory.rings().spareBytes();
    }

    /** All connections there are, oldest first: a copy. See {@link #connectionCount()}. */
    public List<MptcpConnection> connections() {
        List<MptcpConnection> facades = new ArrayList<>(connections.size());
        for (Connection connection : connections) {
            facades.add(connection.facade());
        }
        return facades;
    }

    /** Connections that exist, closing ones included; neither half-open ones a listener has been asked for nor those in TIME-WAIT. */
    public int connectionCount() {
        return connections.size();
    }

    /** 4-tuples in TIME-WAIT (RFC 9293 section 3.6.1). */
    public int timeWaitCount() {
        return acceptor.timeWait.size();
    }

    /** SYNs that have been answered with a SYN/ACK and wait for the third ACK. */
    public int synQueueSize() {
        return acceptor.synQueue.size();
    }

    /** 4-tuples with a subflow, or a connection of plain TCP. */
    public int flowCount() {
        return flows.size();
    }

    /** Whether a listener, a subflow or something in TIME-WAIT has this local port. Looks at all there are: not for every segment. */
    public boolean isLocalPortUsed(int port) {
        return acceptor.isListening(port) || flows.hasLocalPort(port) || acceptor.timeWait.hasLocalPort(port);
    }

    /** Tokens that an MP_JOIN may name; those of half-open connections not counted. */
    public int tokenCount() {
        return localKeys.count();
    }

    // ==== Fast Open (RFC 7413) ====

    /**
     * Secret keys of Fast Open cookies, so that several servers behind one address can share them; each is two halves of 128 bits, as
     * little-endian numbers, and cookies are computed as on Linux (net.ipv4.tcp_fastopen_key). Without, keys are random and change.
     *
     * @param before the key until now, whose cookies are still taken; null for none
     */
    public void setFastOpenKeys(long[] now, long[] before) {
        acceptor.fastOpenCookies().setKeys(now, before);
    }

    /** Forgets the cookies of all servers. */
    public void forgetFastOpenCookies() {
        fastOpens.clear();
    }

    /** How many bytes can go at least with a SYN to this server over this link, whatever its options; -1 while no cookie of it is known, or its SYNs with data got lost. */
    public int fastOpenRoomBytes(int linkId, IpAddress server, SocketOptions options) {
        return fastOpens.mayTry(nowNanos, server) && fastOpens.cookie(server) != null ? fastOpenRoomWithoutCookieBytes(linkId, server, options) : -1;
    }

    /** As {@link #fastOpenRoomBytes} where no cookie is needed ({@link ConnectOptions#fastOpenWithoutCookie}). */
    public int fastOpenRoomWithoutCookieBytes(int linkId, IpAddress server, SocketOptions options) {
        requireLink(linkId);
        int mssBytes = Math.min(TcpPath.announcedMssBytes(linkProperties(linkId).mtuBytes(), server.isIpv4(), options), fastOpens.mssBytes(server));
        return Math.max(0, mssBytes - OptionWriter.MAX_LENGTH);
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
            counters.increment(Counter.InCsumErrors);
            return;
        }
        incoming.read(in);
        Subflow subflow = flows.get(in.destinationHi, in.destinationLo, TcpSegment.destinationPort(in.buffer, in.offset),
                in.sourceHi, in.sourceLo, TcpSegment.sourcePort(in.buffer, in.offset));
        if (subflow == null) {
            receiveUnknown(nowNanos, in);
            return;
        }
        try {
            if (subflow.tcb.isForeignAck(nowNanos, incoming)) {
                acceptor.reset(in, incoming, -1);
            } else {
                subflow.connection.receiveOn(nowNanos, subflow, incoming);
            }
        } catch (RuntimeException e) {
            contain(subflow.connection, e);
        }
        enqueue(subflow.connection);
    }

    /** A segment of no flow, from which one may come. */
    private void receiveUnknown(long nowNanos, PacketSlot in) {
        try {
            acceptor.receive(nowNanos, in, incoming);
        } catch (RuntimeException e) {
            contain(acceptor.takeTouched(), e);
            acceptor.reset(in, incoming, -1);
        }
    }

    /** The segment that has come is for this subflow, which is new. */
    void receiveOn(Subflow subflow) {
        subflow.connection.receiveOn(nowNanos, subflow, incoming);
        enqueue(subflow.connection);
    }

    private void receiveIcmp(long nowNanos, PacketSlot in) {
        Subflow subflow = icmp.receive(nowNanos, in);
        if (subflow != null) {
            guarded(subflow.connection, connection -> {
                if (icmp.apply(nowNanos, subflow)) {
                    connection.settle(nowNanos);
                }
            });
            enqueue(subflow.connection);
        }
    }

    /** Runs something that concerns one connection: should it fail, the others do not notice. */
    void guarded(Connection connection, Consumer<Connection> action) {
        try {
            action.accept(connection);
        } catch (RuntimeException e) {
            contain(connection, e);
        }
    }

    /**
     * A broken invariant, or a scheduler, path manager or factory that throws, costs the connection it was found in, not the others.
     *
     * @param connection null when there is none yet
     */
    private void contain(Connection connection, RuntimeException failure) {
        report(connection, failure);
        if (connection == null) {
            return;
        }
        try {
            connection.terminate(CloseReason.INTERNAL, true);
            connection.settle(nowNanos);
        } catch (RuntimeException again) {
            report(connection, again);
            connection.closing().bury();
        }
    }

    private void report(Connection connection, RuntimeException failure) {
        counters.increment(Counter.InternalErrors);
        failureHook.accept(connection == null ? null : connection.facade(), failure);
    }

    /** Fires every timer that is due. */
    public void expire(long nowNanos) {
        tick(nowNanos);
        memory.expire(nowNanos);
        for (DeadlineQueue.Node node = deadlines.pollDue(nowNanos); node != null; node = deadlines.pollDue(nowNanos)) {
            Connection connection = node instanceof Subflow subflow ? subflow.connection : node instanceof Connection whole ? whole : null;
            try {
                expire(nowNanos, node);
            } catch (RuntimeException e) {
                contain(connection, e);
            }
            if (connection != null) {
                enqueue(connection);
            }
        }
    }

    private void expire(long nowNanos, DeadlineQueue.Node node) {
        switch (node) {
            case Subflow subflow -> {
                subflow.expire(nowNanos);
                subflow.connection.settle(nowNanos);
            }
            case Connection connection -> connection.expire(nowNanos);
            case SynRequest request -> acceptor.synQueue.expire(request);
            case TimeWaitTable timeWait -> timeWait.expire(nowNanos);
            default -> throw new IllegalStateException("nobody expects the deadline of " + node);
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
        while (true) {
            if (transmitLastResets(nowNanos, out) || acceptor.transmit(nowNanos, out)) {
                return true;
            }
            Connection connection = work.poll();
            if (connection == null) {
                return false;
            }
            connection.inWorkQueue = false;
            try {
                if (connection.transmit(nowNanos, out)) {
                    enqueue(connection); // to the end of the queue: connections take turns
                    return true;
                }
            } catch (RuntimeException e) {
                contain(connection, e);
            }
        }
    }

    private boolean transmitLastResets(long nowNanos, PacketSlot out) {
        while (!dying.isEmpty()) {
            Subflow subflow = dying.poll();
            try {
                if (isLinkUp(subflow.linkId) && subflow.transmitControl(nowNanos, out)) {
                    counters.increment(Counter.OutRsts);
                    return true;
                }
            } catch (RuntimeException e) {
                report(subflow.connection, e);
            } finally {
                subflow.connection.closing().onLastReset();
            }
        }
        return false;
    }

    /** When {@link #expire} has to be called at the latest; Long.MAX_VALUE for never. */
    public long deadlineNanos() {
        return Math.min(deadlines.nextDeadlineNanos(), memory.deadlineNanos());
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
            try {
                connection.closing().discard();
            } catch (RuntimeException e) {
                report(connection, e);
            }
        }
        memory.rings().close();
    }

    private void tick(long now) {
        nowNanos = now;
        isns.tick(now);
        memory.update();
    }

    // ==== what connections ask ====

    /** Whether no more connections can be had. */
    boolean isFull() {
        return connections.size() >= config.limits().maxConnections();
    }

    Connection add(Connection connection) {
        connections.add(connection);
        return connection;
    }

    LocalKeys localKeys() {
        return localKeys;
    }

    FourTuples fourTuples() {
        return fourTuples;
    }

    /** The subflow has nothing more to do but to wait: a few fields do that. */
    void enterTimeWait(Subflow subflow, int window) {
        acceptor.timeWait.add(FlowKey.of(subflow.local(), subflow.remote()), subflow.tcb, window);
    }

    void register(Subflow subflow) {
        flows.put(subflow);
    }

    void unregister(Subflow subflow) {
        if (!flows.remove(subflow)) {
            return;
        }
        deadlines.schedule(subflow, Long.MAX_VALUE);
        if (subflow.tcb.isResetDue()) {
            dying.add(subflow);
            subflow.connection.closing().onDying();
        }
        if (!subflow.isJoin && !subflow.isActive && !subflow.connection.wasConnected()) {
            acceptor.onNoLongerHalfOpen();
        }
    }

    /** A passive connection has completed its handshake. */
    void onHandshakeDone() {
        acceptor.onNoLongerHalfOpen();
    }

    void onJoinNoLongerHalfOpen() {
        acceptor.onJoinNoLongerHalfOpen();
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
        localKeys.forget(connection);
        connections.unlink(connection);
        memory.forget(connection);
        deadlines.schedule(connection, Long.MAX_VALUE);
        links.forget(connection);
    }

    void count(Counter counter) {
        counters.increment(counter);
    }

    void trace(PathEvent.Type type, Connection connection, Subflow subflow, String detail) {
        if (isTraced()) {
            trace(Events.of(type, nowNanos, connection, subflow, detail));
        }
    }

    private boolean isTraced() {
        return config.tracer() != Tracer.NONE;
    }

    /** A tracer that throws has seen its event, and nothing else is the worse for it. */
    private void trace(PathEvent event) {
        try {
            config.tracer().event(event);
        } catch (RuntimeException e) {
            report(null, e);
        }
    }

    /** The peer announced an address, or took it back; {@code remote} is null then. */
    void traceAddress(PathEvent.Type type, Connection connection, int remId, IpEndpoint remote) {
        if (isTraced()) {
            trace(Events.ofAddress(type, nowNanos, connection, remId, remote));
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

    MemoryBudget memory() {
        return memory;
    }

    /** What schedulers see of the connection that is at work. */
    ConnectionView schedulerView() {
        return schedulerView;
    }

    TcpScratch tcpScratch() {
        return tcpScratch;
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
