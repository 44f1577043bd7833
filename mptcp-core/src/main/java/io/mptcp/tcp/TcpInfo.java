package io.mptcp.tcp;

import io.mptcp.buffer.SegmentLog;

/**
 * A TCP connection at one moment, under the names of Linux's {@code struct tcp_info}. Times in nanoseconds; what Linux counts in segments is counted
 * in segments of the current MSS.
 *
 * @param caState              0 open, 1 disorder (something was selectively acknowledged), 3 recovery, 4 loss (after a timeout)
 * @param timeouts             consecutive timeouts of the retransmission timer
 * @param options              1 timestamps, 2 SACK, 4 window scale
 * @param unackedSegments      sent and not acknowledged cumulatively
 * @param lostSegments         found lost and not acknowledged yet, whether sent again or not
 * @param retransSegments      sent again and not acknowledged yet
 * @param totalRetransSegments sent again since the connection began
 * @param sndSsthreshSegments  Integer.MAX_VALUE while there is no threshold
 * @param cwndSegments         what may be in flight: while the window is being reduced what PRR allows (RFC 9937)
 * @param reorderingSegments   how far segments have been seen to overtake others, at least 3
 * @param reorderings          how often such acknowledgments came
 * @param rcvMssBytes          payload of the largest packet received, at least 536
 * @param deliveredSegments    known to have arrived, the SYN among them
 */
public record TcpInfo(
        TcpState state,
        int caState,
        int timeouts,
        int probesUnanswered,
        int options,
        int sndWndShift,
        int rcvWndShift,
        long rtoNanos,
        int sndMssBytes,
        int advmssBytes,
        int unackedSegments,
        int sackedSegments,
        int lostSegments,
        int retransSegments,
        long totalRetransSegments,
        long sinceLastDataSentNanos,
        long sinceLastDataReceivedNanos,
        long srttNanos,
        long rttVarNanos,
        long minRttNanos,
        int sndSsthreshSegments,
        int cwndSegments,
        int reorderingSegments,
        int reorderings,
        long bytesAcked,
        long bytesReceived,
        long bytesSent,
        long bytesRetransmitted,
        int rcvMssBytes,
        long deliveredSegments) {
    private static final int OPTION_TIMESTAMPS = 1;
    private static final int OPTION_SACK = 2;
    private static final int OPTION_WINDOW_SCALE = 4;
    private static final int CA_DISORDER = 1;
    private static final int CA_RECOVERY = 3;

    static TcpInfo of(Tcb tcb, long nowNanos) {
        int mss = Math.max(1, tcb.payloadMssBytes());
        SegmentLog log = tcb.log;
        int phase = tcb.recovery == null ? 0 : tcb.recovery.caState();
        int unacked = 0;
        int sacked = 0;
        int lost = 0;
        int retrans = 0;
        for (int i = 0; i < log.size(); i++) {
            int segments = Math.max(1, (log.payloadLength(i) + mss - 1) / mss);
            unacked += segments;
            sacked += log.has(i, SegmentLog.SACKED) ? segments : 0;
            boolean again = log.has(i, SegmentLog.RETRANSMITTED) || log.ssn(i) < tcb.synPayloadEndSsn;
            boolean repaired = again && !log.has(i, SegmentLog.SACKED | SegmentLog.LOST);
            lost += log.has(i, SegmentLog.LOST) || (repaired && phase >= CA_RECOVERY) ? segments : 0;
            retrans += repaired ? segments : 0;
        }
        int options = (tcb.timestampsOn ? OPTION_TIMESTAMPS : 0) | (tcb.sackOn ? OPTION_SACK : 0) | (tcb.windowScaleOn ? OPTION_WINDOW_SCALE : 0);
        long ssthresh = tcb.cc.ssthreshBytes();
        return new TcpInfo(tcb.state, phase == 0 && sacked > 0 ? CA_DISORDER : phase, tcb.timeouts, tcb.probesUnanswered, options,
                tcb.sndWndShift, tcb.rcvWndShift, tcb.rtt.rtoNanos(), mss, tcb.path.rcvMssBytes, unacked, sacked, lost, retrans,
                tcb.retransmits, nowNanos - tcb.lastSendNanos, nowNanos - tcb.lastReceiveNanos, tcb.rtt.srttNanos(), tcb.rtt.rttVarNanos(),
                tcb.rtt.minRttNanos(), ssthresh >= Integer.MAX_VALUE ? Integer.MAX_VALUE : (int) (ssthresh / mss), (int) (tcb.cwndLimitBytes() / mss),
                tcb.recovery == null ? RackDetector.DUP_THRESH : tcb.recovery.reorderingSegments(), tcb.recovery == null ? 0 : tcb.recovery.reorderings(),
                tcb.bytesAcked, tcb.bytesReceived, tcb.bytesSent, tcb.bytesRetransmitted,
                tcb.delayedAck.rcvMssBytes(), tcb.deliveredSegments);
    }
}
