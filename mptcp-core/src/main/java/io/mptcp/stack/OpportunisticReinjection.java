package io.mptcp.stack;

import io.mptcp.buffer.SegmentLog;
import io.mptcp.tcp.Delivery;
import io.mptcp.tcp.Tcb;
import java.util.List;

/**
 * Protection against head-of-line blocking, whatever the scheduler did: as soon as nothing new can be sent, a subflow with room takes
 * over what slower ones hold and would deliver later (Raiciu et al., NSDI 2012, "opportunistic retransmission"). That is so at the end of the
 * stream or of a burst, where a transfer must not wait for the slowest path, and when the receive window or the send buffer is full of data
 * behind a hole, or soon will be.
 *
 * <p>What is sent twice takes up room that nothing else had a use for, but it is paid for, and a peer that closes when it has got everything once
 * answers the rest with resets, as Linux does. So a subflow has to be slower by a wide margin: by its propagation time, or by the best it was
 * seen to deliver while a queue showed that this is the path's rate. What a subflow delivers in one round trip or another does not
 * count: where nine connections share two equal paths it differs by a factor of seven, and one that has hardly sent has no rate at all.
 *
 * <p>Better than to take over is not to give: at the end of a stream or of a burst a slow subflow gets nothing that another would deliver sooner with all
 * that is still to be sent, although that one has no room at the moment ({@link #comesLateOver}).
 *
 * <p>Where it is the receive window that is full, the subflow to blame is made smaller, too ("penalisation"): half of its window, at most once in its
 * round trip.
 */
final class OpportunisticReinjection {
    /** Paths whose rates differ by less than this factor are alike. */
    private static final int ALIKE_RATES = 6;
    /** Paths whose round-trip times without queues differ by less than this factor are, too. */
    private static final int ALIKE_ROUND_TRIPS = 3;
    private static final double NANOS_PER_SECOND = 1e9;

    private final Connection connection;
    private final List<Subflow> subflows;
    private final DataSender sender;
    private long count;

    OpportunisticReinjection(Connection connection, List<Subflow> subflows, DataSender sender) {
        this.connection = connection;
        this.subflows = subflows;
        this.sender = sender;
    }

    /** How often something has been taken over. */
    long count() {
        return count;
    }

    /** Nothing new can be sent. @return whether there is something now to be sent again */
    boolean takeOverSlow(long nowNanos) {
        Subflow fast = mayTakeOver() ? fastestWithRoom() : null;
        if (fast == null) {
            return false;
        }
        boolean any = false;
        for (int i = 0; i < subflows.size(); i++) {
            if (subflows.get(i) != fast && isSlower(subflows.get(i).tcb, fast.tcb) && takeOver(nowNanos, subflows.get(i), fast)) {
                any = true;
                penalise(nowNanos, subflows.get(i));
            }
        }
        return any;
    }

    /**
     * The send window has room for less than a round trip of the fastest subflow: what slower ones hold and would deliver too late goes over it
     * now, so that the window moves on before it is full. Afterwards is too late: the fast one has drained by the time its copy is there. @return whether
     * there is something now to be sent again
     */
    boolean takeOverBlocking(long nowNanos) {
        Subflow fast = mayTakeOver() ? fastestWithRoom() : null;
        if (fast == null || fast.tcb.delivery().nanosFor(roomBytes(sender.dsnUna())) > fast.tcb.rtt().srttNanos()) {
            return false;
        }
        boolean any = false;
        for (int i = 0; i < subflows.size(); i++) {
            Tcb slow = subflows.get(i).tcb;
            if (subflows.get(i) != fast && (isKnownSlower(slow, fast.tcb) || isOverdue(nowNanos, slow))) {
                any |= takeOverBlocking(nowNanos, slow, fast.tcb);
            }
        }
        count += any ? 1 : 0;
        return any;
    }

    /**
     * The application has nothing more to write at the moment, and new data on this subflow would arrive later than all there is over another. That one has to be
     * in use, by the scheduler's will, and has a round trip to spare for a repair.
     */
    boolean comesLateOver(int index) {
        if (!sender.isAllWritten()) {
            return false;
        }
        long nanos = subflows.get(index).tcb.delivery().nextNanos();
        for (int i = 0; i < subflows.size(); i++) {
            Tcb other = subflows.get(i).tcb;
            if (i != index && !other.log().isEmpty() && mayCarryMore(subflows.get(i))
                    && other.delivery().nanosFor(other.inFlightBytes() + sender.pendingBytes()) < nanos - 2 * other.rtt().srttNanos()) {
                return true;
            }
        }
        return false;
    }

    /** Than the scheduler gave it. */
    private boolean mayCarryMore(Subflow subflow) {
        return subflow.isActiveForData() && !subflow.isBackup() && !connection.stack.linkProperties(subflow.linkId).isMetered();
    }

    private boolean mayTakeOver() {
        return subflows.size() > 1 && connection.isMptcp() && sender.dsnUna() < sender.dsnNxt();
    }

    /** What could still be sent if nothing from {@code missingDsn} on were acknowledged. */
    private long roomBytes(long missingDsn) {
        return missingDsn + sender.sendWindowBytes() - sender.dsnNxt();
    }

    private boolean takeOverBlocking(long nowNanos, Tcb slow, Tcb fast) {
        SegmentLog log = slow.log();
        boolean held = holdsUp(log);
        long bytesBehind = log.totalLength();
        long copyArrivesNanos = nowNanos + fast.rtt().srttNanos();
        boolean any = false;
        for (int i = 0; i < log.size(); i++) {
            bytesBehind -= log.length(i);
            long start = Math.max(log.dsn(i), sender.dsnUna());
            long end = log.dsn(i) + log.payloadLength(i);
            if (start >= end || log.has(i, SegmentLog.REINJECTED) || log.has(i, SegmentLog.SACKED) && !held) {
                continue;
            }
            // From now on nothing new could be sent, if this were the first byte that is missing.
            long blockedNanos = nowNanos + Math.max(0, fast.delivery().nanosFor(roomBytes(start)));
            if (blockedNanos > copyArrivesNanos) {
                break;
            }
            if (held || slow.delivery().expectedNanos(nowNanos, i, bytesBehind) > copyArrivesNanos) {
                log.markReinjected(i);
                if (!fast.log().carries(start)) {
                    sender.reinject(start, end);
                    any = true;
                }
            }
        }
        return any;
    }

    /**
     * What is lost on a path whose round trip is much longer is there sooner by another one, and the reader waits for it. It goes again where it was
     * sent first, too, as TCP wants it. So is what such a path has delivered, where the peer holds it back until the hole before it is filled.
     */
    void takeOverLost() {
        if (subflows.size() < 2 || !connection.isMptcp()) {
            return;
        }
        for (int i = 0; i < subflows.size(); i++) {
            Subflow subflow = subflows.get(i);
            SegmentLog log = subflow.tcb.log();
            long lostBytes = log.lostBytes();
            if (lostBytes > subflow.lostBytesSeen && nearer(subflow) != null) {
                reinjectLost(log);
            }
            subflow.lostBytesSeen = lostBytes;
            if (holdsUp(log)) {
                reinjectHeld(subflow.tcb, nearer(subflow));
            }
        }
    }

    /** The stream waits for what the peer reports to have (SACK), and what nobody else has been asked for. */
    private boolean holdsUp(SegmentLog log) {
        int index = log.sackedBytes() == 0 ? -1 : log.indexOfDsn(sender.dsnUna());
        return index >= 0 && log.has(index, SegmentLog.SACKED) && !log.has(index, SegmentLog.REINJECTED);
    }

    /** One of those to which the round trip is much shorter; null for none. */
    Subflow nearer(Subflow far) {
        for (int i = 0; i < subflows.size(); i++) {
            Subflow subflow = subflows.get(i);
            if (subflow != far && mayCarryMore(subflow) && subflow.tcb.delivery().peakBytesPerSecond() > 0 && isFar(far.tcb, subflow.tcb)) {
                return subflow;
            }
        }
        return null;
    }

    private void reinjectLost(SegmentLog log) {
        for (int i = 0; i < log.size(); i++) {
            if (log.has(i, SegmentLog.LOST) && !log.has(i, SegmentLog.REINJECTED) && log.payloadLength(i) > 0
                    && log.dsn(i) + log.payloadLength(i) > sender.dsnUna()) {
                log.markReinjected(i);
                sender.reinject(log.dsn(i), log.dsn(i) + log.payloadLength(i));
            }
        }
    }

    /**
     * Linux hands up what arrives on a subflow in the order of that subflow only, and so does whoever verifies DSS checksums. All that came behind a hole
     * then waits a round trip and more of the long path, even if a copy of what is missing there came over the short one. So that is sent again, too: as
     * much as the short one carries until the hole is filled. A peer that hands up what it has never lets the stream wait for what it reports.
     */
    private void reinjectHeld(Tcb far, Subflow near) {
        if (near == null) {
            return;
        }
        SegmentLog log = far.log();
        double roomBytes = near.tcb.delivery().peakBytesPerSecond() * far.rtt().srttNanos() / NANOS_PER_SECOND;
        for (int i = log.indexOfDsn(sender.dsnUna()); i < log.size() && roomBytes > 0; i++) {
            if (log.has(i, SegmentLog.SACKED) && !log.has(i, SegmentLog.REINJECTED) && log.payloadLength(i) > 0
                    && log.dsn(i) + log.payloadLength(i) > sender.dsnUna()) {
                log.markReinjected(i);
                sender.reinject(log.dsn(i), log.dsn(i) + log.payloadLength(i));
                roomBytes -= log.payloadLength(i);
            }
        }
    }

    private Subflow fastestWithRoom() {
        Subflow fastest = null;
        for (int i = 0; i < subflows.size(); i++) {
            Subflow subflow = subflows.get(i);
            Tcb tcb = subflow.tcb;
            long rttNanos = tcb.rtt().srttNanos();
            if (tcb.delivery().bytesPerSecond() > 0 && mayCarryMore(subflow) && connection.stack.isLinkWritable(subflow.linkId)
                    && tcb.sendableBytes() >= tcb.payloadMssBytes() && (fastest == null || rttNanos < fastest.tcb.rtt().srttNanos())) {
                fastest = subflow;
            }
        }
        return fastest;
    }

    private static boolean isSlower(Tcb slow, Tcb fast) {
        return isKnownSlower(slow, fast) || slow.delivery().peakBytesPerSecond() == 0; // a path that has delivered nothing may be any
    }

    /** It has delivered nothing yet, and should have by the round trip of its handshake. */
    private static boolean isOverdue(long nowNanos, Tcb tcb) {
        return tcb.delivery().peakBytesPerSecond() == 0 && !tcb.log().isEmpty() && nowNanos - tcb.log().sentNanos(0) > tcb.rtt().srttNanos() + tcb.rtt().srttNanos() / 4;
    }

    private static boolean isKnownSlower(Tcb slow, Tcb fast) {
        Delivery of = slow.delivery();
        boolean lowRate = of.isQueueing() && of.peakBytesPerSecond() > 0 && of.peakBytesPerSecond() * ALIKE_RATES <= fast.delivery().peakBytesPerSecond();
        return lowRate || isFar(slow, fast);
    }

    private static boolean isFar(Tcb far, Tcb near) {
        return far.rtt().minRttNanos() >= ALIKE_ROUND_TRIPS * near.rtt().minRttNanos();
    }

    /** From the last entry backwards, as that is the latest. What is marked has been taken over before, and with it what was late in front of it. */
    private boolean takeOver(long nowNanos, Subflow slow, Subflow fast) {
        SegmentLog log = slow.tcb.log();
        long arrivalNanos = nowNanos + fast.tcb.rtt().srttNanos();
        long bytesBehind = 0;
        boolean any = false;
        for (int i = log.size() - 1; i >= 0 && !log.has(i, SegmentLog.REINJECTED); i--) {
            if (slow.tcb.delivery().expectedNanos(nowNanos, i, bytesBehind) <= arrivalNanos) {
                break;
            }
            bytesBehind += log.length(i);
            if (log.has(i, SegmentLog.SACKED)) {
                continue; // it need not go again, unless the peer holds it back
            }
            log.markReinjected(i);
            long start = Math.max(log.dsn(i), sender.dsnUna());
            long end = log.dsn(i) + log.payloadLength(i);
            if (start < end && !fast.tcb.log().carries(start)) {
                sender.reinject(start, end);
                any = true;
            }
        }
        count += any ? 1 : 0;
        return any;
    }

    private void penalise(long nowNanos, Subflow slow) {
        if (sender.pendingBytes() > 0 && sender.windowBytes() <= 0 && nowNanos - slow.penalisedNanos >= slow.tcb.rtt().srttNanos()) {
            slow.penalisedNanos = nowNanos;
            slow.tcb.congestionController().onPenalty();
        }
    }
}
