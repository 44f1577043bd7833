package io.mptcp.tcp;

import io.mptcp.buffer.SegmentLog;
import io.mptcp.buffer.SendRecords;
import io.mptcp.cc.LostSegment;
import io.mptcp.cc.RateSample;

/**
 * Delivery-rate estimation (draft-ietf-ccwg-bbr, "Delivery Rate Samples"; before that draft-cheng-iccrg-delivery-rate-estimation): between the sending
 * of a segment and its acknowledgment so much was delivered in that time. Where the controller does not ask for it all of this does nothing.
 */
final class RateSampler {
    private static final double NANOS_PER_SECOND = 1e9;

    /** Shared by all whose controller does not ask. */
    private static final RateSampler OFF = new RateSampler();

    private final Tcb tcb;
    private final SegmentLog log;
    private final RateSample sample;
    private final LostSegment lostSegment;
    /** Null when nobody asks. */
    private final SendRecords records;

    /** C.delivered, C.delivered_time, C.first_send_time, C.lost and C.app_limited. */
    private long deliveredBytes;
    private long deliveredNanos;
    private long firstSendNanos;
    private long lostBytes;
    private long appLimitedUntilBytes;

    // Of the newest segment that one acknowledgment delivered.
    private long newestSendNanos;
    private long newestEndSsn;
    private long sendElapsedNanos;
    private long ackElapsedNanos;

    private RateSampler() {
        tcb = null;
        log = null;
        sample = null;
        lostSegment = null;
        records = null;
    }

    private RateSampler(Tcb tcb, RateSample sample) {
        this.tcb = tcb;
        log = tcb.log;
        this.sample = sample;
        lostSegment = new LostSegment();
        records = log.keepRecords();
    }

    /** @param sample to be filled in for each acknowledgment */
    static RateSampler of(Tcb tcb, RateSample sample) {
        return tcb.cc.measuresRate() ? new RateSampler(tcb, sample) : OFF;
    }

    /** Entry {@code index} has been sent, or sent again. */
    void onSent(long nowNanos, int index) {
        if (records == null) {
            return;
        }
        long inFlight = log.inFlightBytes();
        if (inFlight <= log.length(index)) {
            firstSendNanos = nowNanos;
            deliveredNanos = nowNanos;
            if (appLimitedUntilBytes > 0) {
                tcb.cc.onRestart(nowNanos);
            }
        }
        records.set(index, deliveredBytes, deliveredNanos, firstSendNanos, lostBytes, inFlight, appLimitedUntilBytes > 0);
    }

    /** An acknowledgment begins to be taken in. */
    void beginAck() {
        if (records == null) {
            return;
        }
        noteAppLimited();
        sample.clear();
    }

    /** CheckIfApplicationLimited: there is room, and nothing to fill it. */
    private void noteAppLimited() {
        if (tcb.upper.newDataBytes() == 0 && log.inFlightBytes() < tcb.cc.cwndBytes() && log.lostBytes() == 0) {
            markAppLimited();
        }
    }

    private void markAppLimited() {
        appLimitedUntilBytes = Math.max(1, deliveredBytes + log.inFlightBytes());
    }

    /** Entry {@code index}, or its first part up to {@code endSsn}, is newly known to have arrived. */
    void onDelivered(long nowNanos, int index, int bytes, long endSsn) {
        if (records == null) {
            return;
        }
        deliveredBytes += bytes;
        deliveredNanos = nowNanos;
        sample.newlyAckedBytes += bytes;
        long sentNanos = log.sentNanos(index);
        if (sample.hasData && (sentNanos < newestSendNanos || sentNanos == newestSendNanos && endSsn <= newestEndSsn)) {
            return;
        }
        sample.hasData = true;
        newestSendNanos = sentNanos;
        newestEndSsn = endSsn;
        sample.priorDeliveredBytes = records.deliveredBytes(index);
        sample.appLimited = records.isAppLimited(index);
        sample.inFlightAtSendBytes = records.inFlightBytes(index);
        sample.lostBytes = records.lostBytes(index);
        sendElapsedNanos = sentNanos - records.firstSendNanos(index);
        ackElapsedNanos = nowNanos - records.deliveredNanos(index);
        firstSendNanos = sentNanos;
    }

    /** Tells the controller of every segment that has been judged lost since the last call, oldest first. */
    void noteLosses(long nowNanos) {
        if (records == null || log.lostBytes() == 0) {
            return;
        }
        long unnoted = log.lostBytes();
        for (int i = 0; i < log.size() && unnoted > 0; i++) {
            if (!log.has(i, SegmentLog.LOST)) {
                continue;
            }
            unnoted -= log.length(i);
            if (!records.isLossNoted(i)) {
                records.noteLoss(i);
                tellLost(nowNanos, i);
            }
        }
    }

    private void tellLost(long nowNanos, int index) {
        lostBytes += log.length(index);
        lostSegment.startSsn = log.ssn(index);
        lostSegment.bytes = log.length(index);
        lostSegment.inFlightAtSendBytes = records.inFlightBytes(index);
        lostSegment.lostBytes = lostBytes - records.lostBytes(index);
        lostSegment.appLimited = records.isAppLimited(index);
        lostSegment.totalDeliveredBytes = deliveredBytes;
        lostSegment.selectiveAcks = tcb.sackOn;
        tcb.cc.onSegmentLost(nowNanos, lostSegment);
    }

    /** GenerateRateSample: the acknowledgment has been taken in, and what it tells to be lost is known. */
    void finishAck() {
        if (records == null) {
            return;
        }
        if (appLimitedUntilBytes > 0 && deliveredBytes > appLimitedUntilBytes) {
            appLimitedUntilBytes = 0;
        }
        sample.totalDeliveredBytes = deliveredBytes;
        sample.selectiveAcks = tcb.sackOn;
        if (!sample.hasData) {
            return;
        }
        sample.deliveredBytes = deliveredBytes - sample.priorDeliveredBytes;
        sample.lostBytes = lostBytes - sample.lostBytes;
        long interval = Math.max(sendElapsedNanos, ackElapsedNanos);
        // Shorter than a round trip: a retransmission that was not needed, and seems to have been delivered at once.
        sample.bytesPerSecond = interval <= 0 || interval < tcb.rtt.minRttNanos() ? 0 : sample.deliveredBytes * NANOS_PER_SECOND / interval;
    }

    /** The controller has drawn its consequences. */
    void afterAck() {
        if (records != null && tcb.cc.holdsBack()) {
            markAppLimited();
        }
    }
}
