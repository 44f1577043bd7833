package io.mptcp.stack;

import io.mptcp.spi.RandomSource;
import io.mptcp.tcp.EcnMode;
import io.mptcp.tcp.IncomingSegment;
import io.mptcp.tcp.Tcb;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Segments of no known flow: the states LISTEN, SYN-RECEIVED (of passive opens), TIME-WAIT and CLOSED of RFC 9293 section 3.10.7. From them
 * come passive connections and joins; the rest is answered from tables of a few fields, from a cookie, or with a reset.
 */
final class Acceptor {
    /** How long third ACKs are tried as cookies after the last one was sent: as long as a cookie is valid. */
    private static final long COOKIES_OUT_NANOS = 120_000_000_000L;

    private final Stack stack;
    private final Limits limits;
    private final Map<IpEndpoint, Listener> listeners = new LinkedHashMap<>();
    private final ReplyQueue replies = new ReplyQueue();
    private final ResetQueue resets;
    final SynQueue synQueue;
    final TimeWaitTable timeWait;
    private final SynCookies cookies;
    private final FastOpenServer fastOpen;
    private final IncomingSegment syn = new IncomingSegment();
    /** Connections made at the SYN whose handshake is not complete. */
    private int halfOpen;
    /** Subflows of any connection whose SYN came here with a token, and the third ACK with the HMAC has not. */
    private int halfOpenJoins;
    /** The connection the segment that is being looked at is for, or has brought about; null for none. */
    private Connection touched;
    private long lastCookieNanos;
    private boolean cookiesSent;

    Acceptor(Stack stack, RandomSource random) {
        this.stack = stack;
        limits = stack.config().limits();
        resets = new ResetQueue(limits.maxResetsPerSecond());
        synQueue = new SynQueue(stack, replies, random.nextLong());
        timeWait = new TimeWaitTable(stack, replies, random.nextLong());
        cookies = new SynCookies(random);
        fastOpen = new FastOpenServer(stack, random);
    }

    // ==== listeners ====

    Listener listen(IpEndpoint local, boolean deferred, ConnectOptions options, Object attachment) {
        IpEndpoint key = listenerKey(local.address(), local.port());
        if (listeners.containsKey(key)) {
            throw new IllegalStateException("there is already a listener on " + local);
        }
        Listener listener = new Listener(local, deferred, options, attachment);
        listeners.put(key, listener);
        return listener;
    }

    FastOpenCookies fastOpenCookies() {
        return fastOpen.cookies();
    }

    void close(Listener listener) {
        listener.closed = true;
        listeners.remove(listenerKey(listener.local().address(), listener.local().port()), listener);
    }

    boolean isListening(int port) {
        return listeners.keySet().stream().anyMatch(key -> key.port() == port);
    }

    private static IpEndpoint listenerKey(IpAddress address, int port) {
        return new IpEndpoint(address.isAny() ? IpAddress.ANY : address, port);
    }

    private Listener findListener(PacketSlot in) {
        IpAddress address = destination(in);
        int port = TcpSegment.destinationPort(in.buffer, in.offset);
        Listener exact = listeners.get(new IpEndpoint(address, port));
        if (exact == null) {
            exact = listeners.get(new IpEndpoint(IpAddress.ANY, port));
        }
        return exact != null ? exact : listeners.get(new IpEndpoint(IpAddress.ANY, 0));
    }

    // ==== what arrives ====

    /** What went wrong while a segment was looked at has gone wrong with this connection. Null for none. */
    Connection takeTouched() {
        Connection taken = touched;
        touched = null;
        return taken;
    }

    void receive(long nowNanos, PacketSlot in, IncomingSegment segment) {
        touched = null;
        int localPort = TcpSegment.destinationPort(in.buffer, in.offset);
        int remotePort = TcpSegment.sourcePort(in.buffer, in.offset);
        SynRequest request = synQueue.get(in.destinationHi, in.destinationLo, localPort, in.sourceHi, in.sourceLo, remotePort);
        if (request != null) {
            receiveOn(nowNanos, in, segment, request);
            return;
        }
        TimeWaitTable.Entry old = timeWait.get(in.destinationHi, in.destinationLo, localPort, in.sourceHi, in.sourceLo, remotePort);
        if (old != null && !(old.mayBeReplacedBy(segment) && findListener(in) != null)) {
            timeWait.receive(nowNanos, in, segment, old);
            return;
        }
        if (segment.has(TcpSegment.RST)) {
            return;
        }
        if (!segment.has(TcpSegment.SYN) || segment.has(TcpSegment.ACK | TcpSegment.FIN)) {
            receiveStray(nowNanos, in, segment);
        } else if (isUnicast(in.destinationHi, in.destinationLo) && isUnicast(in.sourceHi, in.sourceLo)) { // RFC 9293 MUST-57
            receiveSyn(nowNanos, in, segment);
        }
    }

    private void receiveStray(long nowNanos, PacketSlot in, IncomingSegment segment) {
        Listener listener = findListener(in);
        if (listener == null || listener.joinsOnly) {
            reset(in, segment, -1);
        } else if (!segment.has(TcpSegment.ACK)) {
            return; // LISTEN, other text or control: nothing to answer (RFC 9293 section 3.10.7.2); a SYN with FIN is a scanner's
        } else if (!completeFromCookie(nowNanos, in, segment, listener)) {
            reset(in, segment, -1);
        }
    }

    private void receiveSyn(long nowNanos, PacketSlot in, IncomingSegment segment) {
        MptcpOptions mptcp = segment.options.mptcp;
        if (mptcp.has(MptcpOptions.MP_JOIN) && mptcp.mpJoinLength == 12 && !mptcp.has(MptcpOptions.MP_CAPABLE)) {
            receiveJoin(nowNanos, in, segment);
            return;
        }
        Listener listener = findListener(in);
        if (listener == null) {
            reset(in, segment, -1);
        } else if (listener.joinsOnly) {
            stack.count(Counter.MPCapableEndpAttempt);
            reset(in, segment, ResetReason.PROHIBITED);
        } else if (listener.isAcceptQueueFull() || stack.isFull()) {
            stack.count(Counter.ListenOverflows); // silence: the peer tries again
            stack.count(Counter.ListenDrops);
        } else if (listener.isDeferred()) {
            openAtSyn(nowNanos, in, segment, listener, false);
        } else if (!isSynQueueFull(listener) && fastOpen.mayOpenAtOnce(nowNanos, in, segment, listener)) {
            openAtSyn(nowNanos, in, segment, listener, true);
        } else {
            openAtThirdAck(nowNanos, in, segment, listener);
        }
    }

    /** MP_JOIN goes by its token, not by port (RFC 8684 section 3.2). */
    private void receiveJoin(long nowNanos, PacketSlot in, IncomingSegment segment) {
        MptcpOptions mptcp = segment.options.mptcp;
        stack.count(Counter.MPJoinSynRx);
        Connection connection = stack.localKeys().connection(mptcp.joinToken);
        if (connection == null || !connection.isMptcp()) {
            stack.count(Counter.MPJoinNoTokenFound);
            reset(in, segment, ResetReason.MPTCP);
            return;
        }
        touched = connection;
        int addressId = acceptsJoin(in, connection) ? connection.paths().localAddressId(in.linkId, destination(in), 0) : LocalAddressIds.NONE;
        if (addressId < 0) {
            stack.count(Counter.MPJoinRejected);
            reset(in, segment, ResetReason.PROHIBITED);
            return;
        }
        if (halfOpenJoins >= limits.maxHalfOpen()) { // the token does not prove that it is the peer's
            dropSyn();
            return;
        }
        Subflow subflow = connection.addJoin(in.linkId, FlowKey.ofReceived(in), false, addressId);
        halfOpenJoins++;
        subflow.join.onSyn(mptcp);
        subflow.tcb.openPassive(nowNanos, segment, false);
        stack.enqueue(connection);
    }

    private boolean acceptsJoin(PacketSlot in, Connection connection) {
        return connection.acceptsJoins() && connection.paths().subflowCount() < limits.maxSubflows() && !isDeniedTarget(in, connection)
                && connection.paths().acceptsJoin(in.linkId, destination(in));
    }

    private static IpAddress destination(PacketSlot in) {
        return new IpAddress(in.destinationHi, in.destinationLo);
    }

    /** A join has been authenticated, or is over. */
    void onJoinNoLongerHalfOpen() {
        halfOpenJoins--;
    }

    /** Our flag C has told the peer so. */
    private boolean isDeniedTarget(PacketSlot in, Connection connection) {
        IpEndpoint initial = connection.local();
        return !stack.config().allowJoinInitialAddress() && initial.port() == TcpSegment.destinationPort(in.buffer, in.offset)
                && initial.address().hi() == in.destinationHi && initial.address().lo() == in.destinationLo;
    }

    void reset(PacketSlot in, IncomingSegment segment, int reason) {
        resets.add(stack.nowNanos(), in, segment, reason);
    }

    static boolean isUnicast(long hi, long lo) {
        if (IpAddress.isIpv4(hi, lo)) {
            return (int) lo >>> 24 < 224 && (int) lo != 0;
        }
        return hi >>> 56 != 0xff && (hi | lo) != 0;
    }

    // ==== connections made at the SYN ====

    private boolean acceptsMptcp(Listener listener, MptcpOptions mptcp) {
        return stack.config().mptcp() && listener.options().mptcp() && Handshake.isAcceptableSyn(mptcp)
                && !Handshake.isChecksumRefused(stack.config(), mptcp.mpCapableFlags);
    }

    /** @param fast the SYN/ACK goes at once, and the payload of the SYN is taken */
    private void openAtSyn(long nowNanos, PacketSlot in, IncomingSegment segment, Listener listener, boolean fast) {
        if (isSynQueueFull(listener)) {
            dropSyn();
            return;
        }
        boolean mptcp = acceptsMptcp(listener, segment.options.mptcp);
        Connection connection = new Connection(stack, listener, listener.options(), stack.config().tcp(), mptcp, null);
        if (mptcp) {
            stack.count(Counter.MPCapableSYNRX);
            stack.localKeys().draw(connection);
            connection.handshake().onSyn(segment.options.mptcp.mpCapableFlags);
        }
        touched = connection;
        connection.setReceivedTrafficClass(in.trafficClass);
        stack.count(Counter.PassiveOpens);
        Subflow subflow = stack.add(connection).openInitial(in.linkId, FlowKey.ofReceived(in), false);
        halfOpen++;
        subflow.tcb.openPassive(nowNanos, segment, !fast);
        if (fast) {
            subflow.fastOpenCookie = fastOpen.cookieToSend(nowNanos, in, segment, listener);
            subflow.fastOpenExperimental = segment.options.fastOpenExperimental;
            connection.openFast(subflow, segment);
        }
        connection.application().raise(Readiness.ACCEPTED);
        stack.enqueue(connection);
    }

    private boolean isSynQueueFull(Listener listener) {
        return halfOpen + synQueue.size() >= limits.maxHalfOpen() || listener.isSynQueueFull();
    }

    private void dropSyn() {
        stack.count(Counter.TCPReqQFullDrop);
        stack.count(Counter.ListenOverflows);
        stack.count(Counter.ListenDrops);
    }

    /** A connection made at the SYN is open, or gone. */
    void onNoLongerHalfOpen() {
        halfOpen--;
    }

    // ==== connections made at the third ACK ====

    private void openAtThirdAck(long nowNanos, PacketSlot in, IncomingSegment segment, Listener listener) {
        boolean full = isSynQueueFull(listener);
        if (full && !stack.config().tcp().synCookies()) {
            dropSyn();
            return;
        }
        FlowKey key = FlowKey.ofReceived(in);
        boolean mptcp = acceptsMptcp(listener, segment.options.mptcp);
        if (mptcp) {
            stack.count(Counter.MPCapableSYNRX);
        }
        if (full) {
            sendCookie(nowNanos, in, segment, listener, key, mptcp);
            return;
        }
        int iss = stack.fourTuples().initialSequenceNumber(key);
        int tsOffset = stack.isns().timestampOffset();
        long localKey = mptcp ? stack.localKeys().draw() : 0;
        stack.count(Counter.PassiveOpens);
        SynRequest request = new SynRequest(key, listener, in.linkId, segment, iss, tsOffset, stack.config().tcp(), localKey,
                mptcp ? stack.keys().token(localKey) : 0);
        request.ecn = acceptsEcn(segment);
        request.fastOpenCookie = fastOpen.cookieToSend(nowNanos, in, segment, listener);
        request.fastOpenExperimental = segment.options.fastOpenExperimental;
        request.hasTimestamps &= request.fastOpenCookie == null || !mptcp || !stack.config().wire().cookieWithoutTimestamps();
        synQueue.add(request);
    }

    private boolean acceptsEcn(IncomingSegment segment) {
        return segment.asksForEcn() && stack.config().tcp().ecn() != EcnMode.OFF;
    }

    private void receiveOn(long nowNanos, PacketSlot in, IncomingSegment segment, SynRequest request) {
        switch (synQueue.receive(nowNanos, in, segment, request)) {
            case FOREIGN_ACK -> reset(in, segment, -1);
            case COMPLETE -> {
                if (request.listener.isAcceptQueueFull() || stack.isFull()) {
                    stack.count(Counter.ListenOverflows); // the SYN/ACK comes again, and with its answer another chance
                    stack.count(Counter.ListenDrops);
                    return;
                }
                synQueue.remove(request);
                if (request.listener.closed) {
                    reset(in, segment, -1);
                } else {
                    complete(nowNanos, in, segment, request);
                }
            }
            default -> {
            }
        }
    }

    /** The connection as it would be had it been made at the SYN, and then the segment with the third ACK. */
    private void complete(long nowNanos, PacketSlot in, IncomingSegment segment, SynRequest request) {
        boolean mptcp = request.mptcp && !stack.localKeys().isTaken(request.localToken);
        Connection connection = new Connection(stack, request.listener, request.listener.options(), request.tcpConfig, mptcp, null);
        if (mptcp) {
            stack.localKeys().assign(connection, request.localKey);
            connection.handshake().onSyn(request.mpCapableFlags);
        }
        touched = connection;
        connection.setReceivedTrafficClass(in.trafficClass);
        Subflow subflow = stack.add(connection).openInitial(request.linkId, request.key, false, Integer.toUnsignedLong(request.iss));
        halfOpen++;
        request.restore(syn);
        subflow.tcb.openPassive(nowNanos, syn, false);
        subflow.windowField(0); // what the SYN/ACK has promised
        subflow.tcb.synAckWasSent(request.sentNanos, request.retransmissions);
        stack.receiveOn(subflow);
    }

    // ---- SYN cookies ----

    private void sendCookie(long nowNanos, PacketSlot in, IncomingSegment segment, Listener listener, FlowKey key, boolean mptcp) {
        stack.count(Counter.TCPReqQFullDoCookies);
        int iss = cookies.iss(nowNanos, key, segment.sequenceNumber, segment.options.mss);
        stack.fourTuples().takeOver(key);
        int tsOffset = stack.isns().timestampOffset();
        TcpConfig tcp = stack.config().tcp();
        boolean timestamps = tcp.timestamps() && segment.options.hasTimestamps;
        if (!timestamps) { // nowhere to keep them
            segment.options.windowScale = -1;
            segment.options.sackPermitted = false;
        }
        long localKey = mptcp ? cookies.localKey(key, segment.sequenceNumber, iss, stack.keys(), stack.config().shard()) : 0;
        int token = mptcp ? stack.keys().token(localKey) : 0;
        if (mptcp && (token == 0 || stack.localKeys().isTaken(token))) {
            localKey = 0; // no other key can be made: the SYN/ACK goes without MP_CAPABLE (RFC 8684 section 3.1)
        }
        SynRequest request = new SynRequest(key, listener, in.linkId, segment, iss, tsOffset, tcp, localKey, token);
        request.ecn = timestamps && acceptsEcn(segment);
        int ticks = SynCookies.tsVal(Tcb.tsNow(nowNanos, 0), request.windowScale, request.sackPermitted && tcp.sack(), request.ecn);
        synQueue.answerStateless(in, request, ticks + tsOffset);
        cookiesSent = true;
        lastCookieNanos = nowNanos;
        stack.count(Counter.SyncookiesSent);
    }

    /** @return whether the segment has been dealt with; false when it answers no cookie */
    private boolean completeFromCookie(long nowNanos, PacketSlot in, IncomingSegment segment, Listener listener) {
        boolean candidate = cookiesSent && nowNanos - lastCookieNanos < COOKIES_OUT_NANOS && !listener.isDeferred()
                && segment.has(TcpSegment.ACK) && !segment.has(TcpSegment.SYN | TcpSegment.RST);
        TcpConfig tcp = stack.config().tcp();
        if (!candidate || segment.options.hasTimestamps && !tcp.timestamps()) {
            return false; // the options were agreed on by settings that are no more
        }
        FlowKey key = FlowKey.ofReceived(in);
        int iss = segment.acknowledgmentNumber - 1;
        int irs = segment.sequenceNumber - 1;
        int mssBytes = cookies.mssBytes(nowNanos, key, irs, iss);
        if (mssBytes < 0) {
            stack.count(Counter.SyncookiesFailed);
            return false;
        }
        stack.count(Counter.SyncookiesRecv);
        if (listener.isAcceptQueueFull() || stack.isFull()) {
            stack.count(Counter.ListenOverflows);
            stack.count(Counter.ListenDrops);
            return true;
        }
        stack.isns().compute(key);
        int tsOffset = stack.isns().timestampOffset();
        MptcpOptions mptcp = segment.options.mptcp;
        boolean capable = stack.config().mptcp() && listener.options().mptcp() && mptcp.has(MptcpOptions.MP_CAPABLE) && mptcp.mpCapableLength >= 20
                && !Handshake.isChecksumRefused(stack.config(), mptcp.mpCapableFlags);
        long localKey = capable ? cookies.localKey(key, irs, iss, stack.keys(), stack.config().shard()) : 0;
        boolean agreed = capable && localKey == mptcp.receiverKey;
        syn.options.clear();
        syn.sequenceNumber = irs;
        syn.window = segment.window;
        syn.flags = TcpSegment.SYN;
        syn.ecn = 0;
        syn.options.mss = mssBytes;
        syn.options.hasTimestamps = segment.options.hasTimestamps;
        syn.options.tsVal = segment.options.tsVal;
        if (syn.options.hasTimestamps) {
            SynCookies.restoreOptions(syn, segment.options.tsEcr - tsOffset);
        }
        if (agreed) {
            syn.options.mptcp.present = MptcpOptions.MP_CAPABLE;
            syn.options.mptcp.mpCapableFlags = mptcp.mpCapableFlags; // B-016: what the SYN said is repeated here
        }
        SynRequest request = new SynRequest(key, listener, in.linkId, syn, iss, tsOffset, tcp, agreed ? localKey : 0,
                agreed ? stack.keys().token(localKey) : 0);
        request.ecn = acceptsEcn(syn);
        request.sentNanos = SynRequest.NEVER_NANOS; // the round trip was not measured
        stack.count(Counter.PassiveOpens);
        complete(nowNanos, in, segment, request);
        return true;
    }

    // ==== sending ====

    boolean transmit(long nowNanos, PacketSlot out) {
        if (resets.transmit(out)) {
            out.checksumState = PacketSlot.CHECKSUM_UNVERIFIED;
            stack.count(Counter.OutRsts);
            return true;
        }
        return replies.transmit(out) || synQueue.transmit(nowNanos, out);
    }
}
