package io.mptcp.cli.bench;

import java.util.Arrays;
import java.util.Locale;

/** The middle and the ends of several figures. */
public record Spread(double min, double median, double max) {
    /** @param values at least one */
    public static Spread of(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(sorted[0], median, sorted[sorted.length - 1]);
    }

    @Override
    public String toString() {
        return min == max ? String.format(Locale.ROOT, "%.2f", median) : String.format(Locale.ROOT, "%.2f (%.2f–%.2f)", median, min, max);
    }
}
