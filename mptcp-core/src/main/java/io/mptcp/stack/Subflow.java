package io.mptcp.stack;

import io.mptcp.buffer.SendBuffer;
import io.mptcp.spi.PathEvent;
import io.mptcp.tcp.IncomingSegment;
import io.mptcp.tcp.SegmentKind;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.tcp.Tcb;
import io.mptcp.tcp.TcpCloseReason;
import io.mptcp.tcp.TcpState;
import io.mptcp.tcp.UpperLayer;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.OptionWriter;
import io.mptcp.wire.PacketSlot;
import java.lang.foreign.MemorySegment;

/**
 * One TCP connection of an {@link Connection}: its handshake, its timers, and what its segments mean to the connection above. It holds mappings, never
 * payload.
 */
final class Subflow extends Flow implements UpperLayer {
    /** Where the subflow is in becoming part of the connection. */
    enum Phase {
        /** TCP handshake under way. */
        HANDSHAKE,
        /** MP_JOIN sent as third ACK, no answer yet: no data may be sent (RFC 8684 section 3.2). */
        PRE_ESTABLISHED,
        ESTABLISHED,
        CLOSED
    }

    /** An initial sequence number is to be made. */
    static final long CHOOSE_ISS = -1;

    final Connection connection;
    final Stack stack;
    final int id;
    final int linkId;
    final boolean isJoin;
    /** This side sent the SYN. */
    final boolean isActive;
    final Tcb tcb;
    /** Null for the initial subflow, and as soon as it is established. */
    JoinHandshake join;
    final SubflowReceiver receiver;
    private final SilenceProbe silence = new SilenceProbe(this);
    // Made when needed first: most subflows never need them.
    private AckSilence ackSilence;
    private IdleProbe idle;
    private RemovalCheck removal;
    private SignalPace signalPace;
    private WindowProbe windowProbe;
    private final SubflowOptions options;

    Phase phase = Phase.HANDSHAKE;
    /** Of a join to here: the third ACK with the right HMAC has not come. */
    private boolean halfOpenJoin;
    int localAddressId;
    int remoteAddressId;
    boolean localBackup;
    boolean remoteBackup;
    /** Set while nothing is heard although data is outstanding: no new data goes here while another subflow is alive. */
    boolean stale;
    /** Stale until no other was left, and not heard since: it is used, and asked for a sign of life as one that is stale. */
    boolean unheard;
    /** A DATA_FIN has to go out on this subflow. */
    boolean dataFinDue;
    /** Of what was judged lost on it so much has been looked at by those that could take it over. */
    long lostBytesSeen;
    /** When its window was made smaller because it kept others waiting. */
    long penalisedNanos;
    /** Null while its queue has never been long. */
    FarQueue farQueue;
    /** An MP_PRIO has to. */
    boolean prioDue;
    int resetReason = -1;
    /** Start of a mapping whose checksum failed, for the MP_FAIL on the RST; -1 for none. */
    long failedDsn = -1;
    int receivedResetReason = -1;
    int receivedResetFlags;
    /** Why it is over, for the events; null while it is not. */
    TcpCloseReason closeReason;
    boolean leftInTimeWait;
    /** Goes with the SYN/ACK; null for none. */
    byte[] fastOpenCookie;
    boolean fastOpenExperimental;
    /** Its timer has expired, and nothing has been acknowledged since. */
    boolean timedOut;

    /** @param iss the initial sequence number the peer has been told already, unsigned, or {@link #CHOOSE_ISS} */
    Subflow(Connection connection, int id, int linkId, boolean isJoin, boolean isActive, FlowKey key, long iss) {
        super(key);
        this.connection = connection;
        this.stack = connection.stack;
        this.id = id;
        this.linkId = linkId;
        this.isJoin = isJoin;
        this.isActive = isActive;
        LinkProperties link = stack.linkProperties(linkId);
        int ownIss = stack.fourTuples().initialSequenceNumber(key);
        tcb = new Tcb(isJoin ? stack.joinTcpConfig() : connection.tcpConfig, this, connection.newCongestionController(), key.isIpv4(), link.mtuBytes(),
                link.maxSuperSegmentBytes(), key.localPort(), key.remotePort(), iss == CHOOSE_ISS ? ownIss : (int) iss, stack.isns().timestampOffset(), stack.tcpScratch());
        join = isJoin ? new JoinHandshake(this) : null;
        receiver = new SubflowReceiver(this);
        options = new SubflowOptions(this);
        localBackup = link.backup();
        halfOpenJoin = isJoin && !isActive;
    }

    // ---- driven by the stack and the connection ----

    void receive(long nowNanos, IncomingSegment segment) {
        tcb.receive(nowNanos, segment);
    }

    void expire(long nowNanos) {
        if (join != null) {
            join.expire(nowNanos);
        }
        silence.expire(nowNanos);
        if (ackSilence != null) {
            ackSilence.expire(nowNanos);
        }
        if (idle != null) {
            idle.expire(nowNanos);
        }
        if (removal != null) {
            removal.expire(nowNanos);
        }
        receiver.expire(nowNanos);
        if (windowProbe != null) {
            windowProbe.expire(nowNanos);
        }
        tcb.expire(nowNanos);
    }

    /** @param wanted there is data to send, and the connection's window has room for it */
    void updateWindowProbe(long nowNanos, boolean wanted) {
        boolean shut = wanted && isActiveForData() && tcb.log().isEmpty() && tcb.isWindowShut();
        if (shut && windowProbe == null) {
            windowProbe = new WindowProbe(this);
        }
        if (windowProbe != null) {
            windowProbe.update(nowNanos, shut);
        }
    }

    /** To be called whenever the connection may have heard something. */
    long nextDeadlineNanos(long nowNanos) {
        silence.update(nowNanos);
        long joining = join == null ? Long.MAX_VALUE : join.deadlineNanos();
        long own = Math.min(joining, receiver.deadlineNanos());
        long watching = Math.min(silence.deadlineNanos(), watchDeadlineNanos(nowNanos));
        return Math.min(Math.min(tcb.deadlineNanos(), own), Math.min(watching, options.signalDeadlineNanos(nowNanos)));
    }

    private long watchDeadlineNanos(long nowNanos) {
        long deadline = Long.MAX_VALUE;
        if (ackSilence != null || AckSilence.isWatched(this)) {
            ackSilence().update(nowNanos);
            deadline = ackSilence.deadlineNanos();
        }
        if (idle == null && stack.linkProperties(linkId).probeIntervalNanos() > 0) {
            idle = new IdleProbe(this);
        }
        if (idle != null) {
            idle.update(nowNanos);
            deadline = Math.min(deadline, idle.deadlineNanos());
        }
        if (windowProbe != null) {
            deadline = Math.min(deadline, windowProbe.deadlineNanos());
        }
        return removal == null ? deadline : Math.min(deadline, removal.deadlineNanos());
    }

    AckSilence ackSilence() {
        if (ackSilence == null) {
            ackSilence = new AckSilence(this);
        }
        return ackSilence;
    }

    /** The peer has said that its address is gone: a subflow that does not answer is reset. */
    void checkRemoval(long nowNanos) {
        if (removal == null) {
            removal = new RemovalCheck(this);
        }
        removal.begin(nowNanos);
    }

    SignalPace signalPace() {
        if (signalPace == null) {
            signalPace = new SignalPace(this);
        }
        return signalPace;
    }

    /** When a signal that waits for others may go; Long.MAX_VALUE when none has to wait. */
    long signalPaceDeadlineNanos(long nowNanos) {
        return signalPace == null ? Long.MAX_VALUE : signalPace.deadlineNanos(nowNanos);
    }

    boolean transmitControl(long nowNanos, PacketSlot out) {
        boolean filled = tcb.transmitControl(nowNanos, out);
        if (filled) {
            address(out);
            if (phase == Phase.PRE_ESTABLISHED) {
                join.onAckSent(nowNanos);
            }
        }
        return filled;
    }

    void transmitData(long nowNanos, PacketSlot out, long dsn, int length, boolean push) {
        int checksum = declare(dsn, length);
        tcb.transmitData(nowNanos, out, dsn, length, checksum, push);
        address(out);
    }

    void transmitMtuProbe(long nowNanos, PacketSlot out, long dsn, int length) {
        int checksum = declare(dsn, length);
        tcb.transmitMtuProbe(nowNanos, out, dsn, length, checksum);
        address(out);
    }

    /** The mapping of what is about to be sent. @return its checksum, -1 where there is none */
    private int declare(long dsn, int length) {
        if (dsn != tcb.sndNxt()) {
            connection.fallback().onDiverged();
        }
        return connection.isChecksumOn() ? connection.data().mappingChecksum(dsn, tcb.sndNxt(), length) : -1;
    }

    private void address(PacketSlot out) {
        out.linkId = linkId;
        writeAddresses(out);
        SocketOptions chosen = connection.socketOptions();
        out.protocol = IpHeaders.PROTOCOL_TCP;
        out.trafficClass = chosen.trafficClass();
        out.hopLimit = chosen.hopLimit();
        out.checksumState = PacketSlot.CHECKSUM_UNVERIFIED;
    }

    /** Sends a FIN for the answer that it has to be given, whatever has become of the DATA_FIN that goes with it. */
    void askByFin() {
        if (!tcb.isFinRequested()) {
            options.beginWithDataFin();
            tcb.requestFin();
        }
    }

    /** Ends this subflow with RST and MP_TCPRST. */
    void reset(int reason) {
        resetReason = reason;
        stack.count(Counter.MPRstTx);
        tcb.reset(TcpCloseReason.ABORTED);
    }

    /** The 4-tuple stays in TIME-WAIT, the subflow goes. */
    void leaveInTimeWait() {
        stack.enterTimeWait(this, windowField(tcb.rcvWindowShift()));
        leftInTimeWait = true;
        tcb.forget(TcpCloseReason.FINISHED);
    }

    // ---- what schedulers and managers ask ----

    /** New data may be sent on it, windows permitting. */
    boolean isActiveForData() {
        // A subflow the peer has finished with takes no more data, unless it is the peer's whole stream that has ended.
        boolean halfClosed = !connection.isMptcp() || connection.data().receiver.isFinReceived();
        boolean open = tcb.state() == TcpState.ESTABLISHED || (tcb.state() == TcpState.CLOSE_WAIT && halfClosed);
        return phase == Phase.ESTABLISHED && open && !stale || phase == Phase.HANDSHAKE && tcb.maySend();
    }

    boolean isBackup() {
        return localBackup || remoteBackup;
    }

    long lowestDsn() {
        return tcb.log().lowestDsn();
    }

    /** Holds unacknowledged data and its timer has expired: whatever it carries had better be sent elsewhere as well. */
    boolean isSilent() {
        return tcb.timeouts() > 0;
    }

    /** Whether only a sign of life will tell if it is of use. */
    boolean isDoubtful() {
        return stale || unheard;
    }

    // ---- UpperLayer ----

    @Override
    public SocketOptions socketOptions() {
        return connection.socketOptions();
    }

    @Override
    public boolean writeOptions(SegmentKind kind, long ssn, int logIndex, OptionWriter writer) {
        return options.write(kind, ssn, logIndex, writer);
    }

    @Override
    public int dataOptionBytes() {
        return options.dataOptionBytes();
    }

    @Override
    public int ackOptionBytes() {
        return options.ackOptionBytes();
    }

    @Override
    public boolean isSignalDue() {
        return phase == Phase.ESTABLISHED && options.isSignalDue();
    }

    @Override
    public int windowField(int shift) {
        return connection.data().receiver.windowField(shift, tcb.path().rcvMssBytes());
    }

    @Override
    public long promisedWindowBytes() {
        return connection.data().receiver.windowBytes();
    }

    @Override
    public boolean isWindowOfSubflow() {
        return !connection.isMptcp();
    }

    @Override
    public long acceptanceWindowBytes() {
        // At the data level it is the connection's window that counts, and a subflow-level window must not be in its way (section 3.3.4).
        return connection.isMptcp() ? connection.data().receiver.capacityBytes() : connection.data().receiver.windowBytes();
    }

    @Override
    public long newDataBytes() {
        // With other subflows it is better sent on one of them than on one that is silent.
        boolean here = connection.subflows().size() == 1 && isActiveForData() && stack.isLinkWritable(linkId);
        return here ? Math.min(connection.data().sender.pendingBytes(), connection.data().sender.windowBytes()) : 0;
    }

    @Override
    public void writePayload(long dsn, int length, PacketSlot out, int offset) {
        SendBuffer buffer = connection.data().sender.buffer();
        if (!out.gather || !buffer.reference(dsn, length, out)) {
            buffer.copyTo(dsn, length, out.buffer, offset);
            out.length += length;
        }
    }

    @Override
    public int synPayloadBytes(int roomBytes, int optionBytes) {
        FastOpenClient fastOpen = connection.fastOpen();
        return isJoin || fastOpen == null ? 0 : fastOpen.synPayloadBytes(roomBytes, optionBytes);
    }

    @Override
    public boolean onSynAck(IncomingSegment segment, int synPayloadAckedBytes) {
        if (!isJoin && connection.fastOpen() != null) {
            connection.fastOpen().onSynAck(segment, synPayloadAckedBytes);
            onSynPayloadAcked(synPayloadAckedBytes);
        }
        return isJoin ? join.onSynAck(segment.options.mptcp) : connection.handshake().onSynAck(this, segment.options.mptcp);
    }

    @Override
    public void onSynPayloadAcked(int bytes) {
        FastOpenClient fastOpen = connection.fastOpen();
        if (!isJoin && fastOpen != null) {
            fastOpen.onAcked(bytes);
            connection.onSynDataRefused(fastOpen.refusedBytes());
        }
    }

    @Override
    public boolean onHandshakeAck(IncomingSegment segment) {
        return isJoin ? join.onHandshakeAck(segment.options.mptcp) : connection.handshake().onHandshakeAck(this, segment);
    }

    @Override
    public void onEstablished() {
        boolean waitsForFourthAck = isJoin && isActive;
        endHalfOpen();
        if (isJoin) {
            connection.fallback().onDiverged(); // the peer may use it as soon as it has our third ACK
        }
        phase = waitsForFourthAck ? Phase.PRE_ESTABLISHED : Phase.ESTABLISHED;
        if (!waitsForFourthAck) {
            join = null;
            connection.onSubflowEstablished(this);
        }
        if (isJoin && !isActive) {
            tcb.requestAck(); // the fourth ACK
        }
    }

    private void endHalfOpen() {
        if (halfOpenJoin) {
            halfOpenJoin = false;
            stack.onJoinNoLongerHalfOpen();
        }
    }

    @Override
    public boolean onSegment(IncomingSegment segment) {
        if (segment.payloadLength > 0) {
            connection.heard();
        }
        SilentSubflows.onHeard(this, segment);
        if (phase == Phase.PRE_ESTABLISHED) {
            phase = Phase.ESTABLISHED;
            join = null;
            connection.onSubflowEstablished(this);
        }
        Fallback fallback = connection.fallback();
        if (!connection.isMptcp()) {
            connection.onPlainAck(this);
            return fallback.onSegmentAfter(this, segment);
        }
        SilentSubflows.endOutage(this);
        MptcpOptions mptcp = segment.options.mptcp;
        if (mptcp.has(MptcpOptions.MP_FASTCLOSE) && connection.closing().onFastclose(mptcp.fastcloseKey)) {
            return false;
        }
        if (connection.isFastclosing()) {
            tcb.requestAck(); // which says it again: nothing else of the peer's matters any more
            return false;
        }
        if (isJoin && mptcp.has(MptcpOptions.MP_JOIN)) {
            tcb.requestAck(); // our fourth ACK was lost: every repeated third ACK is answered at once
        }
        if (isJoin && fallback.comesWithoutOptions(this, segment)) {
            fallback.onOptionsLost(this);
            return tcb.state() != TcpState.CLOSED;
        }
        if (!isJoin && !connection.handshake().onSegment(this, segment)) {
            return tcb.state() != TcpState.CLOSED;
        }
        if (!receiver.onOptions(segment)) {
            return false;
        }
        if (mptcp.has(MptcpOptions.MP_FAIL)) {
            stack.count(Counter.MPFailRx);
            fallback.onFail(this, mptcp.failDsn);
        }
        return connection.signals().onSegment(this, mptcp);
    }

    @Override
    public boolean onPayload(long ssn, MemorySegment buffer, long offset, int length) {
        return receiver.onPayload(ssn, buffer, offset, length);
    }

    @Override
    public void onContiguous(long rcvNxt) {
        receiver.onContiguous(rcvNxt);
    }

    @Override
    public void onAcked(IncomingSegment segment) {
        connection.heard();
        if (options.updateDataAck()) {
            tcb.onDataOptionBytes();
        }
        SilentSubflows.onAcked(this, segment);
    }

    @Override
    public void onRetransmissionTimeout(int count) {
        stack.count(Counter.TCPTimeouts);
        SilentSubflows.onRetransmissionTimeout(this);
    }

    @Override
    public int synRetries() {
        if (isJoin) {
            return stack.joinTcpConfig().synRetries();
        }
        int chosen = connection.socketOptions().synRetries();
        return !isActive ? connection.tcpConfig.synAckRetries() : chosen > 0 ? chosen : connection.tcpConfig.synRetries();
    }

    @Override
    public void onUnresponsive() {
        stack.trace(PathEvent.Type.SUBFLOW_UNRESPONSIVE, connection, this, tcb.timeouts() + " timeouts");
        connection.application().raise(Readiness.UNRESPONSIVE);
    }

    @Override
    public void onKeepAlive() {
        stack.count(Counter.TCPKeepAlive);
    }

    @Override
    public boolean onSimultaneousOpen() {
        if (isJoin) {
            reset(ResetReason.MPTCP);
            return false;
        }
        connection.fallback().onSimultaneousOpen();
        return true;
    }

    @Override
    public void onUrgent(long endSsn) {
        if (!connection.isMptcp()) { // B-095: it means nothing in MPTCP, whose mappings it must not interrupt
            connection.application().onUrgent(endSsn);
        }
    }

    @Override
    public void onLossProbe() {
        stack.count(Counter.TCPLossProbes);
        SilentSubflows.onLossProbe(this);
    }

    @Override
    public void onSpuriousRecovery(boolean afterTimeout) {
        if (afterTimeout) {
            stack.count(Counter.TCPSpuriousRTOs);
        }
    }

    @Override
    public void onMtuProbe(boolean success) {
        stack.count(success ? Counter.TCPMTUPSuccess : Counter.TCPMTUPFail);
    }

    @Override
    public void onFin() {
        connection.onSubflowFin(this);
    }

    @Override
    public void onReset(IncomingSegment segment) {
        MptcpOptions mptcp = segment.options.mptcp;
        if (!connection.isMptcp()) {
            return;
        }
        if (mptcp.has(MptcpOptions.MP_TCPRST)) {
            receivedResetReason = mptcp.resetReason;
            receivedResetFlags = mptcp.resetTransient ? 1 : 0;
            stack.count(Counter.MPRstRx);
        }
        if (phase == Phase.HANDSHAKE) {
            return; // whoever sent it has not shown that it belongs to the connection
        }
        if (mptcp.has(MptcpOptions.MP_FAIL)) {
            stack.count(Counter.MPFailRx);
            connection.fallback().onFailOnReset(mptcp.failDsn);
        }
        if (mptcp.has(MptcpOptions.MP_FASTCLOSE)) {
            connection.closing().onFastclose(mptcp.fastcloseKey);
        }
    }

    @Override
    public void onClosed(TcpCloseReason reason) {
        boolean known = phase != Phase.CLOSED;
        closeReason = reason;
        phase = Phase.CLOSED;
        endHalfOpen();
        join = null;
        windowProbe = null;
        receiver.close();
        if (known) {
            if (!connection.isMptcp()) {
                connection.onPlainAck(this); // what acknowledged our FIN may have acknowledged data, too
            }
            connection.onSubflowClosed(this, reason);
        }
    }
}
