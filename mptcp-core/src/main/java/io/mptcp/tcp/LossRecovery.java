package io.mptcp.tcp;

import io.mptcp.buffer.SegmentLog;
import io.mptcp.cc.AckSample;
import io.mptcp.wire.MptcpOptions;

/**
 * What was lost and has to be sent again: RACK-TLP (RFC 8985) as the one loss detector, proportional rate reduction (RFC 9937) while
 * recovering, and duplicate ACKs for peers without SACK. How much may be in flight is the congestion controller's say.
 */
final class LossRecovery {
    private enum Phase {
        OPEN,
        /** Fast recovery: PRR limits what is sent. */
        RECOVERY,
        /** After a retransmission timeout: slow start limits it. */
        LOSS
    }

    private static final int DUP_THRESH = 3;

    private final Tcb tcb;
    private final SegmentLog log;
    private final AckSample sample = new AckSample();
    private final SpuriousDetector spurious = new SpuriousDetector();
    private final RackDetector rack;
    private final Scoreboard scoreboard;
    private final TailLossProbe probe;
    private final ProportionalRateReduction prr = new ProportionalRateReduction();

    private Phase phase = Phase.OPEN;
    private long recoveryPointSsn;
    private int dupAcks;
    private boolean headForced;

    LossRecovery(Tcb tcb) {
        this.tcb = tcb;
        log = tcb.log;
        rack = new RackDetector(tcb);
        scoreboard = new Scoreboard(tcb, rack, spurious);
        probe = new TailLossProbe(tcb);
    }

    void stop() {
        rack.stop();
        probe.cancel();
    }

    long deadlineNanos() {
        return Math.min(rack.deadlineNanos(), probe.deadlineNanos());
    }

    /** As tcpi_ca_state numbers the phases: 0 open, 3 recovery, 4 loss. */
    int caState() {
        return switch (phase) {
            case OPEN -> 0;
            case RECOVERY -> 3;
            case LOSS -> 4;
        };
    }

    /** Bytes that may be in flight now. */
    long limitBytes() {
        return phase == Phase.RECOVERY ? prr.limitBytes() : tcb.cc.cwndBytes();
    }

    // ---- an acknowledgment ----

    void onAck(long nowNanos, IncomingSegment segment, boolean windowChanged) {
        long priorInFlight = log.inFlightBytes();
        long priorUna = tcb.sndUna;
        long lostBefore = log.lostBytes();
        scoreboard.take(nowNanos, segment);
        if (!tcb.sackOn) {
            countDuplicate(segment, priorUna, windowChanged);
        }
        tcb.onSndUna();
        long acked = scoreboard.ackedBytes;
        // Karn: beside a retransmission, older segments may have waited at the peer for the hole to be filled.
        boolean sampled = scoreboard.newestSentNanos != Long.MIN_VALUE && !scoreboard.retransmissionAcked;
        long rttNanos = !sampled ? timestampRtt(nowNanos, segment, acked) : nowNanos - scoreboard.newestSentNanos;
        if (rttNanos > 0) {
            tcb.rtt.onSample(nowNanos, rttNanos);
        }
        if (acked > 0) {
            tcb.rtt.resetBackoff();
            dupAcks = 0;
        }
        if (scoreboard.deliveredBytes == 0 && acked == 0 && dupAcks == 0 && !scoreboard.duplicateReported) {
            return;
        }
        if (spurious.isSpurious(segment.options, acked > 0, tcb.timestampsOn)) {
            undoRecovery(nowNanos);
        }
        if (probe.repairedLoss(segment.ackSsn, scoreboard.duplicateReported) && phase == Phase.OPEN) {
            tcb.cc.onLoss(nowNanos, priorInFlight);
        }
        leaveRecovery(acked);
        if (tcb.sackOn) {
            rack.detect(nowNanos, phase != Phase.OPEN);
        } else {
            detectByDuplicates(acked);
        }
        boolean newLoss = log.lostBytes() > lostBefore + tcb.takeLostMtuProbe(nowNanos);
        if (phase == Phase.OPEN && newLoss) {
            enterRecovery(nowNanos, priorInFlight, scoreboard.deliveredBytes);
        }
        if (phase == Phase.RECOVERY) {
            updatePrr(scoreboard.deliveredBytes, acked > 0 && !newLoss);
        }
        tellController(nowNanos, acked, priorInFlight, rttNanos);
        rearm(nowNanos, acked);
    }

    /** RFC 7323 section 4.1: where every acknowledged segment was a retransmission, the echoed timestamp still gives a sample. */
    private long timestampRtt(long nowNanos, IncomingSegment segment, long acked) {
        if (acked == 0 || !tcb.timestampsOn || !segment.options.hasTimestamps || segment.options.tsEcr == 0) {
            return -1;
        }
        int ticks = tcb.tsNow(nowNanos) - segment.options.tsEcr;
        return ticks < 0 || ticks > 600_000 ? -1 : Math.max(1, ticks) * 1_000_000L;
    }

    private void countDuplicate(IncomingSegment segment, long priorUna, boolean windowChanged) {
        // RFC 5681 section 2, and RFC 8684 section 4: MPTCP signals other than DSS make an ACK no duplicate.
        boolean signals = (segment.options.mptcp.present & ~MptcpOptions.DSS) != 0;
        if (segment.ackSsn == priorUna && segment.payloadLength == 0 && !windowChanged && !log.isEmpty() && !signals) {
            dupAcks++;
        }
    }

    private void detectByDuplicates(long acked) {
        if (log.isEmpty() || log.has(0, SegmentLog.LOST)) {
            return;
        }
        boolean partialAck = phase == Phase.RECOVERY && acked > 0;
        if (partialAck || (phase == Phase.OPEN && dupAcks >= DUP_THRESH)) {
            if (log.payloadLength(0) > tcb.payloadMssBytes() && !tcb.pathMtu.isProbe(log.ssn(0))) {
                log.split(0, log.ssn(0) + tcb.payloadMssBytes());
            }
            log.markLost(0);
        }
    }

    private void tellController(long nowNanos, long acked, long priorInFlight, long rttNanos) {
        sample.nowNanos = nowNanos;
        sample.ackedBytes = acked;
        sample.deliveredBytes = scoreboard.deliveredBytes;
        sample.priorInFlightBytes = priorInFlight;
        sample.inFlightBytes = log.inFlightBytes();
        sample.rttNanos = rttNanos;
        sample.srttNanos = tcb.rtt.srttNanos();
        sample.minRttNanos = tcb.rtt.minRttNanos();
        // A segment or two below cwnd is still "limited by cwnd": a sender waits for room for a full segment.
        sample.appLimited = priorInFlight + 2L * tcb.payloadMssBytes() < tcb.cc.cwndBytes();
        sample.inRecovery = phase == Phase.RECOVERY;
        sample.sndUnaSsn = tcb.sndUna;
        sample.sndNxtSsn = tcb.sndNxt;
        tcb.cc.onAck(sample);
    }

    // ---- phases ----

    private void enterRecovery(long nowNanos, long priorInFlight, long deliveredBytes) {
        phase = Phase.RECOVERY;
        spurious.start(tcb.sndUna);
        recoveryPointSsn = tcb.sndNxt;
        tcb.cc.onLoss(nowNanos, priorInFlight);
        prr.start(tcb.sndNxt - tcb.sndUna - log.sackedBytes() + deliveredBytes, log.inFlightBytes());
    }

    /** What was taken for lost had only been late: go on as before, and allow for reordering from now on. */
    private void undoRecovery(long nowNanos) {
        tcb.cc.onSpuriousLoss(nowNanos);
        tcb.upper.onSpuriousRecovery(phase == Phase.LOSS);
        phase = Phase.OPEN;
        headForced = false;
        rack.onSpuriousRecovery();
        log.clearLost();
    }

    private void leaveRecovery(long acked) {
        if (phase == Phase.OPEN || acked == 0 || tcb.sndUna < recoveryPointSsn) {
            return;
        }
        phase = Phase.OPEN;
        headForced = false;
        rack.onRecoveryEnd();
    }

    private void updatePrr(long deliveredBytes, boolean safeAck) {
        prr.onAck(deliveredBytes, safeAck, log.inFlightBytes(), tcb.cc.ssthreshBytes(), tcb.payloadMssBytes());
    }

    void onRetransmissionTimeout(long nowNanos) {
        boolean first = phase != Phase.LOSS || tcb.timeouts == 1;
        long flightSize = log.totalLength() - log.sackedBytes(); // RFC 5681: lost or not, it was outstanding
        rack.stop();
        probe.forget();
        if (log.isEmpty()) {
            return;
        }
        if (log.has(0, SegmentLog.SACKED)) {
            log.clearSacked(); // the peer has taken back what it reported, or it would have acknowledged it (RFC 2018 section 8)
        }
        rack.markLostAfterTimeout(nowNanos, phase != Phase.OPEN);
        if (first) {
            spurious.start(tcb.sndUna);
        }
        phase = Phase.LOSS;
        recoveryPointSsn = tcb.sndNxt;
        headForced = true;
        dupAcks = 0;
        tcb.cc.onRetransmissionTimeout(nowNanos, flightSize, first);
    }

    /** The peer is heard again after timeouts: the oldest segment goes out at once instead of after what is left of the back-off. */
    void retryNow() {
        if (phase == Phase.LOSS && !log.isEmpty() && !log.has(0, SegmentLog.SACKED)) {
            if (!log.has(0, SegmentLog.LOST)) {
                log.markLost(0);
            }
            headForced = true;
        }
    }

    // ---- path MTU ----

    /** A larger segment than usual risks nothing now: no recovery is under way that its loss would prolong. */
    boolean mayProbeMtu() {
        return phase == Phase.OPEN && log.lostBytes() == 0 && !probe.isOutstanding();
    }

    /**
     * Everything larger than the path takes has been dropped on the way, which says nothing of congestion: it is sent again at once in smaller
     * segments, under the mappings it was first sent with (RFC 1191 section 6.4).
     */
    void onPathMtuReduced(long nowNanos) {
        int mss = tcb.payloadMssBytes();
        for (int i = 0; i < log.size(); i++) {
            if (log.payloadLength(i) > mss && !log.has(i, SegmentLog.SACKED | SegmentLog.LOST)) {
                log.markLost(i);
            }
        }
        if (log.lostBytes() > 0) {
            headForced = true;
            tcb.armRto(nowNanos);
        }
    }

    // ---- timers ----

    private void rearm(long nowNanos, long acked) {
        if (log.isEmpty()) {
            tcb.rtoDeadlineNanos = Long.MAX_VALUE;
            probe.cancel();
            return;
        }
        if (acked > 0) {
            tcb.armRto(nowNanos);
            armLossProbe(nowNanos);
        } else if (phase != Phase.OPEN || log.sackedBytes() > 0) {
            probe.cancel();
        }
    }

    void armLossProbe(long nowNanos) {
        probe.arm(nowNanos, phase == Phase.OPEN);
    }

    void expire(long nowNanos) {
        if (rack.deadlineNanos() <= nowNanos) {
            long inFlight = log.inFlightBytes();
            long lostBefore = log.lostBytes();
            rack.detect(nowNanos, phase != Phase.OPEN);
            if (log.lostBytes() > lostBefore + tcb.takeLostMtuProbe(nowNanos)) {
                onLossFoundByTimer(nowNanos, inFlight);
            }
        }
        probe.expire(nowNanos);
    }

    private void onLossFoundByTimer(long nowNanos, long inFlightBefore) {
        if (phase == Phase.OPEN) {
            enterRecovery(nowNanos, inFlightBefore, 0);
            updatePrr(0, false);
        } else if (phase == Phase.RECOVERY) {
            prr.onLossFound(inFlightBefore, log.inFlightBytes());
        }
    }

    // ---- what to send again ----

    /** Index of the entry to send again now, or -1. */
    int nextRetransmission() {
        if (log.isEmpty()) {
            return -1;
        }
        if (probe.isDue()) {
            int last = probe.entry();
            if (isInsideWindow(last)) {
                return last;
            }
            probe.cancel(); // the window has shrunk, and the end is out of it
        }
        if (log.lostBytes() == 0 || (!headForced && retransmissionRoomBytes() < Math.min(tcb.payloadMssBytes(), log.lostBytes()))) {
            return -1;
        }
        for (int i = 0; i < log.size(); i++) {
            if (log.has(i, SegmentLog.LOST)) {
                return isInsideWindow(i) ? i : -1;
            }
        }
        return -1;
    }

    private boolean isInsideWindow(int index) {
        return index >= 0 && (log.has(index, SegmentLog.FIN) || tcb.retransmissionWindowBytes(log.ssn(index)) > 0);
    }

    long retransmissionRoomBytes() {
        return limitBytes() - log.inFlightBytes();
    }

    void onRetransmit(long nowNanos, int index) {
        if (probe.isDue()) {
            probe.sent();
        }
        headForced = false;
        spurious.onRetransmit(log.length(index), tcb.tsNow(nowNanos));
        log.markRetransmitted(index, nowNanos);
        prr.onSent(log.length(index));
    }

    void onNewDataSent(int length) {
        prr.onSent(length);
    }
}
