package io.mptcp.stack;

import io.mptcp.buffer.ReceiveBuffer;
import io.mptcp.buffer.RingPool;
import io.mptcp.buffer.SendBuffer;
import java.lang.foreign.MemorySegment;

/**
 * The receiving half of a connection at the data level: one ring and one window for all subflows (RFC 8684 section 3.3.4). Positions
 * are relative data sequence numbers; after fallback they are the subflow's own.
 */
final class DataReceiver {
    private static final int PAGE_BYTES = 16 * 1024;
    /** A sixteenth of the buffer is never promised outright, see {@link #windowField}. */
    private static final int ROUNDING_RESERVE = 16;
    private static final int MAX_WINDOW_FIELD = 0xffff;
    /** What a connection that already holds much may still promise while memory is short, as on Linux. */
    private static final int PRESSURE_SEGMENTS = 4;

    private final RingPool pool;
    private final ReceiveBuffer buffer;
    private final int capacityBytes;
    private final RightSizing sizing;
    /** Right edge of the window as advertised on any subflow: it never moves left. */
    private long advertisedEdgeDsn;
    private long finDsn = -1;
    /** What came with the SYN, before all data sequence numbers; null when there was nothing or all of it has been read. */
    private MemorySegment synPayload;
    private int synPayloadRead;
    private int synPayloadBytes;

    DataReceiver(int capacityBytes, int maxRanges, RingPool pool) {
        this.pool = pool;
        this.capacityBytes = capacityBytes;
        sizing = new RightSizing(capacityBytes);
        buffer = new ReceiveBuffer(1, Math.min(capacityBytes, PAGE_BYTES), capacityBytes, maxRanges, pool);
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

    /**
     * @param several another subflow may bring what is missing
     * @return how many bytes were new; 0 also when there is no memory for them, see {@link #isShortOfMemory}
     */
    int insert(long dsn, MemorySegment source, long offset, int length, boolean several) {
        long end = Math.min(dsn + length, acceptedEdge());
        if (finDsn >= 0) {
            end = Math.min(end, finDsn); // B.11: nothing counts behind DATA_FIN
        }
        if (end <= dsn) {
            return 0;
        }
        int placed = buffer.insert(dsn, source, offset, (int) (end - dsn));
        if (dsn > buffer.rcvNxt() && buffer.readableBytes() == 0) {
            sizing.onOutOfOrder(buffer.outOfOrderBytes(), several, !pool.isUnderPressure());
        }
        return placed;
    }

    /**
     * Where data is refused. A peer may overstep the window a little, see {@link DataLevel#onData}, and is forgiven within twice of what it
     * may have; what it sends farther out costs nothing.
     */
    private long acceptedEdge() {
        return Math.max(advertisedEdgeDsn, largestEdge());
    }

    private long largestEdge() {
        return buffer.readPosition() + Math.min(2L * sizing.peakBytes(), capacityBytes);
    }

    /** The last {@link #insert} refused its bytes because memory is used up. */
    boolean isShortOfMemory() {
        return buffer.isShortOfMemory();
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

    /** In TCP a FIN ends the stream: a DATA_FIN that has not been reached means nothing, and may not be where the stream ends now. */
    void onFallback() {
        if (!isFinReceived()) {
            finDsn = -1;
        }
    }

    boolean isFinReceived() {
        return finDsn >= 0 && buffer.rcvNxt() >= finDsn;
    }

    /** Relative data sequence number of the next byte the application reads. */
    long readPosition() {
        return buffer.readPosition();
    }

    /** Takes the payload of a SYN (RFC 7413): it is read first. */
    void takeSynPayload(MemorySegment source, long offset, int length) {
        synPayload = MemorySegment.ofArray(new byte[length]);
        MemorySegment.copy(source, offset, synPayload, 0, length);
        synPayloadBytes = length;
    }

    private int unreadSynPayloadBytes() {
        return synPayload == null ? 0 : synPayloadBytes - synPayloadRead;
    }

    private int readSynPayload(MemorySegment destination, long offset, int length) {
        int count = Math.min(length, unreadSynPayloadBytes());
        MemorySegment.copy(synPayload, synPayloadRead, destination, offset, count);
        synPayloadRead += count;
        if (synPayloadRead == synPayloadBytes) {
            synPayload = null;
        }
        return count;
    }

    int readableBytes() {
        return unreadSynPayloadBytes() + buffer.readableBytes();
    }

    boolean isEndOfStream() {
        return isFinReceived() && readableBytes() == 0;
    }

    int read(MemorySegment destination, long offset, int length) {
        int first = synPayload == null ? 0 : readSynPayload(destination, offset, length);
        int count = first + buffer.read(destination, offset + first, length - first);
        return count == 0 && isEndOfStream() ? -1 : count;
    }

    /** As {@link MptcpConnection#read(ReadSink, int)}. */
    int read(ReadSink sink, int limit) {
        int total = 0;
        if (synPayload != null) {
            int offered = Math.min(limit, unreadSynPayloadBytes());
            int taken = sink.take(synPayload, synPayloadRead, offered);
            synPayloadRead += taken;
            total = taken;
            if (synPayloadRead < synPayloadBytes) {
                return total;
            }
            synPayload = null;
        }
        for (boolean all = true; all && total < limit && buffer.readableBytes() > 0; ) {
            int offered = Math.min(buffer.pieceBytes(), limit - total);
            int taken = offered < SendBuffer.MIN_HANDED_OVER_BYTES ? ReadSink.NOT_KEPT : lend(sink, offered);
            if (taken == ReadSink.NOT_KEPT) {
                taken = sink.take(buffer.pieceMemory(), buffer.pieceOffset(), offered);
            }
            buffer.skip(taken);
            total += taken;
            all = taken == offered;
        }
        return total == 0 && isEndOfStream() ? -1 : total;
    }

    private int lend(ReadSink sink, int offered) {
        Runnable release = buffer.holdPiece();
        int taken = sink.keep(buffer.pieceMemory(), buffer.pieceOffset(), offered, release);
        if (taken <= 0) {
            release.run();
        }
        return taken;
    }

    /** The application has read so much. @param rttNanos of the slowest subflow in use, 0 when unknown */
    void onRead(long nowNanos, int bytes, long rttNanos, int mssBytes) {
        sizing.onRead(nowNanos, bytes, rttNanos, mssBytes, !pool.isUnderPressure());
    }

    /** A size chosen by the application instead of the automatic one, 0 for that. What was promised stays promised. */
    void setFixedBytes(int bytes) {
        sizing.setFixed(bytes);
    }

    /** Drops the farther half of what is held out of order. @return false when there was nothing */
    boolean dropHalfOutOfOrder() {
        return buffer.dropHalfOutOfOrder();
    }

    void dropOutOfOrder() {
        buffer.dropOutOfOrder();
    }

    /** Memory that {@link #dropOutOfOrder} would make free, in bytes. */
    int outOfOrderMemoryBytes() {
        return buffer.outOfOrderMemoryBytes();
    }

    /**
     * The window field for a segment: right edge less next expected byte, in units of {@code 1 << shift}. Rounding up keeps the edge from
     * moving left (RFC 7323 section 2.4), but pushes it a little with each acknowledgment; it may be pushed to
     * twice of what the buffer should be, and a part of the largest buffer is kept back for that. Should even this be used up, the field says up to a unit too little, and what was promised before is still accepted. Small openings
     * are saved up (RFC 9293 section 3.8.6.2.2).
     */
    int windowField(int shift, int mssBytes) {
        long next = buffer.rcvNxt();
        long target = targetEdge(shift, mssBytes);
        long edge = target - advertisedEdgeDsn >= Math.min(sizing.bufferBytes() / 2, mssBytes) ? target : advertisedEdgeDsn;
        long promised = (advertisedEdgeDsn - next + (1L << shift) - 1) >> shift;
        if (next + (promised << shift) > largestEdge()) {
            promised = (advertisedEdgeDsn - next) >> shift;
        }
        long field = Math.max(0, Math.max((edge - next) >> shift, promised));
        field = Math.min(field, 0xffff);
        advertisedEdgeDsn = Math.max(advertisedEdgeDsn, next + (field << shift));
        return (int) field;
    }

    /** What {@link #windowField} says on the SYN/ACK of a connection. @param fixedBytes as for {@link #setFixedBytes} */
    static int initialWindowBytes(int capacityBytes, int fixedBytes) {
        int bufferBytes = Math.min(fixedBytes > 0 ? fixedBytes : RightSizing.INITIAL_BYTES, capacityBytes);
        return Math.min(Math.min(bufferBytes, capacityBytes - roundingReserve(capacityBytes, bufferBytes, 0)), MAX_WINDOW_FIELD);
    }

    /** Whether reading has opened the window enough to tell the peer without waiting for its next segment. */
    boolean isWindowUpdateDue(int shift, int mssBytes) {
        int half = sizing.bufferBytes() / 2;
        long left = advertisedEdgeDsn - buffer.rcvNxt();
        long target = targetEdge(shift, mssBytes);
        // As Linux: while much is left, the next segment will tell.
        return left < half && target - advertisedEdgeDsn >= Math.min(half, 2 * mssBytes) && target - buffer.rcvNxt() >= 2 * left;
    }

    /** Under pressure, a connection whose reader does not keep up, or whose peer leaves holes, gets next to nothing more. */
    private long targetEdge(int shift, int mssBytes) {
        long full = fullEdge(shift);
        boolean holdsMuch = pool.isUnderPressure() && buffer.allocatedBytes() > sizing.bufferBytes() / 2;
        return holdsMuch ? Math.min(full, buffer.rcvNxt() + PRESSURE_SEGMENTS * mssBytes) : full;
    }

    private long fullEdge(int shift) {
        return buffer.readPosition() + Math.min(sizing.bufferBytes(), capacityBytes - roundingReserve(shift));
    }

    private int roundingReserve(int shift) {
        return roundingReserve(capacityBytes, sizing.bufferBytes(), shift);
    }

    private static int roundingReserve(int capacityBytes, int bufferBytes, int shift) {
        // A subflow without scaling must leave the reserve alone too, for those that have it.
        return capacityBytes <= MAX_WINDOW_FIELD ? 0 : Math.max(bufferBytes / ROUNDING_RESERVE, 1 << shift);
    }

    long windowBytes() {
        return Math.max(0, advertisedEdgeDsn - buffer.rcvNxt());
    }

    int capacityBytes() {
        return capacityBytes;
    }

    /** How many bytes behind the next expected one a peer may send at most. */
    long acceptedBytes() {
        return acceptedEdge() - buffer.rcvNxt();
    }

    /** Size the buffer has grown to. */
    int bufferBytes() {
        return sizing.bufferBytes();
    }

    long bytesReceived() {
        return synPayloadBytes + buffer.rcvNxt() - 1;
    }

    int allocatedBytes() {
        return buffer.allocatedBytes();
    }

    void close() {
        synPayload = null;
        buffer.close();
    }
}
