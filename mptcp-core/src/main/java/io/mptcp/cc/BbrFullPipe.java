package io.mptcp.cc;

/** Whether sending faster still makes the path deliver more: if it has not for three round trips, the pipe is full. Names as in the draft. */
final class BbrFullPipe {
    private static final double GROWTH = 1.25;
    private static final int ROUNDS = 3;

    private double fullBw;
    private int fullBwCount;
    private boolean fullBwNow;
    private boolean fullBwReached;

    /** ResetFullBW, from this rate on. */
    void restart(double bytesPerSecond) {
        fullBw = bytesPerSecond;
        fullBwCount = 0;
        fullBwNow = false;
    }

    /** CheckFullBWReached, at the end of each round trip that the application did not limit. */
    void onRound(double bytesPerSecond) {
        if (fullBwNow) {
            return;
        }
        if (bytesPerSecond >= fullBw * GROWTH) {
            restart(bytesPerSecond);
            return;
        }
        fullBwNow = ++fullBwCount >= ROUNDS;
        fullBwReached |= fullBwNow;
    }

    /** BBR.full_bw_now: since the last {@link #restart}. */
    boolean isFullNow() {
        return fullBwNow;
    }

    /** BBR.full_bw_reached: at any time. */
    boolean wasReached() {
        return fullBwReached;
    }

    void setReached(boolean reached) {
        fullBwReached = reached;
    }
}
