package io.mptcp.stack;

/**
 * For how long a connection had something to send or unacknowledged, and what kept it from sending more (Linux: {@code tcpi_busy_time},
 * {@code tcpi_rwnd_limited}, {@code tcpi_sndbuf_limited}). The limited times are part of the busy time.
 */
final class SendTimes {
    enum Phase { IDLE, BUSY, RECEIVE_WINDOW, SEND_BUFFER }

    private long busyNanos;
    private long receiveWindowNanos;
    private long sendBufferNanos;
    private Phase phase = Phase.IDLE;
    private long sinceNanos;

    void enter(long nowNanos, Phase next) {
        if (next != phase) {
            long passed = nowNanos - sinceNanos;
            switch (phase) {
                case IDLE -> { }
                case BUSY -> busyNanos += passed;
                case RECEIVE_WINDOW -> receiveWindowNanos += passed;
                case SEND_BUFFER -> sendBufferNanos += passed;
            }
            phase = next;
            sinceNanos = nowNanos;
        }
    }

    long receiveWindowNanos(long nowNanos) {
        return receiveWindowNanos + (phase == Phase.RECEIVE_WINDOW ? nowNanos - sinceNanos : 0);
    }

    long sendBufferNanos(long nowNanos) {
        return sendBufferNanos + (phase == Phase.SEND_BUFFER ? nowNanos - sinceNanos : 0);
    }

    /** All that is not idle. */
    long busyNanos(long nowNanos) {
        return busyNanos + receiveWindowNanos + sendBufferNanos + (phase == Phase.IDLE ? 0 : nowNanos - sinceNanos);
    }
}
