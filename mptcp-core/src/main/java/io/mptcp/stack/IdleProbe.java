package io.mptcp.stack;

import io.mptcp.spi.PathEvent;
import io.mptcp.tcp.Tcb;

/**
 * Keep-alives (RFC 9293 section 3.8.4) on an idle subflow, as often as its link says: they keep the state of NATs, and find out that a path
 * has died before it is needed. One that does not answer counts as stale, so that data that comes goes elsewhere, and is reset when more
 * probes got no answer: the path manager opens another. The last subflow that works is never given up for its silence.
 */
final class IdleProbe {
    /** The next one after an unanswered one comes after an RTO, but not sooner. */
    private static final long MIN_REPEAT_NANOS = 1_000_000_000L;
    private static final int STALE_UNANSWERED = 2;
    private static final int MAX_UNANSWERED = 5;

    private final Subflow subflow;
    private long intervalNanos;
    private long deadlineNanos = Long.MAX_VALUE;
    private int unanswered;
    private long heardNanos;

    IdleProbe(Subflow subflow) {
        this.subflow = subflow;
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    /** Starts or stops the timer, as things are now. */
    void update(long nowNanos) {
        long before = intervalNanos;
        intervalNanos = subflow.stack.linkProperties(subflow.linkId).probeIntervalNanos();
        Tcb tcb = subflow.tcb;
        if (tcb.lastReceiveNanos() != heardNanos || intervalNanos != before) {
            heardNanos = tcb.lastReceiveNanos();
            unanswered = 0;
            deadlineNanos = Long.MAX_VALUE;
        }
        boolean idle = intervalNanos > 0 && subflow.connection.isMptcp() && !subflow.connection.isFastclosing()
                && subflow.phase == Subflow.Phase.ESTABLISHED && tcb.log().isEmpty() && !tcb.isFinRequested();
        if (!idle) {
            deadlineNanos = Long.MAX_VALUE;
        } else if (deadlineNanos == Long.MAX_VALUE) {
            long nextNanos = unanswered == 0 ? heardNanos + intervalNanos
                    : nowNanos + Math.min(intervalNanos, Math.max(MIN_REPEAT_NANOS, tcb.rtt().rtoNanos() << unanswered - 1));
            deadlineNanos = Math.max(nextNanos, nowNanos);
        }
    }

    void expire(long nowNanos) {
        if (deadlineNanos > nowNanos) {
            return;
        }
        deadlineNanos = Long.MAX_VALUE;
        boolean others = subflow.connection.subflows().hasActiveBeside(subflow);
        if (unanswered >= MAX_UNANSWERED && others) {
            subflow.stack.trace(PathEvent.Type.PATH_PROBE_FAILED, subflow.connection, subflow, unanswered + " probes without an answer");
            subflow.reset(ResetReason.UNACCEPTABLE_PERFORMANCE);
            return;
        }
        if (unanswered >= STALE_UNANSWERED) {
            SilentSubflows.onTimeout(subflow);
        }
        unanswered = Math.min(unanswered + 1, MAX_UNANSWERED);
        subflow.tcb.requestProbe();
        subflow.stack.count(Counter.TCPKeepAlive);
    }
}
