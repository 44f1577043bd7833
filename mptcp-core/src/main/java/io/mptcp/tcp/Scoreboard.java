package io.mptcp.tcp;

import io.mptcp.buffer.SegmentLog;
import io.mptcp.wire.Seq;
import io.mptcp.wire.TcpOptions;

/**
 * Takes what one acknowledgment says, cumulatively and selectively (RFC 2018), into the log of sent segments, and keeps the facts about it
 * that loss detection, PRR and the congestion controller go by. The facts are those of the last acknowledgment of any connection: all of one stack
 * share it.
 */
final class Scoreboard {
    /** Bytes newly acknowledged cumulatively. */
    long ackedBytes;
    /** Bytes newly delivered: acknowledged cumulatively or by SACK, each once. */
    long deliveredBytes;
    /** When the newest segment that was delivered, and sent only once, was sent; Long.MIN_VALUE if there is none. */
    long newestSentNanos;
    /** Something delivered had been sent more than once. */
    boolean retransmissionAcked;
    /** A D-SACK block (RFC 2883) was there. */
    boolean duplicateReported;
    /** Something delivered had been sent only once, and before the last recovery began. */
    boolean originalAcked;
    /** Something sent since then was acknowledged by SACK. */
    boolean newerSacked;

    void take(long nowNanos, Tcb tcb, IncomingSegment segment, boolean windowChanged) {
        LossRecovery recovery = tcb.recovery;
        long priorUna = tcb.sndUna;
        deliveredBytes = 0;
        newestSentNanos = Long.MIN_VALUE;
        retransmissionAcked = false;
        duplicateReported = false;
        originalAcked = false;
        newerSacked = false;
        recovery.rack.beginAck();
        recovery.rates.beginAck();
        takeCumulative(nowNanos, tcb, segment);
        ackedBytes = tcb.sndUna - priorUna;
        if (tcb.sackOn) {
            takeSacks(nowNanos, tcb, segment);
            recovery.rack.endAck();
        } else {
            deliveredBytes = recovery.duplicates().onAck(segment, ackedBytes, windowChanged);
        }
    }

    private void takeCumulative(long nowNanos, Tcb tcb, IncomingSegment segment) {
        SegmentLog log = tcb.log;
        long ackSsn = segment.ackSsn;
        while (!log.isEmpty() && log.endSsn(0) <= ackSsn) {
            if (!log.has(0, SegmentLog.SACKED)) {
                delivered(nowNanos, tcb, 0, log.length(0), log.endSsn(0), isEchoOlder(tcb, segment));
                tcb.deliveredSegments += segments(tcb, log.length(0));
            }
            tcb.bytesAcked += log.payloadLength(0);
            log.removeHead();
        }
        if (!log.isEmpty() && log.ssn(0) < ackSsn) {
            int part = (int) (ackSsn - log.ssn(0));
            if (!log.has(0, SegmentLog.SACKED)) {
                delivered(nowNanos, tcb, 0, part, ackSsn, isEchoOlder(tcb, segment));
                tcb.deliveredSegments += part / tcb.payloadMssBytes(); // the rest counts with the end of the entry
            }
            tcb.bytesAcked += part;
            log.trimHead(ackSsn);
        }
        tcb.sndUna = Math.max(tcb.sndUna, ackSsn);
    }

    private void takeSacks(long nowNanos, Tcb tcb, IncomingSegment segment) {
        TcpOptions options = segment.options;
        for (int k = 0; k < options.sackCount; k++) {
            long left = Seq.extend(options.sackLeft[k] - tcb.iss, tcb.sndUna);
            long right = Seq.extend(options.sackRight[k] - tcb.iss, tcb.sndUna);
            if (left >= right || right > tcb.sndNxt) {
                continue;
            }
            boolean duplicate = right <= segment.ackSsn || (k == 0 && options.sackCount > 1 && insideSecond(tcb, options, left, right));
            if (duplicate) {
                if (k == 0) {
                    duplicateReported = true;
                    tcb.recovery.onDuplicate(left, right);
                }
                continue;
            }
            if (right > tcb.sndUna) {
                sackRange(nowNanos, tcb, Math.max(left, tcb.sndUna), right);
            }
        }
        if (duplicateReported) {
            tcb.recovery.rack.onDuplicateReported(tcb.sndUna, tcb.sndNxt);
        }
    }

    /** RFC 2883 section 4: a first block within the second one reports a duplicate. */
    private static boolean insideSecond(Tcb tcb, TcpOptions options, long left, long right) {
        long left2 = Seq.extend(options.sackLeft[1] - tcb.iss, tcb.sndUna);
        long right2 = Seq.extend(options.sackRight[1] - tcb.iss, tcb.sndUna);
        return left2 <= left && right <= right2;
    }

    /** Entries are cut at MSS borders only, where packets end: otherwise a peer could have the log cut into single bytes. */
    private void sackRange(long nowNanos, Tcb tcb, long left, long right) {
        SegmentLog log = tcb.log;
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
            delivered(nowNanos, tcb, i, log.length(i), log.endSsn(i), false);
            tcb.deliveredSegments += segments(tcb, log.length(i));
            log.markSacked(i);
            newerSacked |= log.ssn(i) >= tcb.recovery.recoveryPointSsn;
        }
    }

    /**
     * RFC 8985 section 6.2, step 2: the timestamp echoed is older than the last transmission of the first segment, so it was an earlier one
     * that arrived. Only a cumulative acknowledgment echoes the segment it acknowledges.
     */
    private static boolean isEchoOlder(Tcb tcb, IncomingSegment segment) {
        return tcb.timestampsOn && segment.options.hasTimestamps && segment.options.tsEcr != 0
                && segment.options.tsEcr - tcb.tsNow(tcb.log.sentNanos(0)) < 0;
    }

    /** Packets that an entry was sent in. */
    private static int segments(Tcb tcb, int length) {
        int mss = tcb.payloadMssBytes();
        return length <= mss ? 1 : (length + mss - 1) / mss;
    }

    /** Entry {@code index}, or its first part up to {@code endSsn}, is newly known to have arrived. */
    private void delivered(long nowNanos, Tcb tcb, int index, int bytes, long endSsn, boolean echoOlder) {
        SegmentLog log = tcb.log;
        LossRecovery recovery = tcb.recovery;
        deliveredBytes += bytes;
        boolean retransmitted = log.has(index, SegmentLog.RETRANSMITTED);
        if (retransmitted) {
            retransmissionAcked = true;
        } else {
            newestSentNanos = Math.max(newestSentNanos, log.sentNanos(index));
            originalAcked |= endSsn <= recovery.recoveryPointSsn;
        }
        recovery.rates.onDelivered(nowNanos, index, bytes, endSsn);
        recovery.rack.delivered(nowNanos, log.sentNanos(index), log.ssn(index), endSsn, retransmitted, echoOlder);
    }
}
