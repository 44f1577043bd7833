package io.mptcp.tcp;

import io.mptcp.wire.TcpOptions;

/**
 * Finds out that a recovery was for nothing, because the originals had only been late: by the timestamp that comes back (Eifel, RFC 3522),
 * because everything sent again is reported as a duplicate (RFC 3708), or because they arrive before anything was sent again. One question
 * for each recovery.
 */
final class SpuriousDetector {
    private boolean active;
    /** The first acknowledgment of something sent again answers the question for timestamps. */
    private boolean timestampAsked;
    private boolean retransmitted;
    private int firstTimestamp;
    private long startSsn;
    private long retransmittedBytes;
    private long duplicateBytes;

    /** A recovery begins, with nothing sent again yet. */
    void start(long sndUna) {
        active = true;
        timestampAsked = false;
        retransmitted = false;
        startSsn = sndUna;
        retransmittedBytes = 0;
        duplicateBytes = 0;
    }

    /** What is sent again from now on is no question of being early. */
    void stop() {
        active = false;
    }

    /** The question of the last recovery is open. */
    boolean isActive() {
        return active;
    }

    void onRetransmit(int length, int timestamp) {
        if (active && !retransmitted) {
            retransmitted = true;
            firstTimestamp = timestamp;
        }
        retransmittedBytes += length;
    }

    /** A D-SACK block (RFC 2883). */
    void onDuplicate(long left, long right) {
        if (left >= startSsn) {
            duplicateBytes += right - left;
        }
    }

    /**
     * Asked once for each acknowledgment.
     *
     * @param advances   it advances SND.UNA
     * @param timestamps timestamps are in use
     * @return true at most once for each recovery
     */
    boolean isSpurious(TcpOptions options, boolean advances, boolean timestamps) {
        if (!active) {
            return false;
        }
        if (!retransmitted) {
            active = !advances; // what was acknowledged can only be the original
            return advances;
        }
        boolean late = false;
        if (advances && !timestampAsked) {
            timestampAsked = true;
            late = timestamps && options.hasTimestamps && options.tsEcr != 0 && options.tsEcr - firstTimestamp < 0;
        }
        if (!late && duplicateBytes < retransmittedBytes) {
            return false;
        }
        active = false;
        return true;
    }
}
