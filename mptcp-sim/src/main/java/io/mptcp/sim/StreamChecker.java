package io.mptcp.sim;

import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;

/** Checks a delivered stream byte by byte against its pattern, and notes how it arrived over time. */
public final class StreamChecker {
    private final Simulation simulation;
    private final String name;
    private final Pattern pattern;
    private final long expectedBytes;
    private long offset;
    private long firstNanos = -1;
    private long lastNanos = -1;
    private long longestGapNanos;
    private boolean ended;
    private LongConsumer gaps = nanos -> { };

    /** @param expectedBytes length of the stream */
    public StreamChecker(Simulation simulation, String name, Pattern pattern, long expectedBytes) {
        this.simulation = simulation;
        this.name = name;
        this.pattern = pattern;
        this.expectedBytes = expectedBytes;
    }

    /** The next bytes of the stream. */
    public void accept(MemorySegment source, long at, int length) {
        if (ended) {
            throw simulation.failure(name + ": data behind the end of the stream");
        }
        int right = pattern.matching(offset, source, at, length);
        if (right < length) {
            throw simulation.failure(name + ": corruption: wrong byte at stream offset " + (offset + right));
        }
        offset += length;
        if (offset > expectedBytes) {
            throw simulation.failure(name + ": " + offset + " bytes delivered of a stream of " + expectedBytes);
        }
        long now = simulation.nowNanos();
        if (firstNanos < 0) {
            firstNanos = now;
        } else {
            longestGapNanos = Math.max(longestGapNanos, now - lastNanos);
            gaps.accept(now - lastNanos);
        }
        lastNanos = now;
    }

    /** The stream has ended in order. */
    public void end() {
        if (offset != expectedBytes) {
            throw simulation.failure(name + ": truncated: stream of " + expectedBytes + " bytes ended in order after " + offset);
        }
        ended = true;
    }

    /** Tells every time between two deliveries, in nanoseconds. */
    public void onGap(LongConsumer gaps) {
        this.gaps = gaps;
    }

    public long receivedBytes() {
        return offset;
    }

    public long expectedBytes() {
        return expectedBytes;
    }

    public boolean isComplete() {
        return offset == expectedBytes;
    }

    public boolean hasEnded() {
        return ended;
    }

    /** Time of the last delivery, -1 before the first. */
    public long lastNanos() {
        return lastNanos;
    }

    /** Longest time between two deliveries. */
    public long longestGapNanos() {
        return longestGapNanos;
    }
}
