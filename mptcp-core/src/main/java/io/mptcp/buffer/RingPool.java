package io.mptcp.buffer;

/**
 * Where buffers get their rings from and give them back to. An empty buffer holds no ring, and a busy one that runs empty after every
 * write gets the same memory back without an allocation. One pool serves all connections of a stack, and holds them all to one budget.
 *
 * <p>An eighth of the budget is kept for received data that is in order: what is held out of order, and what an application writes, can
 * wait or come again, but in-order data is what makes memory free. Above three quarters the pool is <em>under pressure</em>, until less
 * than five eighths are in use (as Linux's {@code tcp_mem}): buffers should not grow then.
 *
 * <p>Ring memory is confined to the thread that first needs it; that thread must do all later work, {@link #close} included.
 */
public final class RingPool {
    private static final int LARGEST_EXPONENT = 30;
    static final int TABLE_SLOTS = 4;
    private static final int MAX_SPARE_TABLES = 1024;
    private static final int MAX_SPARE_EXTENTS = 4096;

    private final long maxBytes;
    private final long ordinaryBytes;
    private final long enterPressureBytes;
    private final long leavePressureBytes;
    private final long maxSpareBytes;
    /** Spare rings of 2^exponent bytes, linked through {@link Ring#nextSpare}. */
    private final Ring[] spare = new Ring[LARGEST_EXPONENT + 1];
    /** Spare tables of {@link #TABLE_SLOTS} references for {@link PageRing}s: their pages come and go with every message, and the table with them. */
    private final Ring[][] spareTables = new Ring[MAX_SPARE_TABLES][];
    private int spareTableCount;
    private Extent spareExtents;
    private int spareExtentCount;
    /** What was handed over and is not needed any more, until its owner is told; linked through {@link Extent#next}. */
    private Extent firstReleased;
    private Extent lastReleased;
    private long usedBytes;
    private long spareBytes;
    /** Least that was spare since the last {@link #trim}: nobody has needed that. */
    private long unneededBytes;
    private boolean pressure;
    private long pressures;

    /** A pool without budget. @param maxSpareBytes most bytes of native memory kept for later use; more is freed when given back */
    public RingPool(long maxSpareBytes) {
        this(Long.MAX_VALUE, maxSpareBytes);
    }

    /**
     * @param maxBytes      most bytes of native memory in use at once
     * @param maxSpareBytes most bytes kept for later use; more is freed when given back
     */
    public RingPool(long maxBytes, long maxSpareBytes) {
        this.maxBytes = maxBytes;
        this.maxSpareBytes = maxSpareBytes;
        ordinaryBytes = maxBytes - maxBytes / 8;
        enterPressureBytes = maxBytes - maxBytes / 4;
        leavePressureBytes = maxBytes / 8 * 5;
    }

    /** Bytes of native memory in use by buffers, with what was handed over to them. */
    public long usedBytes() {
        return usedBytes;
    }

    /** Bytes of native memory held for later use. */
    public long spareBytes() {
        return spareBytes;
    }

    /** Memory is getting short: nothing should grow, and what can come again may be dropped. */
    public boolean isUnderPressure() {
        return pressure;
    }

    /** How often the pool came under pressure. */
    public long pressures() {
        return pressures;
    }

    /** Whether the budget has room for so many bytes more. @param inOrder for received data in order, which may use what is kept for it */
    public boolean hasRoomFor(long bytes, boolean inOrder) {
        return usedBytes + bytes <= (inOrder ? maxBytes : ordinaryBytes);
    }

    /** Frees the spare memory that nobody has needed since the last call. To be called now and then while there is any. */
    public void trim() {
        for (int exponent = LARGEST_EXPONENT; exponent >= 0 && unneededBytes > 0; exponent--) {
            while (spare[exponent] != null && 1L << exponent <= unneededBytes) {
                unneededBytes -= 1L << exponent;
                takeSpare(exponent).free();
            }
        }
        unneededBytes = spareBytes;
    }

    /** Frees all spare rings. The pool may still be used: rings given back later are kept or freed as before. */
    public void close() {
        for (int exponent = 0; exponent <= LARGEST_EXPONENT; exponent++) {
            while (spare[exponent] != null) {
                takeSpare(exponent).free();
            }
        }
        unneededBytes = 0;
    }

    /** A ring of at least {@code bytes}, its content undefined; null when the budget has no room for it. */
    Ring acquire(int bytes, boolean inOrder) {
        int exponent = exponentFor(bytes);
        long capacityBytes = 1L << exponent;
        if (!hasRoomFor(capacityBytes, inOrder)) {
            return null;
        }
        usedBytes += capacityBytes;
        updatePressure();
        if (spare[exponent] != null) {
            Ring ring = takeSpare(exponent);
            unneededBytes = Math.min(unneededBytes, spareBytes);
            ring.holders = 1;
            return ring;
        }
        if (usedBytes + spareBytes > maxBytes) {
            close(); // the budget is for what the process holds, not only for what is in use
        }
        Ring ring = new Ring(1 << exponent, this);
        ring.holders = 1;
        return ring;
    }

    /** One that holds it needs it no more; when it was the last, it is spare. */
    void release(Ring ring) {
        if (--ring.holders > 0) {
            return;
        }
        usedBytes -= ring.capacityBytes();
        updatePressure();
        if (spareBytes + ring.capacityBytes() > maxSpareBytes) {
            ring.free();
            return;
        }
        int exponent = exponentFor(ring.capacityBytes());
        ring.nextSpare = spare[exponent];
        spare[exponent] = ring;
        spareBytes += ring.capacityBytes();
    }

    /** An empty table of {@link #TABLE_SLOTS}. */
    Ring[] acquireTable() {
        return spareTableCount == 0 ? new Ring[TABLE_SLOTS] : spareTables[--spareTableCount];
    }

    /** @param table without a ring in it */
    void releaseTable(Ring[] table) {
        if (spareTableCount < MAX_SPARE_TABLES) {
            spareTables[spareTableCount++] = table;
        }
    }

    Extent acquireExtent() {
        Extent extent = spareExtents;
        if (extent == null) {
            return new Extent();
        }
        spareExtents = extent.next;
        spareExtentCount--;
        extent.next = null;
        return extent;
    }

    void releaseExtent(Extent extent) {
        extent.memory = null;
        extent.page = null;
        extent.next = null;
        if (spareExtentCount < MAX_SPARE_EXTENTS) {
            extent.next = spareExtents;
            spareExtents = extent;
            spareExtentCount++;
        }
    }

    /** Counts memory that is not the pool's into the budget. @return for how many of these bytes there was room */
    int charge(int bytes) {
        int granted = (int) Math.clamp(ordinaryBytes - usedBytes, 0, bytes);
        usedBytes += granted;
        updatePressure();
        return granted;
    }

    /** Handed-over memory is not needed any more. */
    void releaseHandedOver(Extent extent) {
        usedBytes -= extent.length;
        updatePressure();
        Runnable release = extent.release;
        extent.release = null;
        releaseExtent(extent);
        released(release);
    }

    /** To be run when nothing else is being done, as the engine runs nothing that is not its own. */
    void released(Runnable release) {
        Extent extent = acquireExtent();
        extent.release = release;
        if (lastReleased == null) {
            firstReleased = extent;
        } else {
            lastReleased.next = extent;
        }
        lastReleased = extent;
    }

    /** Takes the next notice that memory which was handed over is not needed any more; null when there is none. */
    public Runnable nextReleased() {
        Extent extent = firstReleased;
        if (extent == null) {
            return null;
        }
        firstReleased = extent.next;
        lastReleased = firstReleased == null ? null : lastReleased;
        Runnable release = extent.release;
        extent.release = null;
        releaseExtent(extent);
        return release;
    }

    /** Largest capacity a buffer may ask for: the largest power of two in an int. */
    static int checkedCapacity(int initialCapacityBytes, int maxCapacityBytes) {
        if (initialCapacityBytes < 1 || initialCapacityBytes > maxCapacityBytes || maxCapacityBytes > 1 << LARGEST_EXPONENT) {
            throw new IllegalArgumentException("capacities must satisfy 1 <= initial (" + initialCapacityBytes + ") <= maximum ("
                    + maxCapacityBytes + ") <= 2^" + LARGEST_EXPONENT);
        }
        return maxCapacityBytes;
    }

    /** The smallest n with {@code 2^n >= bytes}. */
    static int exponentFor(int bytes) {
        return Integer.SIZE - Integer.numberOfLeadingZeros(bytes - 1);
    }

    private void updatePressure() {
        if (pressure) {
            pressure = usedBytes >= leavePressureBytes;
        } else if (usedBytes > enterPressureBytes) {
            pressure = true;
            pressures++;
        }
    }

    private Ring takeSpare(int exponent) {
        Ring ring = spare[exponent];
        spare[exponent] = ring.nextSpare;
        ring.nextSpare = null;
        spareBytes -= ring.capacityBytes();
        return ring;
    }
}
