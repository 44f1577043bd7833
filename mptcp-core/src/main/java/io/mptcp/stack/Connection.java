package io.mptcp.stack;

import io.mptcp.cc.CongestionController;
import io.mptcp.cc.CongestionControllers;
import io.mptcp.cc.CoupledGroup;
import io.mptcp.spi.PacketScheduler;
import io.mptcp.spi.PathEvent;
import io.mptcp.spi.PathManagerFactory;
import io.mptcp.tcp.IncomingSegment;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.tcp.TcpCloseReason;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.tcp.TcpState;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.PathError;
import java.util.List;

/**
 * The engine's side of an {@link MptcpConnection}: its subflows, its life from SYN to the last FIN, and what each event means for the
 * whole. The byte stream is {@link DataLevel}'s business, what to send next {@link ConnectionOutput}'s, addresses {@link AddressSignals}'.
 */
final class Connection extends DeadlineQueue.Node {
    final Stack stack;
    private final Listener listener;
    private final ConnectOptions options;
    /** As they were when it began, also for a SYN that was answered before it was made. */
    final TcpConfig tcpConfig;
    private SocketOptions socketOptions;
    private final SubflowSet subflows = new SubflowSet();
    private final CoupledGroup coupledGroup = new CoupledGroup();
    private final DataLevel data;
    private final DataSender sender;
    private final DataReceiver receiver;
    private final ApplicationSide application;
    private final Handshake handshake;
    private final Fallback fallback;
    private final ConnectionOutput output;
    private final AddressSignals signals;
    private final PathControl paths;
    private final Closing closing;

    private final MptcpConnection facade;
    private IpEndpoint local;
    private IpEndpoint remote;
    private int linkId;
    private int receivedTrafficClass;

    /** MPTCP was offered or accepted on this connection, whatever became of it. */
    private final boolean offered;
    private boolean mptcp;
    private boolean fullyEstablished;
    private boolean peerDeniesJoinToInitialAddress;
    private String fallbackReason;
    private PathError lastPathError = PathError.NONE;

    private boolean connected;
    /** The SYN opened it, its payload included (RFC 7413), and the third ACK has not come yet. */
    private boolean openedFast;
    private boolean synDataTaken;
    private FastOpenClient fastOpen;
    private boolean removed;
    private long lastHeardNanos;

    /** Subflows whose last RST waits to be sent. */
    private int dyingSubflows;

    /** Its place in the {@link ConnectionList} of the stack. */
    Connection older;
    Connection newer;
    /** Queues of the stack this connection stands in. */
    boolean inWorkQueue;
    boolean inReadyQueue;
    long waitingForLinks;
    boolean awaitsMemory;

    Connection(Stack stack, Listener listener, ConnectOptions options, TcpConfig tcpConfig, boolean mptcp, Object attachment) {
        this.stack = stack;
        this.tcpConfig = tcpConfig;
        this.listener = listener;
        this.options = options;
        socketOptions = options.socket();
        this.mptcp = mptcp;
        this.offered = mptcp;
        facade = new MptcpConnection(this, attachment);
        data = new DataLevel(this, subflows);
        sender = data.sender;
        receiver = data.receiver;
        application = new ApplicationSide(this, data);
        handshake = new Handshake(this, options.asksForChecksum(stack.config()));
        fallback = new Fallback(this);
        output = new ConnectionOutput(this, subflows, sender,
                options.scheduler() == null ? BuiltInScheduler.INSTANCE : options.scheduler().get());
        signals = new AddressSignals(this, data.sequence);
        PathManagerFactory pathManagers = stack.config().pathManager();
        paths = new PathControl(this, subflows, options, options.pathManager() == null ? pathManagers.create() : pathManagers.create(options.pathManager()));
        closing = new Closing(this, data);
    }

    /** The first subflow; called once by the stack. */
    Subflow openInitial(int initialLinkId, FlowKey key, boolean active) {
        return openInitial(initialLinkId, key, active, Subflow.CHOOSE_ISS);
    }

    Subflow openInitial(int initialLinkId, FlowKey key, boolean active, long iss) {
        linkId = initialLinkId;
        local = key.local();
        remote = key.remote();
        signals.begin(local.address());
        return addSubflow(initialLinkId, key, false, active, iss, 0);
    }

    /** Passive side: takes what came with the SYN, whose cookie was good. */
    void openFast(Subflow subflow, IncomingSegment syn) {
        openedFast = true;
        listener.onFastOpen();
        if (syn.payloadLength > 0) {
            receiver.takeSynPayload(syn.buffer, syn.payloadOffset, syn.payloadLength);
            subflow.tcb.acceptSynPayload(syn.payloadLength);
            synDataTaken = true;
        }
        subflow.tcb.sendEarly(stack.nowNanos());
        sender.onWindow(subflow.tcb.sndWnd());
        application.raise(Readiness.WRITABLE);
    }

    boolean isSynDataTaken() {
        return synDataTaken || fastOpen != null && fastOpen.isSynDataTaken();
    }

    boolean isOpenedFast() {
        return openedFast;
    }

    /** Active side: what is written before the SYN may go with it. */
    void setFastOpen(FastOpenClient client) {
        fastOpen = client;
    }

    /** What went with the SYN was not taken, or not all of it. */
    void onSynDataRefused(int bytes) {
        output.small().onSynDataRefused(bytes);
    }

    /** Null where it was not asked for. */
    FastOpenClient fastOpen() {
        return fastOpen;
    }

    /** @param addressId that of the local address */
    Subflow addJoin(int overLinkId, FlowKey key, boolean active, int addressId) {
        return addSubflow(overLinkId, key, true, active, Subflow.CHOOSE_ISS, addressId);
    }

    private Subflow addSubflow(int overLinkId, FlowKey key, boolean isJoin, boolean active, long iss, int addressId) {
        Subflow subflow = new Subflow(this, subflows.nextId(), overLinkId, isJoin, active, key, iss);
        subflow.localAddressId = addressId;
        subflow.localBackup |= paths.isBackup(overLinkId, key.local().address());
        subflows.add(subflow);
        output.onSubflowsChanged();
        stack.register(subflow);
        return subflow;
    }

    // ==== what its application and the stack ask ====

    MptcpConnection facade() {
        return facade;
    }

    Listener listener() {
        return listener;
    }

    SocketOptions socketOptions() {
        return socketOptions;
    }

    void setSocketOptions(SocketOptions replacement) {
        SocketOptions before = socketOptions;
        socketOptions = replacement;
        application.onSocketOptions(before, replacement);
    }

    void accept() {
        if (!subflows.isEmpty()) {
            subflows.getFirst().tcb.releaseSynAck();
            stack.enqueue(this);
        }
    }

    /** Reading, writing, and what it is told. */
    ApplicationSide application() {
        return application;
    }

    ConnectionOutput output() {
        return output;
    }

    PacketScheduler scheduler() {
        return output.scheduler();
    }

    void setScheduler(PacketScheduler replacement) {
        output.setScheduler(replacement);
        stack.enqueue(this);
    }

    void shutdownOutput() {
        closing.shutdownOutput();
    }

    void close() {
        closing.close();
    }

    void abort() {
        closing.abort();
    }

    /** The stack goes away: memory is freed, nobody is told. */
    void discard() {
        for (Subflow subflow : List.copyOf(subflows)) {
            subflow.tcb.forget(TcpCloseReason.ABORTED);
        }
        sender.close();
        receiver.close();
    }

    /** Takes it away whatever state it is in; its parts are not to be relied on. */
    void bury() {
        for (Subflow subflow : List.copyOf(subflows)) {
            try {
                subflow.tcb.forget(TcpCloseReason.ABORTED);
            } catch (RuntimeException e) {
                stack.unregister(subflow);
            }
        }
        if (!removed) {
            removed = true;
            sender.close();
            receiver.close();
            stack.remove(this);
        }
        clearKeysIfOver();
    }

    void onDying() {
        dyingSubflows++;
    }

    /** The RST of a subflow that had one to send has gone, or never will. */
    void onLastReset() {
        dyingSubflows--;
        clearKeysIfOver();
    }

    /** The last RSTs may still carry the key of the peer (MP_FASTCLOSE). */
    private void clearKeysIfOver() {
        if (removed && dyingSubflows == 0) {
            data.sequence.clearKeys();
        }
    }

    CloseReason closeReason() {
        return closing.reason();
    }

    boolean isFinished() {
        return closing.isFinished();
    }

    /** Ends everything now. */
    void terminate(CloseReason reason, boolean tellPeer) {
        closing.terminate(reason, tellPeer);
    }

    String fallbackReason() {
        return fallbackReason;
    }

    IpEndpoint local() {
        return local;
    }

    IpEndpoint remote() {
        return remote;
    }

    int linkId() {
        return linkId;
    }

    int receivedTrafficClass() {
        return receivedTrafficClass;
    }

    void setReceivedTrafficClass(int trafficClass) {
        receivedTrafficClass = trafficClass;
    }

    SubflowSet subflows() {
        return subflows;
    }

    // ==== what its parts ask ====

    Handshake handshake() {
        return handshake;
    }

    Fallback fallback() {
        return fallback;
    }

    DataLevel data() {
        return data;
    }

    PathControl paths() {
        return paths;
    }

    boolean isMptcp() {
        return mptcp;
    }

    boolean wasMptcp() {
        return offered;
    }

    /**
     * Joins are taken as soon as both keys are known. A join may well overtake the first DSS on the initial subflow; that it comes at all shows
     * that the peer is further.
     */
    boolean acceptsJoins() {
        return mptcp && connected && data.sequence.remoteKey() != 0 && !fallback.isFailing() && !isFinished();
    }

    boolean isFullyEstablished() {
        return fullyEstablished;
    }

    boolean isChecksumOn() {
        return mptcp && data.isChecksumOn();
    }

    /** The handshake was completed at some time. */
    boolean wasConnected() {
        return connected;
    }

    boolean isFastclosing() {
        return closing.isFastclosing();
    }

    FastcloseWait fastcloseWait() {
        return closing.fastcloseWait();
    }

    boolean peerDeniesJoinToInitialAddress() {
        return peerDeniesJoinToInitialAddress;
    }

    CongestionController newCongestionController() {
        String name = options.congestionControl() == null ? stack.config().congestionControl() : options.congestionControl();
        return CongestionControllers.create(name, coupledGroup);
    }

    // ==== handshake and fallback ====

    void setPeerDeniesJoinToInitialAddress(boolean denies) {
        peerDeniesJoinToInitialAddress = denies;
    }

    /** The peer has shown at the data level that MPTCP works both ways: joins may start (section 3.1). */
    void setFullyEstablished() {
        if (fullyEstablished) {
            return;
        }
        fullyEstablished = true;
        if (listener == null && receiver.bytesReceived() > 0 && !subflows.isEmpty()) {
            subflows.getFirst().tcb.requestAck(); // data that came first was acknowledged with the keys, which left no room for a DATA_ACK
        }
        announceInitialPriority();
        stack.trace(PathEvent.Type.ESTABLISHED, this, null, "");
        paths.onEstablished();
    }

    /** MP_CAPABLE has no bit for it (section 3.3.8): what is backup from the beginning has to be told of. */
    private void announceInitialPriority() {
        for (int i = 0; i < subflows.size(); i++) {
            Subflow subflow = subflows.get(i);
            if (!subflow.isJoin && subflow.localBackup) {
                signals.announcePriority(subflow);
                stack.enqueue(this);
            }
        }
    }

    /** From now on this is a TCP connection (section 3.7). Relative data and subflow sequence numbers are the same there. */
    void fallBack(String reason) {
        if (mptcp) {
            mptcp = false;
            fallbackReason = reason;
            closeJoins();
            sender.onFallback();
            receiver.onFallback();
            for (Subflow subflow : List.copyOf(subflows)) {
                subflow.receiver.onFallback();
            }
            stack.localKeys().forget(this);
            stack.trace(PathEvent.Type.FALLBACK, this, null, reason);
        }
    }

    /** RFC 8684 does not say what becomes of MPTCP when both sides open; as Linux does, the connection goes on as TCP. */
    void onSimultaneousOpen() {
        if (mptcp) {
            stack.count(Counter.SimultConnectFallback);
            fallBack("SimultConnectFallback");
        }
    }

    /** Section 3.7: a fallback leaves one subflow. Joins under way come to nothing, and none has carried data, or there would be no fallback. */
    void closeJoins() {
        for (Subflow subflow : List.copyOf(subflows)) {
            if (subflow.isJoin) {
                subflow.reset(ResetReason.MPTCP);
            }
        }
    }

    // ==== signals ====

    /** Data came, or was acknowledged. Signs of life alone do not count: subflows would be asked in turns for ever, as each answers later than the others. */
    void heard() {
        lastHeardNanos = stack.nowNanos();
    }

    /** When the streams last went on, on any subflow. */
    long lastHeardNanos() {
        return lastHeardNanos;
    }

    void onDataAck(MptcpOptions options, long windowBytes) {
        if (data.onDataAck(options, windowBytes)) {
            output.onProgress();
        }
    }

    void onPlainAck(Subflow subflow) {
        if (data.onPlainAck(subflow)) {
            output.onProgress();
        }
    }

    /** @return whether the key was ours, and the connection is over */
    boolean onFastclose(long key) {
        if (!mptcp || key != data.sequence.localKey()) {
            return false;
        }
        stack.count(Counter.MPFastcloseRx);
        for (int i = 0; i < subflows.size(); i++) {
            subflows.get(i).resetReason = ResetReason.UNSPECIFIED; // as Linux: the RSTs that answer it say so
        }
        if (fastcloseWait().isActive()) {
            fastcloseWait().onCrossed();
        }
        terminate(CloseReason.RESET, false);
        return true;
    }

    AddressSignals signals() {
        return signals;
    }

    // ==== DATA_FIN ====

    /** The DATA_FIN goes on every usable subflow, as on Linux: whichever is fastest ends the stream. */
    void signalDataFin() {
        for (int i = 0; i < subflows.size(); i++) {
            Subflow subflow = subflows.get(i);
            if (subflow.phase == Subflow.Phase.ESTABLISHED) {
                subflow.dataFinDue = true;
            }
        }
        output.beginWithOldest();
        stack.enqueue(this);
    }

    boolean isDataFinDueOn(Subflow subflow) {
        return subflow.dataFinDue && !sender.isFinAcked();
    }

    boolean takeDataFin(Subflow subflow) {
        boolean due = isDataFinDueOn(subflow);
        subflow.dataFinDue = false;
        return due;
    }

    // ==== subflows ====

    void onSubflowEstablished(Subflow subflow) {
        if (!subflow.isJoin) {
            connected = true;
            if (listener != null) {
                stack.onHandshakeDone();
                if (openedFast) {
                    listener.onFastOpenDone(stack.nowNanos(), false);
                } else if (!listener.isDeferred()) {
                    application.raise(Readiness.ACCEPTED);
                }
            }
            // Until the first DATA_ACK the only window known is the handshake's (RFC 8684 section 3.3.1).
            sender.onWindow(subflow.tcb.sndUna() + subflow.tcb.sndWnd());
            application.raise(Readiness.CONNECTED | Readiness.WRITABLE);
            if (mptcp) {
                stack.trace(PathEvent.Type.CREATED, this, null, "");
                paths.onCreated();
            }
        } else {
            signals.onAddressKnown(subflow.localAddressId);
            closing.onRevived();
            setFullyEstablished();
            stack.trace(PathEvent.Type.SF_ESTABLISHED, this, subflow, "");
        }
        application.raise(Readiness.SUBFLOWS);
        paths.onSubflowEstablished(subflow);
        moveFromSilent(subflow);
    }

    /**
     * There is somewhere to send again. What others hold whose timers have expired would otherwise wait for those, backed off as they may be
     * after a time without any path.
     */
    void moveFromSilent(Subflow alive) {
        for (int i = 0; i < subflows.size(); i++) {
            Subflow other = subflows.get(i);
            if (other != alive && other.isSilent()) {
                onSubflowTimeout(other);
            }
        }
    }

    /**
     * Nothing came back within an RTO, or acknowledgments have stopped: while another subflow is alive the data goes there at once, and new data stays away from this one
     * until something is heard on it again.
     */
    void onSubflowTimeout(Subflow subflow) {
        if (!mptcp || subflow.phase != Subflow.Phase.ESTABLISHED || !subflows.hasActiveBeside(subflow)) {
            return;
        }
        if (!subflow.stale) {
            subflow.becomeStale();
            stack.count(Counter.SubflowStale);
            stack.trace(PathEvent.Type.SUBFLOW_STALE, this, subflow, "");
        }
        sender.reinject(subflow.tcb.log());
    }

    /**
     * Two round trips without a sign of life. A queue that fills up is enough for that, so not all is sent twice that is outstanding; but if the
     * stream waits for what this subflow carries, another one takes over the segment it waits for.
     */
    void onLossProbe(Subflow subflow) {
        if (mptcp && subflow.phase == Subflow.Phase.ESTABLISHED && subflow.tcb.log().carries(sender.dsnUna())
                && subflows.hasActiveBeside(subflow)) {
            sender.reinject(sender.dsnUna(), Math.min(sender.dsnNxt(), sender.dsnUna() + subflows.minPayloadMssBytes()));
        }
    }

    /** Section 3.4.2: one that still works is closed as TCP does it, and not before the peer was asked to use others. */
    void finishSubflow(Subflow subflow) {
        if (!subflow.localBackup && subflow.phase == Subflow.Phase.ESTABLISHED) {
            subflow.localBackup = true;
            signals.announcePriority(subflow);
        }
        subflow.tcb.requestFin();
        stack.enqueue(this);
    }

    void onSubflowFin(Subflow subflow) {
        if (!mptcp) {
            receiver.onFin(subflow.tcb.rcvNxt() - 1);
        } else if (!receiver.isFinReceived()) {
            subflow.tcb.requestFin(); // RFC 8684 section 3.3.3: a FIN ends its subflow only, and there is nothing to wait for
        } // else the peer is done with its half of the connection: this subflow is still needed for ours
    }

    void onSubflowClosed(Subflow subflow, TcpCloseReason reason) {
        lastPathError = subflow.tcb.path().error();
        if (mptcp && connected) {
            sender.reinject(subflow.tcb.log());
        }
        if (openedFast && !connected && !subflow.isJoin) {
            listener.onFastOpenDone(stack.nowNanos(), reason == TcpCloseReason.RESET);
        }
        subflows.close(subflow);
        reviveStale();
        signals.onSubflowClosed(subflow);
        fastcloseWait().onSubflowClosed(subflow);
        if (subflows.isEmpty()) {
            fallback.onSubflowClosed();
        }
        output.onSubflowsChanged();
        application.raise(Readiness.SUBFLOWS);
        if (mptcp && connected) {
            stack.trace(PathEvent.Type.SF_CLOSED, this, subflow, reason.name());
        }
        paths.onSubflowClosed(subflow);
        stack.unregister(subflow);
        if (subflows.isEmpty()) {
            closing.onLastSubflowClosed(subflow, reason);
        }
    }

    /** What is left must be used, however silent it was. */
    private void reviveStale() {
        if (isFinished() || subflows.hasActiveBeside(null)) {
            return;
        }
        for (int i = 0; i < subflows.size(); i++) {
            if (subflows.get(i).stale) {
                subflows.get(i).reviveUnheard();
            }
        }
    }

    // ==== time ====

    void receiveOn(long nowNanos, Subflow subflow, IncomingSegment segment) {
        subflow.receive(nowNanos, segment);
        settle(nowNanos);
    }

    void expire(long nowNanos) {
        closing.expire(nowNanos);
        fallback.expire(nowNanos);
        output.expire(nowNanos);
        paths.expire(nowNanos);
        settle(nowNanos);
    }

    boolean transmit(long nowNanos, PacketSlot out) {
        closing.beginFin();
        boolean filled = output.transmit(nowNanos, out);
        if (!filled) {
            settle(nowNanos);
        }
        return filled;
    }

    void afterTransmit(Subflow subflow) {
        stack.reschedule(subflow);
    }

    /** After anything that took time: draws the consequences for the connection as a whole. */
    void settle(long nowNanos) {
        if (removed) {
            return;
        }
        releaseSendBuffer();
        closing.abortIfUnwanted();
        application.raiseDataReadiness();
        closing.beginFin();
        closing.finishIfDone();
        closing.leaveInTimeWait();
        closing.limitLinger(nowNanos);
        paths.deliverEvents();
        output.updateTimer(nowNanos);
        boolean wantsRoom = mptcp && (sender.hasReinjection() || (sender.pendingBytes() > 0 && sender.windowBytes() > 0));
        for (int i = 0; i < subflows.size(); i++) {
            subflows.get(i).updateWindowProbe(nowNanos, wantsRoom);
            stack.reschedule(subflows.get(i));
        }
        stack.schedule(this, Math.min(Math.min(output.timerNanos(), paths.timerNanos()), Math.min(closing.deadlineNanos(), fallback.deadlineNanos())));
        removeIfDead();
    }

    /**
     * What a silent subflow still carries keeps the bytes in the buffer although the peer has them from elsewhere. When that leaves too little
     * of the buffer for the others the subflow is given up (RFC 8684 section 3.6, "too much outstanding data"); the path manager may open another.
     */
    private void releaseSendBuffer() {
        sender.release(subflows);
        if (!mptcp || !sender.isCramped()) {
            return;
        }
        for (int i = subflows.size() - 1; i >= 0; i--) { // a reset takes it out of the set
            Subflow subflow = subflows.get(i);
            if (subflow.stale && subflow.lowestDsn() < sender.dsnUna()) {
                subflow.reset(ResetReason.OUTSTANDING_DATA);
            }
        }
        sender.release(subflows);
    }

    void onLinkProperties(int changedLinkId, LinkProperties properties) {
        for (int i = 0; i < subflows.size(); i++) {
            Subflow subflow = subflows.get(i);
            if (subflow.linkId == changedLinkId) {
                subflow.tcb.path().onLinkChange(properties.mtuBytes(), properties.maxSuperSegmentBytes());
            }
        }
    }

    /** What the path of the initial subflow said last, {@link PathError#NONE} if nothing since the peer was heard. */
    PathError pathError() {
        return subflows.isEmpty() ? lastPathError : subflows.getFirst().tcb.path().error();
    }

    void onLinkChange(int changedLinkId, boolean up) {
        // What has nowhere else to go waits for the link, as TCP does.
        boolean movesElsewhere = mptcp && fullyEstablished && subflows.hasActiveOnOtherLink(changedLinkId);
        for (Subflow subflow : List.copyOf(subflows)) {
            if (subflow.linkId == changedLinkId && up) {
                subflow.tcb.retryNow();
            } else if (subflow.linkId == changedLinkId && movesElsewhere) {
                subflow.tcb.forget(TcpCloseReason.TIMED_OUT);
            }
        }
        paths.onLinkChange(changedLinkId, up);
    }

    private void removeIfDead() {
        if (!isFinished() || !subflows.isEmpty()) {
            return;
        }
        removed = true;
        sender.close();
        stack.remove(this);
        clearKeysIfOver();
        paths.onRemoved();
    }

    boolean isRemoved() {
        return removed;
    }

    /** A passive connection whose handshake fails was never shown to anybody, and its end is nobody's business. */
    boolean isKnownToApplication() {
        return connected || openedFast || listener == null || listener.isDeferred();
    }
}
