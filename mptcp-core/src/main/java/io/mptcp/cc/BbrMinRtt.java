package io.mptcp.cc;

/** BBR.min_rtt, the round trip without a queue, and when it has to be looked for again. Names as in the draft. */
final class BbrMinRtt {
    static final long UNKNOWN = Long.MAX_VALUE;
    private static final long MIN_RTT_FILTER_NANOS = 10_000_000_000L;
    private static final long PROBE_RTT_INTERVAL_NANOS = 5_000_000_000L;

    private long minRttNanos = UNKNOWN;
    private long minRttStampNanos;
    private long probeRttMinDelayNanos = UNKNOWN;
    private long probeRttMinStampNanos;
    private boolean probeRttExpired;

    void begin(long nowNanos) {
        minRttStampNanos = nowNanos;
        probeRttMinStampNanos = nowNanos;
    }

    /** UpdateMinRTT. @param rttNanos of this ACK, -1 for none */
    void onAck(long nowNanos, long rttNanos) {
        probeRttExpired = nowNanos > probeRttMinStampNanos + PROBE_RTT_INTERVAL_NANOS;
        if (rttNanos >= 0 && (rttNanos < probeRttMinDelayNanos || probeRttExpired)) {
            probeRttMinDelayNanos = rttNanos;
            probeRttMinStampNanos = nowNanos;
        }
        if (probeRttMinDelayNanos < minRttNanos || nowNanos > minRttStampNanos + MIN_RTT_FILTER_NANOS) {
            minRttNanos = probeRttMinDelayNanos;
            minRttStampNanos = probeRttMinStampNanos;
        }
    }

    /** The path has been emptied: the next time is a whole interval from now. */
    void onProbed(long nowNanos) {
        probeRttMinStampNanos = nowNanos;
    }

    /** None as low as the lowest was seen for so long that it is time to empty the path. */
    boolean isExpired() {
        return probeRttExpired;
    }

    /** {@link #UNKNOWN} before the first sample. */
    long minRttNanos() {
        return minRttNanos;
    }
}
