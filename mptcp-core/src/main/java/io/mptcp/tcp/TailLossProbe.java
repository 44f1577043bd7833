package io.mptcp.tcp;

import io.mptcp.buffer.SegmentLog;

/**
 * Tail loss probe (RFC 8985 section 7): when nothing is heard for two round trips, one segment is sent, new data if there is any or else the
 * end of what was sent, so that its acknowledgment tells what is missing, long before the retransmission timer would.
 */
final class TailLossProbe {
    private static final long INITIAL_PTO_NANOS = 1_000_000_000L;

    private Tcb tcb;
    private SegmentLog log;
    private long deadlineNanos;
    private boolean due;
    /** SND.NXT when the outstanding probe was sent, -1 when there is none. */
    private long endSsn;
    /** It was sent before. */
    private boolean retransmission;
    /** There was a round-trip sample since the last probe. */
    private boolean sampled;

    /** Serves this connection from now on, which has nothing outstanding; null for none. */
    void begin(Tcb served) {
        tcb = served;
        log = served == null ? null : served.log;
        deadlineNanos = Long.MAX_VALUE;
        due = false;
        endSsn = -1;
        retransmission = false;
        sampled = true;
    }

    /** No probe is under way, and the next one may go. */
    boolean isForgettable() {
        return !isOutstanding() && sampled && deadlineNanos == Long.MAX_VALUE;
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    /** A probe has to be sent now. */
    boolean isDue() {
        return due;
    }

    /** One waits to be sent, or was sent and is not acknowledged yet. */
    boolean isOutstanding() {
        return due || endSsn >= 0;
    }

    /** No probe any more: the scoreboard tells more than a probe would, or there is nothing left to probe for. */
    void cancel() {
        deadlineNanos = Long.MAX_VALUE;
        due = false;
    }

    /** As {@link #cancel}; and one that was sent means nothing any more either. */
    void forget() {
        cancel();
        endSsn = -1;
    }

    /** Section 7.2. @param open no recovery is under way */
    void arm(long nowNanos, boolean open) {
        deadlineNanos = Long.MAX_VALUE;
        if (!open || !tcb.sackOn || log.isEmpty() || log.sackedBytes() > 0 || endSsn >= 0) {
            return;
        }
        long srtt = tcb.rtt.srttNanos();
        long pto = srtt > 0 ? 2 * srtt : INITIAL_PTO_NANOS;
        pto += tcb.peerAckDelayNanos();
        deadlineNanos = Math.min(nowNanos + Math.max(pto, tcb.config.minLossProbeMillis() * 1_000_000L), tcb.rtoDeadlineNanos);
    }

    void onSample() {
        sampled = true;
    }

    /** Section 7.3: one probe at a time, and none without a sample since the last; the retransmission timer runs on in any case. */
    void expire(long nowNanos) {
        if (deadlineNanos > nowNanos) {
            return;
        }
        deadlineNanos = Long.MAX_VALUE;
        if (!log.isEmpty() && endSsn < 0 && sampled && tcb.rtt.hasSample()) {
            due = true;
            if (tcb.rtoDeadlineNanos <= nowNanos) {
                tcb.armRto(nowNanos); // the probe goes instead
            }
            tcb.upper.onLossProbe();
        }
    }

    /** Index of the entry that is sent as probe: the last segment, cut off from its super-segment. */
    int entry() {
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

    /** @param retransmission it carried no new data */
    void sent(boolean retransmission) {
        due = false;
        sampled = false;
        this.retransmission = retransmission;
        endSsn = tcb.sndNxt;
    }

    /**
     * Section 7.4.
     *
     * @param duplicateReported the acknowledgment carries a D-SACK
     * @param duplicateAck      it neither advances SND.UNA nor carries SACK blocks
     * @return whether it says that the outstanding probe repaired a loss
     */
    boolean repairedLoss(long ackSsn, boolean duplicateReported, boolean duplicateAck) {
        if (endSsn < 0 || ackSsn < endSsn) {
            return false;
        }
        boolean repaired = retransmission && !duplicateReported && ackSsn > endSsn;
        // What was new, or had arrived twice, repaired nothing; an acknowledgment of just the probe may be that of the original.
        if (!retransmission || duplicateReported || duplicateAck || repaired) {
            endSsn = -1;
        }
        return repaired;
    }
}
