package io.mptcp.cli.simulate;

/** Times between two deliveries to the application, counted by length. */
final class Pauses {
    /** Lower bounds of the classes, in milliseconds. */
    static final int[] FROM_MILLIS = {10, 20, 50, 100, 200, 500, 1000, 2000};

    private final long[] counts = new long[FROM_MILLIS.length];
    private long longestNanos;

    void add(long nanos) {
        longestNanos = Math.max(longestNanos, nanos);
        for (int i = FROM_MILLIS.length - 1; i >= 0; i--) {
            if (nanos >= FROM_MILLIS[i] * 1_000_000L) {
                counts[i]++;
                return;
            }
        }
    }

    /** Pauses of at least {@code FROM_MILLIS[i]}, and shorter than the next bound. */
    long count(int i) {
        return counts[i];
    }

    double longestMillis() {
        return longestNanos / 1e6;
    }
}
