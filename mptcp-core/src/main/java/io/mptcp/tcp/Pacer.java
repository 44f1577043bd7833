package io.mptcp.tcp;

/**
 * Spreads what the congestion window allows over the round trip, so that it does not arrive at the bottleneck at once. As in Linux the rate is
 * cwnd / SRTT times 2 in slow start, where the window doubles in a round trip, and times 1.2 otherwise, so that pacing itself never limits
 * the throughput. Data leaves in bursts worth a millisecond, and of an initial window at least: one timer a burst, super-segments stay large, and
 * small windows, which harm no queue, are not delayed. Off or on, it spreads what there is room for all at once when sending had to wait (for a window, or for a
 * loss to be repaired) and so no acknowledgments are there that would: for one round trip (RFC 7661 section 4.4.3). Retransmissions are clocked by PRR, and neither held up nor counted. A controller with a rate of
 * its own has all of it paced, in bursts of two segments at least.
 */
final class Pacer {
    static final long BURST_NANOS = 1_000_000L;
    /** RFC 6928: what every path is expected to take at once. */
    private static final int MIN_BURST_SEGMENTS = 10;
    private static final int MIN_RATE_BURST_SEGMENTS = 2;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double SLOW_START_FACTOR = 2;
    private static final double FACTOR = 1.2;

    private final Tcb tcb;
    private final boolean on;
    /** When all that has been sent would have left at the pacing rate. */
    private long nextNanos = Long.MIN_VALUE;
    private long burstBytes;
    /** The burst is used up: nothing more before {@link #nextNanos}. */
    private boolean resting;
    /** Sending had to wait: it is on for the round trip that begins with the next transmission. */
    private boolean spreading;
    private long spreadEndNanos;
    /** Somebody has found it resting, and wants to be told when it is over. */
    private boolean awaited;

    Pacer(Tcb tcb, boolean on) {
        this.tcb = tcb;
        this.on = on;
    }

    /** Whether new data has to wait; if so, {@link #deadlineNanos} tells how long. */
    boolean holds(long nowNanos) {
        if (resting && nextNanos <= nowNanos) {
            resting = false;
            burstBytes = 0;
        }
        awaited = resting;
        return resting;
    }

    /** As {@link #holds}, for what is sent again. */
    boolean holdsRetransmissions(long nowNanos) {
        return tcb.cc.pacingBytesPerSecond() > 0 && holds(nowNanos);
    }

    long deadlineNanos() {
        return awaited ? nextNanos : Long.MAX_VALUE;
    }

    void expire(long nowNanos) {
        if (nextNanos <= nowNanos) {
            awaited = false;
        }
    }

    void stop() {
        awaited = false;
    }

    /** Sending had to wait, for something other than acknowledgments, and may go on now. */
    void onResumed() {
        if (!spreading) {
            spreading = true;
            spreadEndNanos = Long.MAX_VALUE;
        }
    }

    /** New data has been sent, or, where all is paced, something again. */
    void onSent(long nowNanos, int bytes) {
        double rate = rate();
        if (rate <= 0) {
            return;
        }
        if (spreading && spreadEndNanos == Long.MAX_VALUE) {
            spreadEndNanos = nowNanos + tcb.rtt.srttNanos();
        } else if (spreading && nowNanos >= spreadEndNanos) {
            spreading = false;
        }
        if (nextNanos <= nowNanos) {
            burstBytes = 0;
        }
        // A timer that came late, or a moment without data, is made up for, up to a burst.
        long paced = Math.max(nextNanos, nowNanos - BURST_NANOS) + (long) (bytes * NANOS_PER_SECOND / rate);
        nextNanos = Math.min(paced, nowNanos + tcb.rtt.srttNanos()); // the rate may have been another when the burst began
        burstBytes += bytes;
        resting = nextNanos - nowNanos >= BURST_NANOS && burstBytes >= (long) minBurstSegments() * tcb.payloadMssBytes();
    }

    void onRetransmitted(long nowNanos, int bytes) {
        if (tcb.cc.pacingBytesPerSecond() > 0) {
            onSent(nowNanos, bytes);
        }
    }

    /** Bytes per second, 0 for no pacing now. */
    private double rate() {
        if (spreading && tcb.cc.pacingBytesPerSecond() == 0) {
            return bytesPerSecond(tcb, FACTOR);
        }
        return on || tcb.cc.pacingBytesPerSecond() > 0 ? bytesPerSecond(tcb) : 0;
    }

    /** It has nothing to do with what will be sent next. */
    boolean isForgettable() {
        return !on && !resting && !spreading && !tcb.cc.isPaced();
    }

    private int minBurstSegments() {
        return tcb.cc.pacingBytesPerSecond() > 0 ? MIN_RATE_BURST_SEGMENTS : MIN_BURST_SEGMENTS;
    }

    /** Most payload one segment may carry: a burst, in full segments. */
    long maxBurstBytes() {
        double rate = rate();
        int mss = tcb.payloadMssBytes();
        if (rate <= 0) {
            return Long.MAX_VALUE;
        }
        return Math.max(minBurstSegments(), (long) (rate * BURST_NANOS / NANOS_PER_SECOND) / mss) * mss;
    }

    /** Linux's size of a super-segment: what leaves in a millisecond, in full segments, at least {@code minSegments}. */
    static long autosizeBytes(Tcb tcb, int minSegments) {
        double rate = bytesPerSecond(tcb);
        int mss = tcb.payloadMssBytes();
        return rate <= 0 ? Long.MAX_VALUE : Math.max(minSegments, (long) (rate * BURST_NANOS / NANOS_PER_SECOND) / mss) * mss;
    }

    /** The rate, 0 before there is a round-trip time. */
    static double bytesPerSecond(Tcb tcb) {
        long wanted = tcb.cc.pacingBytesPerSecond();
        if (wanted > 0) {
            return wanted;
        }
        return bytesPerSecond(tcb, tcb.cc.cwndBytes() < tcb.cc.ssthreshBytes() / 2 ? SLOW_START_FACTOR : FACTOR);
    }

    private static double bytesPerSecond(Tcb tcb, double factor) {
        long srtt = tcb.rtt.srttNanos();
        return srtt == 0 ? 0 : factor * Math.max(tcb.cc.cwndBytes(), tcb.log.inFlightBytes()) * NANOS_PER_SECOND / srtt;
    }
}
