package io.mptcp.cc;

/**
 * BBR.extra_acked: by how much acknowledgments that come in heaps, as after GRO or on a radio link, run ahead of the estimated rate. So much more
 * has to be in flight for sending to go on between the heaps.
 */
final class BbrAggregation {
    /** BBR.ExtraAckedFilterLen, in round trips; in Startup it is one. */
    private static final int FILTER_ROUNDS = 10;
    private static final double NANOS_PER_SECOND = 1e9;

    private final WindowedMax filter = new WindowedMax(FILTER_ROUNDS);
    private long intervalStartNanos;
    private double deliveredBytes;
    private double extraAckedBytes;

    void restart(long nowNanos) {
        intervalStartNanos = nowNanos;
    }

    /** @param limitBytes a sample is no larger than this */
    void onAck(long nowNanos, double bytesPerSecond, long newlyAckedBytes, long limitBytes, long round, boolean startup) {
        double expected = bytesPerSecond * (nowNanos - intervalStartNanos) / NANOS_PER_SECOND;
        if (deliveredBytes <= expected) {
            deliveredBytes = 0;
            intervalStartNanos = nowNanos;
            expected = 0;
        }
        deliveredBytes += newlyAckedBytes;
        filter.add(Math.min(deliveredBytes - expected, limitBytes), round);
        extraAckedBytes = filter.max(startup ? 1 : FILTER_ROUNDS);
    }

    double extraAckedBytes() {
        return extraAckedBytes;
    }
}
