package io.mptcp.tcp;

import io.mptcp.buffer.SegmentLog;

/**
 * How fast a path delivers, and so when what is in flight will have been delivered. The rate is that of the acknowledgments: bytes delivered over
 * time, while something is in flight. Unlike cwnd / SRTT this holds in slow start, too, where a window says nothing yet about the path, and
 * where a queue builds up that SRTT follows only slowly.
 */
public final class Delivery {
    private static final double NANOS_PER_SECOND = 1e9;
    /** How long it takes a peak to be forgotten. */
    private static final double PEAK_NANOS = 4e9;
    private static final double MAX_DOUBLINGS = 16;
    /** No acknowledgment has come for so long that there is no telling when one will. */
    public static final long UNKNOWN = Long.MAX_VALUE;

    private final Tcb tcb;
    private double bytes;
    private double nanos;
    private double peakBytesPerSecond;
    /** Of the last acknowledgment that left something in flight; -1 after one that did not. */
    private long lastNanos = -1;
    private long lastDeliveryNanos;
    private long lastRttNanos;

    Delivery(Tcb tcb) {
        this.tcb = tcb;
    }

    /** @param rttNanos round-trip sample of this acknowledgment, -1 for none */
    void onAck(long nowNanos, long deliveredBytes, long inFlightBytes, long rttNanos) {
        if (deliveredBytes <= 0) {
            return;
        }
        long taken = lastNanos >= 0 ? nowNanos - lastNanos : rttNanos;
        if (taken >= 0) {
            // The mean of the last round trip, older ones fading: what was little for want of data, or of a window, says nothing soon after.
            double memoryNanos = Math.max(1, tcb.rtt.srttNanos());
            double kept = memoryNanos / (memoryNanos + taken);
            bytes = bytes * kept + deliveredBytes;
            nanos = nanos * kept + taken;
            double faded = peakBytesPerSecond * (1 - Math.min(1, taken / PEAK_NANOS));
            peakBytesPerSecond = Math.max(faded, bytesPerSecond());
        }
        lastNanos = inFlightBytes > 0 ? nowNanos : -1;
        lastRttNanos = rttNanos >= 0 ? rttNanos : lastRttNanos;
        lastDeliveryNanos = nowNanos;
    }

    /** When something was last found to have arrived, by cumulative or selective acknowledgment; 0 for never. */
    public long lastDeliveryNanos() {
        return lastDeliveryNanos;
    }

    /** Bytes per second, 0 when unknown. */
    public double bytesPerSecond() {
        return nanos <= 0 ? 0 : bytes / nanos * NANOS_PER_SECOND;
    }

    /**
     * Bytes it could send in that time if nothing kept it from sending: at the highest rate of the last seconds, and in slow start twice as much each
     * round trip. 0 when nothing has been delivered yet, whatever the window promises.
     */
    public double bytesWithin(long durationNanos) {
        double steady = peakBytesPerSecond * durationNanos / NANOS_PER_SECOND;
        long srtt = tcb.rtt.srttNanos();
        if (!tcb.cc.inSlowStart() || srtt == 0) {
            return steady;
        }
        double rounds = Math.min(MAX_DOUBLINGS, (double) durationNanos / srtt);
        return Math.max(steady, 2 * bytesPerSecond() * srtt / NANOS_PER_SECOND * (StrictMath.pow(2, rounds) - 1));
    }

    /** How long it takes to deliver so much at the highest rate of the last seconds; {@link #UNKNOWN} when nothing has been delivered yet. */
    public long nanosFor(long bytes) {
        return peakBytesPerSecond == 0 ? UNKNOWN : (long) (bytes / peakBytesPerSecond * NANOS_PER_SECOND);
    }

    /**
     * How long it takes from now until a segment sent now is acknowledged. Without a queue that is a round trip, whatever the rate: a subflow that has
     * hardly sent has delivered next to nothing a second.
     */
    public long nextNanos() {
        double rate = bytesPerSecond();
        if (rate == 0) {
            return tcb.rtt.srttNanos() * (1 + tcb.log.inFlightBytes() / tcb.payloadMssBytes());
        }
        if (!isQueueing()) {
            return tcb.rtt.srttNanos();
        }
        double queueNanos = Math.max(tcb.rtt.minRttNanos(), tcb.log.inFlightBytes() / rate * NANOS_PER_SECOND);
        return (long) (queueNanos + tcb.payloadMssBytes() / rate * NANOS_PER_SECOND);
    }

    /**
     * When entry {@code index} of the log will be acknowledged, if the path is as fast as it was at its best in the last seconds. Where no queue shows
     * it takes a round trip, whatever the rate: that is of what was sent, not of what the path could carry.
     *
     * @param bytesBehind bytes that were sent after it and are in flight, too
     * @return at {@code nowNanos} at the earliest, or {@link #UNKNOWN}
     */
    public long expectedNanos(long nowNanos, int index, long bytesBehind) {
        SegmentLog log = tcb.log;
        RttEstimator rtt = tcb.rtt;
        long sent = log.sentNanos(index);
        long latest = sent + rtt.srttNanos() + 4 * rtt.rttVarNanos();
        if (peakBytesPerSecond == 0 && log.inFlightBytes() - bytesBehind > tcb.payloadMssBytes()) {
            return UNKNOWN; // a path that has not shown yet how fast it is: all that is known is when the first segment will be there
        }
        long expected = sent + rtt.srttNanos() + rtt.rttVarNanos();
        if (isQueueing() && peakBytesPerSecond > 0) {
            double waitNanos = (log.inFlightBytes() - bytesBehind) / peakBytesPerSecond * NANOS_PER_SECOND;
            expected = Math.max(sent + rtt.minRttNanos(), lastDeliveryNanos + (long) waitNanos);
        }
        if (log.has(index, SegmentLog.LOST)) {
            expected = Math.max(expected, nowNanos + rtt.srttNanos());
        }
        if (expected >= nowNanos) {
            return expected;
        }
        return nowNanos > latest ? UNKNOWN : nowNanos;
    }

    /** Bytes per second at the best of the last seconds, 0 when unknown. */
    public double peakBytesPerSecond() {
        return peakBytesPerSecond;
    }

    /** A queue has built up: its rate is that of the path, and not only of what there was to send. */
    public boolean isQueueing() {
        return 2 * Math.max(lastRttNanos, tcb.rtt.srttNanos()) > 3 * tcb.rtt.minRttNanos(); // SRTT follows slowly
    }
}
