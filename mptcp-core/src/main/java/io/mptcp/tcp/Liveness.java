package io.mptcp.tcp;

/**
 * How long a silent peer is waited for: the thresholds R1 and R2 (RFC 9293 section 3.8.3), the user timeout (RFC 5482 section 3.1), and
 * keep-alive probes while nothing is outstanding (RFC 9293 section 3.8.4).
 */
final class Liveness {
    private static final long NANOS_PER_MILLI = 1_000_000L;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final Tcb tcb;
    /** When the oldest unanswered segment was sent, while {@code tcb.timeouts > 0}. */
    private long stalledSinceNanos;
    private int keepAlivesUnanswered;
    private long lastKeepAliveNanos;

    Liveness(Tcb tcb) {
        this.tcb = tcb;
    }

    /** Something acceptable came. */
    void onReceived() {
        keepAlivesUnanswered = 0;
    }

    // ---- retransmissions ----

    /** The retransmission timer has expired, {@code tcb.timeouts} times in a row. @return whether R2 is reached: the peer is given up */
    boolean onTimeout(long nowNanos) {
        if (tcb.timeouts == 1) {
            stalledSinceNanos = nowNanos - tcb.rtt.rtoNanos();
        }
        long userTimeoutNanos = userTimeoutNanos();
        boolean timedOut = userTimeoutNanos > 0 && nowNanos - stalledSinceNanos >= userTimeoutNanos;
        if (!tcb.state.isSynchronized()) {
            return timedOut || tcb.timeouts > tcb.upper.synRetries();
        }
        if (tcb.timeouts == tcb.config.r1Retries()) {
            tcb.upper.onUnresponsive();
        }
        return userTimeoutNanos > 0 ? timedOut : tcb.timeouts > tcb.config.retries();
    }

    /** A retransmission deadline, or the earlier one at which the user timeout ends. */
    long boundByUserTimeout(long nowNanos, long deadlineNanos) {
        long userTimeoutNanos = userTimeoutNanos();
        if (userTimeoutNanos == 0 || tcb.timeouts == 0) {
            return deadlineNanos;
        }
        return Math.min(deadlineNanos, Math.max(nowNanos + NANOS_PER_MILLI, stalledSinceNanos + userTimeoutNanos));
    }

    private long userTimeoutNanos() {
        return tcb.upper.socketOptions().userTimeoutMillis() * NANOS_PER_MILLI;
    }

    // ---- keep-alive ----

    long deadlineNanos() {
        SocketOptions options = tcb.upper.socketOptions();
        boolean idle = options.keepAlive() && tcb.state.isSynchronized() && tcb.state != TcpState.TIME_WAIT && tcb.log.isEmpty();
        if (!idle) {
            return Long.MAX_VALUE;
        }
        return keepAlivesUnanswered == 0 ? tcb.lastReceiveNanos + options.keepAliveIdleSeconds() * NANOS_PER_SECOND
                : lastKeepAliveNanos + options.keepAliveIntervalSeconds() * NANOS_PER_SECOND;
    }

    void expire(long nowNanos) {
        if (deadlineNanos() > nowNanos) {
            return;
        }
        long userTimeoutNanos = userTimeoutNanos();
        boolean dead = userTimeoutNanos > 0 ? keepAlivesUnanswered > 0 && nowNanos - tcb.lastReceiveNanos >= userTimeoutNanos
                : keepAlivesUnanswered >= tcb.upper.socketOptions().keepAliveProbes();
        if (dead) {
            tcb.reset(TcpCloseReason.TIMED_OUT);
            return;
        }
        keepAlivesUnanswered++;
        lastKeepAliveNanos = nowNanos;
        tcb.probeDue = true;
        tcb.upper.onKeepAlive();
    }
}
