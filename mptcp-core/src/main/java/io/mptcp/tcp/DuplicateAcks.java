package io.mptcp.tcp;

import io.mptcp.buffer.SegmentLog;
import io.mptcp.wire.MptcpOptions;

/**
 * Loss detection for peers without SACK: three duplicate ACKs (RFC 5681 section 3.2), and partial ACKs after them (NewReno, RFC 6582). A
 * duplicate says that one segment has left the network, but not which: it counts as delivered, which is what lets a new segment out for
 * each of the first two (limited transmit, RFC 3042) and what PRR goes by (RFC 9937 section 6.2).
 */
final class DuplicateAcks {
    private static final int DUP_THRESH = 3;

    private final Tcb tcb;
    private final SegmentLog log;
    private int count;
    /** RFC 6582's variable: duplicates of ACKs up to here may come from needless retransmissions and start no recovery. */
    private long recover;

    DuplicateAcks(Tcb tcb) {
        this.tcb = tcb;
        log = tcb.log;
    }

    /** Since the last ACK that advanced SND.UNA. */
    int count() {
        return count;
    }

    /**
     * Takes in an acknowledgment that has been taken out of the log already.
     *
     * @param ackedBytes by how much it advances SND.UNA
     * @return bytes it says were delivered
     */
    long onAck(IncomingSegment segment, long ackedBytes, boolean windowChanged) {
        int mss = tcb.payloadMssBytes();
        long before = log.unlocatedBytes();
        if (ackedBytes > 0) {
            count = 0;
            // The first segment filled the hole, those behind it are the ones the duplicates were for.
            log.setUnlocatedBytes(log.isEmpty() ? 0 : Math.max(0, before - Math.max(0, ackedBytes - mss)));
            return Math.max(ackedBytes - before, Math.min(ackedBytes, mss));
        }
        if (log.isEmpty() || !isDuplicate(segment, windowChanged)) {
            return 0;
        }
        count++;
        // At least the segment waited for is not among them; a peer cannot make up more than was sent.
        long most = Math.max(0, log.totalLength() - Math.max(log.lostBytes(), mss));
        log.setUnlocatedBytes(Math.max(before, Math.min(before + mss, most)));
        return log.unlocatedBytes() - before;
    }

    /** RFC 5681 section 2, and RFC 8684 section 4: MPTCP signals other than DSS make an ACK no duplicate. */
    private static boolean isDuplicate(IncomingSegment segment, boolean windowChanged) {
        boolean signals = (segment.options.mptcp.present & ~MptcpOptions.DSS) != 0;
        return segment.payloadLength == 0 && !windowChanged && !signals;
    }

    /** Marks the first segment lost if the duplicates, or in recovery a partial ACK, say so. @return whether they do */
    boolean detect(boolean open, boolean partialAck) {
        if (log.isEmpty() || log.has(0, SegmentLog.LOST)) {
            return false;
        }
        boolean fastRetransmit = open && count >= DUP_THRESH && tcb.sndUna > recover;
        if (!fastRetransmit && !partialAck) {
            return false;
        }
        if (log.payloadLength(0) > tcb.payloadMssBytes() && !tcb.path.mtu.isProbe(log.ssn(0))) {
            log.split(0, log.ssn(0) + tcb.payloadMssBytes());
        }
        log.markLost(0);
        return true;
    }

    /** A recovery begins, by duplicates or by timeout. */
    void onRecoveryStart() {
        recover = tcb.sndNxt;
    }

    /** The last recovery was for nothing: the next loss may be found among the same data. */
    void onUndo() {
        recover = 0;
    }

    /** Nothing is known any more about what left the network: a recovery is over, or a timeout begins one. */
    void reset() {
        count = 0;
        log.setUnlocatedBytes(0);
    }
}
