package io.mptcp.tcp;

/**
 * When to acknowledge (RFC 9293 section 3.8.6.3): as soon as more than one full-sized segment has come, at once for anything out of order, and
 * otherwise after a short delay. When the peer is likely to be in slow start (at the beginning, after idle time, after duplicates) every segment
 * is acknowledged at once for a while; where data goes to and fro, the answer carries the acknowledgment, and nothing is hurried. As Linux does.
 */
final class DelayedAck {
    private static final int MAX_QUICK_ACKS = 16;
    private static final int MIN_QUICK_ACKS = 2;
    private static final int MIN_RCV_MSS = 536;
    private static final long MIN_ATO_NANOS = 40_000_000L;

    private final long maxDelayNanos;
    private final boolean always;
    /** Payload of the largest packet seen: what counts as full-sized. */
    private int rcvMssBytes = MIN_RCV_MSS;
    private int quickAcksLeft;
    /** Data of this side follows closely on data of the peer. */
    private boolean pingpong;
    /** Time to wait for something to carry the acknowledgment, 0 before the first payload; follows the time between segments. */
    private long atoNanos;
    private long lastPayloadNanos;
    private int unacknowledgedBytes;
    private boolean now;
    private long deadlineNanos = Long.MAX_VALUE;

    /**
     * @param maxDelayNanos longest delay
     * @param always        acknowledge every segment at once
     */
    DelayedAck(long maxDelayNanos, boolean always) {
        this.maxDelayNanos = maxDelayNanos;
        this.always = always;
    }

    private long minAtoNanos() {
        return Math.min(MIN_ATO_NANOS, maxDelayNanos);
    }

    /**
     * @param length        payload bytes
     * @param packetPayload of these, what one packet carried
     * @param windowBytes   the receive window
     */
    void onInOrderPayload(long nowNanos, int length, int packetPayload, long windowBytes, RttEstimator rtt) {
        rcvMssBytes = Math.max(rcvMssBytes, packetPayload);
        adaptDelay(nowNanos, windowBytes, rtt.rtoNanos());
        unacknowledgedBytes += length;
        if (always || (quickAcksLeft > 0 && !pingpong) || unacknowledgedBytes > rcvMssBytes) {
            now = true;
        } else {
            deadlineNanos = Math.min(deadlineNanos, nowNanos + delayNanos(rtt.srttNanos()));
        }
    }

    private void adaptDelay(long nowNanos, long windowBytes, long rtoNanos) {
        long gap = nowNanos - lastPayloadNanos;
        lastPayloadNanos = nowNanos;
        if (atoNanos == 0) {
            enterQuickMode(windowBytes);
        } else if (gap <= minAtoNanos() / 2) {
            atoNanos = atoNanos / 2 + minAtoNanos() / 2;
        } else if (gap < atoNanos) {
            atoNanos = Math.min(atoNanos / 2 + gap, rtoNanos);
        } else if (gap > rtoNanos) {
            addQuickAcks(windowBytes); // a sender that starts again does so with a small window
        }
    }

    private long delayNanos(long srttNanos) {
        long delay = atoNanos;
        if (delay > minAtoNanos() && srttNanos > 0) {
            delay = Math.min(delay, Math.max(srttNanos, minAtoNanos()));
        }
        return Math.min(delay, maxDelayNanos);
    }

    /** The peer seems to have had losses, or has just begun: let its window grow. */
    void enterQuickMode(long windowBytes) {
        addQuickAcks(windowBytes);
        pingpong = false;
        atoNanos = minAtoNanos();
    }

    /** Half the segments that fit the window: enough for slow start to fill it. */
    private void addQuickAcks(long windowBytes) {
        long wanted = Math.clamp(windowBytes / (2L * rcvMssBytes), MIN_QUICK_ACKS, MAX_QUICK_ACKS);
        quickAcksLeft = (int) Math.max(quickAcksLeft, wanted);
    }

    /** Payload of the largest packet received, at least 536. */
    int rcvMssBytes() {
        return rcvMssBytes;
    }

    /**
     * The SYN/ACK has come, and data is there to carry the third ACK.
     *
     * @param isNew it has not been sent before: as Linux, a request, whose answer begins no bulk transfer
     */
    void requestWithData(long nowNanos, boolean isNew) {
        deadlineNanos = nowNanos + minAtoNanos();
        if (isNew) {
            atoNanos = minAtoNanos();
            lastPayloadNanos = nowNanos;
        }
    }

    /** New data of this side leaves. */
    void onDataSent(long nowNanos) {
        pingpong |= atoNanos > 0 && nowNanos - lastPayloadNanos < atoNanos;
    }

    /** Out of order, filling a hole, duplicate, unacceptable: RFC 5681 section 4.2 wants an ACK at once. */
    void requestNow() {
        now = true;
    }

    boolean isDue() {
        return now;
    }

    void expire(long nowNanos) {
        if (deadlineNanos > nowNanos) {
            return;
        }
        deadlineNanos = Long.MAX_VALUE;
        now = true;
        if (pingpong) {
            pingpong = false; // it is not, or there would have been an answer to carry the acknowledgment
            atoNanos = minAtoNanos();
        } else {
            atoNanos = Math.min(2 * atoNanos, maxDelayNanos);
        }
    }

    /** A segment with the current acknowledgment number has been sent. */
    void sent() {
        if (unacknowledgedBytes > 0 && quickAcksLeft > 0 && --quickAcksLeft == 0) {
            atoNanos = minAtoNanos();
        }
        now = false;
        unacknowledgedBytes = 0;
        deadlineNanos = Long.MAX_VALUE;
    }

    long deadlineNanos() {
        return deadlineNanos;
    }
}
