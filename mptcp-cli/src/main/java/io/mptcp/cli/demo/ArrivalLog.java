package io.mptcp.cli.demo;

import java.util.Arrays;

/** When how much of a download had arrived at the application. One thread adds, any thread asks. */
final class ArrivalLog {
    private static final double NANOS_PER_SECOND = 1e9;

    private final long startNanos;
    private long[] timesNanos = new long[4096];
    private long[] totals = new long[4096];
    private int size;

    /** @param startNanos when the download was asked for */
    ArrivalLog(long startNanos) {
        this.startNanos = startNanos;
    }

    synchronized void add(long nowNanos, int bytes) {
        if (size == timesNanos.length) {
            timesNanos = Arrays.copyOf(timesNanos, 2 * size);
            totals = Arrays.copyOf(totals, 2 * size);
        }
        timesNanos[size] = nowNanos;
        totals[size] = totalBytes() + bytes;
        size++;
    }

    synchronized long totalBytes() {
        return size == 0 ? 0 : totals[size - 1];
    }

    long startNanos() {
        return startNanos;
    }

    /** When the last byte so far arrived; the start when none has. */
    synchronized long lastNanos() {
        return size == 0 ? startNanos : timesNanos[size - 1];
    }

    /** Bytes that had arrived at this time. */
    synchronized long bytesAt(long nanos) {
        int index = 0;
        while (index < size && timesNanos[index] <= nanos) {
            index++;
        }
        return index == 0 ? 0 : totals[index - 1];
    }

    /** Bit/s that the application got from the request until this time. */
    double goodputUntil(long nanos) {
        return bytesAt(nanos) * 8 * NANOS_PER_SECOND / (nanos - startNanos);
    }

    /** The longest time without a byte that began or ended between two times, in nanoseconds. */
    synchronized long longestStallNanos(long fromNanos, long untilNanos) {
        long longest = 0;
        long previous = startNanos;
        for (int i = 0; i < size; i++) {
            boolean overlaps = timesNanos[i] > fromNanos && previous < untilNanos;
            if (overlaps) {
                longest = Math.max(longest, timesNanos[i] - previous);
            }
            previous = timesNanos[i];
        }
        return longest;
    }
}
