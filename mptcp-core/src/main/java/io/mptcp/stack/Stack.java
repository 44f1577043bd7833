package io.mptcp.stack;

import io.mptcp.cc.CongestionControllers;
import io.mptcp.spi.PathEvent;
import io.mptcp.spi.RandomSource;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.tcp.TcpScratch;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.PacketSlot;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

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
    private final Connector connector;
    private final FourTuples fourTuples;
    private final MemoryBudget memory;
    private final TcpScratch tcpScratch;
    private final ConnectionView schedulerView = new ConnectionView();

    private final DeadlineQueue deadlines = new DeadlineQueue();
    private final ArrayDeque<Connection> work = new ArrayDeque<>();
    private final ArrayDeque<Connection> ready = new ArrayDeque<>();
    private final LastResets lastResets;
    private final Containment containment = new Containment(this);
    private final Events events;
    private final StackInput input;

    private long nowNanos;

    /**
     * @param random where keys, sequence numbers and hash seeds come from: nobody else may be able to predict it
     * @throws IllegalArgumentException when no congestion controller has the name in {@code config}
     */
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
        events = new Events(this, containment);
        lastResets = new LastResets(this, containment);
        input = new StackInput(this, flows, acceptor, containment);
        localKeys = new LocalKeys(keys, random, acceptor.synQueue, config.shard());
        connector = new Connector(this, random);
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
        containment.setHook(hook);
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
                containment.guarded(connection, it -> it.onLinkProperties(linkId, properties));
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
        events.ofPath(up ? PathEvent.Type.PATH_UP : PathEvent.Type.PATH_DOWN, linkId);
        for (Connection connection : List.copyOf(connections)) {
            containment.guarded(connection, it -> it.onLinkChange(linkId, up));
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
        return connector.connect(linkId, local, remote, options, attachment);
    }

    /** Whether a connection can go there at all: an address of one host, and a port (RFC 9293 section 3.9.1, MUST-46). */
    public static boolean isDestination(IpEndpoint remote) {
        return remote.port() != 0 && Acceptor.isUnicast(remote.address().hi(), remote.address().lo());
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
        connector.ports.setRange(first, last);
    }

    /** A local port such that the 4-tuple is free; -1 when there is none. */
    int allocatePort(IpAddress local, IpEndpoint remote) {
        return connector.ports.allocate(local, remote, fourTuples);
    }

    /**
     * Listens. Address {@link IpAddress#ANY} takes any local address, port 0 any port (a transparent listener, for a TUN gateway).
     *
     * @param deferred the SYN/ACK is held back until {@link MptcpConnection#accept()}
     * @throws IllegalStateException when that address and port already has a listener
     */
    public Listener listen(IpEndpoint local, boolean deferred, ConnectOptions options, Object attachment) {
        Listener listener = acceptor.listen(local, deferred, options, attachment);
        events.ofListener(PathEvent.Type.LISTENER_CREATED, listener);
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
        events.ofListener(PathEvent.Type.LISTENER_CREATED, listener);
        return listener;
    }

    /** Takes no more connections there; those there are go on. */
    public void close(Listener listener) {
        acceptor.close(listener);
        events.ofListener(PathEvent.Type.LISTENER_CLOSED, listener);
    }

    /** Counters under the kernel's names; they go on counting. */
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
        connector.fastOpens.clear();
    }

    /** How many bytes can go at least with a SYN to this server over this link, whatever its options; -1 while no cookie of it is known, or its SYNs with data got lost. */
    public int fastOpenRoomBytes(int linkId, IpAddress server, SocketOptions options) {
        return connector.fastOpenRoomBytes(linkId, server, options);
    }

    /** As {@link #fastOpenRoomBytes} where no cookie is needed ({@link ConnectOptions#fastOpenWithoutCookie}). */
    public int fastOpenRoomWithoutCookieBytes(int linkId, IpAddress server, SocketOptions options) {
        return connector.fastOpenRoomWithoutCookieBytes(linkId, server, options);
    }

    // ==== the five verbs ====

    /**
     * Takes in one segment, or an ICMP message ({@link PacketSlot#protocol}). The slot and its memory may be reused when this returns. Never
     * throws because of what is in it.
     */
    public void receive(long nowNanos, PacketSlot in) {
        tick(nowNanos);
        input.receive(nowNanos, in);
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
                containment.contain(connection, e);
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
            if (lastResets.transmit(nowNanos, out) || acceptor.transmit(nowNanos, out)) {
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
                containment.contain(connection, e);
            }
        }
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

    /**
     * Takes the next notice that memory which was handed over ({@link MptcpConnection#handOver}) is not needed any more; null when there is none. To be
     * run by the caller: it is the application's, who may write from there. There may be some after everything else that is called here, {@link #close}
     * included.
     */
    public Runnable nextReleased() {
        return memory.rings().nextReleased();
    }

    /** Ends every connection without a word to its peer and frees all native memory. On the owner's thread; the stack is of no use afterwards. */
    public void close() {
        for (Connection connection : List.copyOf(connections)) {
            try {
                connection.closing().discard();
            } catch (RuntimeException e) {
                containment.report(connection, e);
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

    /** The segment that has come is for this subflow, which is new. */
    void receiveOn(Subflow subflow) {
        input.receiveOn(subflow);
    }

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
            lastResets.add(subflow);
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
        events.of(type, connection, subflow, detail);
    }

    Events events() {
        return events;
    }

    Containment containment() {
        return containment;
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
