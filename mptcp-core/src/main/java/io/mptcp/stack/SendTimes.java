package io.mptcp.stack;

/**
 * For how long a connection had something to send or unacknowledged, and what kept it from sending more (Linux: {@code tcpi_busy_time},
 * {@code tcpi_rwnd_limited}, {@code tcpi_sndbuf_limited}). The limited times are part of the busy time.
 */
final class SendTimes {
    enum Phase { IDLE, BUSY, RECEIVE_WINDOW, SEND_BUFFER }

    private final long[] nanos = new long[Phase.values().length];
    private Phase phase = Phase.IDLE;
    private long sinceNanos;

    void enter(long nowNanos, Phase next) {
        if (next != phase) {
            nanos[phase.ordinal()] += nowNanos - sinceNanos;
            phase = next;
            sinceNanos = nowNanos;
        }
    }

    long nanos(long nowNanos, Phase asked) {
        return nanos[asked.ordinal()] + (asked == phase ? nowNanos - sinceNanos : 0);
    }

    long busyNanos(long nowNanos) {
        return nanos(nowNanos, Phase.BUSY) + nanos(nowNanos, Phase.RECEIVE_WINDOW) + nanos(nowNanos, Phase.SEND_BUFFER);
    }
}
