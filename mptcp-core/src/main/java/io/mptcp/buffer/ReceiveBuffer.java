package io.mptcp.buffer;

import java.lang.foreign.MemorySegment;

/**
 * The one receive ring of a connection, in data-sequence space (relative positions). Payload is placed at its final
 * position at once, in any order; {@link #rcvNxt} is the end of the contiguous part. Native memory, allocated at the first
 * byte, grown on demand up to a maximum and given back when empty.
 */
public final class ReceiveBuffer {
    private final RingPool pool;
    private final boolean ownsPool;
    private final int initialCapacityBytes;
    private final int maxCapacityBytes;
    /** What is held beyond {@link #rcvNxt}; never touches it. */
    private final RangeSet outOfOrder;
    private Ring ring;
    private long readPosition;
    private long rcvNxt;
    /** Furthest extent from the read position since the ring was taken: the size to start with next time. */
    private int peakBytes;
    private boolean closed;

    /**
     * A buffer with memory of its own: it keeps {@code initialCapacityBytes} when it runs empty, until {@link #close}.
     *
     * @param maxRanges bound on out-of-order intervals; data that would exceed it is refused and must be sent again
     */
    public ReceiveBuffer(long firstPosition, int initialCapacityBytes, int maxCapacityBytes, int maxRanges) {
        this(firstPosition, initialCapacityBytes, maxCapacityBytes, maxRanges, new RingPool(2L * initialCapacityBytes), true);
    }

    /** A buffer that takes its ring from {@code pool} when the first byte comes and gives it back when it runs empty. */
    public ReceiveBuffer(long firstPosition, int initialCapacityBytes, int maxCapacityBytes, int maxRanges, RingPool pool) {
        this(firstPosition, initialCapacityBytes, maxCapacityBytes, maxRanges, pool, false);
    }

    private ReceiveBuffer(long firstPosition, int initialCapacityBytes, int maxCapacityBytes, int maxRanges, RingPool pool,
            boolean ownsPool) {
        this.maxCapacityBytes = RingPool.checkedCapacity(initialCapacityBytes, maxCapacityBytes);
        this.initialCapacityBytes = initialCapacityBytes;
        this.pool = pool;
        this.ownsPool = ownsPool;
        outOfOrder = new RangeSet(maxRanges);
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
     * @return the number of bytes that were new
     */
    public int insert(long position, MemorySegment source, long offset, int length) {
        long start = Math.max(position, rcvNxt);
        long end = Math.min(position + length, readPosition + maxCapacityBytes);
        if (start >= end || closed) {
            return 0;
        }
        long sourceOffset = offset + (start - position);
        if (outOfOrder.isEmpty() && start == rcvNxt) {
            int placed = (int) (end - start);
            reserve(end);
            ring.put(start, source, sourceOffset, placed);
            rcvNxt = end;
            return placed;
        }
        return insertAroundHeld(start, end, source, sourceOffset);
    }

    /** Whether all of it is here, or has been read. */
    public boolean holds(long position, int length) {
        return position + length <= rcvNxt || outOfOrder.contains(Math.max(position, rcvNxt), position + length);
    }

    /** Copies up to {@code length} readable bytes out and frees their space. @return bytes read, 0 when there are none */
    public int read(MemorySegment destination, long offset, int length) {
        int taken = Math.min(length, readableBytes());
        if (taken <= 0) {
            return 0;
        }
        ring.get(readPosition, destination, offset, taken);
        readPosition += taken;
        if (readPosition == rcvNxt && outOfOrder.isEmpty()) {
            giveRingBack();
        }
        return taken;
    }

    /** Bytes of native memory now held. */
    public int allocatedBytes() {
        return ring == null ? 0 : ring.capacityBytes();
    }

    /** Gives the memory back. The buffer takes nothing more, and what was not read is lost. */
    public void close() {
        closed = true;
        outOfOrder.clear();
        giveRingBack();
        if (ownsPool) {
            pool.close();
        }
    }

    private int insertAroundHeld(long start, long end, MemorySegment source, long sourceOffset) {
        // Refuse before anything is moved: a new interval needs room in the set unless it fills the first hole or joins another.
        if (start > rcvNxt && !outOfOrder.canAdd(start, end)) {
            return 0;
        }
        reserve(end);
        int placed = 0;
        long position = start;
        while (position < end) {
            long holeStart = outOfOrder.coveredUntil(position);
            long holeEnd = Math.min(end, outOfOrder.nextStart(position));
            if (holeStart < holeEnd) {
                ring.put(holeStart, source, sourceOffset + (holeStart - start), (int) (holeEnd - holeStart));
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

    private void reserve(long end) {
        int bytes = (int) (end - readPosition);
        peakBytes = Math.max(peakBytes, bytes);
        if (ring == null) {
            ring = pool.acquire(Math.max(peakBytes, initialCapacityBytes));
            peakBytes = bytes;
        } else if (bytes > ring.capacityBytes()) {
            Ring larger = pool.acquire(bytes);
            long heldUntil = outOfOrder.isEmpty() ? rcvNxt : outOfOrder.end(outOfOrder.size() - 1);
            larger.copyFrom(ring, readPosition, (int) (heldUntil - readPosition));
            pool.release(ring);
            ring = larger;
        }
    }

    private void giveRingBack() {
        if (ring != null) {
            pool.release(ring);
            ring = null;
        }
    }
}
