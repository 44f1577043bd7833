package io.mptcp.stack;

import io.mptcp.buffer.SegmentLog;
import io.mptcp.tcp.IncomingSegment;
import io.mptcp.tcp.Tcb;

/**
 * Notices that the acknowledgments of a subflow have stopped while the connection hears from another one, which is long before the retransmission
 * timer runs out: that has to be sure, as TCP has no other path. Here a wrong verdict costs no more than what goes over the other path twice until the
 * next acknowledgment, and makes the verdicts of the next minute more patient.
 */
final class AckSilence {
    /** What acknowledgments may be late on any path. */
    private static final long MARGIN_NANOS = 30_000_000L;
    private static final int MAX_DOUBLINGS = 4;
    private static final long FORGET_NANOS = 60_000_000_000L;

    private final Subflow subflow;
    private long deadlineNanos = Long.MAX_VALUE;
    private long sinceNanos;
    private long deliveryNanos;
    /** Null before the first. */
    private Verdict verdict;

    /** That it is stale, and what came of it. */
    private static final class Verdict {
        private long staleNanos;
        private long retransmitsThen;
        /** Wrong ones of the last minute. */
        private int doublings;
        private long wrongNanos;
    }

    AckSilence(Subflow subflow) {
        this.subflow = subflow;
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    // ---- a subflow that is stale ----

    /** It is stale from now on. */
    void onStale(long nowNanos) {
        verdict = verdict == null ? new Verdict() : verdict;
        verdict.staleNanos = nowNanos;
        verdict.retransmitsThen = subflow.tcb.retransmits();
    }

    /**
     * Whether a segment says that what was sent on a stale subflow arrives again. That one comes says nothing: on a path that is dead in one
     * direction the peer goes on telling its window.
     */
    boolean isAnsweredBy(IncomingSegment segment) {
        Tcb tcb = subflow.tcb;
        return tcb.log().isEmpty() || tcb.delivery().lastDeliveryNanos() > verdict.staleNanos || hasEcho(segment) && echoedTicks(segment) > 0;
    }

    private boolean hasEcho(IncomingSegment segment) {
        return subflow.tcb.isTimestampsOn() && segment.options.hasTimestamps && segment.options.tsEcr != 0;
    }

    /** When what it answers was sent, counted from the verdict. */
    private int echoedTicks(IncomingSegment segment) {
        return segment.options.tsEcr - Tcb.tsNow(verdict.staleNanos, subflow.tcb.tsOffset());
    }

    /** It is stale no more. Where that answers what was sent before, nothing had been lost: it was only late. */
    void onRecovered(long nowNanos, IncomingSegment segment) {
        boolean late = hasEcho(segment) ? echoedTicks(segment) <= 0 : subflow.tcb.retransmits() == verdict.retransmitsThen;
        if (late && subflow.tcb.delivery().lastDeliveryNanos() > verdict.staleNanos) {
            verdict.doublings = Math.min(verdict.doublings + 1, MAX_DOUBLINGS);
            verdict.wrongNanos = nowNanos;
            subflow.connection.data().sender.cancelReinjection(subflow.tcb.log());
        }
    }

    // ---- one that is not ----

    /** Starts or stops the timer, as things are now. */
    void update(long nowNanos) {
        long delivered = subflow.tcb.delivery().lastDeliveryNanos();
        boolean progress = delivered != deliveryNanos;
        deliveryNanos = delivered;
        if (!isWatched(subflow)) {
            deadlineNanos = Long.MAX_VALUE;
        } else if (progress || deadlineNanos == Long.MAX_VALUE) {
            sinceNanos = nowNanos;
            deadlineNanos = nowNanos + patienceNanos(nowNanos);
        }
    }

    /** There is something to be acknowledged, and another subflow on which the connection may hear. */
    static boolean isWatched(Subflow subflow) {
        Connection connection = subflow.connection;
        return connection.subflows().size() > 1 && connection.isMptcp() && subflow.phase == Subflow.Phase.ESTABLISHED && !subflow.stale
                && !subflow.tcb.log().isEmpty() && subflow.tcb.rtt().hasSample();
    }

    private long patienceNanos(long nowNanos) {
        if (verdict != null && nowNanos - verdict.wrongNanos > FORGET_NANOS) {
            verdict.doublings = 0;
        }
        return subflow.tcb.rtt().minRttNanos() + MARGIN_NANOS << (verdict == null ? 0 : verdict.doublings);
    }

    void expire(long nowNanos) {
        if (deadlineNanos > nowNanos) {
            return;
        }
        long patience = patienceNanos(nowNanos);
        long expected = expectedNanos(nowNanos);
        if (!isWatched(subflow)) {
            deadlineNanos = Long.MAX_VALUE;
        } else if (expected > nowNanos) {
            deadlineNanos = expected;
        } else if (!isAnotherHeard(sinceNanos + patience / 2)) {
            deadlineNanos = nowNanos + patience / 2; // the peer itself may have paused
        } else {
            deadlineNanos = Long.MAX_VALUE;
            SilentSubflows.onTimeout(subflow);
        }
    }

    /** When the oldest segment in flight should have been acknowledged at the latest. */
    private long expectedNanos(long nowNanos) {
        Tcb tcb = subflow.tcb;
        SegmentLog log = tcb.log();
        long oldest = Long.MAX_VALUE;
        for (int i = 0; i < log.size(); i++) {
            if (!log.has(i, SegmentLog.SACKED | SegmentLog.LOST)) {
                oldest = Math.min(oldest, log.sentNanos(i));
            }
        }
        if (oldest == Long.MAX_VALUE) {
            return nowNanos + patienceNanos(nowNanos); // nothing is in flight: it waits for its turn to be sent again
        }
        long variation = Math.max(4 * tcb.rtt().rttVarNanos(), MARGIN_NANOS / 2);
        return oldest + tcb.rtt().srttNanos() + variation + tcb.peerAckDelayNanos();
    }

    private boolean isAnotherHeard(long sinceWhenNanos) {
        SubflowSet subflows = subflow.connection.subflows();
        for (int i = 0; i < subflows.size(); i++) {
            Subflow other = subflows.get(i);
            if (other != subflow && other.isActiveForData() && other.tcb.lastReceiveNanos() >= sinceWhenNanos) {
                return true;
            }
        }
        return false;
    }
}
