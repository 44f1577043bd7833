package io.mptcp.buffer;

import java.util.Arrays;

/**
 * Disjoint, sorted, bounded half-open intervals {@code [start, end)} of 64-bit positions in one array; neighbours are joined.
 * Positions are relative stream positions (non-negative), so plain comparison is right.
 */
public final class RangeSet {
    private static final int FIRST_RANGES = 8;
    /** Room for so many is kept when there are none any more. */
    private static final int KEPT_RANGES = 64;
    private static final long[] NONE = {};
    /** A set without an interval, that takes none: stands for the set of a stream that has not needed one yet. */
    public static final RangeSet EMPTY = new RangeSet();

    private final int maxRanges;
    /** Start and end of each interval, in turn. Empty until the first interval: most streams never need one. */
    private long[] bounds = NONE;
    private int size;
    private long totalBytes;

    private RangeSet() {
        maxRanges = 0;
    }

    /** @param maxRanges most intervals held at once; an insert that would need more is refused */
    public RangeSet(int maxRanges) {
        if (maxRanges < 1) {
            throw new IllegalArgumentException("maxRanges must be positive, not " + maxRanges);
        }
        this.maxRanges = maxRanges;
    }

    /** Adds {@code [start, end)}. @return false (and no change) when that would exceed the bound */
    public boolean add(long start, long end) {
        if (start >= end) {
            return true;
        }
        int first = firstEndingAtOrAfter(start);
        int behind = first;
        while (behind < size && start(behind) <= end) {
            totalBytes -= end(behind) - start(behind);
            behind++;
        }
        if (behind == first) {
            return insertAt(first, start, end);
        }
        long joinedStart = Math.min(start, start(first));
        long joinedEnd = Math.max(end, end(behind - 1));
        removeAt(first + 1, behind);
        set(first, joinedStart, joinedEnd);
        totalBytes += joinedEnd - joinedStart;
        return true;
    }

    /** Whether {@link #add} of {@code [start, end)} would succeed. */
    public boolean canAdd(long start, long end) {
        if (size < maxRanges || start >= end) {
            return true;
        }
        int neighbour = firstEndingAtOrAfter(start);
        return neighbour < size && start(neighbour) <= end;
    }

    /** Removes everything below {@code end}. */
    public void removeBelow(long end) {
        int kept = 0;
        while (kept < size && end(kept) <= end) {
            totalBytes -= end(kept) - start(kept);
            kept++;
        }
        removeAt(0, kept);
        if (size > 0 && start(0) < end) {
            totalBytes -= end - start(0);
            bounds[0] = end;
        }
    }

    /** Removes the beginning of one interval, up to {@code end}, exclusive. */
    public void removeFront(int index, long end) {
        long until = Math.min(end, end(index));
        totalBytes -= Math.max(0, until - start(index));
        if (until == end(index)) {
            removeAt(index, index + 1);
        } else if (until > start(index)) {
            bounds[2 * index] = until;
        }
    }

    /** Removes {@code [start, end)}; but out of the middle of an interval only where there is room for one more. */
    public void remove(long start, long end) {
        int i = firstEndingAfter(start);
        while (i < size && start(i) < end && start < end) {
            long first = start(i);
            long last = end(i);
            if (first < start && end < last) {
                if (insertAt(i + 1, end, last)) {
                    set(i, first, start);
                    totalBytes -= last - start;
                }
                return;
            }
            if (first < start) {
                set(i, first, start);
                totalBytes -= last - start;
                i++;
            } else {
                removeFront(i, end); // an interval that ends here is gone, and the next one has its place
            }
        }
    }

    /** Removes everything at and above {@code start}. */
    public void removeFrom(long start) {
        while (size > 0 && start(size - 1) >= start) {
            size--;
            totalBytes -= end(size) - start(size);
        }
        if (size > 0 && end(size - 1) > start) {
            totalBytes -= end(size - 1) - start;
            bounds[2 * size - 1] = start;
        }
        shrinkIfEmpty();
    }

    /**
     * As {@link #add}, but where there is no room for another interval the nearest one is widened until it covers {@code [start, end)}, and
     * what lies between with it: for sets where too much is better than too little.
     */
    public void addOrWiden(long start, long end) {
        if (add(start, end)) {
            return;
        }
        int above = firstEndingAfter(start); // all intervals before it end below start, and it begins behind end
        boolean widenAbove = above < size && (above == 0 || start(above) - end < start - end(above - 1));
        if (widenAbove) {
            add(start, start(above));
        } else {
            add(end(above - 1), end);
        }
    }

    /** Whether the whole of {@code [start, end)} is covered. */
    public boolean contains(long start, long end) {
        return start >= end || coveredUntil(start) >= end;
    }

    /** Bytes of {@code [start, end)} that are covered. */
    public long overlap(long start, long end) {
        long covered = 0;
        for (int i = firstEndingAfter(start); i < size && start(i) < end; i++) {
            covered += Math.min(end, end(i)) - Math.max(start, start(i));
        }
        return covered;
    }

    /** End of the interval that covers {@code position}, or {@code position} itself when none does. */
    public long coveredUntil(long position) {
        int i = firstEndingAfter(position);
        return i < size && start(i) <= position ? end(i) : position;
    }

    /** Index of the interval that covers {@code position}, or -1. */
    public int indexOf(long position) {
        int i = firstEndingAfter(position);
        return i < size && start(i) <= position ? i : -1;
    }

    /**
     * Start of the first interval that starts behind {@code position}, Long.MAX_VALUE when none does: where the hole at or after
     * {@code position} ends.
     */
    public long nextStart(long position) {
        int i = firstEndingAfter(position);
        if (i < size && start(i) <= position) {
            i++;
        }
        return i < size ? start(i) : Long.MAX_VALUE;
    }

    public int size() {
        return size;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    public long start(int index) {
        return bounds[2 * index];
    }

    public long end(int index) {
        return bounds[2 * index + 1];
    }

    /** Sum of all interval lengths. */
    public long totalBytes() {
        return totalBytes;
    }

    public void clear() {
        if (size == 0) {
            return;
        }
        size = 0;
        totalBytes = 0;
        shrinkIfEmpty();
    }

    /** Intervals there is room for without allocation. */
    int capacity() {
        return bounds.length / 2;
    }

    /** Many holes once are no reason to hold memory for ever. */
    private void shrinkIfEmpty() {
        if (size == 0 && bounds.length > 2 * KEPT_RANGES) {
            bounds = NONE;
        }
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("{");
        for (int i = 0; i < size; i++) {
            text.append(i == 0 ? "" : ", ").append('[').append(start(i)).append(", ").append(end(i)).append(')');
        }
        return text.append('}').toString();
    }

    private int firstEndingAtOrAfter(long position) {
        return position == Long.MIN_VALUE ? 0 : firstEndingAfter(position - 1);
    }

    /** Index of the first interval whose end lies behind {@code position}; {@link #size} when there is none. */
    private int firstEndingAfter(long position) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (end(middle) > position) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return low;
    }

    private boolean insertAt(int index, long start, long end) {
        if (size == maxRanges) {
            return false;
        }
        if (2 * size == bounds.length) {
            int ranges = Math.clamp(2L * size, Math.min(FIRST_RANGES, maxRanges), maxRanges);
            bounds = Arrays.copyOf(bounds, 2 * ranges);
        }
        System.arraycopy(bounds, 2 * index, bounds, 2 * index + 2, 2 * (size - index));
        set(index, start, end);
        size++;
        totalBytes += end - start;
        return true;
    }

    private void removeAt(int from, int to) {
        if (from < to) {
            System.arraycopy(bounds, 2 * to, bounds, 2 * from, 2 * (size - to));
            size -= to - from;
            shrinkIfEmpty();
        }
    }

    private void set(int index, long start, long end) {
        bounds[2 * index] = start;
        bounds[2 * index + 1] = end;
    }
}
