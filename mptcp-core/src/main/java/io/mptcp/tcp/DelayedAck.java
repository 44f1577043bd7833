package io.mptcp.tcp;

/**
 * When to acknowledge (RFC 9293 section 3.8.6.3): every second full-sized segment, at once for anything out of order, and otherwise after a
 * short delay. The first segments of a connection are acknowledged at once, so that the peer's slow start is not held back.
 */
final class DelayedAck {
    private static final int QUICK_ACKS = 16;

    private final long delayNanos;
    private int quickAcksLeft = QUICK_ACKS;
    private int unacknowledgedBytes;
    private boolean now;
    private long deadlineNanos = Long.MAX_VALUE;

    DelayedAck(long delayNanos) {
        this.delayNanos = delayNanos;
    }

    void onInOrderPayload(long nowNanos, int length, int mssBytes) {
        unacknowledgedBytes += length;
        if (quickAcksLeft > 0) {
            quickAcksLeft--;
            now = true;
        } else if (unacknowledgedBytes >= 2 * mssBytes) {
            now = true;
        } else if (deadlineNanos == Long.MAX_VALUE) {
            deadlineNanos = nowNanos + delayNanos;
        }
    }

    /** Out of order, filling a hole, duplicate, unacceptable: RFC 5681 section 4.2 wants an ACK at once. */
    void requestNow() {
        now = true;
    }

    boolean isDue() {
        return now;
    }

    void expire(long nowNanos) {
        if (deadlineNanos <= nowNanos) {
            deadlineNanos = Long.MAX_VALUE;
            now = true;
        }
    }

    /** A segment with the current acknowledgment number has been sent. */
    void sent() {
        now = false;
        unacknowledgedBytes = 0;
        deadlineNanos = Long.MAX_VALUE;
    }

    long deadlineNanos() {
        return deadlineNanos;
    }
}
