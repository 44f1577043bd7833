package io.mptcp.stack;

import io.mptcp.spi.PacketScheduler;
import io.mptcp.tcp.Tcb;
import io.mptcp.wire.PacketSlot;
import java.util.List;

/**
 * What a connection sends next, one segment a call: control segments of its subflows, then reinjections, then new data where the scheduler
 * wants it. Also the data-level timer: lost DATA_FINs, data that only the subflow level acknowledged, closed windows.
 */
final class ConnectionOutput {
    private static final int MAX_MAPPING_BYTES = 65_535;
    private static final int MAX_RANGES_TRIED = 8;
    private static final long DEFAULT_TIMEOUT_NANOS = 1_000_000_000L;
    private static final int MAX_BACKOFF = 6;
    private static final int SEGMENTS_BEHIND_PROBE = 4;
    /** As often as a segment is sent again before TCP gives up (Linux: tcp_retries2). */
    private static final int MAX_DATA_FIN_RETRIES = 15;
    /** DATA_FINs sent to a peer that never said anything of MPTCP after the handshake, before it gets a FIN. */
    private static final int MAX_UNHEARD_FINS = 5;

    private final Connection connection;
    private final List<Subflow> subflows;
    private final DataSender sender;
    private PacketScheduler scheduler;
    private final SmallSegments small;
    private final OpportunisticReinjection opportunistic;
    private final WindowGuard guard;
    private final SendTimes times = new SendTimes();
    private int nextControl;
    /** The send window has been full since new data was last sent. */
    private boolean windowFull;

    /** Further subflows that are to carry a copy of the range just sent. */
    private long copyMask;
    private long copyDsn;
    private int copyLength;
    /** So much of it has gone over the first of these subflows: one that takes less at a time than the one before gets it in pieces. */
    private int copiedLength;

    private long lastDataSentNanos = DataLevel.NEVER_NANOS;
    private long reinjectedBytes;
    private long timerNanos = Long.MAX_VALUE;
    private int backoff;
    private int unheardFins;

    ConnectionOutput(Connection connection, List<Subflow> subflows, DataSender sender, PacketScheduler scheduler) {
        this.connection = connection;
        this.subflows = subflows;
        this.sender = sender;
        this.scheduler = scheduler;
        small = new SmallSegments(connection, sender);
        guard = new WindowGuard(subflows, sender);
        opportunistic = new OpportunisticReinjection(connection, subflows, sender);
    }

    boolean transmit(long nowNanos, PacketSlot out) {
        opportunistic.takeOverLost();
        FarQueue.shorten(nowNanos, subflows, opportunistic);
        if (transmitControl(nowNanos, out)) {
            return true;
        }
        return !connection.isFastclosing()
                && (transmitCopy(nowNanos, out) || transmitReinjection(nowNanos, out) || transmitNew(nowNanos, out));
    }

    private boolean transmitControl(long nowNanos, PacketSlot out) {
        int count = subflows.size();
        for (int i = 0; i < count; i++) {
            if (nextControl >= count) {
                nextControl = 0;
            }
            Subflow subflow = subflows.get(nextControl);
            if (connection.stack.isLinkWritable(subflow.linkId)) {
                if (subflow.transmitControl(nowNanos, out)) {
                    connection.afterTransmit(subflow);
                    return true;
                }
            } else {
                connection.stack.waitForLink(connection, subflow.linkId);
            }
            nextControl++;
        }
        return false;
    }

    PacketScheduler scheduler() {
        return scheduler;
    }

    void setScheduler(PacketScheduler replacement) {
        scheduler = replacement;
    }

    // ---- new data ----

    private boolean transmitNew(long nowNanos, PacketSlot out) {
        long pending = sender.pendingRecordBytes();
        long window = sender.windowBytes();
        if (pending <= 0 || window <= 0) {
            if (pending > 0) {
                guard.onWindowFull();
                windowFull = true;
            }
            return opportunistic.takeOverSlow(nowNanos) && transmitReinjection(nowNanos, out);
        }
        if (opportunistic.takeOverBlocking(nowNanos)) {
            guard.onWindowFull(); // it would have been
            if (transmitReinjection(nowNanos, out)) {
                return true;
            }
        }
        small.begin();
        for (int i = 0; i < subflows.size(); i++) {
            subflows.get(i).tcb.restartAfterIdle(nowNanos);
            if (windowFull) {
                subflows.get(i).tcb.onResumed();
            }
        }
        windowFull = false;
        long mask = select(nowNanos, connection.stack.schedulerView().forNewData(connection, pending, window));
        if (mask == 0) {
            if (window >= Math.min(pending, connection.subflows().minPayloadMssBytes())) {
                return false;
            }
            guard.onWindowFull(); // for less than a segment nobody sends
            return opportunistic.takeOverSlow(nowNanos) && transmitReinjection(nowNanos, out);
        }
        int index = firstReady(nowNanos, mask);
        Subflow subflow = subflows.get(index);
        long dsn = sender.dsnNxt();
        int probe = mask == 1L << index ? mtuProbeBytes(nowNanos, subflow, pending, window) : 0;
        if (probe > 0) {
            sender.onSent(probe);
            small.onSent(dsn + probe, probe, probe);
            lastDataSentNanos = nowNanos;
            subflow.transmitMtuProbe(nowNanos, out, dsn, probe);
            connection.afterTransmit(subflow);
            return true;
        }
        int length = small.newDataBytes(subflow, pending, window);
        boolean push = length == pending && (small.isPushed() || pending < sender.pendingBytes()) || small.isEndOfSynData(dsn + length);
        sender.onSent(length);
        small.onSent(dsn + length, length, subflow.tcb.payloadMssBytes());
        copyMask = mask & ~(1L << index);
        copyDsn = dsn;
        copyLength = length;
        copiedLength = 0;
        send(nowNanos, out, subflow, dsn, length, push);
        return true;
    }

    /** A probe of the path MTU is sent where enough follows it to show soon whether it was lost (RFC 4821 section 7.4). */
    private static int mtuProbeBytes(long nowNanos, Subflow subflow, long pendingBytes, long windowBytes) {
        Tcb tcb = subflow.tcb;
        int probe = tcb.path().probeBytes(nowNanos);
        if (probe == 0) {
            return 0;
        }
        long needed = probe + (long) SEGMENTS_BEHIND_PROBE * tcb.payloadMssBytes();
        long window = Math.min(windowBytes, tcb.sndUna() + tcb.sndWnd() - tcb.sndNxt());
        // In the steady state there is never room for more than the segment just acknowledged; by what the probe is larger cwnd may be exceeded.
        boolean fits = needed <= Math.min(pendingBytes, window) && needed <= tcb.congestionController().cwndBytes();
        return fits ? probe : 0;
    }

    /**
     * The scheduler's choice, less what cannot be: a policy may be stupid, but it cannot break the protocol. It chooses as if there were no
     * pacing, which is a matter of a moment. If its choice has to pause, the data waits when the choice has room for all of it, and
     * otherwise the others get their share at once.
     */
    private long select(long nowNanos, ConnectionView choice) {
        int count = choice.subflowCount();
        long available = 0;
        long paced = 0;
        for (int i = 0; i < count; i++) {
            Subflow subflow = subflows.get(i);
            if (choice.isAvailable(i)) {
                available |= 1L << i;
                paced |= subflow.tcb.isPaced(nowNanos) ? 1L << i : 0;
            } else if (subflow.isActiveForData() && !connection.stack.isLinkWritable(subflow.linkId)) {
                connection.stack.waitForLink(connection, subflow.linkId);
            }
        }
        if (available == 0 || count == 1) {
            return available & ~paced;
        }
        long allowed = choice.isReinjection() ? -1 : guard.filter(available) | ~available;
        available &= allowed;
        if (available == 0) {
            return 0;
        }
        long chosen = choose(choice.among(allowed), available);
        while (!choice.isReinjection() && Long.bitCount(chosen) == 1 && opportunistic.comesLateOver(Long.numberOfTrailingZeros(chosen))) {
            allowed &= ~chosen;
            available &= ~chosen;
            chosen = available == 0 ? 0 : choose(choice.among(allowed), available);
        }
        if (chosen == 0 || (chosen & ~paced) != 0) {
            return chosen;
        }
        Tcb first = subflows.get(Long.numberOfTrailingZeros(chosen)).tcb;
        boolean fits = choice.pendingBytes() <= first.sendableBytes();
        return fits || (available & ~paced) == 0 ? 0 : choose(choice.among(allowed & ~paced), available & ~paced);
    }

    private long choose(ConnectionView choice, long available) {
        long chosen = scheduler.select(choice) & available;
        // Waiting for a better moment makes sense only while something is under way that will bring one.
        return chosen != 0 || isAnythingInFlight() ? chosen : Long.lowestOneBit(available);
    }

    /** Of several subflows the first that need not pause; copies on the others follow whatever their pacing. */
    private int firstReady(long nowNanos, long mask) {
        for (long rest = mask; rest != 0; rest &= rest - 1) {
            int index = Long.numberOfTrailingZeros(rest);
            if (!subflows.get(index).tcb.isPaced(nowNanos)) {
                return index;
            }
        }
        return Long.numberOfTrailingZeros(mask);
    }

    private boolean isAnythingInFlight() {
        for (int i = 0; i < subflows.size(); i++) {
            if (!subflows.get(i).tcb.log().isEmpty()) {
                return true;
            }
        }
        return false;
    }

    private boolean transmitCopy(long nowNanos, PacketSlot out) {
        while (copyMask != 0) {
            int index = Long.numberOfTrailingZeros(copyMask);
            int rest = copyLength - copiedLength;
            Subflow subflow = index < subflows.size() && copyDsn + copiedLength >= sender.dsnUna() ? subflows.get(index) : null;
            boolean takesIt = subflow != null && subflow.isActiveForData() && connection.stack.isLinkWritable(subflow.linkId)
                    && subflow.tcb.sendableBytes() >= rest;
            int piece = takesIt ? Math.min(rest, subflow.tcb.maxPayloadBytes()) : 0;
            long dsn = copyDsn + copiedLength;
            copiedLength += piece;
            if (piece == 0 || copiedLength == copyLength) {
                copyMask &= copyMask - 1;
                copiedLength = 0;
            }
            if (piece > 0) {
                send(nowNanos, out, subflow, dsn, piece, false);
                return true;
            }
        }
        return false;
    }

    /** The list of subflows changed: indices remembered from before mean nothing now. What the oldest owes precedes a new SYN. */
    void onSubflowsChanged() {
        copyMask = 0;
        copiedLength = 0;
        beginWithOldest();
    }

    /** The next control segments are asked for in the order of the subflows. */
    void beginWithOldest() {
        nextControl = 0;
    }

    private void send(long nowNanos, PacketSlot out, Subflow subflow, long dsn, int length, boolean push) {
        lastDataSentNanos = nowNanos;
        subflow.transmitData(nowNanos, out, dsn, length, push);
        connection.afterTransmit(subflow);
    }

    // ---- reinjection ----

    /** What nobody can take now waits, but not everything behind it: that may be for another subflow. */
    private boolean transmitReinjection(long nowNanos, PacketSlot out) {
        int range = 0;
        while (range < Math.min(sender.reinjectionCount(), MAX_RANGES_TRIED)) {
            long start = sender.reinjectionStart(range);
            long bytes = sender.reinjectionEnd(range) - start;
            ConnectionView choice = connection.stack.schedulerView().forReinjection(connection, start, bytes);
            long mask = select(nowNanos, choice);
            if (mask != 0) {
                Subflow subflow = subflows.get(firstReady(nowNanos, mask));
                int length = SmallSegments.reinjectionBytes(subflow, bytes);
                sender.reinjected(range, start + length);
                reinjectedBytes += length;
                connection.stack.count(Counter.MPTCPRetrans);
                send(nowNanos, out, subflow, start, length, false);
                return true;
            }
            if (hasCandidate(choice) || !isCarried(start)) {
                range++; // somebody will be able to take it
            } else {
                // Every subflow left carries it already.
                sender.reinjected(range, start + Math.min(bytes, connection.subflows().minPayloadMssBytes()));
            }
        }
        return false;
    }

    private boolean hasCandidate(ConnectionView choice) {
        for (int i = 0; i < choice.subflowCount(); i++) {
            if (choice.isActive(i)) {
                return true;
            }
        }
        return false;
    }

    private boolean isCarried(long dsn) {
        for (int i = 0; i < subflows.size(); i++) {
            if (subflows.get(i).tcb.log().carries(dsn)) {
                return true;
            }
        }
        return false;
    }

    // ---- the data-level timer ----

    /** How often the slowest subflow kept the others waiting, as schedulers are told. */
    long blockings() {
        return opportunistic.count();
    }

    SmallSegments small() {
        return small;
    }

    long timerNanos() {
        return Math.min(timerNanos, small.deadlineNanos());
    }

    /** The peer's data level moved on. */
    void onProgress() {
        timerNanos = Long.MAX_VALUE;
        backoff = 0;
        unheardFins = 0;
        small.onAcked();
    }

    /** Arms the timer if there is anything to wait for, and stops it if not. */
    void updateTimer(long nowNanos) {
        small.updateTimer(nowNanos);
        times.enter(nowNanos, sendPhase());
        if (!isWaiting()) {
            timerNanos = Long.MAX_VALUE;
            backoff = 0;
        } else if (timerNanos == Long.MAX_VALUE) {
            // Probes of the window are further and further apart (RFC 9293 section 3.8.6.1); what is sent again, as Linux, from the second time on.
            timerNanos = nowNanos + (timeoutNanos() << (isOutstanding() ? Math.max(0, backoff - 1) : backoff));
        }
    }

    /** When data last left, first sent or reinjected; {@link DataLevel#NEVER_NANOS} if never. */
    long lastDataSentNanos() {
        return lastDataSentNanos;
    }

    /** Bytes sent again by another mapping. */
    long reinjectedBytes() {
        return reinjectedBytes;
    }

    /** Timeouts of the data level since it last moved on. */
    int timeouts() {
        return backoff;
    }

    SendTimes times() {
        return times;
    }

    /** What the connection does, after an attempt to send. */
    private SendTimes.Phase sendPhase() {
        long pending = sender.pendingBytes();
        if (pending == 0) {
            boolean outstanding = sender.dsnUna() < sender.dsnNxt();
            boolean starved = connection.application().isWriteBlocked() && hasCongestionRoom();
            return !outstanding ? SendTimes.Phase.IDLE : starved ? SendTimes.Phase.SEND_BUFFER : SendTimes.Phase.BUSY;
        }
        for (int i = 0; i < subflows.size(); i++) {
            Tcb tcb = subflows.get(i).tcb;
            long window = Math.min(sender.windowBytes(), tcb.sndUna() + tcb.sndWnd() - tcb.sndNxt());
            if (window >= Math.min(pending, tcb.payloadMssBytes())) {
                return SendTimes.Phase.BUSY;
            }
        }
        return subflows.isEmpty() ? SendTimes.Phase.BUSY : SendTimes.Phase.RECEIVE_WINDOW;
    }

    private boolean hasCongestionRoom() {
        for (int i = 0; i < subflows.size(); i++) {
            Tcb tcb = subflows.get(i).tcb;
            if (tcb.congestionRoomBytes() >= tcb.payloadMssBytes()) {
                return true;
            }
        }
        return false;
    }

    private boolean isWaiting() {
        boolean windowClosed = sender.pendingBytes() > 0 && sender.windowBytes() <= 0;
        if (!connection.isMptcp()) {
            return windowClosed || isSubflowWindowClosed();
        }
        return windowClosed || isOutstanding();
    }

    /** Data or DATA_FIN is not acknowledged at data level. */
    private boolean isOutstanding() {
        return connection.isMptcp() && ((sender.isFinSent() && !sender.isFinAcked()) || sender.dsnUna() < sender.dsnNxt());
    }

    /** Plain TCP: nothing is in flight whose acknowledgment could open the window again. */
    private boolean isSubflowWindowClosed() {
        return sender.pendingBytes() > 0 && subflows.size() == 1 && subflows.get(0).tcb.log().isEmpty()
                && subflows.get(0).isActiveForData() && subflows.get(0).tcb.isWindowShut();
    }

    private long timeoutNanos() {
        long timeout = 0;
        for (int i = 0; i < subflows.size(); i++) {
            timeout = Math.max(timeout, subflows.get(i).tcb.rtt().rtoNanos());
        }
        return timeout == 0 ? DEFAULT_TIMEOUT_NANOS : Math.min(timeout, 10 * DEFAULT_TIMEOUT_NANOS);
    }

    void expire(long nowNanos) {
        small.expire(nowNanos);
        if (timerNanos > nowNanos) {
            return;
        }
        timerNanos = Long.MAX_VALUE;
        backoff = Math.min(backoff + 1, MAX_BACKOFF);
        if (connection.isMptcp()) {
            if (sender.dsnUna() < sender.dsnNxt()) {
                if (!isCarried(sender.dsnUna())) {
                    // Acknowledged by the subflow, never by the data level: a proxy did it, or the peer had to drop it (section 3.3.6).
                    sender.reinject(sender.dsnUna(), Math.min(sender.dsnNxt(), sender.dsnUna() + MAX_MAPPING_BYTES));
                }
            } else if (sender.isFinSent() && !sender.isFinAcked()) {
                if (backoff > MAX_UNHEARD_FINS && sender.dsnNxt() == 1 && connection.fallback().isPossible(subflows)) {
                    // Not even the options may get through (section 3.7), or nothing at all. To a FIN the peer has to say something.
                    subflows.getFirst().askByFin();
                }
                if (++unheardFins > MAX_DATA_FIN_RETRIES) {
                    connection.terminate(CloseReason.TIMED_OUT, true); // the peer's TCP is alive, its data level is not
                    return;
                }
                connection.closing().signalDataFin();
                connection.stack.count(Counter.MPTCPRetrans);
            }
        }
        if (sender.pendingBytes() > 0) {
            probeWindow();
        }
    }

    /** Persist (RFC 9293 section 3.8.6.1) is per connection: one probe on one subflow. */
    private void probeWindow() {
        for (int i = 0; i < subflows.size(); i++) {
            Subflow subflow = subflows.get(i);
            if (subflow.isActiveForData() && subflow.tcb.log().isEmpty()) {
                subflow.tcb.requestProbeOrGiveUp();
                connection.stack.count(Counter.WinProbe);
                return;
            }
        }
    }
}
