package io.mptcp.sim;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.BooleanSupplier;
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
    private BooleanSupplier mayBeChanged = () -> false;

    /** @param expectedBytes length of the stream */
    public StreamChecker(Simulation simulation, String name, Pattern pattern, long expectedBytes) {
        this.simulation = simulation;
        this.name = name;
        this.pattern = pattern;
        this.expectedBytes = expectedBytes;
    }

    /** From a place where {@link Middleboxes#changePayload} is at work, bytes that it has changed are no corruption as long as this says so. */
    void tolerateChanges(BooleanSupplier when) {
        mayBeChanged = when;
    }

    /** The next bytes of the stream. */
    public void accept(MemorySegment source, long at, int length) {
        if (ended) {
            throw simulation.failure(name + ": data behind the end of the stream");
        }
        int right = pattern.matching(offset, source, at, length);
        while (right < length && mayBeChanged.getAsBoolean() && isChange(offset + right, source.get(ValueLayout.JAVA_BYTE, at + right))) {
            right++;
            right += pattern.matching(offset + right, source, at + right, length - right);
        }
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

    private boolean isChange(long position, byte value) {
        return (pattern.at(position) ^ value) == Middleboxes.CHANGED_BITS;
    }

    /** The stream has ended in order. */
    public void end() {
        end(expectedBytes);
    }

    /** The stream has ended in order, and its sender had ended it here. */
    void end(long atBytes) {
        if (offset != atBytes) {
            throw simulation.failure(name + ": truncated: stream of " + atBytes + " bytes ended in order after " + offset);
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
