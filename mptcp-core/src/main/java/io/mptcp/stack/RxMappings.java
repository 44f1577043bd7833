package io.mptcp.stack;

/**
 * Mappings announced by the peer on one subflow and not used up yet, sorted by subflow sequence number: where payload belongs in the data
 * stream (RFC 8684 section 3.3.1). Numbers are relative. Bounded; parallel arrays, no allocation after growth.
 */
final class RxMappings {
    /** What became of a mapping that was offered. */
    enum Status {
        /** New, or the same as one already known. */
        OK,
        /** Different from what was declared for the same bytes: a breach of section 3.3.1. */
        CONFLICT,
        /** No room; the bytes it maps will have to come again. */
        FULL
    }

    private final int limit;
    private long[] ssn = new long[8];
    private long[] dsn = new long[8];
    private int[] length = new int[8];
    private int[] checksum = new int[8];
    private int size;

    RxMappings(int limit) {
        this.limit = limit;
    }

    /** @param checksum 16 bits, or -1 for none */
    Status add(long startSsn, long startDsn, int mapLength, int mapChecksum) {
        int at = size;
        while (at > 0 && ssn[at - 1] > startSsn) {
            at--;
        }
        if (at > 0 && ssn[at - 1] + length[at - 1] > startSsn) {
            return isSame(at - 1, startSsn, startDsn, mapLength) ? Status.OK : Status.CONFLICT;
        }
        if (at < size && ssn[at] < startSsn + mapLength) {
            return Status.CONFLICT;
        }
        if (size == limit) {
            return Status.FULL;
        }
        if (size == ssn.length) {
            grow();
        }
        System.arraycopy(ssn, at, ssn, at + 1, size - at);
        System.arraycopy(dsn, at, dsn, at + 1, size - at);
        System.arraycopy(length, at, length, at + 1, size - at);
        System.arraycopy(checksum, at, checksum, at + 1, size - at);
        ssn[at] = startSsn;
        dsn[at] = startDsn;
        length[at] = mapLength;
        checksum[at] = mapChecksum;
        size++;
        return Status.OK;
    }

    private boolean isSame(int index, long startSsn, long startDsn, int mapLength) {
        return ssn[index] == startSsn && dsn[index] == startDsn && length[index] == mapLength;
    }

    /** Index of the mapping that covers {@code position}, or -1. */
    int find(long position) {
        for (int i = 0; i < size && ssn[i] <= position; i++) {
            if (position < ssn[i] + length[i]) {
                return i;
            }
        }
        return -1;
    }

    int size() {
        return size;
    }

    long ssn(int index) {
        return ssn[index];
    }

    long endSsn(int index) {
        return ssn[index] + length[index];
    }

    long dsn(int index) {
        return dsn[index];
    }

    int length(int index) {
        return length[index];
    }

    int checksum(int index) {
        return checksum[index];
    }

    /** Forgets mappings that lie wholly below {@code position}. */
    void removeBelow(long position) {
        int used = 0;
        while (used < size && ssn[used] + length[used] <= position) {
            used++;
        }
        if (used > 0) {
            size -= used;
            System.arraycopy(ssn, used, ssn, 0, size);
            System.arraycopy(dsn, used, dsn, 0, size);
            System.arraycopy(length, used, length, 0, size);
            System.arraycopy(checksum, used, checksum, 0, size);
        }
    }

    private void grow() {
        int capacity = Math.min(limit, ssn.length * 2);
        ssn = java.util.Arrays.copyOf(ssn, capacity);
        dsn = java.util.Arrays.copyOf(dsn, capacity);
        length = java.util.Arrays.copyOf(length, capacity);
        checksum = java.util.Arrays.copyOf(checksum, capacity);
    }
}
