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

    private final SegmentTables tables;
    /** {@link SegmentTables#EMPTY} while nothing is under way: an idle connection owns no table. */
    private SegmentTables.Table table = SegmentTables.EMPTY;
    private int head;
    private int size;

    private long sackedBytes;
    private long lostBytes;
    private long unlocatedBytes;
    /** Null while nobody measures rates. */
    private SendRecords records;

    /** A log with tables of its own. */
    public SegmentLog() {
        this(new SegmentTables());
    }

    /** A log that takes its table from a pool while there is anything in it. */
    public SegmentLog(SegmentTables tables) {
        this.tables = tables;
    }

    /** From now on there is a record beside each entry; to be called while the log is empty. */
    public SendRecords keepRecords() {
        if (records == null) {
            records = new SendRecords(this);
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
        return table.ssn[at(index)];
    }

    /** Sequence numbers the entry occupies: payload bytes, or 1 for SYN and FIN. */
    public int length(int index) {
        return table.length[at(index)];
    }

    public long endSsn(int index) {
        int i = at(index);
        return table.ssn[i] + table.length[i];
    }

    /** Payload bytes of the entry. */
    public int payloadLength(int index) {
        int i = at(index);
        return (table.flags[i] & (SYN | FIN)) != 0 ? 0 : table.length[i];
    }

    /** Data sequence number (relative) of the first payload byte of the entry. */
    public long dsn(int index) {
        return table.dsn[at(index)];
    }

    /** Start of the mapping the entry was sent under, in subflow sequence space. */
    public long mapSsn(int index) {
        return table.mapSsn[at(index)];
    }

    /** Start of the mapping in data sequence space. */
    public long mapDsn(int index) {
        int i = at(index);
        return table.dsn[i] - (table.ssn[i] - table.mapSsn[i]);
    }

    public int mapLength(int index) {
        return table.mapLength[at(index)];
    }

    /** DSS checksum of the mapping, -1 when checksums are not in use. */
    public int mapChecksum(int index) {
        return table.mapChecksum[at(index)];
    }

    public long sentNanos(int index) {
        return table.sentNanos[at(index)];
    }

    public boolean has(int index, int bits) {
        return (table.flags[at(index)] & bits) != 0;
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
        if (size == table.capacity() || size == 0) {
            grow();
        }
        int i = at(size++);
        table.ssn[i] = startSsn;
        table.length[i] = sequenceLength;
        table.dsn[i] = startDsn;
        table.mapSsn[i] = startSsn;
        table.mapLength[i] = sequenceLength;
        table.mapChecksum[i] = checksum;
        table.sentNanos[i] = nowNanos;
        table.flags[i] = (byte) kind;
        if ((kind & (SYN | FIN)) == 0) {
            table.runs.append(startSsn, startDsn, startDsn + sequenceLength);
        }
    }

    /** The oldest entry is acknowledged up to {@code ackSsn}, which lies within it: only the rest is kept. */
    public void trimHead(long ackSsn) {
        int i = at(0);
        int cut = (int) (ackSsn - table.ssn[i]);
        account(i, -cut);
        table.ssn[i] += cut;
        table.dsn[i] += cut;
        table.length[i] -= cut;
    }

    /** The oldest entry is acknowledged whole. */
    public void removeHead() {
        int i = at(0);
        account(i, -table.length[i]);
        head = (head + 1) & table.mask;
        size--;
        if (size == 0) {
            giveTableBack();
        } else {
            table.runs.trim(ssn(0));
        }
    }

    /** Cuts entry {@code index} in two at {@code atSsn}, strictly within it. Both keep mapping, time and marks; the push is the second's. */
    public void split(int index, long atSsn) {
        if (size == table.capacity()) {
            grow();
        }
        for (int k = size; k > index + 1; k--) {
            copy(at(k - 1), at(k));
        }
        size++;
        int first = at(index);
        int second = at(index + 1);
        copy(first, second);
        int cut = (int) (atSsn - table.ssn[first]);
        table.flags[first] &= ~PUSH;
        table.length[first] = cut;
        table.ssn[second] += cut;
        table.dsn[second] += cut;
        table.length[second] -= cut;
    }

    public void markReinjected(int index) {
        table.flags[at(index)] |= REINJECTED;
    }

    public void markSacked(int index) {
        int i = at(index);
        if ((table.flags[i] & LOST) != 0) {
            lostBytes -= table.length[i];
        }
        table.flags[i] = (byte) (table.flags[i] & ~LOST | SACKED);
        sackedBytes += table.length[i];
    }

    /** Forgets all selective acknowledgments. */
    public void clearSacked() {
        for (int k = 0; k < size; k++) {
            table.flags[at(k)] &= ~SACKED;
        }
        sackedBytes = 0;
    }

    public void markLost(int index) {
        int i = at(index);
        table.flags[i] |= LOST;
        lostBytes += table.length[i];
    }

    /** Nothing is judged lost any more. */
    public void clearLost() {
        for (int k = 0; k < size; k++) {
            table.flags[at(k)] &= ~LOST;
        }
        lostBytes = 0;
    }

    /** The entry is being sent again. */
    public void markRetransmitted(int index, long nowNanos) {
        int i = at(index);
        if ((table.flags[i] & LOST) != 0) {
            lostBytes -= table.length[i];
        }
        table.flags[i] = (byte) (table.flags[i] & ~LOST | RETRANSMITTED);
        table.sentNanos[i] = nowNanos;
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
        for (int run = 0; run < table.runs.size(); run++) {
            int first = indexOf(table.runs.startSsn(run));
            if (first < size && !has(first, SYN | FIN)) {
                lowest = Math.min(lowest, dsn(first));
            }
        }
        return lowest;
    }

    /** Whether any entry carries the byte at data sequence number {@code position}. */
    public boolean carries(long position) {
        return indexOfDsn(position) >= 0;
    }

    /** Index of an entry that carries the byte at data sequence number {@code position}, the one sent last if there are several; -1 for none. */
    public int indexOfDsn(long position) {
        for (int run = table.runs.size() - 1; run >= 0; run--) {
            int index = table.runs.mayHold(run, position) ? indexOfDsn(position, run) : -1;
            if (index >= 0) {
                return index;
            }
        }
        return -1;
    }

    /** Looks for the last entry of the run that begins at or below {@code position}. */
    private int indexOfDsn(long position, int run) {
        int low = indexOf(table.runs.startSsn(run));
        int high = (run + 1 < table.runs.size() ? indexOf(table.runs.startSsn(run + 1)) : size) - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (has(middle, SYN | FIN)) {
                high = middle - 1; // a FIN is the last of all
            } else if (dsn(middle) > position) {
                high = middle - 1;
            } else if (dsn(middle) + length(middle) <= position) {
                low = middle + 1;
            } else {
                return middle;
            }
        }
        return -1;
    }

    public void clear() {
        size = 0;
        sackedBytes = 0;
        lostBytes = 0;
        unlocatedBytes = 0;
        giveTableBack();
    }

    private void account(int i, int delta) {
        if ((table.flags[i] & SACKED) != 0) {
            sackedBytes += delta;
        } else if ((table.flags[i] & LOST) != 0) {
            lostBytes += delta;
        }
    }

    int at(int index) {
        return (head + index) & table.mask;
    }

    private void copy(int from, int to) {
        table.copy(from, to);
        if (records != null) {
            records.copy(from, to);
        }
    }

    private void grow() {
        SegmentTables.Table larger = tables.acquire(2 * size);
        if (records != null) {
            records.grow(head, size, table.capacity(), larger.capacity());
        }
        larger.take(table, head, size);
        tables.release(table);
        table = larger;
        head = 0;
    }

    private void giveTableBack() {
        tables.release(table);
        table = SegmentTables.EMPTY;
        head = 0;
    }
}
