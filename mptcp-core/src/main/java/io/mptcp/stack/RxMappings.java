package io.mptcp.stack;

import java.util.Arrays;

/**
 * Mappings announced by the peer on one subflow and not used up yet, sorted by subflow sequence number: where payload belongs in the data
 * stream (RFC 8684 section 3.3.1). Numbers are relative. One array, no allocation after growth.
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
    private static final int KEPT_MAPPINGS = 256;
    /** Numbers of a mapping in {@link #numbers}: SSN, DSN, and length beside checksum. In order there is one mapping at a time. */
    private static final int STRIDE = 3;
    private static final long[] NO_NUMBERS = {};
    /** Of a subflow that has never had one: takes none. */
    static final RxMappings NONE = new RxMappings(0);

    private final int limit;
    private long[] numbers = NO_NUMBERS;
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
        if (at < size && ssn(at) < startSsn + mapLength) {
            boolean same = ssn(at) == startSsn && dsn(at) == startDsn && length(at) == mapLength;
            if (same && (mapChecksum & DATA_FIN) != 0) {
                set(at, startSsn, startDsn, mapLength, mapChecksum);
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
        int first = at > 0 && endSsn(at - 1) == start && dsn(at - 1) - ssn(at - 1) == distance ? at - 1 : at;
        int last = first;
        while (last < size && ssn(last) <= end) {
            boolean sameWay = dsn(last) - ssn(last) == distance && rawChecksum(last) < 0;
            if (!sameWay) {
                if (ssn(last) < end) {
                    return Status.CONFLICT;
                }
                break;
            }
            last++;
        }
        if (first == last) {
            return insert(first, start, startDsn, mapLength, -1);
        }
        start = Math.min(start, ssn(first));
        end = Math.max(end, endSsn(last - 1));
        if (end - start > Integer.MAX_VALUE) {
            return Status.FULL;
        }
        set(first, start, start + distance, (int) (end - start), -1);
        remove(first + 1, last);
        return Status.OK;
    }

    private Status insert(int at, long startSsn, long startDsn, int mapLength, int mapChecksum) {
        if (size >= (at == size ? limit : 2 * limit)) {
            return Status.FULL;
        }
        if (size * STRIDE == numbers.length) {
            numbers = Arrays.copyOf(numbers, Math.max(STRIDE, 2 * numbers.length));
        }
        System.arraycopy(numbers, at * STRIDE, numbers, (at + 1) * STRIDE, (size - at) * STRIDE);
        set(at, startSsn, startDsn, mapLength, mapChecksum);
        size++;
        return Status.OK;
    }

    /** Index of the first mapping that ends behind {@code position}: the one that covers it, if any does. */
    private int indexOf(long position) {
        int low = 0;
        int high = size;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (endSsn(middle) <= position) {
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
        return at < size && ssn(at) <= position ? at : -1;
    }

    /** Start of the first mapping behind {@code position}, which none covers; Long.MAX_VALUE when there is none. */
    long nextSsn(long position) {
        int at = indexOf(position);
        return at < size ? ssn(at) : Long.MAX_VALUE;
    }

    int size() {
        return size;
    }

    long ssn(int index) {
        return numbers[index * STRIDE];
    }

    long endSsn(int index) {
        return ssn(index) + length(index);
    }

    long dsn(int index) {
        return numbers[index * STRIDE + 1];
    }

    int length(int index) {
        return (int) (numbers[index * STRIDE + 2] >>> Integer.SIZE);
    }

    /** 16 bits, or -1 when there is none. */
    int checksum(int index) {
        int raw = rawChecksum(index);
        return raw < 0 ? -1 : raw & 0xffff;
    }

    /** With {@link #DATA_FIN} where it covers one. */
    private int rawChecksum(int index) {
        return (int) numbers[index * STRIDE + 2];
    }

    private void set(int index, long ssn, long dsn, int length, int checksum) {
        numbers[index * STRIDE] = ssn;
        numbers[index * STRIDE + 1] = dsn;
        numbers[index * STRIDE + 2] = (long) length << Integer.SIZE | checksum & 0xffff_ffffL;
    }

    /** Whether a DATA_FIN rides on the mapping; known only of those with a checksum. */
    boolean endsStream(int index) {
        return rawChecksum(index) >= 0 && (rawChecksum(index) & DATA_FIN) != 0;
    }

    /** Forgets what lies below {@code position}; a mapping with a checksum is kept as long as any part of it is needed. */
    void removeBelow(long position) {
        remove(0, indexOf(position));
        if (size > 0 && rawChecksum(0) < 0 && ssn(0) < position) {
            int cut = (int) (position - ssn(0));
            set(0, position, dsn(0) + cut, length(0) - cut, -1);
        }
    }

    private void remove(int from, int to) {
        int count = size - to;
        if (from == to) {
            return;
        }
        System.arraycopy(numbers, to * STRIDE, numbers, from * STRIDE, count * STRIDE);
        size = from + count;
        if (size == 0 && numbers.length > KEPT_MAPPINGS * STRIDE) {
            numbers = NO_NUMBERS; // many holes, or a checksum on each of many mappings, are no reason to hold memory for ever
        }
    }
}
