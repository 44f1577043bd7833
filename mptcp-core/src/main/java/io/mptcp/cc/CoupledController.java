package io.mptcp.cc;

/**
 * A controller whose window grows with regard to the other subflows of its connection (RFC 6356 section 2), so that a connection with
 * several of them through one bottleneck takes no more there than one TCP would, and moves away from congestion. Only the increase of
 * congestion avoidance is coupled: slow start, recovery and timeouts are TCP's. With one subflow all of them are standard TCP (RFC 5681).
 *
 * <p>The papers count windows in packets, and what is added for one packet acknowledged. Here all of it is in bytes: an increase of
 * {@code f} packets is {@code f * MSS * bytes / MSS}. Fractions of a byte are kept, so no increase is ever rounded to nothing.
 */
abstract sealed class CoupledController extends LossBasedController permits Lia, Olia, Balia {
    final CoupledGroup group;
    private long srttNanos;
    /** What its last acknowledgment left in flight: nothing means that it is not in use, as a backup is most of the time. */
    private long inFlightBytes;
    /** Most in flight within a round trip, where it was the application and not cwnd that set the limit; else no limit. */
    private long usedBytes = Long.MAX_VALUE;

    CoupledController(CoupledGroup group) {
        this.group = group;
    }

    @Override
    public void onEstablished(long nowNanos, int mssBytes, boolean synRetransmitted) {
        super.onEstablished(nowNanos, mssBytes, synRetransmitted);
        group.add(this);
    }

    @Override
    public void onClosed() {
        group.remove(this);
    }

    @Override
    public void onAck(AckSample sample) {
        srttNanos = sample.srttNanos;
        inFlightBytes = sample.inFlightBytes;
        usedBytes = sample.appLimited ? sample.maxInFlightBytes : Long.MAX_VALUE;
        super.onAck(sample);
    }

    @Override
    void avoidCongestion(AckSample sample, long bytes, boolean cwndLimited) {
        if (cwndLimited && srttNanos > 0) {
            growCwnd(increasePerByte() * mssBytes() * Math.min(bytes, cwndBytes()));
        }
    }

    /** By how much of an MSS cwnd grows for a byte acknowledged, in 1/byte: TCP's would be 1 / cwnd. May be negative. */
    abstract double increasePerByte();

    /** Others count only while they have something in flight, and their round-trip time is known. */
    final boolean isCounted() {
        return srttNanos > 0 && inFlightBytes > 0;
    }

    /** cwnd, or what is used of it (RFC 6356 section 3). In recovery it is ssthresh already. */
    final double windowBytes() {
        return Math.min(cwndBytes(), usedBytes);
    }

    /** Smoothed; above 0 for those that count. */
    final double rttNanos() {
        return srttNanos;
    }

    /** Window by round-trip time. */
    final double bytesPerNano() {
        return srttNanos == 0 ? 0 : windowBytes() / srttNanos;
    }

    @Override
    void reduce(long inFlightBytes) {
        setSsthresh(inFlightBytes / 2);
    }

    @Override
    void reduceAfterTimeout(long inFlightBytes) {
        setSsthresh(inFlightBytes / 2);
    }

    @Override
    void saveAvoidanceState() {
        // There is none beyond cwnd and ssthresh.
    }

    @Override
    void restoreAvoidanceState() {
        // See above.
    }
}
