package io.mptcp.stack;

import io.mptcp.buffer.RangeSet;
import io.mptcp.buffer.RingPool;
import io.mptcp.buffer.SegmentLog;
import io.mptcp.buffer.SendBuffer;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The sending half of a connection at the data level: what is written, sent, acknowledged, allowed, and to be sent again on another
 * subflow. Positions are relative data sequence numbers (first byte = 1).
 */
final class DataSender {
    private static final int INITIAL_RING_BYTES = 16 * 1024;
    /** An application far from the event loop needs some advance, however small the congestion windows are. */
    private static final int MIN_UNSENT_BYTES = 64 * 1024;

    private final SendBuffer buffer;
    private final int maxCapacityBytes;
    /** Size chosen by the application, 0 for automatic. */
    private int fixedBytes;
    /** Automatic size: most bytes taken that cannot be sent yet. */
    private long unsentLimitBytes = MIN_UNSENT_BYTES;
    /** TCP_NOTSENT_LOWAT, Integer.MAX_VALUE for none. */
    private int notSentLowatBytes = Integer.MAX_VALUE;
    /** With that: what of {@link #pendingBytes} would leave at once, and how much makes a super-segment. */
    private long sendableBytes;
    private int superSegmentBytes = 1;
    private final int maxRanges;
    /** {@link RangeSet#EMPTY} before there has been one. */
    private RangeSet reinjections = RangeSet.EMPTY;
    /** Null before the application has ended a record. */
    private RecordEnds records;
    private long dsnUna = 1;
    private long dsnNxt = 1;
    /** Highest data sequence number the peer has allowed, exclusive: the largest DATA_ACK + window seen (RFC 8684 section 3.3.5). */
    private long windowEdgeDsn = 1;
    private boolean finRequested;
    private boolean finSent;
    private boolean finAcked;

    DataSender(int maxCapacityBytes, int maxRanges, RingPool pool) {
        this.maxCapacityBytes = maxCapacityBytes;
        buffer = new SendBuffer(1, Math.min(maxCapacityBytes, INITIAL_RING_BYTES), maxCapacityBytes, pool);
        this.maxRanges = maxRanges;
    }

    SendBuffer buffer() {
        return buffer;
    }

    // ---- room for the application ----

    /** A size chosen by the application instead of the automatic one, 0 for that; at most the configured maximum. */
    void setFixedBytes(int bytes) {
        fixedBytes = Math.min(bytes, maxCapacityBytes);
    }

    /** Most bytes that may be held. */
    int capacityBytes() {
        return fixedBytes > 0 ? fixedBytes : maxCapacityBytes;
    }

    /** What is acknowledged, but is not free yet, leaves little room for more: half of a fixed size, else twice what is under way. */
    boolean isCramped() {
        long kept = dsnUna - buffer.head();
        long reserve = isFixed() ? fixedBytes / 2 : Math.max(maxCapacityBytes / 8, 2 * (buffer.tail() - dsnUna));
        return kept > 0 && kept >= capacityBytes() - reserve;
    }

    /**
     * Sets the automatic size: the application may be ahead of what can be sent by as much as is under way. With one path that makes two
     * congestion windows, as on Linux. What is sent and only waits for a slower path to fill a hole does not count, so that the faster ones are
     * never short of data (RFC 8684 section 3.3.5).
     */
    void setCongestionWindows(long sumBytes) {
        unsentLimitBytes = Math.max(MIN_UNSENT_BYTES, sumBytes);
    }

    /** What cannot be sent yet is bounded by so much (TCP_NOTSENT_LOWAT), Integer.MAX_VALUE for no bound. */
    void setNotSentLowat(int bytes) {
        notSentLowatBytes = bytes;
    }

    boolean hasNotSentLowat() {
        return notSentLowatBytes != Integer.MAX_VALUE;
    }

    /**
     * To be told whenever {@link #hasNotSentLowat}.
     *
     * @param bytes what may be sent at once
     * @param unit  what of it makes one super-segment
     */
    void setSendable(long bytes, int unit) {
        sendableBytes = bytes;
        superSegmentBytes = Math.max(1, unit);
    }

    /**
     * Bytes that {@link #write} would take, memory permitting. Against a size chosen by the application counts what the peer's data level has not
     * acknowledged: what only a slower subflow may have to send again is no concern of the application, and must not hold back the others.
     */
    int writableBytes() {
        return (int) Math.min(bufferRoomBytes(), notSentRoomBytes());
    }

    private long bufferRoomBytes() {
        long wanted = fixedBytes > 0 ? fixedBytes - (buffer.tail() - dsnUna) : unsentLimitBytes - pendingBytes();
        return Math.clamp(wanted, 0, buffer.writableBytes());
    }

    /** A write that begins below the bound fills a super-segment: small ones cost more than a little less of freshness. */
    private long notSentRoomBytes() {
        if (!hasNotSentLowat()) {
            return Long.MAX_VALUE;
        }
        if (notSentBytes() >= notSentLowatBytes) {
            return 0;
        }
        long segments = (notSentLowatBytes + superSegmentBytes - 1L) / superSegmentBytes;
        return sendableBytes + segments * superSegmentBytes - pendingBytes();
    }

    /** Pending bytes that will still be there when all has been sent that may be. */
    private long notSentBytes() {
        return Math.max(0, pendingBytes() - sendableBytes);
    }

    /** Enough room to tell an application that waits for it. */
    boolean isWritable() {
        return bufferRoomBytes() >= sizeBytes() / 4 && (!hasNotSentLowat() || 2 * notSentBytes() < notSentLowatBytes);
    }

    /** The application has nothing more to write at the moment: it has ended the stream, or left twice as much room as it is told of. */
    boolean isAllWritten() {
        return finRequested || bufferRoomBytes() >= sizeBytes() / 2;
    }

    /** {@link #bufferRoomBytes} when there is as much as there may be. */
    private long sizeBytes() {
        return Math.min(maxCapacityBytes, fixedBytes > 0 ? fixedBytes : unsentLimitBytes);
    }

    /** Copies what there is room for. @return bytes taken, fewer than {@link #writableBytes} when memory is used up */
    int write(MemorySegment source, long offset, int length) {
        return buffer.write(source, offset, Math.min(length, writableBytes()));
    }

    /** As {@link #write}, without a copy: see {@link SendBuffer#handOver}. */
    int handOver(MemorySegment memory, long offset, int length, Runnable release) {
        return buffer.handOver(memory, offset, Math.min(length, writableBytes()), release);
    }

    long dsnUna() {
        return dsnUna;
    }

    long dsnNxt() {
        return dsnNxt;
    }

    /** Bytes written and never sent yet. */
    long pendingBytes() {
        return buffer.tail() - dsnNxt;
    }

    /** Everything written so far is a record: what is written next begins a new segment. */
    void endRecord() {
        if (pendingBytes() > 0) {
            records = records == null ? new RecordEnds() : records;
            records.add(buffer.tail());
        }
    }

    /** Of {@link #pendingBytes} those that may go into one segment. */
    long pendingRecordBytes() {
        return Math.min(buffer.tail(), records == null ? Long.MAX_VALUE : records.nextAbove(dsnNxt)) - dsnNxt;
    }

    /** Room for new data in the connection's send window. */
    long windowBytes() {
        return windowEdgeDsn - dsnNxt;
    }

    /** The peer's window, what is in flight included. */
    long peerWindowBytes() {
        return windowEdgeDsn - dsnUna;
    }

    /** The application has chosen the size. */
    boolean isFixed() {
        return fixedBytes > 0;
    }

    /** The whole send window, what is sent and not acknowledged included: the peer's, or the send buffer where that is smaller. */
    long sendWindowBytes() {
        return Math.min(windowEdgeDsn - dsnUna, capacityBytes());
    }

    /** These were delivered before the data sequence space began (RFC 8684 section B.1). */
    void dropFirst(int count) {
        buffer.dropFirst(count);
    }

    void onSent(int length) {
        dsnNxt += length;
    }

    /** DATA_ACK (or, after fallback, the subflow's ACK). Values for data never sent are ignored. @return whether it advanced */
    boolean onDataAck(long ackDsn) {
        long limit = dsnNxt + (finSent ? 1 : 0);
        if (ackDsn <= dsnUna || ackDsn > limit) {
            return false;
        }
        if (finSent && ackDsn == limit) {
            finAcked = true;
        }
        dsnUna = Math.min(ackDsn, dsnNxt);
        reinjections.removeBelow(dsnUna);
        return true;
    }

    void onWindow(long edgeDsn) {
        windowEdgeDsn = Math.max(windowEdgeDsn, edgeDsn);
    }

    /** RFC 8684 section 3.3.2: bytes are freed only when acknowledged at the data level and on every live subflow that carried them. */
    void release(List<Subflow> subflows) {
        long position = dsnUna;
        for (int i = 0; i < subflows.size() && position > buffer.head(); i++) {
            position = Math.min(position, subflows.get(i).lowestDsn());
        }
        if (position > buffer.head()) {
            buffer.release(position);
        }
    }

    // ---- end of the stream ----

    void requestFin() {
        finRequested = true;
    }

    boolean isFinRequested() {
        return finRequested;
    }

    /** Everything written has been sent once, and the end of the stream is wanted but not yet signalled. */
    boolean isFinDue() {
        return finRequested && !finSent && pendingBytes() == 0;
    }

    void onFinSent() {
        finSent = true;
    }

    /** A DATA_FIN sent before means nothing in TCP: the end has to be signalled again, by a FIN. And nothing is sent to a second place there. */
    void onFallback() {
        finSent = false;
        reinjections.clear();
    }

    boolean isFinSent() {
        return finSent;
    }

    boolean isFinAcked() {
        return finAcked;
    }

    /** Data sequence number of the DATA_FIN. */
    long finDsn() {
        return buffer.tail();
    }

    // ---- reinjection ----

    /** Everything in the log that the peer's data level has not acknowledged is to be sent on another subflow (RFC 8684 section 3.3.6). */
    boolean reinject(SegmentLog log) {
        boolean any = false;
        for (int i = 0; i < log.size(); i++) {
            int length = log.payloadLength(i);
            long start = Math.max(log.dsn(i), dsnUna);
            long end = log.dsn(i) + length;
            if (length > 0 && start < end) {
                reinject(start, end);
                any = true;
            }
        }
        return any;
    }

    /** What is in the log will be delivered from there after all: what has not been sent elsewhere yet need not be. */
    void cancelReinjection(SegmentLog log) {
        for (int i = 0; i < log.size() && !reinjections.isEmpty(); i++) {
            reinjections.remove(log.dsn(i), log.dsn(i) + log.payloadLength(i));
        }
    }

    void reinject(long startDsn, long endDsn) {
        if (reinjections == RangeSet.EMPTY) {
            reinjections = new RangeSet(maxRanges);
        }
        reinjections.addOrWiden(Math.max(startDsn, dsnUna), endDsn);
    }

    boolean hasReinjection() {
        return !reinjections.isEmpty();
    }

    /** Ranges to be sent again, in order. */
    int reinjectionCount() {
        return reinjections.size();
    }

    long reinjectionStart(int range) {
        return reinjections.start(range);
    }

    long reinjectionEnd(int range) {
        return reinjections.end(range);
    }

    /** The range up to {@code endDsn} has been dealt with. */
    void reinjected(int range, long endDsn) {
        reinjections.removeFront(range, endDsn);
    }

    void close() {
        buffer.close();
        reinjections.clear();
    }
}
