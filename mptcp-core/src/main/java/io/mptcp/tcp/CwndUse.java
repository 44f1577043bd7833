package io.mptcp.tcp;

/**
 * Whether the congestion window is what limits the sender, and so may grow (RFC 7661). One moment says little: ACKs come in bursts, and pacing
 * spreads what they allow. It is judged by the last round trip, as Linux does: the window was full at some time, or so much was in flight.
 */
final class CwndUse {
    private long roundEndSsn;
    private long maxInFlightBytes;
    private boolean filled;

    /** Nothing has been sent yet. */
    void begin() {
        roundEndSsn = 0;
        maxInFlightBytes = 0;
        filled = false;
    }

    /** New data has been sent. */
    void onSent(long sndUna, long sndNxt, long inFlightBytes, long limitBytes, int mssBytes) {
        boolean fills = inFlightBytes + mssBytes > limitBytes; // a sender waits for room for a full segment
        if (fills || sndUna >= roundEndSsn || (!filled && inFlightBytes > maxInFlightBytes)) {
            filled = fills;
            maxInFlightBytes = inFlightBytes;
            roundEndSsn = sndNxt;
        }
    }

    /** The window left no room for another segment. */
    boolean wasFull() {
        return filled;
    }

    /** Most bytes that were in flight. */
    long maxInFlightBytes() {
        return maxInFlightBytes;
    }
}
