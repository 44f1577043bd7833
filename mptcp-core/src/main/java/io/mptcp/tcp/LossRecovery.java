package io.mptcp.tcp;

import io.mptcp.buffer.SegmentLog;
import io.mptcp.cc.AckSample;

/**
 * What was lost and has to be sent again: RACK-TLP (RFC 8985) as the one loss detector, or duplicate ACKs for peers without SACK, and
 * proportional rate reduction (RFC 9937) while the window is being reduced. How far is the congestion controller's say.
 */
final class LossRecovery {
    private enum Phase {
        OPEN,
        /** The peer has echoed a congestion mark (RFC 3168); nothing is lost. PRR limits what is sent. */
        CWR,
        /** Fast recovery: PRR limits what is sent. */
        RECOVERY,
        /** After a retransmission timeout: slow start limits it. */
        LOSS
    }

    private Tcb tcb;
    private SegmentLog log;
    final RackDetector rack = new RackDetector();
    private final CwndUse cwndUse = new CwndUse();
    private final TailLossProbe probe = new TailLossProbe();
    /** Shared with all others where it means nothing after the call it is filled in for. */
    private AckSample sample;
    RateSampler rates;

    // Made when needed first: on most paths nothing is lost before the connection is idle, and an idle one should be small.
    private ProportionalRateReduction prr;
    private SpuriousDetector spurious;
    private ForwardRto frto;
    /** For a peer without SACK only. */
    private DuplicateAcks duplicates;

    private Phase phase = Phase.OPEN;
    /** SND.NXT when the last recovery began. */
    long recoveryPointSsn;
    /** When the window was last reduced. */
    private long reducedNanos;
    private boolean headForced;
    /** The head goes out of turn, to ask whether the path is back: the timer runs on, or who asks often would never let it expire. */
    private boolean asking;
    /** Partial ACKs without SACK in this recovery. */
    private int partialAcks;
    /** In the pool. */
    LossRecovery nextSpare;

    LossRecovery(Tcb tcb) {
        begin(tcb);
    }

    /** Serves this connection from now on, which has nothing outstanding. */
    void begin(Tcb served) {
        tcb = served;
        log = served.log;
        sample = served.cc.measuresRate() ? new AckSample() : served.scratch.ackSample;
        rates = RateSampler.of(served, sample.rate);
        rack.begin(served);
        probe.begin(served);
        cwndUse.begin();
        recoveryPointSsn = 0;
        reducedNanos = 0;
        partialAcks = 0;
    }

    /** Serves nobody for now. To be called only when {@link #isForgettable}. */
    void end() {
        tcb = null;
        log = null;
        rack.begin(null);
        probe.begin(null);
    }

    /**
     * Nothing is outstanding, and nothing that was learned would make a difference to what is sent next. Reordering that was seen does, so does a
     * recovery that may yet prove to have been for nothing, or numbers a peer without SACK repeats; and the rates of a controller that goes by them.
     */
    boolean isForgettable() {
        boolean quiet = log.isEmpty() && phase == Phase.OPEN && !headForced && !asking && duplicates == null;
        return quiet && rack.isForgettable() && probe.isForgettable() && (spurious == null || !spurious.isActive()) && !tcb.cc.measuresRate();
    }

    void stop() {
        rack.stop();
        probe.cancel();
    }

    long deadlineNanos() {
        return Math.min(rack.deadlineNanos(), probe.deadlineNanos());
    }

    /** As tcpi_ca_state numbers the phases: 0 open, 2 CWR, 3 recovery, 4 loss. */
    int caState() {
        return switch (phase) {
            case OPEN -> 0;
            case CWR -> 2;
            case RECOVERY -> 3;
            case LOSS -> 4;
        };
    }

    /** How far segments have been seen to overtake others, in segments; at least 3 (as tcpi_reordering). */
    int reorderingSegments() {
        return rack.reorderingSegments();
    }

    /** How often segments were seen to have been overtaken (as tcpi_reord_seen). */
    int reorderings() {
        return rack.reorderings();
    }

    /** Bytes that may be in flight now. */
    long limitBytes() {
        return isPrrInCharge() ? prr.limitBytes() : tcb.cc.cwndBytes();
    }

    private boolean isReducing() {
        return phase == Phase.RECOVERY || phase == Phase.CWR;
    }

    private boolean isPrrInCharge() {
        return isReducing() && tcb.cc.reducesProportionally();
    }

    /** Loss recovery is under way. */
    private boolean isRecovering() {
        return phase == Phase.RECOVERY || phase == Phase.LOSS;
    }

    // ---- an acknowledgment ----

    void onAck(long nowNanos, IncomingSegment segment, boolean windowChanged) {
        long priorInFlight = log.inFlightBytes();
        long outstanding = log.totalLength();
        long lostBefore = log.lostBytes();
        Scoreboard scoreboard = tcb.scratch.scoreboard;
        scoreboard.take(nowNanos, tcb, segment, windowChanged);
        tcb.path.onSndUna();
        long acked = scoreboard.ackedBytes;
        long rttNanos = takeRttSample(nowNanos, segment, scoreboard);
        if (acked > 0) {
            tcb.rtt.resetBackoff();
        }
        boolean echo = tcb.ecn.callsForReduction(segment);
        if (scoreboard.deliveredBytes == 0 && acked == 0 && !sawDuplicates() && !scoreboard.duplicateReported && !echo) {
            return;
        }
        if (wasSpurious(segment, scoreboard)) {
            undoRecovery(nowNanos);
        }
        boolean duplicateAck = acked == 0 && segment.payloadLength == 0 && segment.options.sackCount == 0;
        if (probe.repairedLoss(segment.ackSsn, scoreboard.duplicateReported, duplicateAck) && phase == Phase.OPEN) {
            tcb.cc.onLoss(nowNanos, flightSize(outstanding));
            tcb.ecn.onReduction();
        }
        leaveRecovery(acked);
        detect(nowNanos, acked);
        rates.noteLosses(nowNanos);
        long newlyLost = log.lostBytes() - lostBefore;
        boolean newLoss = newlyLost > tcb.path.takeLostMtuProbe(nowNanos, newlyLost);
        react(nowNanos, flightSize(outstanding), scoreboard.deliveredBytes, newLoss, echo);
        if (isPrrInCharge()) {
            updatePrr(scoreboard.deliveredBytes, acked > 0 && !newLoss);
        }
        tellController(nowNanos, priorInFlight, rttNanos, scoreboard);
        rearm(nowNanos, acked);
    }

    /** Without SACK: acknowledgments that repeat the last one have come. */
    private boolean sawDuplicates() {
        return duplicates != null && duplicates.count() > 0;
    }

    DuplicateAcks duplicates() {
        if (duplicates == null) {
            duplicates = new DuplicateAcks(tcb);
        }
        return duplicates;
    }

    /** A D-SACK block (RFC 2883). */
    void onDuplicate(long left, long right) {
        if (spurious != null) {
            spurious.onDuplicate(left, right);
        }
    }

    private long takeRttSample(long nowNanos, IncomingSegment segment, Scoreboard scoreboard) {
        // Karn: beside a retransmission, older segments may have waited at the peer for the hole to be filled.
        boolean sampled = scoreboard.newestSentNanos != Long.MIN_VALUE && !scoreboard.retransmissionAcked;
        long rttNanos = sampled ? nowNanos - scoreboard.newestSentNanos : timestampRtt(nowNanos, segment, scoreboard.ackedBytes);
        if (rttNanos > 0) {
            tcb.rtt.onSample(nowNanos, rttNanos);
            probe.onSample();
        }
        return rttNanos;
    }

    private boolean wasSpurious(IncomingSegment segment, Scoreboard scoreboard) {
        if (spurious != null && spurious.isSpurious(segment.options, scoreboard.ackedBytes > 0, tcb.timestampsOn)) {
            return true;
        }
        return phase == Phase.LOSS && frto != null && frto.isSpurious(scoreboard, segment.ackSsn, tcb.sackOn, hasFullSegmentOfNewData());
    }

    private boolean hasFullSegmentOfNewData() {
        int mss = tcb.payloadMssBytes();
        return tcb.upper.newDataBytes() >= mss && tcb.sndUna + tcb.sndWnd - tcb.sndNxt >= mss;
    }

    private void detect(long nowNanos, long ackedBytes) {
        if (tcb.sackOn) {
            rack.detect(nowNanos, isRecovering());
            return;
        }
        boolean partialAck = phase == Phase.RECOVERY && ackedBytes > 0;
        partialAcks += partialAck ? 1 : 0;
        if (duplicates().detect(!isRecovering(), partialAck)) {
            headForced = true; // RFC 6582 section 3.2: at once, whatever the window
        }
    }

    /**
     * FlightSize of RFC 5681 section 2: all that is not acknowledged cumulatively, whatever SACK says of it; but no more than cwnd, which is
     * what limited transmit goes beyond (RFC 5681 section 3.2, step 2). Where sending had to pause since (for a window, or for want of data) less is left
     * when the loss is found than was in flight when it happened: what the path had to bear is the most of that round trip (RFC 7661 section 4.4.1).
     */
    private long flightSize(long outstandingBytes) {
        return Math.min(Math.max(outstandingBytes, cwndUse.maxInFlightBytes()), tcb.cc.cwndBytes());
    }

    /** Draws the consequence of what was found: at most one reduction for all that was lost or marked of one window. */
    private void react(long nowNanos, long flightSize, long deliveredBytes, boolean newLoss, boolean echo) {
        if (newLoss && !isRecovering()) {
            enterRecovery(nowNanos, flightSize, deliveredBytes);
        } else if (newLoss && isRetransmissionLost()) {
            reduceAgain(nowNanos, deliveredBytes);
        } else if (echo && phase == Phase.OPEN) {
            phase = Phase.CWR;
            tcb.cc.onEcnEcho(nowNanos, flightSize);
            startReduction(nowNanos, deliveredBytes);
        }
    }

    /** RFC 7323 section 4.1: where every acknowledged segment was a retransmission, the echoed timestamp still gives a sample. */
    private long timestampRtt(long nowNanos, IncomingSegment segment, long acked) {
        if (acked == 0 || !tcb.timestampsOn || !segment.options.hasTimestamps || segment.options.tsEcr == 0) {
            return -1;
        }
        int ticks = tcb.tsNow(nowNanos) - segment.options.tsEcr;
        return ticks < 0 || ticks > 600_000 ? -1 : Math.max(1, ticks) * 1_000_000L;
    }

    private void tellController(long nowNanos, long priorInFlight, long rttNanos, Scoreboard scoreboard) {
        sample.nowNanos = nowNanos;
        sample.ackedBytes = scoreboard.ackedBytes;
        sample.deliveredBytes = scoreboard.ackedBytes > 0 || tcb.config.growthCountsSacked() ? scoreboard.deliveredBytes : 0;
        sample.inFlightBytes = log.inFlightBytes();
        sample.rttNanos = rttNanos;
        sample.srttNanos = tcb.rtt.srttNanos();
        sample.minRttNanos = tcb.rtt.minRttNanos();
        sample.maxInFlightBytes = Math.max(priorInFlight, cwndUse.maxInFlightBytes());
        sample.appLimited = !cwndUse.wasFull();
        sample.inRecovery = isReducing();
        sample.sndUnaSsn = tcb.sndUna;
        sample.sndNxtSsn = tcb.sndNxt;
        sample.recovering = isRecovering();
        tcb.delivery.onAck(nowNanos, scoreboard.deliveredBytes, sample.inFlightBytes, rttNanos);
        rates.finishAck();
        tcb.cc.onAck(sample);
        rates.afterAck();
    }

    // ---- phases ----

    private void enterRecovery(long nowNanos, long flightSize, long deliveredBytes) {
        boolean reduced = phase == Phase.CWR; // for the same window, on account of a mark
        phase = Phase.RECOVERY;
        askWhetherSpurious();
        if (!reduced) {
            tcb.cc.onLoss(nowNanos, flightSize);
        }
        startReduction(nowNanos, deliveredBytes);
    }

    private void askWhetherSpurious() {
        spurious = spurious == null ? new SpuriousDetector() : spurious;
        spurious.start(tcb.sndUna);
    }

    private void stopForwardRto() {
        if (frto != null) {
            frto.stop();
        }
    }

    /** RFC 8985 section 9.3: something that was sent again after the last reduction is lost as well. */
    private boolean isRetransmissionLost() {
        return isRecovering() && rack.lostRetransmissionNanos() >= reducedNanos;
    }

    /** RFC 5681 section 4.3: the loss of a retransmission is a second indication of congestion; after a timeout it ends slow start. */
    private void reduceAgain(long nowNanos, long deliveredBytes) {
        phase = Phase.RECOVERY;
        stopForwardRto();
        tcb.cc.onLoss(nowNanos, tcb.cc.cwndBytes());
        startReduction(nowNanos, deliveredBytes);
    }

    private void startReduction(long nowNanos, long deliveredBytes) {
        reducedNanos = nowNanos;
        recoveryPointSsn = tcb.sndNxt;
        if (!tcb.sackOn) {
            duplicates().onRecoveryStart();
        }
        partialAcks = 0;
        tcb.ecn.onReduction();
        prr = prr == null ? new ProportionalRateReduction() : prr;
        prr.start(tcb.sndNxt - tcb.sndUna - log.sackedBytes() - log.unlocatedBytes() + deliveredBytes, log.inFlightBytes());
    }

    /** What was taken for lost had only been late: go on as before, and allow for reordering from now on. */
    private void undoRecovery(long nowNanos) {
        tcb.cc.onSpuriousLoss(nowNanos);
        tcb.upper.onSpuriousRecovery(phase == Phase.LOSS);
        if (phase != Phase.CWR) {
            phase = Phase.OPEN;
        }
        headForced = false;
        stopForwardRto();
        if (duplicates != null) {
            duplicates.onUndo();
        }
        rack.onSpuriousRecovery();
        log.clearLost();
    }

    private void leaveRecovery(long ackedBytes) {
        if (phase == Phase.OPEN || ackedBytes == 0 || tcb.sndUna < recoveryPointSsn) {
            return;
        }
        if (isRecovering()) {
            rack.onRecoveryEnd();
            if (duplicates != null) {
                duplicates.reset();
            }
        }
        phase = Phase.OPEN;
        headForced = false;
        stopForwardRto();
        tcb.onResumed(); // RFC 6582 section 3.2, step 3: there may be room for much of the window at once
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
        rack.markLostAfterTimeout(nowNanos, isRecovering());
        rates.noteLosses(nowNanos);
        stopForwardRto();
        if (spurious != null) {
            spurious.stop();
        }
        // In NewReno recovery the timer runs out although ACKs come (RFC 6582 section 3.2): that it was early says nothing.
        if (first && (tcb.sackOn || phase != Phase.RECOVERY)) {
            askWhetherSpurious();
            if (!tcb.timestampsOn && !isRecovering()) {
                frto = frto == null ? new ForwardRto() : frto;
                frto.start(tcb.sndNxt);
            }
        }
        phase = Phase.LOSS;
        reducedNanos = nowNanos;
        recoveryPointSsn = tcb.sndNxt;
        if (!tcb.sackOn) {
            duplicates().reset();
            duplicates().onRecoveryStart();
        }
        headForced = true;
        tcb.ecn.onReduction();
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

    /** As {@link #retryNow}, without an answer to any of it yet. @return false where there has been no timeout */
    boolean askByOldest() {
        retryNow();
        asking = headForced;
        return asking;
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

    private void rearm(long nowNanos, long ackedBytes) {
        if (log.isEmpty()) {
            tcb.rtoDeadlineNanos = Long.MAX_VALUE;
            probe.cancel();
            return;
        }
        if (ackedBytes > 0) {
            restartRto(nowNanos);
            armLossProbe(nowNanos);
        } else if (isRecovering() || log.sackedBytes() > 0) {
            probe.cancel();
        }
    }

    /**
     * Something was acknowledged or sent again. In NewReno recovery only the first partial ACK restarts the timer (RFC 6582 section 3.2): with
     * one hole mended in a round trip, a timeout and slow start are faster where many are left.
     */
    void restartRto(long nowNanos) {
        if (tcb.sackOn || phase != Phase.RECOVERY || partialAcks <= 1) {
            tcb.armRto(nowNanos);
        }
    }

    void armLossProbe(long nowNanos) {
        probe.arm(nowNanos, !isRecovering());
    }

    void expire(long nowNanos) {
        if (rack.deadlineNanos() <= nowNanos) {
            long inFlight = log.inFlightBytes();
            long lostBefore = log.lostBytes();
            rack.detect(nowNanos, isRecovering());
            rates.noteLosses(nowNanos);
            long newlyLost = log.lostBytes() - lostBefore;
            if (newlyLost > tcb.path.takeLostMtuProbe(nowNanos, newlyLost)) {
                onLossFoundByTimer(nowNanos, inFlight, flightSize(log.totalLength()));
            }
        }
        probe.expire(nowNanos);
    }

    private void onLossFoundByTimer(long nowNanos, long inFlightBefore, long flightSize) {
        if (!isRecovering()) {
            enterRecovery(nowNanos, flightSize, 0);
            updatePrr(0, false);
        } else if (isRetransmissionLost()) {
            reduceAgain(nowNanos, 0);
            updatePrr(0, false);
        } else if (phase == Phase.RECOVERY) {
            prr.onLossFound(inFlightBefore, log.inFlightBytes());
        }
    }

    // ---- what to send again ----

    /** Index of the entry to send again now, or -1. */
    int nextRetransmission(long nowNanos) {
        if (log.isEmpty()) {
            return -1;
        }
        if (probe.isDue()) {
            if (probesWithNewData()) {
                return -1;
            }
            int last = probe.entry();
            if (isInsideWindow(last)) {
                return last;
            }
            probe.cancel(); // the window has shrunk, and the end is out of it
        }
        boolean room = headForced || retransmissionRoomBytes() >= Math.min(tcb.payloadMssBytes(), log.lostBytes());
        if (log.lostBytes() == 0 || frto != null && frto.holdsRetransmissions() || !room || !headForced && tcb.pacer != null && tcb.pacer.holdsRetransmissions(nowNanos)) {
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

    /** RFC 8985 section 7.3: the probe is new data, if there is any, even where cwnd has no room for it. */
    boolean probesWithNewData() {
        return probe.isDue() && hasFullSegmentOfNewData();
    }

    long retransmissionRoomBytes() {
        return limitBytes() - log.inFlightBytes();
    }

    void onRetransmit(long nowNanos, int index) {
        if (probe.isDue()) {
            probe.sent(true);
        }
        if (!asking) {
            restartRto(nowNanos);
        }
        asking = false;
        headForced = false;
        if (spurious != null) {
            spurious.onRetransmit(log.length(index), tcb.tsNow(nowNanos));
        }
        log.markRetransmitted(index, nowNanos);
        rates.onSent(nowNanos, index);
        if (tcb.pacer != null) {
            tcb.pacer.onRetransmitted(nowNanos, log.length(index));
        }
        notePrr(log.length(index));
    }

    private void notePrr(int bytes) {
        if (prr != null) {
            prr.onSent(bytes);
        }
    }

    void onFinSent(long nowNanos) {
        rates.onSent(nowNanos, log.size() - 1);
    }

    /** The last entry of the log has just been sent. */
    void onNewDataSent(long nowNanos, int length) {
        rates.onSent(nowNanos, log.size() - 1);
        if (probe.isDue()) {
            probe.sent(false);
        }
        notePrr(length);
        cwndUse.onSent(tcb.sndUna, tcb.sndNxt, log.inFlightBytes(), limitBytes(), tcb.payloadMssBytes());
    }
}
