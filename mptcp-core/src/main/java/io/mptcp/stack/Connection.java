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
    private PathError lastPathError = PathError.NONE;

    private boolean connected;
    /** The SYN opened it, its payload included (RFC 7413), and the third ACK has not come yet. */
    private boolean openedFast;
    private boolean synDataTaken;
    private FastOpenClient fastOpen;
    private long lastHeardNanos;

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

    /** Its end, and what is left of it then. */
    Closing closing() {
        return closing;
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

    boolean isFastclosing() {
        return closing.isFastclosing();
    }

    boolean isRemoved() {
        return closing.isRemoved();
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

    /** For {@link Fallback#toTcp} only. */
    void endMptcp() {
        mptcp = false;
    }

    /**
     * Joins are taken as soon as both keys are known. A join may well overtake the first DSS on the initial subflow; that it comes at all shows
     * that the peer is further.
     */
    boolean acceptsJoins() {
        return mptcp && connected && data.sequence.remoteKey() != 0 && !fallback.isFailing() && !isFinished();
    }

    boolean isFullyEstablished() {
        return handshake.isComplete();
    }

    boolean isChecksumOn() {
        return mptcp && data.isChecksumOn();
    }

    /** The handshake was completed at some time. */
    boolean wasConnected() {
        return connected;
    }

    CongestionController newCongestionController() {
        String name = options.congestionControl() == null ? stack.config().congestionControl() : options.congestionControl();
        return CongestionControllers.create(name, coupledGroup);
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

    AddressSignals signals() {
        return signals;
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
            handshake.complete();
            stack.trace(PathEvent.Type.SF_ESTABLISHED, this, subflow, "");
        }
        application.raise(Readiness.SUBFLOWS);
        paths.onSubflowEstablished(subflow);
        SilentSubflows.moveTo(subflow);
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
        SilentSubflows.reviveIfNeeded(this);
        signals.onSubflowClosed(subflow);
        closing.fastcloseWait().onSubflowClosed(subflow);
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
        if (isRemoved()) {
            return;
        }
        SilentSubflows.releaseSendBuffer(this);
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
        closing.removeIfDead();
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
        boolean movesElsewhere = mptcp && isFullyEstablished() && subflows.hasActiveOnOtherLink(changedLinkId);
        for (Subflow subflow : List.copyOf(subflows)) {
            if (subflow.linkId == changedLinkId && up) {
                subflow.tcb.retryNow();
            } else if (subflow.linkId == changedLinkId && movesElsewhere) {
                subflow.tcb.forget(TcpCloseReason.TIMED_OUT);
            }
        }
        paths.onLinkChange(changedLinkId, up);
    }

    /** A passive connection whose handshake fails was never shown to anybody, and its end is nobody's business. */
    boolean isKnownToApplication() {
        return connected || openedFast || listener == null || listener.isDeferred();
    }
}
