package io.mptcp.stack;

import java.util.Arrays;

/**
 * Mappings announced by the peer on one subflow and not used up yet, sorted by subflow sequence number: where payload belongs in the data
 * stream (RFC 8684 section 3.3.1). Numbers are relative. Parallel arrays, no allocation after growth.
 *
 * <p>Without checksums, mappings that continue each other are one entry, however many segments they came with. With checksums each stands
 * alone. The number is bounded at the end of the sequence space only: what fills a hole must find room even when everything behind the
 * hole has used it up, or the hole would stay for ever.
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

    /** Beside a checksum: a DATA_FIN follows the mapped bytes, and counts in the length the checksum is over. */
    static final int DATA_FIN = 1 << 16;
    /** In order, with or without checksums, there is one at a time. */
    private static final int FIRST_CAPACITY = 1;
    private static final int KEPT_CAPACITY = 256;

    private static final long[] NO_NUMBERS = {};
    private static final int[] NO_LENGTHS = {};

    /** Of a subflow that has never had one: takes none. */
    static final RxMappings NONE = new RxMappings(0);

    private final int limit;
    private long[] ssn = NO_NUMBERS;
    private long[] dsn = NO_NUMBERS;
    private int[] length = NO_LENGTHS;
    private int[] checksum = NO_LENGTHS;
    private int size;

    RxMappings(int limit) {
        this.limit = limit;
    }

    /** @param mapChecksum 16 bits, with {@link #DATA_FIN} where it covers one, or -1 for none */
    Status add(long startSsn, long startDsn, int mapLength, int mapChecksum) {
        int at = indexOf(startSsn);
        return mapChecksum < 0 ? join(at, startSsn, startDsn, mapLength) : addWhole(at, startSsn, startDsn, mapLength, mapChecksum);
    }

    /**
     * Only the very same mapping may be declared again for bytes that have one: its checksum is over all of it. A DATA_FIN may be added, which
     * Linux does when it sends the end of the stream again.
     */
    private Status addWhole(int at, long startSsn, long startDsn, int mapLength, int mapChecksum) {
        if (at < size && ssn[at] < startSsn + mapLength) {
            boolean same = ssn[at] == startSsn && dsn[at] == startDsn && length[at] == mapLength;
            if (same && (mapChecksum & DATA_FIN) != 0) {
                checksum[at] = mapChecksum;
            }
            return same ? Status.OK : Status.CONFLICT;
        }
        return insert(at, startSsn, startDsn, mapLength, mapChecksum);
    }

    /** Joins the mapping with what it overlaps or continues, if all of that maps the same way. */
    private Status join(int at, long startSsn, long startDsn, int mapLength) {
        long distance = startDsn - startSsn;
        long start = startSsn;
        long end = startSsn + mapLength;
        int first = at > 0 && ssn[at - 1] + length[at - 1] == start && dsn[at - 1] - ssn[at - 1] == distance ? at - 1 : at;
        int last = first;
        while (last < size && ssn[last] <= end) {
            boolean sameWay = dsn[last] - ssn[last] == distance && checksum[last] < 0;
            if (!sameWay) {
                if (ssn[last] < end) {
                    return Status.CONFLICT;
                }
                break;
            }
            last++;
        }
        if (first == last) {
            return insert(first, start, startDsn, mapLength, -1);
        }
        start = Math.min(start, ssn[first]);
        end = Math.max(end, ssn[last - 1] + length[last - 1]);
        if (end - start > Integer.MAX_VALUE) {
            return Status.FULL;
        }
        ssn[first] = start;
        dsn[first] = start + distance;
        length[first] = (int) (end - start);
        remove(first + 1, last);
        return Status.OK;
    }

    private Status insert(int at, long startSsn, long startDsn, int mapLength, int mapChecksum) {
        if (size >= (at == size ? limit : 2 * limit)) {
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

    /** Index of the first mapping that ends behind {@code position}: the one that covers it, if any does. */
    private int indexOf(long position) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (ssn[middle] + length[middle] <= position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Index of the mapping that covers {@code position}, or -1. */
    int find(long position) {
        int at = indexOf(position);
        return at < size && ssn[at] <= position ? at : -1;
    }

    /** Start of the first mapping behind {@code position}, which none covers; Long.MAX_VALUE when there is none. */
    long nextSsn(long position) {
        int at = indexOf(position);
        return at < size ? ssn[at] : Long.MAX_VALUE;
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

    /** 16 bits, or -1 when there is none. */
    int checksum(int index) {
        return checksum[index] < 0 ? -1 : checksum[index] & 0xffff;
    }

    /** Whether a DATA_FIN rides on the mapping; known only of those with a checksum. */
    boolean endsStream(int index) {
        return checksum[index] >= 0 && (checksum[index] & DATA_FIN) != 0;
    }

    /** Forgets what lies below {@code position}; a mapping with a checksum is kept as long as any part of it is needed. */
    void removeBelow(long position) {
        remove(0, indexOf(position));
        if (size > 0 && checksum[0] < 0 && ssn[0] < position) {
            int cut = (int) (position - ssn[0]);
            ssn[0] += cut;
            dsn[0] += cut;
            length[0] -= cut;
        }
    }

    private void remove(int from, int to) {
        int count = size - to;
        if (from == to) {
            return;
        }
        System.arraycopy(ssn, to, ssn, from, count);
        System.arraycopy(dsn, to, dsn, from, count);
        System.arraycopy(length, to, length, from, count);
        System.arraycopy(checksum, to, checksum, from, count);
        size = from + count;
        if (size == 0 && ssn.length > KEPT_CAPACITY) {
            shrink();
        }
    }

    /** Many holes, or a checksum on each of many mappings, are no reason to hold memory for ever. */
    private void shrink() {
        ssn = NO_NUMBERS;
        dsn = NO_NUMBERS;
        length = NO_LENGTHS;
        checksum = NO_LENGTHS;
    }

    private void grow() {
        int capacity = Math.max(FIRST_CAPACITY, ssn.length * 2);
        ssn = Arrays.copyOf(ssn, capacity);
        dsn = Arrays.copyOf(dsn, capacity);
        length = Arrays.copyOf(length, capacity);
        checksum = Arrays.copyOf(checksum, capacity);
    }
}
