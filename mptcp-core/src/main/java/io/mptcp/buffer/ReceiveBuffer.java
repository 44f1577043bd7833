package io.mptcp.buffer;

import java.lang.foreign.MemorySegment;

/**
 * What a connection has received and its application not yet read, in data-sequence space (relative positions). Payload is placed at its
 * final position at once, in any order; {@link #rcvNxt} is the end of the contiguous part. Native memory in pages, held only where there
 * are bytes: it follows what is here, not what the window would allow.
 */
public final class ReceiveBuffer {
    private final RingPool pool;
    private final boolean ownsPool;
    private final int maxCapacityBytes;
    private final PageRing pages;
    private final int maxRanges;
    /** What is held beyond {@link #rcvNxt}; never touches it. {@link RangeSet#EMPTY} before there has been anything. */
    private RangeSet outOfOrder = RangeSet.EMPTY;
    private long readPosition;
    private long rcvNxt;
    private boolean shortOfMemory;
    private boolean closed;

    /**
     * A buffer with a pool of its own, which keeps two pages when it runs empty, until {@link #close}.
     *
     * @param pageBytes memory is taken in pieces of this size, rounded up to a power of two
     * @param maxRanges bound on out-of-order intervals; data that would exceed it is refused and must be sent again
     */
    public ReceiveBuffer(long firstPosition, int pageBytes, int maxCapacityBytes, int maxRanges) {
        this(firstPosition, pageBytes, maxCapacityBytes, maxRanges, new RingPool(2L * pageBytes), true);
    }

    /** A buffer that takes its pages from {@code pool} when bytes come and gives each back when nothing in it is needed. */
    public ReceiveBuffer(long firstPosition, int pageBytes, int maxCapacityBytes, int maxRanges, RingPool pool) {
        this(firstPosition, pageBytes, maxCapacityBytes, maxRanges, pool, false);
    }

    private ReceiveBuffer(long firstPosition, int pageBytes, int maxCapacityBytes, int maxRanges, RingPool pool, boolean ownsPool) {
        this.maxCapacityBytes = RingPool.checkedCapacity(pageBytes, maxCapacityBytes);
        this.pool = pool;
        this.ownsPool = ownsPool;
        pages = new PageRing(pool, pageBytes);
        this.maxRanges = maxRanges;
        readPosition = firstPosition;
        rcvNxt = firstPosition;
    }

    /** Next position the application will read. */
    public long readPosition() {
        return readPosition;
    }

    /** End of the contiguous data: the next expected position. */
    public long rcvNxt() {
        return rcvNxt;
    }

    /** Bytes ready to read. */
    public int readableBytes() {
        return closed ? 0 : (int) (rcvNxt - readPosition);
    }

    /** Bytes held out of order, beyond a hole. */
    public long outOfOrderBytes() {
        return outOfOrder.totalBytes();
    }

    /** Most bytes that may ever lie between readPosition and the end of the window. */
    public int maxCapacityBytes() {
        return maxCapacityBytes;
    }

    /**
     * Places {@code length} bytes at {@code position}. What lies below {@link #rcvNxt} or beyond
     * {@code readPosition + maxCapacityBytes} is trimmed; bytes already held keep their first value (RFC 8684 section 3.3.1).
     *
     * @return the number of bytes that were new; 0 also when there is no memory for them, see {@link #isShortOfMemory}
     */
    public int insert(long position, MemorySegment source, long offset, int length) {
        shortOfMemory = false;
        long start = Math.max(position, rcvNxt);
        long end = Math.min(position + length, readPosition + maxCapacityBytes);
        if (start >= end || closed) {
            return 0;
        }
        long sourceOffset = offset + (start - position);
        if (outOfOrder.isEmpty() && start == rcvNxt) {
            if (!reserve(start, end)) {
                return 0;
            }
            int placed = (int) (end - start);
            pages.put(start, source, sourceOffset, placed);
            rcvNxt = end;
            return placed;
        }
        return insertAroundHeld(start, end, source, sourceOffset);
    }

    /** The last {@link #insert} refused its bytes because the budget of the pool is used up. */
    public boolean isShortOfMemory() {
        return shortOfMemory;
    }

    /** Whether all of it is here, or has been read. */
    public boolean holds(long position, int length) {
        return position + length <= rcvNxt || outOfOrder.contains(Math.max(position, rcvNxt), position + length);
    }

    /** Copies up to {@code length} readable bytes out and frees their space. @return bytes read, 0 when there are none */
    public int read(MemorySegment destination, long offset, int length) {
        int taken = Math.min(length, readableBytes());
        if (taken > 0) {
            peek(destination, offset, taken);
            skip(taken);
        }
        return Math.max(0, taken);
    }

    /** Copies {@code length} readable bytes out, and keeps them. */
    public void peek(MemorySegment destination, long offset, int length) {
        pages.get(readPosition, destination, offset, length);
    }

    /** How many readable bytes lie together in {@link #pieceMemory}, 0 when there are none. */
    public int pieceBytes() {
        return (int) Math.min(readableBytes(), pages.pageEnd(readPosition) - readPosition);
    }

    /** Memory of the first readable bytes; good until the next {@link #skip}, {@link #read} or {@link #close}. */
    public MemorySegment pieceMemory() {
        return pages.memoryAt(readPosition);
    }

    /** Has {@link #pieceMemory} stay as it is, whatever becomes of this buffer. @return to be run once, when it need not any more */
    public Runnable holdPiece() {
        return pages.hold(readPosition);
    }

    /** Where the first readable byte lies in {@link #pieceMemory}. */
    public long pieceOffset() {
        return pages.indexOf(readPosition);
    }

    /** Frees the space of {@code length} readable bytes. */
    public void skip(int length) {
        long before = readPosition;
        readPosition += length;
        if (readPosition == rcvNxt && outOfOrder.isEmpty()) {
            pages.releaseAll();
        } else {
            pages.releasePagesBelow(before, readPosition);
        }
    }

    /**
     * Drops the farther half of what is held out of order, to make memory free. The peer has to send it again, as the caller has to see to.
     *
     * @return false when nothing was held out of order
     */
    public boolean dropHalfOutOfOrder() {
        if (outOfOrder.isEmpty()) {
            return false;
        }
        long heldUntil = outOfOrder.end(outOfOrder.size() - 1);
        dropOutOfOrderFrom(pages.pageEnd(rcvNxt + (heldUntil - rcvNxt) / 2), heldUntil);
        return true;
    }

    /** Drops all that is held out of order. */
    public void dropOutOfOrder() {
        if (!outOfOrder.isEmpty()) {
            dropOutOfOrderFrom(rcvNxt, outOfOrder.end(outOfOrder.size() - 1));
        }
    }

    private void dropOutOfOrderFrom(long position, long heldUntil) {
        long from = position >= heldUntil ? rcvNxt : position; // half of less than two pages would free nothing
        outOfOrder.removeFrom(from);
        boolean shared = from == rcvNxt && readPosition < rcvNxt; // unread bytes end in the page
        long firstFree = shared ? pages.pageEnd(rcvNxt - 1) : from;
        if (firstFree < heldUntil) {
            pages.releasePagesFrom(firstFree, heldUntil);
        }
    }

    /** Bytes of native memory that hold nothing but out-of-order data: a single byte takes a page. */
    public int outOfOrderMemoryBytes() {
        return outOfOrder.isEmpty() ? 0 : pages.allocatedBytes() - pages.spanBytes(readPosition, rcvNxt);
    }

    /** Bytes of native memory now held. */
    public int allocatedBytes() {
        return pages.allocatedBytes();
    }

    /** Gives the memory back. The buffer takes nothing more, and what was not read is lost. */
    public void close() {
        closed = true;
        outOfOrder.clear();
        pages.releaseAll();
        if (ownsPool) {
            pool.close();
        }
    }

    private int insertAroundHeld(long start, long end, MemorySegment source, long sourceOffset) {
        if (start > rcvNxt && outOfOrder == RangeSet.EMPTY) {
            outOfOrder = new RangeSet(maxRanges);
        }
        // Refuse before anything is moved: a new interval needs room in the set unless it fills the first hole or joins another.
        if ((start > rcvNxt && !outOfOrder.canAdd(start, end)) || !reserve(start, end)) {
            return 0;
        }
        int placed = 0;
        long position = start;
        while (position < end) {
            long holeStart = outOfOrder.coveredUntil(position);
            long holeEnd = Math.min(end, outOfOrder.nextStart(position));
            if (holeStart < holeEnd) {
                pages.put(holeStart, source, sourceOffset + (holeStart - start), (int) (holeEnd - holeStart));
                placed += (int) (holeEnd - holeStart);
            }
            position = holeEnd;
        }
        if (start > rcvNxt) {
            outOfOrder.add(start, end);
        } else {
            rcvNxt = outOfOrder.coveredUntil(end);
            outOfOrder.removeBelow(rcvNxt);
        }
        return placed;
    }

    private boolean reserve(long start, long end) {
        shortOfMemory = !pages.reserve(readPosition, start, end, start == rcvNxt);
        return !shortOfMemory;
    }
}
