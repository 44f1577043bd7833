package io.mptcp.stack;

/**
 * Where the application said that a record ends (Linux: MSG_EOR): no segment holds bytes from both sides of it. Positions in data sequence
 * space, in ascending order. When there are more than fit the further ones are not kept, and what they part may share a segment.
 */
final class RecordEnds {
    private static final int CAPACITY = 256;

    private final long[] ends = new long[CAPACITY];
    private int head;
    private int size;

    void add(long dsn) {
        if (size < CAPACITY) {
            ends[(head + size++) % CAPACITY] = dsn;
        }
    }

    /** The first end above {@code dsn}, Long.MAX_VALUE when there is none; those up to {@code dsn} are forgotten. */
    long nextAbove(long dsn) {
        while (size > 0 && ends[head] <= dsn) {
            head = (head + 1) % CAPACITY;
            size--;
        }
        return size == 0 ? Long.MAX_VALUE : ends[head];
    }
}
