package io.mptcp.buffer;

/**
 * Disjoint, sorted, bounded half-open intervals {@code [start, end)} of 64-bit positions in one array; neighbours are joined.
 * Positions are relative stream positions (non-negative), so plain comparison is right.
 */
public final class RangeSet {
    /** @param maxRanges most intervals held at once; an insert that would need more is refused */
    public RangeSet(int maxRanges) {
        throw new UnsupportedOperationException();
    }

    /** Adds {@code [start, end)}. @return false (and no change) when that would exceed the bound */
    public boolean add(long start, long end) {
        throw new UnsupportedOperationException();
    }

    /** Removes everything below {@code end}. */
    public void removeBelow(long end) {
        throw new UnsupportedOperationException();
    }

    /** Whether the whole of {@code [start, end)} is covered. */
    public boolean contains(long start, long end) {
        throw new UnsupportedOperationException();
    }

    /** Bytes of {@code [start, end)} that are covered. */
    public long overlap(long start, long end) {
        throw new UnsupportedOperationException();
    }

    /** End of the interval that covers {@code position}, or {@code position} itself when none does. */
    public long coveredUntil(long position) {
        throw new UnsupportedOperationException();
    }

    /** First uncovered position at or after {@code position} has an interval behind it: its start, or Long.MAX_VALUE when none starts after. */
    public long nextStart(long position) {
        throw new UnsupportedOperationException();
    }

    public int size() {
        throw new UnsupportedOperationException();
    }

    public boolean isEmpty() {
        throw new UnsupportedOperationException();
    }

    public long start(int index) {
        throw new UnsupportedOperationException();
    }

    public long end(int index) {
        throw new UnsupportedOperationException();
    }

    /** Sum of all interval lengths. */
    public long totalBytes() {
        throw new UnsupportedOperationException();
    }

    public void clear() {
        throw new UnsupportedOperationException();
    }
}
