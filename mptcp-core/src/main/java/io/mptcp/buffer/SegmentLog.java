package io.mptcp.buffer;

/**
 * What a subflow has sent and not yet seen acknowledged: retransmission queue, SACK scoreboard and RACK list in one, as parallel
 * arrays in sequence order. An entry is a (super-)segment as it was sent; it is split when a SACK or a loss says that only part
 * of it is concerned, and the pieces keep the mapping of the whole (RFC 8684 section 3.3.1: a mapping once declared never changes).
 *
 * <p>Sequence numbers are relative (SYN = 0). SYN and FIN occupy one number and carry no payload.
 */
public final class SegmentLog {
    public static final int SYN = 1;
    public static final int FIN = 1 << 1;
    /** Selectively acknowledged. */
    public static final int SACKED = 1 << 2;
    /** Judged lost, and not sent again since. */
    public static final int LOST = 1 << 3;
    /** Sent more than once. */
    public static final int RETRANSMITTED = 1 << 4;

    /** Its last byte was the last there was to send (RFC 9293 section 3.9.1.2): it carries PSH. */
    public static final int PUSH = 1 << 5;
    /** Another subflow has been asked to carry it, too. */
    public static final int REINJECTED = 1 << 6;

    private static final int INITIAL_CAPACITY = 16;

    private long[] ssn = new long[INITIAL_CAPACITY];
    private int[] length = new int[INITIAL_CAPACITY];
    private long[] dsn = new long[INITIAL_CAPACITY];
    private long[] mapSsn = new long[INITIAL_CAPACITY];
    private int[] mapLength = new int[INITIAL_CAPACITY];
    private int[] mapChecksum = new int[INITIAL_CAPACITY];
    private long[] sentNanos = new long[INITIAL_CAPACITY];
    private byte[] flags = new byte[INITIAL_CAPACITY];
    private int head;
    private int size;

    private long sackedBytes;
    private long lostBytes;
    /** Where the order of data sequence numbers is broken, which reinjections do. */
    private final DsnRuns runs = new DsnRuns();
    private long unlocatedBytes;
    /** Null while nobody measures rates. */
    private SendRecords records;

    /** From now on there is a record beside each entry; to be called while the log is empty. */
    public SendRecords keepRecords() {
        if (records == null) {
            records = new SendRecords(this, ssn.length);
        }
        return records;
    }

    public int size() {
        return size;
    }

    public boolean isEmpty() {
        return size == 0;
    }

    /** Start of entry {@code index}; 0 is the oldest. */
    public long ssn(int index) {
        return ssn[at(index)];
    }

    /** Sequence numbers the entry occupies: payload bytes, or 1 for SYN and FIN. */
    public int length(int index) {
        return length[at(index)];
    }

    public long endSsn(int index) {
        int i = at(index);
        return ssn[i] + length[i];
    }

    /** Payload bytes of the entry. */
    public int payloadLength(int index) {
        int i = at(index);
        return (flags[i] & (SYN | FIN)) != 0 ? 0 : length[i];
    }

    /** Data sequence number (relative) of the first payload byte of the entry. */
    public long dsn(int index) {
        return dsn[at(index)];
    }

    /** Start of the mapping the entry was sent under, in subflow sequence space. */
    public long mapSsn(int index) {
        return mapSsn[at(index)];
    }

    /** Start of the mapping in data sequence space. */
    public long mapDsn(int index) {
        int i = at(index);
        return dsn[i] - (ssn[i] - mapSsn[i]);
    }

    public int mapLength(int index) {
        return mapLength[at(index)];
    }

    /** DSS checksum of the mapping, -1 when checksums are not in use. */
    public int mapChecksum(int index) {
        return mapChecksum[at(index)];
    }

    public long sentNanos(int index) {
        return sentNanos[at(index)];
    }

    public boolean has(int index, int bits) {
        return (flags[at(index)] & bits) != 0;
    }

    public long sackedBytes() {
        return sackedBytes;
    }

    /** Bytes judged lost and not sent again since. */
    public long lostBytes() {
        return lostBytes;
    }

    /** Sequence numbers held, in flight or not. */
    public long totalLength() {
        return size == 0 ? 0 : endSsn(size - 1) - ssn(0);
    }

    /** Bytes that have left the network according to duplicate ACKs without SACK, which do not say which bytes they were. */
    public long unlocatedBytes() {
        return unlocatedBytes;
    }

    public void setUnlocatedBytes(long bytes) {
        unlocatedBytes = bytes;
    }

    /** Bytes believed to be in the network: neither acknowledged, nor SACKed, nor lost ("pipe", RFC 6675). */
    public long inFlightBytes() {
        return Math.max(0, totalLength() - sackedBytes - lostBytes - unlocatedBytes);
    }

    /** Appends what has just been sent. Entries are contiguous in sequence space. */
    public void append(long startSsn, int sequenceLength, int kind, long startDsn, int checksum, long nowNanos) {
        if (size == ssn.length) {
            grow();
        }
        int i = at(size++);
        ssn[i] = startSsn;
        length[i] = sequenceLength;
        dsn[i] = startDsn;
        mapSsn[i] = startSsn;
        mapLength[i] = sequenceLength;
        mapChecksum[i] = checksum;
        sentNanos[i] = nowNanos;
        flags[i] = (byte) kind;
        if ((kind & (SYN | FIN)) == 0) {
            runs.append(startSsn, startDsn, startDsn + sequenceLength);
        }
    }

    /** The oldest entry is acknowledged up to {@code ackSsn}, which lies within it: only the rest is kept. */
    public void trimHead(long ackSsn) {
        int i = at(0);
        int cut = (int) (ackSsn - ssn[i]);
        account(i, -cut);
        ssn[i] += cut;
        dsn[i] += cut;
        length[i] -= cut;
    }

    /** The oldest entry is acknowledged whole. */
    public void removeHead() {
        int i = at(0);
        account(i, -length[i]);
        head = (head + 1) & (ssn.length - 1);
        size--;
        runs.trim(size == 0 ? Long.MAX_VALUE : ssn(0));
    }

    /** Cuts entry {@code index} in two at {@code atSsn}, strictly within it. Both keep mapping, time and marks; the push is the second's. */
    public void split(int index, long atSsn) {
        if (size == ssn.length) {
            grow();
        }
        for (int k = size; k > index + 1; k--) {
            copy(at(k - 1), at(k));
        }
        size++;
        int first = at(index);
        int second = at(index + 1);
        copy(first, second);
        int cut = (int) (atSsn - ssn[first]);
        flags[first] &= ~PUSH;
        length[first] = cut;
        ssn[second] += cut;
        dsn[second] += cut;
        length[second] -= cut;
    }

    public void markReinjected(int index) {
        flags[at(index)] |= REINJECTED;
    }

    public void markSacked(int index) {
        int i = at(index);
        if ((flags[i] & LOST) != 0) {
            lostBytes -= length[i];
        }
        flags[i] = (byte) (flags[i] & ~LOST | SACKED);
        sackedBytes += length[i];
    }

    /** Forgets all selective acknowledgments. */
    public void clearSacked() {
        for (int k = 0; k < size; k++) {
            flags[at(k)] &= ~SACKED;
        }
        sackedBytes = 0;
    }

    public void markLost(int index) {
        int i = at(index);
        flags[i] |= LOST;
        lostBytes += length[i];
    }

    /** Nothing is judged lost any more. */
    public void clearLost() {
        for (int k = 0; k < size; k++) {
            flags[at(k)] &= ~LOST;
        }
        lostBytes = 0;
    }

    /** The entry is being sent again. */
    public void markRetransmitted(int index, long nowNanos) {
        int i = at(index);
        if ((flags[i] & LOST) != 0) {
            lostBytes -= length[i];
        }
        flags[i] = (byte) (flags[i] & ~LOST | RETRANSMITTED);
        sentNanos[i] = nowNanos;
    }

    /** Index of the entry that holds sequence number {@code position}, or {@link #size()} when it lies behind the last. */
    public int indexOf(long position) {
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

    /** Lowest data sequence number (relative) of any payload held; Long.MAX_VALUE when there is none. */
    public long lowestDsn() {
        long lowest = Long.MAX_VALUE;
        for (int run = 0; run < runs.size(); run++) {
            int first = indexOf(runs.startSsn(run));
            if (first < size && !has(first, SYN | FIN)) {
                lowest = Math.min(lowest, dsn(first));
            }
        }
        return lowest;
    }

    /** Whether any entry carries the byte at data sequence number {@code position}. */
    public boolean carries(long position) {
        for (int run = runs.size() - 1; run >= 0; run--) {
            if (runs.mayHold(run, position) && carries(position, run)) {
                return true;
            }
        }
        return false;
    }

    /** Looks for the last entry of the run that begins at or below {@code position}. */
    private boolean carries(long position, int run) {
        int low = indexOf(runs.startSsn(run));
        int high = (run + 1 < runs.size() ? indexOf(runs.startSsn(run + 1)) : size) - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (has(middle, SYN | FIN)) {
                high = middle - 1; // a FIN is the last of all
            } else if (dsn(middle) > position) {
                high = middle - 1;
            } else if (dsn(middle) + length(middle) <= position) {
                low = middle + 1;
            } else {
                return true;
            }
        }
        return false;
    }

    public void clear() {
        head = 0;
        size = 0;
        sackedBytes = 0;
        lostBytes = 0;
        runs.trim(Long.MAX_VALUE);
        unlocatedBytes = 0;
    }

    private void account(int i, int delta) {
        if ((flags[i] & SACKED) != 0) {
            sackedBytes += delta;
        } else if ((flags[i] & LOST) != 0) {
            lostBytes += delta;
        }
    }

    int at(int index) {
        return (head + index) & (ssn.length - 1);
    }

    private void copy(int from, int to) {
        ssn[to] = ssn[from];
        length[to] = length[from];
        dsn[to] = dsn[from];
        mapSsn[to] = mapSsn[from];
        mapLength[to] = mapLength[from];
        mapChecksum[to] = mapChecksum[from];
        sentNanos[to] = sentNanos[from];
        flags[to] = flags[from];
        if (records != null) {
            records.copy(from, to);
        }
    }

    private void grow() {
        if (records != null) {
            records.grow(head);
        }
        ssn = regrow(ssn, head);
        dsn = regrow(dsn, head);
        mapSsn = regrow(mapSsn, head);
        sentNanos = regrow(sentNanos, head);
        length = regrow(length, head);
        mapLength = regrow(mapLength, head);
        mapChecksum = regrow(mapChecksum, head);
        flags = regrow(flags, head);
        head = 0;
    }

    static long[] regrow(long[] old, int head) {
        long[] grown = new long[old.length * 2];
        System.arraycopy(old, head, grown, 0, old.length - head);
        System.arraycopy(old, 0, grown, old.length - head, head);
        return grown;
    }

    private static int[] regrow(int[] old, int head) {
        int[] grown = new int[old.length * 2];
        System.arraycopy(old, head, grown, 0, old.length - head);
        System.arraycopy(old, 0, grown, old.length - head, head);
        return grown;
    }

    static byte[] regrow(byte[] old, int head) {
        byte[] grown = new byte[old.length * 2];
        System.arraycopy(old, head, grown, 0, old.length - head);
        System.arraycopy(old, 0, grown, old.length - head, head);
        return grown;
    }
}
