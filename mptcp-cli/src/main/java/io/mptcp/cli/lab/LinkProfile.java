package io.mptcp.cli.lab;

/**
 * What one direction of an emulated link does to frames.
 *
 * @param rateBitsPerSecond  serialisation rate, counted over whole Ethernet frames without preamble and checksum; 0 is unlimited
 * @param delayNanos         propagation delay, one way
 * @param queueNanos         how long a frame may wait for its turn before it is dropped at the tail (ignored when the rate is unlimited)
 * @param lossProbability    random loss of each frame, 0 to 1
 * @param reorderProbability how many of the frames are late, 0 to 1: those behind them overtake
 * @param reorderNanos       how much longer late frames travel
 */
public record LinkProfile(long rateBitsPerSecond, long delayNanos, long queueNanos, double lossProbability,
                          double reorderProbability, long reorderNanos) {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long NANOS_PER_MILLI = 1_000_000L;

    public LinkProfile {
        if (rateBitsPerSecond < 0 || delayNanos < 0 || queueNanos < 0 || reorderNanos < 0) {
            throw new IllegalArgumentException("rate, delay, queue and lateness must not be negative");
        }
        if (!(lossProbability >= 0 && lossProbability <= 1)) {
            throw new IllegalArgumentException("loss must be between 0 and 1: " + lossProbability);
        }
        if (!(reorderProbability >= 0 && reorderProbability <= 1)) {
            throw new IllegalArgumentException("reordering must be between 0 and 1: " + reorderProbability);
        }
    }

    /** A lossless link with the rate in Mbit/s, the one-way delay and the queue in milliseconds. */
    public static LinkProfile of(double rateMbitPerSecond, double delayMillis, double queueMillis) {
        return new LinkProfile(Math.round(rateMbitPerSecond * 1e6), Math.round(delayMillis * NANOS_PER_MILLI),
                Math.round(queueMillis * NANOS_PER_MILLI), 0, 0, 0);
    }

    /** The same link with random loss. */
    public LinkProfile withLoss(double probability) {
        return new LinkProfile(rateBitsPerSecond, delayNanos, queueNanos, probability, reorderProbability, reorderNanos);
    }

    /** The same link where some of the frames come late. */
    public LinkProfile withReordering(double probability, double lateMillis) {
        return new LinkProfile(rateBitsPerSecond, delayNanos, queueNanos, lossProbability, probability,
                Math.round(lateMillis * NANOS_PER_MILLI));
    }

    /** The same link with a queue that holds {@code bytes} at this rate. */
    public LinkProfile withQueueBytes(long bytes) {
        if (rateBitsPerSecond == 0) {
            throw new IllegalStateException("an unlimited link has no queue");
        }
        return new LinkProfile(rateBitsPerSecond, delayNanos, serialisationNanos(bytes), lossProbability, reorderProbability, reorderNanos);
    }

    /** Time the frame occupies the link. */
    public long serialisationNanos(long frameBytes) {
        return rateBitsPerSecond == 0 ? 0 : Math.multiplyExact(frameBytes, 8 * NANOS_PER_SECOND) / rateBitsPerSecond;
    }

    /** Most bytes that can be on the way at once, waiting or travelling; never less than a few frames. */
    long bytesOnTheWay() {
        long bytes = (long) (rateBitsPerSecond / 8.0 * (delayNanos + queueNanos + reorderNanos) / NANOS_PER_SECOND);
        return Math.max(bytes, 64 << 10);
    }
}
