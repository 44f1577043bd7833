package io.mptcp.tcp;

import io.mptcp.buffer.SegmentLog;

/**
 * Loss detection by time (RACK, RFC 8985 section 6): a segment is lost when one sent later has been delivered, and a round trip and a
 * tolerance for reordering have passed since it was sent. The names of the variables are those of the RFC.
 */
final class RackDetector {
    static final int DUP_THRESH = 3;
    private static final int REO_WND_PERSIST = 16;
    private static final int MAX_REO_WND_MULT = 20;
    /** As Linux's sysctl tcp_max_reordering. */
    private static final int MAX_REORDERING_SEGMENTS = 300;

    private Tcb tcb;
    private SegmentLog log;

    private long xmitNanos;
    private long endSsn;
    private long rttNanos;
    private long fackSsn;
    private boolean reorderingSeen;
    private int reorderingSegments;
    private int reorderings;
    /** Of one acknowledgment: RACK.fack before it, and the lowest number it delivered below that. */
    private long priorFackSsn;
    private long lowestOvertakenSsn;
    private int reoWndMult;
    private int reoWndPersist;
    private long dsackRoundEndSsn;
    private long lostRetransmissionNanos;
    private long deadlineNanos;

    /** Serves this connection from now on, which has nothing outstanding; null for none. */
    void begin(Tcb served) {
        tcb = served;
        log = served == null ? null : served.log;
        xmitNanos = Long.MIN_VALUE;
        endSsn = 0;
        rttNanos = 0;
        fackSsn = 0;
        reorderingSeen = false;
        reorderingSegments = DUP_THRESH;
        reorderings = 0;
        priorFackSsn = 0;
        lowestOvertakenSsn = 0;
        reoWndMult = 1;
        reoWndPersist = 0;
        dsackRoundEndSsn = 0;
        lostRetransmissionNanos = Long.MIN_VALUE;
        deadlineNanos = Long.MAX_VALUE;
    }

    /** Segments have never been seen to overtake others, or to be sent again in vain: what is left is about what has been delivered. */
    boolean isForgettable() {
        return !reorderingSeen && reorderings == 0 && reoWndMult == 1 && reoWndPersist == 0 && deadlineNanos == Long.MAX_VALUE;
    }

    /** When {@link #detect} may find more although no acknowledgment comes; Long.MAX_VALUE for never. */
    long deadlineNanos() {
        return deadlineNanos;
    }

    void stop() {
        deadlineNanos = Long.MAX_VALUE;
    }

    /** The {@link #delivered} that follow are for one acknowledgment. */
    void beginAck() {
        priorFackSsn = fackSsn;
        lowestOvertakenSsn = Long.MAX_VALUE;
    }

    /** Measures by how far what it delivered had been overtaken. */
    void endAck() {
        if (lowestOvertakenSsn == Long.MAX_VALUE) {
            return;
        }
        int mss = tcb.payloadMssBytes();
        long distance = Math.min((fackSsn - lowestOvertakenSsn + mss - 1) / mss, MAX_REORDERING_SEGMENTS);
        reorderingSegments = Math.max(reorderingSegments, (int) distance);
        reorderings++;
    }

    /** By how many segments some were overtaken at most; at least the 3 that loss detection allows for anyway. */
    int reorderingSegments() {
        return reorderingSegments;
    }

    /** How many acknowledgments told of segments that had been overtaken. */
    int reorderings() {
        return reorderings;
    }

    /**
     * Section 6.2, steps 1 to 3: something last sent at {@code sentNanos} and ending at {@code end} has newly been delivered.
     *
     * @param start     where it starts
     * @param echoOlder the timestamp that came back is older than that
     */
    void delivered(long nowNanos, long sentNanos, long start, long end, boolean retransmitted, boolean echoOlder) {
        if (!retransmitted && end < fackSsn) {
            reorderingSeen = true;
            if (end < priorFackSsn) {
                lowestOvertakenSsn = Math.min(lowestOvertakenSsn, start);
            }
        }
        if (retransmitted && (echoOlder || nowNanos - sentNanos < tcb.rtt.minRttNanos())) {
            return; // the acknowledgment is for the original, not for the retransmission
        }
        fackSsn = Math.max(fackSsn, end);
        if (sentNanos > xmitNanos || (sentNanos == xmitNanos && end > endSsn)) {
            xmitNanos = sentNanos;
            endSsn = end;
            rttNanos = nowNanos - sentNanos;
        }
    }

    /** Section 6.2, step 4: a D-SACK says that something was sent again in vain. It counts once a round trip. */
    void onDuplicateReported(long sndUna, long sndNxt) {
        reoWndPersist = REO_WND_PERSIST;
        if (sndUna < dsackRoundEndSsn) {
            return;
        }
        dsackRoundEndSsn = sndNxt;
        reoWndMult = Math.min(reoWndMult + 1, MAX_REO_WND_MULT);
    }

    void onSpuriousRecovery() {
        reorderingSeen = true;
        xmitNanos = Long.MIN_VALUE; // what seemed to be the delivery of a retransmission was that of the original
        deadlineNanos = Long.MAX_VALUE;
    }

    /** A recovery is over: a tolerance raised by D-SACK is kept for 16 of them. */
    void onRecoveryEnd() {
        if (reoWndPersist > 0 && --reoWndPersist == 0) {
            reoWndMult = 1;
        }
    }

    /**
     * Section 6.2, steps 4 and 5: marks what is lost, and sets the timer for what is not yet.
     *
     * @param recovering fast recovery or the recovery after a timeout is under way
     */
    void detect(long nowNanos, boolean recovering) {
        deadlineNanos = Long.MAX_VALUE;
        lostRetransmissionNanos = Long.MIN_VALUE;
        if (xmitNanos == Long.MIN_VALUE) {
            return;
        }
        long toleranceNanos = rttNanos + reorderWindowNanos(recovering);
        long latest = Long.MIN_VALUE;
        for (int i = 0; i < log.size(); i++) {
            if (log.has(i, SegmentLog.SACKED | SegmentLog.LOST)) {
                continue;
            }
            long sentNanos = log.sentNanos(i);
            boolean before = sentNanos < xmitNanos || (sentNanos == xmitNanos && log.endSsn(i) < endSsn);
            if (!before) {
                if (!log.has(i, SegmentLog.RETRANSMITTED)) {
                    break; // entries behind were first sent later still, or retransmitted since
                }
                continue;
            }
            if (nowNanos - sentNanos >= toleranceNanos) {
                log.markLost(i);
                if (log.has(i, SegmentLog.RETRANSMITTED)) {
                    lostRetransmissionNanos = Math.max(lostRetransmissionNanos, sentNanos);
                }
            } else {
                latest = Math.max(latest, sentNanos + toleranceNanos);
            }
        }
        if (latest != Long.MIN_VALUE) {
            deadlineNanos = latest;
        }
    }

    /** When the latest of the retransmissions was sent that the last {@link #detect} found lost; Long.MIN_VALUE if it found none. */
    long lostRetransmissionNanos() {
        return lostRetransmissionNanos;
    }

    /** Section 6.3: after a timeout the first segment is lost, and others when they are older than a round trip and the tolerance. */
    void markLostAfterTimeout(long nowNanos, boolean recovering) {
        // Without SACK there is no telling, and everything counts as lost.
        long toleranceNanos = tcb.sackOn ? Math.max(rttNanos, tcb.rtt.srttNanos()) + reorderWindowNanos(recovering) : 0;
        for (int i = 0; i < log.size(); i++) {
            if (!log.has(i, SegmentLog.SACKED | SegmentLog.LOST) && (i == 0 || nowNanos - log.sentNanos(i) >= toleranceNanos)) {
                log.markLost(i);
            }
        }
    }

    private long reorderWindowNanos(boolean recovering) {
        if (!reorderingSeen && (recovering || log.sackedBytes() >= (long) DUP_THRESH * tcb.payloadMssBytes())) {
            return 0;
        }
        return Math.min(reoWndMult * tcb.rtt.minRttNanos() / 4, tcb.rtt.srttNanos());
    }
}
