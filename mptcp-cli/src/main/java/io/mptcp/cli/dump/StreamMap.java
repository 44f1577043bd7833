package io.mptcp.cli.dump;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A picture of one direction of the data sequence: columns of equal width from its beginning to its end, and for each how much every subflow
 * carried first, and how much went over a second subflow, too. The width doubles as the stream grows, so that its size stays.
 */
final class StreamMap {
    static final int COLUMNS = 64;

    private static final int MAX_SUBFLOWS = 16;
    /** From nothing to all of a column. */
    private static final String SHADES = " .:+#";

    private final List<long[]> first = new ArrayList<>();
    private final long[] reinjected = new long[COLUMNS];
    private long columnBytes = 1;
    private long endBytes;

    /** Bytes from {@code from} (counted from 0) that a subflow carried first. */
    void carried(int subflow, long from, long to) {
        if (subflow >= MAX_SUBFLOWS || from < 0) {
            return;
        }
        while (first.size() <= subflow) {
            first.add(new long[COLUMNS]);
        }
        grow(to);
        add(first.get(subflow), from, to);
    }

    /** Bytes that went over one more subflow. */
    void reinjected(long from, long to) {
        if (from >= 0) {
            grow(to);
            add(reinjected, from, to);
        }
    }

    private void add(long[] row, long from, long to) {
        for (long at = from; at < to; ) {
            int column = (int) (at / columnBytes);
            long end = Math.min(to, (column + 1) * columnBytes);
            row[column] += end - at;
            at = end;
        }
    }

    private void grow(long to) {
        endBytes = Math.max(endBytes, to);
        while (columnBytes * COLUMNS < to) {
            first.forEach(StreamMap::halve);
            halve(reinjected);
            columnBytes *= 2;
        }
    }

    private static void halve(long[] row) {
        for (int i = 0; i < COLUMNS; i++) {
            row[i] = i < COLUMNS / 2 ? row[2 * i] + row[2 * i + 1] : 0;
        }
    }

    long columnBytes() {
        return columnBytes;
    }

    int subflows() {
        return first.size();
    }

    /** What a subflow carried first, one character a column: blank nothing, . : + more and more, # nearly all. */
    String row(int subflow) {
        return draw(first.get(subflow));
    }

    /** Bytes a subflow carried first, by column. */
    long[] bytes(int subflow) {
        return Arrays.copyOf(first.get(subflow), columns());
    }

    /** What went over one more subflow, drawn alike. */
    String reinjectedRow() {
        return draw(reinjected);
    }

    int columns() {
        return (int) ((endBytes + columnBytes - 1) / columnBytes);
    }

    private String draw(long[] row) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < columns(); i++) {
            long width = Math.min(columnBytes, endBytes - i * columnBytes);
            text.append(shade((double) row[i] / width));
        }
        return text.toString();
    }

    private static char shade(double share) {
        if (share <= 0) {
            return SHADES.charAt(0);
        }
        return SHADES.charAt(share > 0.9 ? 4 : share > 0.6 ? 3 : share > 0.3 ? 2 : 1);
    }
}
