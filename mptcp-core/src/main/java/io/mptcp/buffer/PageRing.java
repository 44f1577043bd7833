package io.mptcp.buffer;

import java.lang.foreign.MemorySegment;

/**
 * Native memory for a moving, possibly sparse, part of a stream: pages of fixed size, held only where there are bytes. One byte far ahead
 * costs one page, and what has been read costs nothing. Growing copies references, never payload.
 */
final class PageRing {
    private static final Ring[] NONE = {};
    /** A table of references not larger than this is kept for the next bytes, a larger one while a quarter of it is used; the smallest is the pool's. */
    private static final int KEPT_SLOTS = 64;

    private final RingPool pool;
    private final int pageShift;
    /** Page n stands at n mod length; the length is a power of two. */
    private Ring[] slots = NONE;
    private int pages;
    /** Most slots that were needed since nothing was held. */
    private int neededSlots;

    PageRing(RingPool pool, int pageBytes) {
        this.pool = pool;
        pageShift = RingPool.exponentFor(pageBytes);
    }

    int allocatedBytes() {
        return pages << pageShift;
    }

    /** Memory it takes to hold {@code [start, end)}. */
    int spanBytes(long start, long end) {
        return start == end ? 0 : (int) (((end - 1) >> pageShift) - (start >> pageShift) + 1) << pageShift;
    }

    /**
     * Makes {@code [start, end)} writable, all of it or nothing.
     *
     * @param base lowest position of the stream that is or may still be held
     * @return false when the budget of the pool has no room
     */
    boolean reserve(long base, long start, long end, boolean inOrder) {
        long first = start >> pageShift;
        long last = (end - 1) >> pageShift;
        makeSlots(base >> pageShift, last);
        int missing = 0;
        for (long page = first; page <= last; page++) {
            if (slots[slot(page)] == null) {
                missing++;
            }
        }
        if (missing == 0) {
            return true;
        }
        if (!pool.hasRoomFor((long) missing << pageShift, inOrder)) {
            return false;
        }
        for (long page = first; page <= last; page++) {
            if (slots[slot(page)] == null) {
                slots[slot(page)] = pool.acquire(1 << pageShift, inOrder);
                pages++;
            }
        }
        return true;
    }

    void put(long position, MemorySegment source, long offset, int length) {
        long at = position;
        int left = length;
        while (left > 0) {
            int count = (int) Math.min(left, pageEnd(at) - at);
            MemorySegment.copy(source, offset + (at - position), memoryAt(at), indexOf(at), count);
            at += count;
            left -= count;
        }
    }

    void get(long position, MemorySegment destination, long offset, int length) {
        long at = position;
        int left = length;
        while (left > 0) {
            int count = (int) Math.min(left, pageEnd(at) - at);
            MemorySegment.copy(memoryAt(at), indexOf(at), destination, offset + (at - position), count);
            at += count;
            left -= count;
        }
    }

    /** Memory of the page that holds {@code position}, which there must be. */
    MemorySegment memoryAt(long position) {
        return slots[slot(position >> pageShift)].memory;
    }

    /** Keeps the page that holds {@code position}, which there must be, until what is returned has been run, also when it is released here. */
    Runnable hold(long position) {
        Ring page = slots[slot(position >> pageShift)];
        page.holders++;
        return page.releaser;
    }

    /** Where {@code position} lies in {@link #memoryAt}. */
    long indexOf(long position) {
        return position & ((1L << pageShift) - 1);
    }

    /** Gives back the pages that lie within {@code [start, end)} or reach into it from below {@code end}; the one that holds {@code end} is kept. */
    void releasePagesBelow(long start, long end) {
        for (long page = start >> pageShift; page < end >> pageShift; page++) {
            release(page);
        }
    }

    /** Gives back the page that holds {@code position}, and all others up to the one before {@code end}. */
    void releasePagesFrom(long position, long end) {
        for (long page = position >> pageShift; page <= (end - 1) >> pageShift; page++) {
            release(page);
        }
    }

    /** End of the page that holds {@code position}. */
    long pageEnd(long position) {
        return ((position >> pageShift) + 1) << pageShift;
    }

    /** Nothing is held any more. A large table goes too, if this time a small one would have done. */
    void releaseAll() {
        for (int i = 0; i < slots.length && pages > 0; i++) {
            if (slots[i] != null) {
                pool.release(slots[i]);
                slots[i] = null;
                pages--;
            }
        }
        if (slots.length == RingPool.TABLE_SLOTS) {
            pool.releaseTable(slots);
            slots = NONE;
        } else if (slots.length > KEPT_SLOTS && neededSlots <= slots.length / 4) {
            slots = NONE;
        }
        neededSlots = 0;
    }

    private void release(long page) {
        if (slots.length > 0 && slots[slot(page)] != null) {
            pool.release(slots[slot(page)]);
            slots[slot(page)] = null;
            pages--;
        }
    }

    private int slot(long page) {
        return (int) page & (slots.length - 1);
    }

    private void makeSlots(long firstPage, long lastPage) {
        long needed = lastPage - firstPage + 1;
        neededSlots = Math.max(neededSlots, (int) needed);
        if (needed <= slots.length) {
            return;
        }
        Ring[] old = slots;
        slots = needed <= RingPool.TABLE_SLOTS ? pool.acquireTable() : new Ring[1 << RingPool.exponentFor((int) needed)];
        for (long page = firstPage; page < firstPage + old.length; page++) {
            slots[slot(page)] = old[(int) page & (old.length - 1)];
        }
    }
}
