package io.mptcp.buffer;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.PacketSlot;
import java.lang.foreign.MemorySegment;

/**
 * The one send buffer of a connection, in data-sequence space (relative positions; the first byte written has position {@code firstPosition}).
 * What is written is copied to pages of native memory, which go back to the pool one by one as their bytes are released, and come from there
 * again while the processor still has them in its caches. What is handed over stays where it is. An empty buffer owns nothing.
 */
public final class SendBuffer {
    /** A super-segment reaches into two of them. */
    private static final int MAX_PAGE_BYTES = 64 * 1024;
    /** Less is copied when it is handed over: a super-segment may lie in no more than {@link PacketSlot#MAX_PIECES}. */
    public static final int MIN_HANDED_OVER_BYTES = 8 * 1024;

    private final RingPool pool;
    private final boolean ownsPool;
    private final int firstPageBytes;
    private final int maxCapacityBytes;
    /** What is held, without a hole; null when that is nothing. */
    private Extent first;
    private Extent last;
    /** Where the farthest bytes yet were looked up, and others last: what is sent anew and what is sent again both go on from where they were. */
    private Extent farthest;
    private Extent again;
    /** The page that the next bytes written go to, and what of it is used. */
    private Ring page;
    private int pageUsedBytes;
    private int allocatedBytes;
    private long head;
    private long tail;
    private boolean closed;

    /** A buffer with memory of its own: it keeps {@code firstPageBytes} when it runs empty, until {@link #close}. */
    public SendBuffer(long firstPosition, int firstPageBytes, int maxCapacityBytes) {
        this(firstPosition, firstPageBytes, maxCapacityBytes, new RingPool(2L * firstPageBytes), true);
    }

    /**
     * A buffer that takes its pages from {@code pool} when bytes come and gives them back when they have been released.
     *
     * @param firstPageBytes size of the first page of an empty buffer; later ones are as large as what is held, up to 64 KB
     */
    public SendBuffer(long firstPosition, int firstPageBytes, int maxCapacityBytes, RingPool pool) {
        this(firstPosition, firstPageBytes, maxCapacityBytes, pool, false);
    }

    private SendBuffer(long firstPosition, int firstPageBytes, int maxCapacityBytes, RingPool pool, boolean ownsPool) {
        this.maxCapacityBytes = RingPool.checkedCapacity(firstPageBytes, maxCapacityBytes);
        this.firstPageBytes = firstPageBytes;
        this.pool = pool;
        this.ownsPool = ownsPool;
        head = firstPosition;
        tail = firstPosition;
    }

    /** Position of the first byte still held. */
    public long head() {
        return head;
    }

    /** Position behind the last byte written. */
    public long tail() {
        return tail;
    }

    /** Bytes that {@link #write} would take now. */
    public int writableBytes() {
        return closed ? 0 : maxCapacityBytes - heldBytes();
    }

    /** Bytes written and not yet released. */
    public int heldBytes() {
        return (int) (tail - head);
    }

    /** Bytes of native memory now held, with what was handed over. */
    public int allocatedBytes() {
        return allocatedBytes;
    }

    // ---- writing ----

    /** Copies as much of {@code length} bytes as fits. @return bytes taken; fewer than {@link #writableBytes} when the pool's budget is used up */
    public int write(MemorySegment source, long offset, int length) {
        int wanted = Math.min(length, writableBytes());
        int taken = 0;
        while (taken < wanted && hasRoomInPage(wanted - taken)) {
            int count = Math.min(wanted - taken, page.capacityBytes() - pageUsedBytes);
            MemorySegment.copy(source, offset + taken, page.memory, pageUsedBytes, count);
            appendFromPage(count);
            taken += count;
        }
        return taken;
    }

    /** @return false when the page is full, and the pool's budget has no room for another */
    private boolean hasRoomInPage(int wantedBytes) {
        if (page != null && pageUsedBytes < page.capacityBytes()) {
            return true;
        }
        int least = pool.isUnderPressure() ? wantedBytes : Math.max(wantedBytes, firstPageBytes);
        Ring another = pool.acquire(Math.min(MAX_PAGE_BYTES, Math.max(least, heldBytes())), false);
        if (another == null) {
            return false;
        }
        if (page != null) {
            release(page);
        }
        page = another;
        pageUsedBytes = 0;
        allocatedBytes += another.capacityBytes();
        return true;
    }

    private void appendFromPage(int length) {
        boolean goesOn = last != null && last.page == page && last.offset + last.length == pageUsedBytes;
        if (goesOn) {
            last.length += length;
        } else {
            page.holders++;
            append(page, page.memory, pageUsedBytes, length);
        }
        pageUsedBytes += length;
        tail += length;
    }

    /**
     * As {@link #write}, but large pieces of native memory are not copied: they must stay as they are until {@code release} is run, once, by whom the
     * pool hands it to ({@link RingPool#nextReleased}). For what was copied that is at once; nothing is run when nothing was taken.
     *
     * @return bytes taken
     */
    public int handOver(MemorySegment memory, long offset, int length, Runnable release) {
        int wanted = Math.min(length, writableBytes());
        int granted = wanted < MIN_HANDED_OVER_BYTES || !memory.isNative() ? 0 : pool.charge(wanted);
        if (granted == 0) {
            int copied = write(memory, offset, length);
            if (copied > 0) {
                pool.released(release);
            }
            return copied;
        }
        append(null, memory, offset, granted);
        last.release = release;
        allocatedBytes += granted;
        tail += granted;
        return granted;
    }

    private void append(Ring holder, MemorySegment memory, long offset, int length) {
        Extent extent = pool.acquireExtent();
        extent.position = tail;
        extent.page = holder;
        extent.memory = memory;
        extent.offset = offset;
        extent.length = length;
        if (last == null) {
            first = extent;
        } else {
            last.next = extent;
        }
        last = extent;
    }

    /**
     * Takes the first bytes held out of the stream, as if they had never been written: those behind them move up to {@link #head}. Only before
     * anything has been sent from here.
     */
    public void dropFirst(int count) {
        checkHeld(head, count);
        long start = head;
        release(head + count);
        head = start;
        tail -= count;
        for (Extent extent = first; extent != null; extent = extent.next) {
            extent.position -= count;
        }
    }

    // ---- reading, any number of times ----

    /** Copies {@code [position, position + length)}, which must lie in {@code [head, tail)}. */
    public void copyTo(long position, int length, MemorySegment destination, long offset) {
        checkHeld(position, length);
        int done = 0;
        for (Extent extent = length == 0 ? null : find(position); done < length; extent = extent.next) {
            int count = extent.lengthFrom(position + done, length - done);
            MemorySegment.copy(extent.memory, extent.offsetOf(position + done), destination, offset + done, count);
            done += count;
        }
    }

    /**
     * Describes {@code [position, position + length)} by reference in the payload pieces of the slot. They are good until {@link #release} or
     * {@link #close}.
     *
     * @return false when it lies in too many pieces; then the slot refers to nothing
     */
    public boolean reference(long position, int length, PacketSlot slot) {
        checkHeld(position, length);
        slot.clearPayloadReference();
        int done = 0;
        for (Extent extent = length == 0 ? null : find(position); done < length; extent = extent.next) {
            if (slot.pieces() == PacketSlot.MAX_PIECES) {
                slot.clearPayloadReference();
                return false;
            }
            int count = extent.lengthFrom(position + done, length - done);
            slot.addPiece(extent.memory, extent.offsetOf(position + done), count);
            done += count;
        }
        return true;
    }

    /** Unfolded Internet checksum of a range, as if it began at an even position. */
    public long checksum(long position, int length) {
        checkHeld(position, length);
        long sum = 0;
        int done = 0;
        for (Extent extent = length == 0 ? null : find(position); done < length; extent = extent.next) {
            int count = extent.lengthFrom(position + done, length - done);
            sum += Checksum.piece(extent.memory, extent.offsetOf(position + done), count, done);
            done += count;
        }
        return sum;
    }

    /** The extent that holds a byte. */
    private Extent find(long position) {
        boolean isFarthest = farthest == null || position >= farthest.position;
        Extent extent = isFarthest ? farthest : again;
        if (extent == null || extent.position > position) {
            extent = first;
        }
        while (extent.end() <= position) {
            extent = extent.next;
        }
        if (isFarthest) {
            farthest = extent;
        } else {
            again = extent;
        }
        return extent;
    }

    private void checkHeld(long position, int length) {
        if (position < head || length < 0 || position + length > tail) {
            throw new IllegalArgumentException("[" + position + ", +" + length + ") is not within [" + head + ", " + tail + ")");
        }
    }

    // ---- giving up ----

    /** Gives up everything below {@code position}; moves only forward. */
    public void release(long position) {
        if (position > tail) {
            throw new IllegalArgumentException("release up to " + position + " is behind the tail " + tail);
        }
        head = Math.max(head, position);
        while (first != null && first.end() <= head) {
            removeFirst();
        }
        if (head == tail && page != null) {
            release(page);
            page = null;
        }
    }

    /** Gives the memory back. The buffer takes nothing more, and what it held can no longer be read. */
    public void close() {
        closed = true;
        release(tail);
        if (ownsPool) {
            pool.close();
        }
    }

    private void removeFirst() {
        Extent extent = first;
        first = extent.next;
        last = first == null ? null : last;
        farthest = farthest == extent ? null : farthest;
        again = again == extent ? null : again;
        if (extent.page == null) {
            allocatedBytes -= extent.length;
            pool.releaseHandedOver(extent);
        } else {
            release(extent.page);
            pool.releaseExtent(extent);
        }
    }

    private void release(Ring held) {
        if (held.holders == 1) {
            allocatedBytes -= held.capacityBytes();
        }
        pool.release(held);
    }
}
