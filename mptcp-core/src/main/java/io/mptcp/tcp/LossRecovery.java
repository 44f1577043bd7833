package io.mptcp.tcp;

import io.mptcp.buffer.SegmentLog;
import io.mptcp.cc.AckSample;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.Seq;
import io.mptcp.wire.TcpOptions;

/**
 * What was lost and has to be sent again: SACK scoreboard, RACK-TLP (RFC 8985) as the one loss detector, proportional rate reduction
 * (RFC 9937) while recovering, and duplicate ACKs for peers without SACK. How much may be in flight is the congestion controller's say.
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
    private static final int REO_WND_PERSIST = 16;
    private static final long WORST_ACK_DELAY_NANOS = 40_000_000L;
    private static final long MIN_PTO_NANOS = 10_000_000L;

    private final Tcb tcb;
    private final SegmentLog log;
    private final AckSample sample = new AckSample();
    private final SpuriousDetector spurious = new SpuriousDetector();

    private Phase phase = Phase.OPEN;
    private long recoveryPointSsn;
    private int dupAcks;
    private boolean headForced;

    private long rackXmitNanos = Long.MIN_VALUE;
    private long rackEndSsn;
    private long rackRttNanos;
    private long rackFackSsn;
    private boolean reorderingSeen;
    private int reoWndMult = 1;
    private int reoWndPersist;
    private long reorderDeadlineNanos = Long.MAX_VALUE;

    private long probeDeadlineNanos = Long.MAX_VALUE;
    private boolean probeDue;
    /** SND.NXT when the outstanding loss probe was sent, -1 when there is none. */
    private long probeEndSsn = -1;

    private long prrDelivered;
    private long prrOut;
    private long recoverFlightSize;
    private long prrLimitBytes;

    /** Facts gathered while one ACK is taken in. */
    private long deliveredBytes;
    private long newestSentNanos;
    private boolean retransmissionAcked;
    private boolean duplicateReported;

    LossRecovery(Tcb tcb) {
        this.tcb = tcb;
        log = tcb.log;
    }

    void stop() {
        reorderDeadlineNanos = Long.MAX_VALUE;
        probeDeadlineNanos = Long.MAX_VALUE;
        probeDue = false;
    }

    long deadlineNanos() {
        return Math.min(reorderDeadlineNanos, probeDeadlineNanos);
    }

    /** Bytes that may be in flight now. */
    long limitBytes() {
        return phase == Phase.RECOVERY ? prrLimitBytes : tcb.cc.cwndBytes();
    }

    // ---- an acknowledgment ----

    void onAck(long nowNanos, IncomingSegment segment, boolean windowChanged) {
        long priorInFlight = log.inFlightBytes();
        long priorUna = tcb.sndUna;
        long lostBefore = log.lostBytes();
        deliveredBytes = 0;
        newestSentNanos = Long.MIN_VALUE;
        retransmissionAcked = false;
        duplicateReported = false;
        takeCumulative(nowNanos, segment.ackSsn);
        if (tcb.sackOn) {
            takeSacks(nowNanos, segment);
        } else {
            countDuplicate(segment, priorUna, windowChanged);
        }
        long acked = tcb.sndUna - priorUna;
        // Karn: beside a retransmission, older segments may have waited at the peer for the hole to be filled.
        boolean sampled = newestSentNanos != Long.MIN_VALUE && !retransmissionAcked;
        long rttNanos = !sampled ? timestampRtt(nowNanos, segment, acked) : nowNanos - newestSentNanos;
        if (rttNanos > 0) {
            tcb.rtt.onSample(nowNanos, rttNanos);
        }
        if (acked > 0) {
            tcb.rtt.resetBackoff();
            dupAcks = 0;
        }
        if (deliveredBytes == 0 && acked == 0 && dupAcks == 0 && !duplicateReported) {
            return;
        }
        if (spurious.isSpurious(segment.options, acked > 0, tcb.timestampsOn)) {
            undoRecovery(nowNanos);
        }
        finishLossProbe(nowNanos, segment, priorInFlight);
        leaveRecovery(acked);
        if (tcb.sackOn) {
            detectByRack(nowNanos);
        } else {
            detectByDuplicates(acked);
        }
        boolean newLoss = log.lostBytes() > lostBefore;
        if (phase == Phase.OPEN && newLoss) {
            enterRecovery(nowNanos, priorInFlight);
        }
        updatePrr(acked > 0 && !newLoss);
        tellController(nowNanos, acked, priorInFlight, rttNanos);
        rearm(nowNanos, acked);
    }

    private void takeCumulative(long nowNanos, long ackSsn) {
        while (!log.isEmpty() && log.endSsn(0) <= ackSsn) {
            if (!log.has(0, SegmentLog.SACKED)) {
                delivered(nowNanos, 0, log.length(0), log.endSsn(0));
            }
            tcb.bytesAcked += log.payloadLength(0);
            log.removeHead();
        }
        if (!log.isEmpty() && log.ssn(0) < ackSsn) {
            int part = (int) (ackSsn - log.ssn(0));
            if (!log.has(0, SegmentLog.SACKED)) {
                delivered(nowNanos, 0, part, ackSsn);
            }
            tcb.bytesAcked += part;
            log.trimHead(ackSsn);
        }
        tcb.sndUna = Math.max(tcb.sndUna, ackSsn);
    }

    private void takeSacks(long nowNanos, IncomingSegment segment) {
        TcpOptions options = segment.options;
        for (int k = 0; k < options.sackCount; k++) {
            long left = Seq.extend(options.sackLeft[k] - tcb.iss, tcb.sndUna);
            long right = Seq.extend(options.sackRight[k] - tcb.iss, tcb.sndUna);
            if (left >= right || right > tcb.sndNxt) {
                continue;
            }
            boolean duplicate = right <= tcb.sndUna || (k == 0 && options.sackCount > 1 && insideSecond(options, left, right));
            if (duplicate) {
                if (k == 0) {
                    duplicateReported = true;
                    spurious.onDuplicate(left, right);
                }
                continue;
            }
            sackRange(nowNanos, Math.max(left, tcb.sndUna), right);
        }
        if (duplicateReported) {
            reoWndMult = Math.min(reoWndMult + 1, 20);
            reoWndPersist = REO_WND_PERSIST;
        }
    }

    /** RFC 2883 section 4: a first block within the second one reports a duplicate. */
    private boolean insideSecond(TcpOptions options, long left, long right) {
        long left2 = Seq.extend(options.sackLeft[1] - tcb.iss, tcb.sndUna);
        long right2 = Seq.extend(options.sackRight[1] - tcb.iss, tcb.sndUna);
        return left2 <= left && right <= right2;
    }

    /** Entries are cut at MSS borders only, where packets end: otherwise a peer could have the log cut into single bytes. */
    private void sackRange(long nowNanos, long left, long right) {
        int mss = tcb.payloadMssBytes();
        for (int i = log.indexOf(left); i < log.size() && log.ssn(i) < right; i++) {
            if (log.has(i, SegmentLog.SACKED)) {
                continue;
            }
            long start = log.ssn(i);
            if (start < left) {
                long border = start + (left - start + mss - 1) / mss * mss;
                if (border < log.endSsn(i)) {
                    log.split(i, border);
                }
                continue;
            }
            if (log.endSsn(i) > right) {
                long border = start + (right - start) / mss * mss;
                if (border == start) {
                    break;
                }
                log.split(i, border);
            }
            delivered(nowNanos, i, log.length(i), log.endSsn(i));
            log.markSacked(i);
        }
    }

    /** RFC 8985 section 6.2, steps 1 to 3, for one entry newly delivered, or its first part up to {@code endSsn}. */
    private void delivered(long nowNanos, int index, int bytes, long endSsn) {
        deliveredBytes += bytes;
        long sentNanos = log.sentNanos(index);
        boolean retransmitted = log.has(index, SegmentLog.RETRANSMITTED);
        long rttNanos = nowNanos - sentNanos;
        if (!retransmitted) {
            newestSentNanos = Math.max(newestSentNanos, sentNanos);
            if (endSsn < rackFackSsn) {
                reorderingSeen = true;
            }
        } else {
            retransmissionAcked = true;
        }
        if (retransmitted && rttNanos < tcb.rtt.minRttNanos()) {
            return; // the acknowledgment is for the original, not for the retransmission
        }
        rackFackSsn = Math.max(rackFackSsn, endSsn);
        if (sentNanos > rackXmitNanos || (sentNanos == rackXmitNanos && endSsn > rackEndSsn)) {
            rackXmitNanos = sentNanos;
            rackEndSsn = endSsn;
            rackRttNanos = rttNanos;
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

    private void countDuplicate(IncomingSegment segment, long priorUna, boolean windowChanged) {
        // RFC 5681 section 2, and RFC 8684 section 4: MPTCP signals other than DSS make an ACK no duplicate.
        boolean signals = (segment.options.mptcp.present & ~MptcpOptions.DSS) != 0;
        if (segment.ackSsn == priorUna && segment.payloadLength == 0 && !windowChanged && !log.isEmpty() && !signals) {
            dupAcks++;
        }
    }

    // ---- detection ----

    /** RFC 8985 section 6.2, steps 4 and 5. */
    private void detectByRack(long nowNanos) {
        reorderDeadlineNanos = Long.MAX_VALUE;
        if (rackXmitNanos == Long.MIN_VALUE) {
            return;
        }
        long toleranceNanos = rackRttNanos + reorderWindowNanos();
        long latest = Long.MIN_VALUE;
        for (int i = 0; i < log.size(); i++) {
            if (log.has(i, SegmentLog.SACKED | SegmentLog.LOST)) {
                continue;
            }
            long sentNanos = log.sentNanos(i);
            boolean before = sentNanos < rackXmitNanos || (sentNanos == rackXmitNanos && log.endSsn(i) < rackEndSsn);
            if (!before) {
                if (!log.has(i, SegmentLog.RETRANSMITTED)) {
                    break; // entries behind were first sent later still, or retransmitted since
                }
                continue;
            }
            if (nowNanos - sentNanos >= toleranceNanos) {
                log.markLost(i);
            } else {
                latest = Math.max(latest, sentNanos + toleranceNanos);
            }
        }
        if (latest != Long.MIN_VALUE) {
            reorderDeadlineNanos = latest;
        }
    }

    private long reorderWindowNanos() {
        if (!reorderingSeen && (phase != Phase.OPEN || log.sackedBytes() >= (long) DUP_THRESH * tcb.payloadMssBytes())) {
            return 0;
        }
        return Math.min(reoWndMult * tcb.rtt.minRttNanos() / 4, tcb.rtt.srttNanos());
    }

    private void detectByDuplicates(long acked) {
        if (log.isEmpty() || log.has(0, SegmentLog.LOST)) {
            return;
        }
        boolean partialAck = phase == Phase.RECOVERY && acked > 0;
        if (partialAck || (phase == Phase.OPEN && dupAcks >= DUP_THRESH)) {
            if (log.payloadLength(0) > tcb.payloadMssBytes()) {
                log.split(0, log.ssn(0) + tcb.payloadMssBytes());
            }
            log.markLost(0);
        }
    }

    // ---- phases ----

    private void enterRecovery(long nowNanos, long priorInFlight) {
        phase = Phase.RECOVERY;
        spurious.start(tcb.sndUna);
        recoveryPointSsn = tcb.sndNxt;
        tcb.cc.onLoss(nowNanos, priorInFlight);
        prrDelivered = 0;
        prrOut = 0;
        recoverFlightSize = Math.max(1, tcb.sndNxt - tcb.sndUna - log.sackedBytes() + deliveredBytes);
        prrLimitBytes = log.inFlightBytes();
    }

    /** What was taken for lost had only been late: go on as before, and allow for reordering from now on. */
    private void undoRecovery(long nowNanos) {
        tcb.cc.onSpuriousLoss(nowNanos);
        tcb.upper.onSpuriousRecovery(phase == Phase.LOSS);
        phase = Phase.OPEN;
        headForced = false;
        reorderingSeen = true;
        log.clearLost();
    }

    private void leaveRecovery(long acked) {
        if (phase == Phase.OPEN || acked == 0 || tcb.sndUna < recoveryPointSsn) {
            return;
        }
        phase = Phase.OPEN;
        headForced = false;
        if (reoWndPersist > 0 && --reoWndPersist == 0) {
            reoWndMult = 1;
        }
    }

    /** RFC 9937 section 6.2. */
    private void updatePrr(boolean safeAck) {
        if (phase != Phase.RECOVERY) {
            return;
        }
        long inFlight = log.inFlightBytes();
        long ssthresh = tcb.cc.ssthreshBytes();
        int mss = tcb.payloadMssBytes();
        if (deliveredBytes == 0 && prrOut > 0) {
            prrLimitBytes = Math.max(prrLimitBytes, inFlight);
            return;
        }
        prrDelivered += deliveredBytes;
        long sendCount;
        if (inFlight > ssthresh) {
            sendCount = (prrDelivered * ssthresh + recoverFlightSize - 1) / recoverFlightSize - prrOut;
        } else {
            sendCount = Math.max(prrDelivered - prrOut, deliveredBytes);
            if (safeAck) {
                sendCount += mss;
            }
            sendCount = Math.min(ssthresh - inFlight, sendCount);
        }
        sendCount = Math.max(sendCount, prrOut == 0 ? mss : 0);
        prrLimitBytes = inFlight + sendCount;
    }

    void onRetransmissionTimeout(long nowNanos) {
        boolean first = phase != Phase.LOSS || tcb.timeouts == 1;
        long flightSize = log.totalLength() - log.sackedBytes(); // RFC 5681: lost or not, it was outstanding
        probeDeadlineNanos = Long.MAX_VALUE;
        probeDue = false;
        probeEndSsn = -1;
        reorderDeadlineNanos = Long.MAX_VALUE;
        if (log.isEmpty()) {
            return;
        }
        if (log.has(0, SegmentLog.SACKED)) {
            log.clearSacked(); // the peer has taken back what it reported, or it would have acknowledged it (RFC 2018 section 8)
        }
        // RFC 8985 section 6.3: the first segment is lost; others when they are older than a round trip and the tolerance.
        // Without SACK there is no telling, and everything counts as lost.
        long toleranceNanos = tcb.sackOn ? Math.max(rackRttNanos, tcb.rtt.srttNanos()) + reorderWindowNanos() : 0;
        for (int i = 0; i < log.size(); i++) {
            if (!log.has(i, SegmentLog.SACKED | SegmentLog.LOST) && (i == 0 || nowNanos - log.sentNanos(i) >= toleranceNanos)) {
                log.markLost(i);
            }
        }
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

    private void tellController(long nowNanos, long acked, long priorInFlight, long rttNanos) {
        sample.nowNanos = nowNanos;
        sample.ackedBytes = acked;
        sample.deliveredBytes = deliveredBytes;
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

    // ---- timers ----

    private void rearm(long nowNanos, long acked) {
        if (log.isEmpty()) {
            tcb.rtoDeadlineNanos = Long.MAX_VALUE;
            probeDeadlineNanos = Long.MAX_VALUE;
            return;
        }
        if (acked > 0) {
            tcb.armRto(nowNanos);
            armLossProbe(nowNanos);
        } else if (phase != Phase.OPEN || log.sackedBytes() > 0) {
            probeDeadlineNanos = Long.MAX_VALUE; // the scoreboard tells more than a probe would
            probeDue = false;
        }
    }

    /** RFC 8985 section 7.2. */
    void armLossProbe(long nowNanos) {
        probeDeadlineNanos = Long.MAX_VALUE;
        if (phase != Phase.OPEN || !tcb.sackOn || log.isEmpty() || log.sackedBytes() > 0 || probeEndSsn >= 0) {
            return;
        }
        long srtt = tcb.rtt.srttNanos();
        long pto = srtt > 0 ? 2 * srtt : 1_000_000_000L;
        if (log.inFlightBytes() <= tcb.payloadMssBytes()) {
            pto += WORST_ACK_DELAY_NANOS;
        }
        long at = nowNanos + Math.max(pto, MIN_PTO_NANOS);
        if (at < tcb.rtoDeadlineNanos) {
            probeDeadlineNanos = at;
        }
    }

    void expire(long nowNanos) {
        if (reorderDeadlineNanos <= nowNanos) {
            long inFlight = log.inFlightBytes();
            long roomBytes = Math.max(0, prrLimitBytes - inFlight);
            long lostBefore = log.lostBytes();
            detectByRack(nowNanos);
            if (log.lostBytes() > lostBefore) {
                if (phase == Phase.OPEN) {
                    deliveredBytes = 0;
                    enterRecovery(nowNanos, inFlight);
                    updatePrr(false);
                } else if (phase == Phase.RECOVERY) {
                    prrLimitBytes = log.inFlightBytes() + roomBytes; // marking a loss is not a delivery: it buys no room
                }
            }
        }
        if (probeDeadlineNanos <= nowNanos) {
            probeDeadlineNanos = Long.MAX_VALUE;
            if (!log.isEmpty() && probeEndSsn < 0) {
                probeDue = true;
                tcb.upper.onLossProbe();
            }
        }
    }

    /** RFC 8985 section 7.4: an outstanding probe was acknowledged; if it repaired a loss, the congestion controller must know. */
    private void finishLossProbe(long nowNanos, IncomingSegment segment, long priorInFlight) {
        if (probeEndSsn < 0 || segment.ackSsn < probeEndSsn) {
            return;
        }
        if (duplicateReported) {
            probeEndSsn = -1; // the original had arrived as well: nothing was lost
        } else if (segment.ackSsn > probeEndSsn) {
            probeEndSsn = -1;
            if (phase == Phase.OPEN) {
                tcb.cc.onLoss(nowNanos, priorInFlight);
            }
        }
    }

    // ---- what to send again ----

    /** Index of the entry to send again now, or -1. */
    int nextRetransmission(long nowNanos) {
        if (log.isEmpty()) {
            return -1;
        }
        if (probeDue) {
            return lastUnsacked();
        }
        if (log.lostBytes() == 0 || (!headForced && retransmissionRoomBytes() < Math.min(tcb.payloadMssBytes(), log.lostBytes()))) {
            return -1;
        }
        for (int i = 0; i < log.size(); i++) {
            if (log.has(i, SegmentLog.LOST)) {
                return i;
            }
        }
        return -1;
    }

    private int lastUnsacked() {
        for (int i = log.size() - 1; i >= 0; i--) {
            if (!log.has(i, SegmentLog.SACKED)) {
                if (log.payloadLength(i) > tcb.payloadMssBytes()) {
                    int tail = log.payloadLength(i) % tcb.payloadMssBytes();
                    log.split(i, log.endSsn(i) - (tail == 0 ? tcb.payloadMssBytes() : tail));
                    return i + 1;
                }
                return i;
            }
        }
        return -1;
    }

    long retransmissionRoomBytes() {
        return limitBytes() - log.inFlightBytes();
    }

    void onRetransmit(long nowNanos, int index) {
        if (probeDue) {
            probeDue = false;
            probeEndSsn = tcb.sndNxt;
        }
        headForced = false;
        spurious.onRetransmit(log.length(index), tcb.tsNow(nowNanos));
        log.markRetransmitted(index, nowNanos);
        prrOut += log.length(index);
    }

    void onNewDataSent(int length) {
        prrOut += length;
    }
}
