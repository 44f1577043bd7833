package io.mptcp.buffer;

/**
 * Where {@link SegmentLog}s get their tables from and give them back to. Most connections of a server are idle and have nothing under way; those
 * that are busy get the same few tables again and again, without an allocation. One pool serves all connections of a stack.
 */
public final class SegmentTables {
    /** Has no room; shared by all logs that hold nothing. */
    static final Table EMPTY = new Table(0);

    private static final int FIRST_EXPONENT = 4;
    private static final int LARGEST_EXPONENT = 30;
    /** Entries of about 50 bytes kept for later use, over all spare tables. */
    private static final int MAX_SPARE_ENTRIES = 1 << 16;

    /** Spare tables of 2^exponent entries, linked through {@link Table#nextSpare}. */
    private final Table[] spare = new Table[LARGEST_EXPONENT + 1];
    private int spareEntries;

    /** A table of at least so many entries, without any. */
    Table acquire(int entries) {
        int exponent = RingPool.exponentFor(Math.max(1 << FIRST_EXPONENT, entries));
        Table table = spare[exponent];
        if (table == null) {
            return new Table(exponent);
        }
        spare[exponent] = table.nextSpare;
        table.nextSpare = null;
        spareEntries -= table.capacity();
        return table;
    }

    void release(Table table) {
        if (table == EMPTY || spareEntries + table.capacity() > MAX_SPARE_ENTRIES) {
            return;
        }
        table.runs.trim(Long.MAX_VALUE);
        table.nextSpare = spare[table.exponent];
        spare[table.exponent] = table;
        spareEntries += table.capacity();
    }

    /** The entries of one log, as parallel arrays; which of them are in use, and where they begin, the log knows. */
    static final class Table {
        final int mask;
        final long[] ssn;
        final int[] length;
        final long[] dsn;
        final long[] mapSsn;
        final int[] mapLength;
        final int[] mapChecksum;
        final long[] sentNanos;
        final byte[] flags;
        /** Where the order of data sequence numbers is broken, which reinjections do. */
        final DsnRuns runs;
        private final int exponent;
        private Table nextSpare;

        Table(int exponent) {
            int capacity = 1 << exponent;
            this.exponent = exponent;
            mask = capacity - 1;
            ssn = new long[capacity];
            length = new int[capacity];
            dsn = new long[capacity];
            mapSsn = new long[capacity];
            mapLength = new int[capacity];
            mapChecksum = new int[capacity];
            sentNanos = new long[capacity];
            flags = new byte[capacity];
            runs = new DsnRuns();
        }

        int capacity() {
            return mask + 1;
        }

        void copy(int from, int to) {
            ssn[to] = ssn[from];
            length[to] = length[from];
            dsn[to] = dsn[from];
            mapSsn[to] = mapSsn[from];
            mapLength[to] = mapLength[from];
            mapChecksum[to] = mapChecksum[from];
            sentNanos[to] = sentNanos[from];
            flags[to] = flags[from];
        }

        /** Takes over all entries of a smaller table; the first becomes the first here. */
        void take(Table smaller, int head, int size) {
            int first = Math.min(size, smaller.capacity() - head);
            takePart(smaller, head, 0, first);
            takePart(smaller, 0, first, size - first);
            runs.take(smaller.runs);
        }

        private void takePart(Table from, int start, int to, int count) {
            System.arraycopy(from.ssn, start, ssn, to, count);
            System.arraycopy(from.length, start, length, to, count);
            System.arraycopy(from.dsn, start, dsn, to, count);
            System.arraycopy(from.mapSsn, start, mapSsn, to, count);
            System.arraycopy(from.mapLength, start, mapLength, to, count);
            System.arraycopy(from.mapChecksum, start, mapChecksum, to, count);
            System.arraycopy(from.sentNanos, start, sentNanos, to, count);
            System.arraycopy(from.flags, start, flags, to, count);
        }
    }
}
