package io.mptcp.stack;

/**
 * How much of the receive buffer a connection offers: dynamic right-sizing. It starts small and follows what the application reads in a round
 * trip, so that a fast reader never holds back the peer, and a slow one never collects more than it can use.
 *
 * <p>Twice of what was read in a round trip keeps a peer going that repairs a loss, for which it needs a round trip. A peer in slow start sends
 * twice as much in the next round trip, and is heard of only after that: while the reading speeds up, the buffer goes ahead by four times.
 * The round trip is that of the slowest subflow, the bytes are those of all of them (RFC 8684 section 3.3.4: {@code max RTT * sum of bandwidths}).
 */
final class RightSizing {
    /** As on Linux: what an unscaled window can say, more than four times the initial window of the peer. */
    static final int INITIAL_BYTES = 64 * 1024;
    private static final long UNKNOWN_RTT_NANOS = 100_000_000L;
    private static final int INITIAL_SEGMENTS = 10;
    private static final int SPARE_SEGMENTS = 16;
    private static final int LOSS_AHEAD = 2;
    private static final int SLOW_START_AHEAD = 4;

    private final int maxBytes;
    private int bufferBytes;
    private int peakBytes;
    private boolean automatic = true;
    private long roundStartNanos;
    /** Read since the round started, and most read in any round before. */
    private long copiedBytes;
    private long spaceBytes;

    RightSizing(int maxBytes) {
        this.maxBytes = maxBytes;
        bufferBytes = Math.min(INITIAL_BYTES, maxBytes);
        peakBytes = bufferBytes;
    }

    /** Bytes the connection may hold unread, and so promise. Never falls, except by {@link #setFixed}. */
    int bufferBytes() {
        return bufferBytes;
    }

    /** The largest size there has been: what was promised then is still valid. */
    int peakBytes() {
        return peakBytes;
    }

    /** @param bytes a size the application wants, at most the maximum; 0 for automatic */
    void setFixed(int bytes) {
        automatic = bytes == 0;
        if (!automatic) {
            bufferBytes = Math.min(bytes, maxBytes);
            peakBytes = Math.max(peakBytes, bufferBytes);
        }
    }

    /**
     * The application has read. One that reads so much more than before makes the buffer grow at once, not at the end of the round.
     *
     * @param rttNanos 0 when unknown
     * @param mayGrow  there is memory to grow into
     */
    void onRead(long nowNanos, int bytes, long rttNanos, int mssBytes, boolean mayGrow) {
        if (nowNanos - roundStartNanos >= (rttNanos == 0 ? UNKNOWN_RTT_NANOS : rttNanos)) {
            spaceBytes = Math.max(spaceBytes, copiedBytes);
            copiedBytes = 0;
            roundStartNanos = nowNanos;
        }
        copiedBytes += bytes;
        long known = Math.max(spaceBytes, (long) INITIAL_SEGMENTS * mssBytes);
        long growth = Math.clamp(copiedBytes - known, 0, copiedBytes / 2);
        growTo(2 * copiedBytes + 4 * growth + (long) SPARE_SEGMENTS * mssBytes, mayGrow);
    }

    /**
     * The application has read all there is, and so many bytes wait behind a hole. The peer may go on as long as they are no more than doubled; reading will
     * show only later that it was worth it. Where a slow subflow makes the others wait, one of those in slow start has sent twice what waits here by now, and
     * will be at four times when it hears of this: with less it stands still until the hole is filled.
     */
    void onOutOfOrder(long heldBytes, boolean several, boolean mayGrow) {
        int ahead = several ? SLOW_START_AHEAD : LOSS_AHEAD;
        if (heldBytes > bufferBytes / ahead) {
            growTo(ahead * heldBytes + INITIAL_BYTES, mayGrow);
        }
    }

    private void growTo(long bytes, boolean mayGrow) {
        if (automatic && mayGrow && bytes > bufferBytes) {
            bufferBytes = (int) Math.min(bytes, maxBytes);
            peakBytes = Math.max(peakBytes, bufferBytes);
        }
    }
}
