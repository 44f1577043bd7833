package io.mptcp.stack;

/**
 * The connection's window may be open while a subflow has only seen it closed: the update got lost here and was heard elsewhere. Nobody repeats
 * it, so it has to be asked for (RFC 9293 section 3.8.6.1), or the subflow is never used again.
 */
final class WindowProbe {
    private static final int MAX_BACKOFF = 6;

    private final Subflow subflow;
    private long deadlineNanos = Long.MAX_VALUE;
    private int probes;

    WindowProbe(Subflow subflow) {
        this.subflow = subflow;
    }

    long deadlineNanos() {
        return deadlineNanos;
    }

    /** Starts or stops the timer. @param shut there is something to send, and the window of this subflow alone is in the way */
    void update(long nowNanos, boolean shut) {
        if (!shut) {
            deadlineNanos = Long.MAX_VALUE;
            probes = 0;
        } else if (deadlineNanos == Long.MAX_VALUE) {
            deadlineNanos = nowNanos + (subflow.tcb.rtt().rtoNanos() << Math.min(probes, MAX_BACKOFF));
        }
    }

    void expire(long nowNanos) {
        if (deadlineNanos <= nowNanos) {
            deadlineNanos = Long.MAX_VALUE;
            probes++;
            subflow.tcb.requestProbe();
            subflow.stack.count(Counter.WinProbe);
        }
    }
}
