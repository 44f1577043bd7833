package io.mptcp.stack;

import io.mptcp.tcp.Tcb;

/**
 * Notices that one subflow has gone silent while the connection hears from others, and asks whether the peer is still there: a keep-alive
 * (RFC 9293 section 3.8.4), answered by an ACK, or by a RST from a peer that has given the subflow up. Without an answer the subflow
 * is closed, so that the path manager can open another.
 *
 * <p>A subflow with data outstanding has its own timers. But once it is stale they only get slower, while the data has long gone
 * elsewhere; then these probes, which cost next to nothing, find out soon that the path is back.
 */
final class SilenceProbe {
    /** While other subflows are busy a segment every two seconds is nothing. A peer like Linux's is silent for a second where it has nothing to say. */
    private static final long BUSY_NANOS = 2_000_000_000L;
    private static final long FIRST_STALE_NANOS = 100_000_000L;
    /** The longest a path that is back stays unused. */
    private static final long MAX_STALE_NANOS = 1_000_000_000L;
    private static final long BACKUP_NANOS = 15_000_000_000L;
    private static final int MAX_UNANSWERED = 30;
    private static final int MAX_DOUBLINGS = 16;

    private final Subflow subflow;
    private long deadlineNanos = Long.MAX_VALUE;
    private int unanswered;
    private long heardNanos;

    SilenceProbe(Subflow subflow) {
        this.subflow = subflow;
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    /** Starts or stops the timer, as things are now. */
    void update(long nowNanos) {
        Tcb tcb = subflow.tcb;
        if (tcb.lastReceiveNanos() != heardNanos && !subflow.isDoubtful()) { // what is heard there answers nothing, or it would not be stale
            heardNanos = tcb.lastReceiveNanos();
            unanswered = 0;
            deadlineNanos = Long.MAX_VALUE;
        }
        boolean silent = subflow.connection.isMptcp() && !subflow.connection.isFastclosing() && subflow.phase == Subflow.Phase.ESTABLISHED
                && (tcb.log().isEmpty() || subflow.isDoubtful()) && subflow.connection.lastHeardNanos() > heardNanos;
        if (!silent) {
            deadlineNanos = Long.MAX_VALUE;
        } else if (deadlineNanos == Long.MAX_VALUE) {
            deadlineNanos = nowNanos + intervalNanos();
        }
    }

    private long intervalNanos() {
        if (subflow.isDoubtful()) { // a short outage, or a verdict that was wrong, should soon be over
            long firstNanos = Math.max(FIRST_STALE_NANOS, 2 * subflow.tcb.rtt().srttNanos());
            return Math.min(MAX_STALE_NANOS, firstNanos << Math.min(unanswered, MAX_DOUBLINGS));
        }
        return Math.max(subflow.isBackup() ? BACKUP_NANOS : BUSY_NANOS, 2 * subflow.tcb.rtt().srttNanos());
    }

    /**
     * On a stale subflow in turns: an acknowledgment of the oldest segment tells for certain that data arrives again; a probe without data is answered
     * also where only large segments get lost, so that a black hole is soon found out.
     */
    private boolean asksByData() {
        return subflow.isDoubtful() && unanswered % 2 == 1;
    }

    void expire(long nowNanos) {
        if (deadlineNanos > nowNanos) {
            return;
        }
        deadlineNanos = Long.MAX_VALUE;
        if (unanswered++ >= MAX_UNANSWERED && !subflow.isDoubtful()) {
            subflow.reset(ResetReason.UNACCEPTABLE_PERFORMANCE);
        } else if (!asksByData() || !subflow.tcb.askByOldest()) {
            subflow.tcb.requestProbe();
        }
    }
}
