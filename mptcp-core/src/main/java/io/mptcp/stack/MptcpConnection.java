package io.mptcp.stack;

import io.mptcp.cc.CongestionController;
import io.mptcp.cc.CongestionControllers;
import io.mptcp.tcp.TcpCloseReason;
import io.mptcp.tcp.TcpState;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.OptionWriter;
import io.mptcp.wire.PacketSlot;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * One connection as its application sees it: a byte stream over one or more subflows, or over plain TCP after fallback. Calls record
 * intent and never send; they must come from the thread that owns the {@link Stack}. Call {@link #close()} or {@link #abort()} in the
 * end, also on a connection the peer has closed: it frees the memory of unread data.
 */
public final class MptcpConnection extends DeadlineQueue.Node {
    /** How long a connection waits for a new subflow after it lost the last one (Linux: close_timeout). */
    private static final long CLOSE_TIMEOUT_NANOS = 60_000_000_000L;
    private static final int MAX_CLOSED_INFOS = 32;

    final Stack stack;
    private final Listener listener;
    private final ConnectOptions options;
    private final List<Subflow> subflows = new ArrayList<>(2);
    private final List<SubflowInfo> closedSubflows = new ArrayList<>(0);
    private final DataSender sender;
    private final DataReceiver receiver;
    private final DataSequence sequence;
    private final Handshake handshake;
    private final ConnectionOutput output;
    private final AddressSignals signals;
    private final PathControl paths;

    private Object attachment;
    private IpEndpoint local;
    private IpEndpoint remote;
    private int linkId;
    private int nextSubflowId;

    /** MPTCP was offered or accepted on this connection, whatever became of it. */
    private final boolean offered;
    private boolean mptcp;
    private boolean fullyEstablished;
    private boolean checksumOn;
    private boolean peerDeniesJoinToInitialAddress;
    private String fallbackReason;

    private boolean connected;
    private boolean closedByApplication;
    private boolean fastclosing;
    private boolean writeBlocked;
    private boolean finished;
    private boolean removed;
    private CloseReason closeReason = CloseReason.NONE;
    private int readiness;
    private long closeDeadlineNanos = Long.MAX_VALUE;

    /** Queues of the stack this connection stands in. */
    boolean inWorkQueue;
    boolean inReadyQueue;
    long waitingForLinks;

    MptcpConnection(Stack stack, Listener listener, ConnectOptions options, boolean mptcp, Object attachment) {
        this.stack = stack;
        this.listener = listener;
        this.options = options;
        this.mptcp = mptcp;
        this.offered = mptcp;
        this.attachment = attachment;
        StackConfig config = stack.config();
        sender = new DataSender(config.tcp().sendBufferBytes(), config.limits().maxRanges());
        receiver = new DataReceiver(config.tcp().receiveBufferBytes(), config.limits().maxRanges());
        sequence = new DataSequence(stack.keys());
        handshake = new Handshake(this, config.checksum());
        output = new ConnectionOutput(this, subflows, sender,
                options.scheduler() == null ? BuiltInScheduler.INSTANCE : options.scheduler());
        signals = new AddressSignals(this, sequence);
        paths = new PathControl(this, subflows, config.pathManager().create());
    }

    /** The first subflow; called once by the stack. */
    Subflow openInitial(int initialLinkId, FlowKey key, boolean active) {
        linkId = initialLinkId;
        local = key.local();
        remote = key.remote();
        signals.noteLocalAddress(local.address());
        return addSubflow(initialLinkId, key, false, active);
    }

    Subflow addSubflow(int overLinkId, FlowKey key, boolean isJoin, boolean active) {
        Subflow subflow = new Subflow(this, nextSubflowId++, overLinkId, isJoin, active, key);
        subflow.localAddressId = isJoin ? signals.localAddressId(key.local().address()) : 0;
        subflows.add(subflow);
        output.onSubflowsChanged();
        stack.register(subflow);
        return subflow;
    }

    // ==== the application's side ====

    /** The object given to connect or set since; the engine does not look at it. */
    public Object attachment() {
        return attachment;
    }

    public void attach(Object attachment) {
        this.attachment = attachment;
    }

    /** The listener this connection came from, null for an active one. */
    public Listener listener() {
        return listener;
    }

    /** Takes and clears the {@link Readiness} bits. */
    public int takeReadiness() {
        int taken = readiness;
        readiness = 0;
        return taken;
    }

    /** Lets the handshake of a connection from a deferring listener go on. To refuse it call {@link #abort()}. */
    public void accept() {
        if (!subflows.isEmpty()) {
            subflows.getFirst().tcb.releaseSynAck();
            stack.enqueue(this);
        }
    }

    /** Bytes that {@link #write} would take now. */
    public int writableBytes() {
        return canWrite() ? sender.buffer().writableBytes() : 0;
    }

    private boolean canWrite() {
        return closeReason == CloseReason.NONE && !finished && !sender.isFinRequested();
    }

    /**
     * Copies bytes into the send buffer.
     *
     * @return bytes taken, 0 when it is full; {@link Readiness#WRITABLE} is raised when there is room again
     * @throws IllegalStateException after {@link #shutdownOutput()} or {@link #close()}
     */
    public int write(MemorySegment source, long offset, int length) {
        if (sender.isFinRequested()) {
            throw new IllegalStateException("the output of this connection has been shut down");
        }
        if (!canWrite()) {
            return 0;
        }
        int taken = sender.buffer().write(source, offset, length);
        writeBlocked |= taken < length;
        if (taken > 0) {
            stack.enqueue(this);
        }
        return taken;
    }

    public int readableBytes() {
        return receiver.readableBytes();
    }

    /** @return bytes read, 0 when there are none now, -1 at the end of the stream */
    public int read(MemorySegment destination, long offset, int length) {
        int count = receiver.read(destination, offset, length);
        if (count > 0 && !finished) {
            updateWindows();
        }
        return count;
    }

    /** RFC 9293 section 3.8.6.2.2: tell the peer when reading has opened the window enough, on every subflow, as each has its own view of it. */
    private void updateWindows() {
        boolean any = false;
        for (int i = 0; i < subflows.size(); i++) {
            Subflow subflow = subflows.get(i);
            if (subflow.phase == Subflow.Phase.ESTABLISHED
                    && receiver.isWindowUpdateDue(subflow.tcb.rcvWindowShift(), subflow.tcb.rcvMssBytes())) {
                subflow.tcb.requestAck();
                any = true;
            }
        }
        if (any) {
            stack.enqueue(this);
        }
    }

    /** Whether the peer has ended its stream and everything before that has been read. */
    public boolean isEndOfStream() {
        return receiver.isEndOfStream();
    }

    /** Ends the output after what has been written (DATA_FIN, or FIN after fallback); reading goes on. */
    public void shutdownOutput() {
        if (!sender.isFinRequested()) {
            sender.requestFin();
            stack.enqueue(this);
        }
    }

    /** Ends the output and gives up reading. Unread or later data from the peer aborts the connection (RFC 9293 section 3.6). */
    public void close() {
        closedByApplication = true;
        if (closeReason != CloseReason.NONE) {
            receiver.close();
            return;
        }
        if (receiver.readableBytes() > 0 || !connected) {
            abort();
            return;
        }
        shutdownOutput();
    }

    /** Ends the connection at once: MP_FASTCLOSE, or RST on plain TCP. */
    public void abort() {
        closedByApplication = true;
        if (closeReason == CloseReason.NONE) {
            terminate(CloseReason.ABORTED, true);
        }
        receiver.close();
    }

    public boolean isConnected() {
        return connected && closeReason == CloseReason.NONE;
    }

    public boolean isClosed() {
        return closeReason != CloseReason.NONE;
    }

    public CloseReason closeReason() {
        return closeReason;
    }

    /** Whether this connection runs as plain TCP: never negotiated, or fallen back. */
    public boolean isFallback() {
        return !mptcp;
    }

    /** Why it fell back, or null: one of the kernel's counter names, e.g. {@code MPCapableFallbackSYNACK}. */
    public String fallbackReason() {
        return fallbackReason;
    }

    /** Local token (RFC 8684 section 3.2); 0 in plain TCP. */
    public int token() {
        return sequence.localToken();
    }

    /** Endpoints of the initial subflow, also after it closed. */
    public IpEndpoint local() {
        return local;
    }

    public IpEndpoint remote() {
        return remote;
    }

    /** Link of the initial subflow. */
    public int linkId() {
        return linkId;
    }

    /** The subflows there are, and the last of those that have closed (state CLOSED), in order of creation. */
    public List<SubflowInfo> subflows() {
        List<SubflowInfo> infos = new ArrayList<>(closedSubflows);
        for (Subflow subflow : subflows) {
            infos.add(subflow.info());
        }
        infos.sort(java.util.Comparator.comparingInt(SubflowInfo::id));
        return infos;
    }

    /** Payload bytes acknowledged by the peer's data level. */
    public long bytesAcked() {
        return sender.dsnUna() - 1;
    }

    /** Payload bytes received in order. */
    public long bytesReceived() {
        return receiver.bytesReceived();
    }

    // ==== what its parts ask ====

    Handshake handshake() {
        return handshake;
    }

    DataSender sender() {
        return sender;
    }

    DataReceiver receiver() {
        return receiver;
    }

    DataSequence sequence() {
        return sequence;
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

    boolean isFullyEstablished() {
        return fullyEstablished;
    }

    boolean isChecksumOn() {
        return checksumOn && mptcp;
    }

    /** The handshake was completed at some time. */
    boolean wasConnected() {
        return connected;
    }

    boolean isFastclosing() {
        return fastclosing;
    }

    boolean peerDeniesJoinToInitialAddress() {
        return peerDeniesJoinToInitialAddress;
    }

    long localKey() {
        return sequence.localKey();
    }

    long remoteKey() {
        return sequence.remoteKey();
    }

    int remoteToken() {
        return sequence.remoteToken();
    }

    long toWireDsn(long dsn) {
        return sequence.toWire(dsn);
    }

    long wireDataAck() {
        return sequence.peerToWire(receiver.rcvNxt());
    }

    CongestionController newCongestionController() {
        String name = options.congestionControl() == null ? stack.config().congestionControl() : options.congestionControl();
        return CongestionControllers.create(name);
    }

    int minPayloadMssBytes() {
        int mss = 65_535;
        for (int i = 0; i < subflows.size(); i++) {
            mss = Math.min(mss, subflows.get(i).tcb.payloadMssBytes());
        }
        return mss;
    }

    /** DSS checksum of payload about to be sent (RFC 8684 section 3.3.1). */
    int mappingChecksum(long dsn, long ssn, int length) {
        long sum = sender.buffer().checksum(dsn, length) + Checksum.dssPseudoHeader(sequence.toWire(dsn), (int) ssn, length);
        return ~Checksum.fold(sum) & 0xffff;
    }

    int dataFinChecksum() {
        return isChecksumOn() ? ~Checksum.fold(Checksum.dssPseudoHeader(sequence.toWire(sender.finDsn()), 0, 1)) & 0xffff : -1;
    }

    // ==== handshake and fallback ====

    void setChecksumOn(boolean on) {
        checksumOn = on;
    }

    void setRemoteKey(long key) {
        sequence.setRemoteKey(key);
    }

    void setPeerDeniesJoinToInitialAddress(boolean denies) {
        peerDeniesJoinToInitialAddress = denies;
    }

    /** The peer has shown at the data level that MPTCP works both ways: joins may start (section 3.1). */
    void setFullyEstablished() {
        fullyEstablished = true;
        stack.trace("ESTABLISHED", this, null, "");
        paths.onEstablished();
    }

    /** From now on this is a TCP connection (section 3.7). Relative data and subflow sequence numbers are the same there. */
    void fallBack(String reason) {
        if (mptcp) {
            mptcp = false;
            fallbackReason = reason;
            stack.forgetToken(this);
            stack.trace("FALLBACK", this, null, reason);
        }
    }

    /** The peer ends MPTCP with an infinite mapping: possible only while all data has gone over this one subflow. */
    boolean onInfiniteMapping(Subflow subflow) {
        stack.count(Counter.InfiniteMapRx);
        if (nextSubflowId > 1) {
            subflow.reset(ResetReason.MPTCP);
            return false;
        }
        fallBack("InfiniteMapRx");
        onPlainAck(subflow);
        return true;
    }

    /** A mapping failed its checksum (section 3.7): with other subflows, or because fallback by MP_FAIL is not implemented, the subflow ends. */
    void onChecksumFailure(Subflow subflow, long dsn) {
        stack.count(Counter.DataCsumErr);
        stack.count(Counter.DSSCorruptionReset);
        subflow.reset(ResetReason.MIDDLEBOX);
    }

    // ==== data ====

    void onData(long dsn, MemorySegment buffer, long offset, int length) {
        if (receiver.insert(dsn, buffer, offset, length) == 0 && dsn + length <= receiver.nextByteDsn()) {
            stack.count(Counter.DuplicateData);
        }
    }

    void onDataAck(MptcpOptions mptcpOptions, long windowBytes) {
        long ackDsn = sequence.ackFromWire(mptcpOptions.dataAck, mptcpOptions.dataAck8, sender.dsnUna());
        if (sender.onDataAck(ackDsn)) {
            output.onProgress();
        }
        if (ackDsn <= sender.dsnNxt() + 1 && ackDsn >= sender.dsnUna()) {
            onWindow(ackDsn + windowBytes);
        }
    }

    /** Plain TCP: the subflow's acknowledgment and window are the connection's. */
    void onPlainAck(Subflow subflow) {
        if (sender.onDataAck(subflow.tcb.sndUna())) {
            output.onProgress();
        }
        onWindow(subflow.tcb.sndUna() + subflow.tcb.sndWnd());
    }

    private void onWindow(long edgeDsn) {
        boolean wasClosed = sender.windowBytes() <= 0;
        sender.onWindow(edgeDsn);
        if (wasClosed && sender.windowBytes() > 0) {
            output.onProgress();
        }
    }

    /** Relative data sequence number of a received mapping; Long.MIN_VALUE when it makes no sense here. */
    long toDsn(MptcpOptions mptcpOptions) {
        return sequence.fromWire(mptcpOptions.dsn, mptcpOptions.dsn8, receiver.nextByteDsn());
    }

    void onDataFin(long dsn) {
        receiver.onFin(dsn);
    }

    boolean isDataFinAt(long dsn) {
        return receiver.isFinAt(dsn);
    }

    /** @return whether the key was ours, and the connection is over */
    boolean onFastclose(long key) {
        if (!mptcp || key != sequence.localKey()) {
            return false;
        }
        stack.count(Counter.MPFastcloseRx);
        terminate(CloseReason.RESET, false);
        return true;
    }

    boolean onSignals(Subflow subflow, MptcpOptions mptcpOptions) {
        return signals.onSegment(subflow, mptcpOptions);
    }

    void announcePriority(Subflow subflow) {
        signals.announcePriority(subflow);
        stack.enqueue(this);
    }

    boolean takeEcho(Subflow subflow, OptionWriter writer) {
        return signals.writePending(subflow, writer);
    }

    // ==== DATA_FIN ====

    /** The DATA_FIN goes on every usable subflow, as on Linux: whichever is fastest ends the stream. */
    void signalDataFin() {
        for (int i = 0; i < subflows.size(); i++) {
            Subflow subflow = subflows.get(i);
            if (subflow.phase == Subflow.Phase.ESTABLISHED) {
                subflow.dataFinDue = true;
                subflow.tcb.requestAck();
            }
        }
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
                if (!listener.isDeferred()) {
                    raise(Readiness.ACCEPTED);
                }
            }
            // Until the first DATA_ACK the only window known is the handshake's (RFC 8684 section 3.3.1).
            sender.onWindow(subflow.tcb.sndUna() + subflow.tcb.sndWnd());
            raise(Readiness.CONNECTED | Readiness.WRITABLE);
            stack.trace("CREATED", this, subflow, "");
        } else {
            closeDeadlineNanos = Long.MAX_VALUE;
            stack.trace("SF_ESTABLISHED", this, subflow, "");
        }
        raise(Readiness.SUBFLOWS);
        paths.onSubflowEstablished(subflow);
    }

    /**
     * Nothing came back within an RTO: while another subflow is alive the data goes there at once, and new data stays away from this one
     * until something is heard on it again.
     */
    void onSubflowTimeout(Subflow subflow) {
        if (!mptcp || subflow.phase != Subflow.Phase.ESTABLISHED || !hasOtherActive(subflow)) {
            return;
        }
        if (!subflow.stale) {
            subflow.stale = true;
            stack.count(Counter.SubflowStale);
            stack.trace("SUBFLOW_STALE", this, subflow, "");
        }
        sender.reinject(subflow.tcb.log());
    }

    private boolean hasOtherActive(Subflow subflow) {
        for (int i = 0; i < subflows.size(); i++) {
            if (subflows.get(i) != subflow && subflows.get(i).isActiveForData()) {
                return true;
            }
        }
        return false;
    }

    void onSubflowFin(Subflow subflow) {
        if (!mptcp) {
            receiver.onFin(subflow.tcb.rcvNxt() - 1);
        } else {
            subflow.tcb.requestFin(); // RFC 8684 section 3.3.3: a FIN ends its subflow only, and there is nothing to wait for
        }
    }

    void onSubflowClosed(Subflow subflow, TcpCloseReason reason) {
        if (mptcp && connected) {
            sender.reinject(subflow.tcb.log());
        }
        subflows.remove(subflow);
        output.onSubflowsChanged();
        if (closedSubflows.size() < MAX_CLOSED_INFOS) {
            closedSubflows.add(subflow.info());
        }
        raise(Readiness.SUBFLOWS);
        stack.trace("SF_CLOSED", this, subflow, reason + (subflow.receivedResetReason >= 0 ? " reset-reason "
                + subflow.receivedResetReason : ""));
        paths.onSubflowClosed(subflow);
        stack.unregister(subflow);
        wakeStale();
        if (subflows.isEmpty()) {
            onLastSubflowClosed(subflow, reason);
        }
    }

    /** The one subflow that is left must be used, however silent it was. */
    private void wakeStale() {
        for (int i = 0; i < subflows.size(); i++) {
            if (subflows.get(i).isActiveForData()) {
                return;
            }
        }
        for (int i = 0; i < subflows.size(); i++) {
            subflows.get(i).stale = false;
        }
    }

    private void onLastSubflowClosed(Subflow subflow, TcpCloseReason reason) {
        if (closeReason != CloseReason.NONE) {
            return;
        }
        boolean waits = mptcp && connected && fullyEstablished && !isDataDone();
        if (waits) {
            closeDeadlineNanos = stack.nowNanos() + CLOSE_TIMEOUT_NANOS; // make-after-break: a join may revive it
        } else {
            finish(toCloseReason(reason));
        }
    }

    private CloseReason toCloseReason(TcpCloseReason reason) {
        return switch (reason) {
            case FINISHED -> CloseReason.CLOSED;
            case REFUSED -> CloseReason.REFUSED;
            case RESET -> isDataDone() ? CloseReason.CLOSED : CloseReason.RESET;
            case TIMED_OUT -> CloseReason.TIMED_OUT;
            case ABORTED -> CloseReason.ABORTED;
        };
    }

    // ==== time ====

    void receiveOn(long nowNanos, Subflow subflow, io.mptcp.tcp.IncomingSegment segment) {
        subflow.receive(nowNanos, segment);
        settle(nowNanos);
    }

    void expire(long nowNanos) {
        if (closeDeadlineNanos <= nowNanos) {
            closeDeadlineNanos = Long.MAX_VALUE;
            terminate(CloseReason.TIMED_OUT, true);
        }
        output.expire(nowNanos);
        paths.expire(nowNanos);
        settle(nowNanos);
    }

    boolean transmit(long nowNanos, PacketSlot out) {
        if (!finished) {
            beginFin();
        }
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
        if (closedByApplication && closeReason == CloseReason.NONE && receiver.readableBytes() > 0) {
            terminate(CloseReason.ABORTED, true);
            receiver.close();
        }
        raiseDataReadiness();
        if (!finished) {
            beginFin();
            finishIfDone();
        }
        paths.deliverEvents();
        output.updateTimer(nowNanos);
        for (int i = 0; i < subflows.size(); i++) {
            stack.reschedule(subflows.get(i));
        }
        stack.schedule(this, Math.min(Math.min(output.timerNanos(), paths.timerNanos()), closeDeadlineNanos));
        removeIfDead();
    }

    /**
     * What a silent subflow still carries keeps the bytes in the buffer although the peer has them from elsewhere. When that takes half of
     * the buffer the subflow is given up (RFC 8684 section 3.6, "too much outstanding data"); the path manager may open another.
     */
    private void releaseSendBuffer() {
        sender.release(subflows);
        if (!mptcp || sender.dsnUna() - sender.buffer().head() < stack.config().tcp().sendBufferBytes() / 2) {
            return;
        }
        for (Subflow subflow : List.copyOf(subflows)) {
            if (subflow.stale && subflow.lowestDsn() < sender.dsnUna()) {
                subflow.reset(ResetReason.OUTSTANDING_DATA);
            }
        }
        sender.release(subflows);
    }

    private long seenReadable = -1;
    private boolean seenEnd;

    private void raiseDataReadiness() {
        if (receiver.bytesReceived() != seenReadable) {
            if (receiver.bytesReceived() > 0) {
                raise(Readiness.READABLE);
            }
            seenReadable = receiver.bytesReceived();
        }
        if (!seenEnd && receiver.isFinReceived()) {
            seenEnd = true;
            raise(Readiness.READABLE);
        }
        if (writeBlocked) {
            int writable = sender.buffer().writableBytes();
            if (writable >= stack.config().tcp().sendBufferBytes() / 4) {
                writeBlocked = false;
                raise(Readiness.WRITABLE);
            }
        }
    }

    /** Everything written has been sent: now the end may be signalled. */
    private void beginFin() {
        if (!connected || !sender.isFinDue()) {
            return;
        }
        if (mptcp) {
            sender.onFinSent();
            signalDataFin();
        } else if (!subflows.isEmpty()) {
            sender.onFinSent();
            subflows.getFirst().tcb.requestFin();
            stack.enqueue(this);
        }
    }

    /** Both streams have ended and both ends are known to know. */
    private boolean isDataDone() {
        if (mptcp) {
            return sender.isFinAcked() && receiver.isFinReceived();
        }
        return sender.isFinSent() && receiver.isFinReceived() && (subflows.isEmpty() || isFinAcknowledged(subflows.getFirst()));
    }

    private static boolean isFinAcknowledged(Subflow subflow) {
        return subflow.tcb.isFinSent() && subflow.tcb.sndUna() == subflow.tcb.sndNxt();
    }

    private void finishIfDone() {
        if (!connected || !isDataDone()) {
            return;
        }
        boolean allEnding = true;
        for (int i = 0; i < subflows.size(); i++) {
            Subflow subflow = subflows.get(i);
            if (mptcp && !subflow.tcb.isFinSent()) {
                if (subflow.phase == Subflow.Phase.ESTABLISHED) {
                    subflow.tcb.requestFin(); // section 3.3.3: once DATA_FINs are acknowledged all subflows are closed
                    allEnding = false;
                } else {
                    subflow.reset(ResetReason.UNSPECIFIED);
                    i--;
                }
                stack.enqueue(this);
            }
        }
        if (allEnding) {
            finish(CloseReason.CLOSED);
        }
    }

    private void finish(CloseReason reason) {
        finished = true;
        closeReason = reason;
        closeDeadlineNanos = Long.MAX_VALUE;
        if (closedByApplication) {
            receiver.close();
        }
        stack.trace("CLOSED", this, null, reason.name());
        raise(Readiness.CLOSED);
        stack.enqueue(this);
    }

    /** Ends everything now. */
    void terminate(CloseReason reason, boolean tellPeer) {
        if (closeReason != CloseReason.NONE) {
            return;
        }
        finish(reason);
        fastclosing = tellPeer && mptcp && connected && sequence.remoteKey() != 0;
        for (Subflow subflow : List.copyOf(subflows)) {
            subflow.tcb.reset(TcpCloseReason.ABORTED);
        }
    }

    void onLinkChange(int changedLinkId, boolean up) {
        if (!up && mptcp && fullyEstablished) { // a TCP connection has nowhere else to go, and waits as TCP does
            for (Subflow subflow : List.copyOf(subflows)) {
                if (subflow.linkId == changedLinkId) {
                    subflow.tcb.forget(TcpCloseReason.TIMED_OUT);
                }
            }
        }
        paths.onLinkChange(changedLinkId, up);
    }

    private void removeIfDead() {
        if (!finished || !subflows.isEmpty()) {
            return;
        }
        removed = true;
        sender.close();
        stack.remove(this);
    }

    boolean isRemoved() {
        return removed;
    }

    private void raise(int bits) {
        readiness |= bits;
        stack.enqueueReady(this);
    }

    void raiseAccepted() {
        raise(Readiness.ACCEPTED);
    }
}
