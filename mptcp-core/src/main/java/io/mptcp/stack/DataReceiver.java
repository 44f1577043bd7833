package io.mptcp.stack;

import io.mptcp.buffer.ReceiveBuffer;
import io.mptcp.buffer.RingPool;
import java.lang.foreign.MemorySegment;

/**
 * The receiving half of a connection at the data level: one ring and one window for all subflows (RFC 8684 section 3.3.4). Positions
 * are relative data sequence numbers; after fallback they are the subflow's own.
 */
final class DataReceiver {
    /** A sixteenth of the ring is never promised outright, see {@link #windowField}. */
    private static final int ROUNDING_RESERVE = 16;
    private static final int MAX_WINDOW_FIELD = 0xffff;

    private final ReceiveBuffer buffer;
    private final int capacityBytes;
    /** Right edge of the window as advertised on any subflow: it never moves left. */
    private long advertisedEdgeDsn;
    private long finDsn = -1;

    DataReceiver(int capacityBytes, int maxRanges, RingPool pool) {
        this.capacityBytes = capacityBytes;
        buffer = new ReceiveBuffer(1, Math.min(capacityBytes, 64 * 1024), capacityBytes, maxRanges, pool);
        advertisedEdgeDsn = 1;
    }

    /** Next expected data sequence number: what DATA_ACK says. A DATA_FIN counts once everything before it is here. */
    long rcvNxt() {
        return buffer.rcvNxt() + (isFinReceived() ? 1 : 0);
    }

    /** Next data byte expected, a DATA_FIN left aside. */
    long nextByteDsn() {
        return buffer.rcvNxt();
    }

    /** @return how many bytes were new */
    int insert(long dsn, MemorySegment source, long offset, int length) {
        int usable = finDsn < 0 ? length : (int) Math.max(0, Math.min(length, finDsn - dsn)); // B.11: nothing counts behind DATA_FIN
        return usable <= 0 ? 0 : buffer.insert(dsn, source, offset, usable);
    }

    /** Whether everything that counts of these bytes is here: before the end of the stream, nothing refused for want of room. */
    boolean holds(long dsn, int length) {
        long end = finDsn < 0 ? dsn + length : Math.min(dsn + length, finDsn);
        return end <= dsn || buffer.holds(dsn, (int) (end - dsn));
    }

    /** The peer's stream ends before {@code dsn}. A second, different end is ignored, as is one below what was already received. */
    void onFin(long dsn) {
        if (finDsn < 0 && dsn >= buffer.rcvNxt() && dsn <= advertisedEdgeDsn + 1) {
            finDsn = dsn;
        }
    }

    boolean isFinAt(long dsn) {
        return finDsn == dsn;
    }

    boolean isFinReceived() {
        return finDsn >= 0 && buffer.rcvNxt() >= finDsn;
    }

    int readableBytes() {
        return buffer.readableBytes();
    }

    boolean isEndOfStream() {
        return isFinReceived() && buffer.readableBytes() == 0;
    }

    int read(MemorySegment destination, long offset, int length) {
        int count = buffer.read(destination, offset, length);
        return count == 0 && isEndOfStream() ? -1 : count;
    }

    /**
     * The window field for a segment: right edge less next expected byte, in units of {@code 1 << shift}. Rounding up keeps the edge from
     * moving left (RFC 7323 section 2.4), but pushes it a little with each acknowledgment; a part of the ring is kept back for that.
     * Should even this be used up, the field says up to a unit too little, and what was promised before is still accepted. Small openings
     * are saved up (RFC 9293 section 3.8.6.2.2).
     */
    int windowField(int shift, int mssBytes) {
        long next = buffer.rcvNxt();
        long target = targetEdge(shift);
        long edge = target - advertisedEdgeDsn >= Math.min(capacityBytes / 2, mssBytes) ? target : advertisedEdgeDsn;
        long promised = (advertisedEdgeDsn - next + (1L << shift) - 1) >> shift;
        if (next + (promised << shift) > buffer.readPosition() + capacityBytes) {
            promised = (advertisedEdgeDsn - next) >> shift;
        }
        long field = Math.max(0, Math.max((edge - next) >> shift, promised));
        field = Math.min(field, 0xffff);
        advertisedEdgeDsn = Math.max(advertisedEdgeDsn, next + (field << shift));
        return (int) field;
    }

    /** What {@link #windowField} says on the SYN/ACK of a connection with this buffer. */
    static int initialWindowBytes(int capacityBytes) {
        int roundingReserve = capacityBytes <= MAX_WINDOW_FIELD ? 0 : capacityBytes / ROUNDING_RESERVE;
        return Math.min(capacityBytes - roundingReserve, MAX_WINDOW_FIELD);
    }

    /** Whether reading has opened the window enough to tell the peer without waiting for its next segment. */
    boolean isWindowUpdateDue(int shift, int mssBytes) {
        long left = advertisedEdgeDsn - buffer.rcvNxt();
        return left < capacityBytes / 2 && targetEdge(shift) - advertisedEdgeDsn >= Math.min(capacityBytes / 2, 2 * mssBytes);
    }

    private long targetEdge(int shift) {
        // A subflow without scaling must leave the reserve alone too, for those that have it.
        int roundingReserve = capacityBytes <= MAX_WINDOW_FIELD ? 0 : Math.max(capacityBytes / ROUNDING_RESERVE, 1 << shift);
        return buffer.readPosition() + capacityBytes - roundingReserve;
    }

    long windowBytes() {
        return Math.max(0, advertisedEdgeDsn - buffer.rcvNxt());
    }

    int capacityBytes() {
        return capacityBytes;
    }

    long bytesReceived() {
        return buffer.rcvNxt() - 1;
    }

    int allocatedBytes() {
        return buffer.allocatedBytes();
    }

    void close() {
        buffer.close();
    }
}
