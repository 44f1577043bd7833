package io.mptcp.tcp;

/**
 * Round-trip time as a receiver of bulk data sees it, in nanoseconds: whoever only acknowledges gets no sample for {@link RttEstimator} after
 * the handshake, and a window has to follow the path. With timestamps the peer's echo dates the acknowledgment that let a segment go. Without
 * them, what a window promised at some moment cannot all have arrived before a round trip is over: the least such time of the last 10 to 20
 * seconds is an upper bound, and close to the truth when the window is what holds the peer back.
 */
final class ReceiverRtt {
    private static final long NANOS_PER_MILLI = 1_000_000L;
    private static final long MIN_WINDOW_NANOS = 10_000_000_000L;
    private static final int MAX_TICKS = 600_000;

    private long rttNanos;
    private long lastPayloadNanos;
    private int lastTsEcr;

    /** Null on a connection with timestamps. */
    private Promise promise;

    /** The estimate, 0 before there is one. */
    long rttNanos() {
        return rttNanos;
    }

    /**
     * A segment in order whose TS.Ecr is a millisecond timestamp of this side.
     *
     * @param ticks     age of the timestamp it echoes
     * @param srttNanos the handshake's, or a sender's, estimate; 0 for none
     */
    void onTimestamp(long nowNanos, int tsEcr, int ticks, long srttNanos) {
        boolean continuous = nowNanos - lastPayloadNanos <= 2 * Math.max(rttNanos, srttNanos);
        lastPayloadNanos = nowNanos;
        // One sample for each acknowledgment that is echoed; and after a pause of the peer's application the echo tells how long that was.
        if (tsEcr == lastTsEcr || !continuous || ticks < 0 || ticks > MAX_TICKS) {
            lastTsEcr = tsEcr;
            return;
        }
        lastTsEcr = tsEcr;
        boolean finerKnown = ticks <= 1 && srttNanos > 0 && srttNanos < NANOS_PER_MILLI;
        long sample = finerKnown ? srttNanos : Math.max(1, ticks) * NANOS_PER_MILLI;
        rttNanos = rttNanos == 0 ? sample : rttNanos + (sample - rttNanos) / 8;
    }

    /** Data in order up to {@code rcvNxt}, on a connection without timestamps, when the window ends {@code windowBytes} further on. */
    void onContiguous(long nowNanos, long rcvNxt, long windowBytes) {
        promise = promise == null ? new Promise() : promise;
        if (promise.onContiguous(nowNanos, rcvNxt, windowBytes)) {
            rttNanos = promise.boundNanos();
        }
    }

    /** A window that was promised, and how soon such have been used up. */
    private static final class Promise {
        private long endSsn;
        private long madeNanos;
        private long minNanos = Long.MAX_VALUE;
        private long previousMinNanos = Long.MAX_VALUE;
        private long minEndNanos;

        /** @return whether there is another bound */
        boolean onContiguous(long nowNanos, long rcvNxt, long windowBytes) {
            if (rcvNxt < endSsn) {
                return false;
            }
            boolean kept = endSsn > 0;
            if (kept) {
                takeBound(nowNanos, Math.max(1, nowNanos - madeNanos));
            }
            endSsn = rcvNxt + Math.max(1, windowBytes);
            madeNanos = nowNanos;
            return kept;
        }

        private void takeBound(long nowNanos, long boundNanos) {
            if (nowNanos >= minEndNanos) {
                previousMinNanos = minNanos;
                minNanos = Long.MAX_VALUE;
                minEndNanos = nowNanos + MIN_WINDOW_NANOS;
            }
            minNanos = Math.min(minNanos, boundNanos);
        }

        long boundNanos() {
            return Math.min(minNanos, previousMinNanos);
        }
    }
}
