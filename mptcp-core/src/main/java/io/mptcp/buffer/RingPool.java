package io.mptcp.buffer;

/**
 * Where buffers get their rings from and give them back to. An empty buffer holds no ring, and a busy one that runs empty after every
 * write gets the same memory back without an allocation. One pool serves all connections of a stack.
 *
 * <p>Ring memory is confined to the thread that first needs it; that thread must do all later work, {@link #close} included.
 */
public final class RingPool {
    private static final int LARGEST_EXPONENT = 30;

    private final long maxSpareBytes;
    /** Spare rings of 2^exponent bytes, linked through {@link Ring#nextSpare}. */
    private final Ring[] spare = new Ring[LARGEST_EXPONENT + 1];
    private long spareBytes;

    /** @param maxSpareBytes most bytes of native memory kept for later use; what is given back beyond that is freed */
    public RingPool(long maxSpareBytes) {
        this.maxSpareBytes = maxSpareBytes;
    }

    /** Bytes of native memory held for later use. */
    public long spareBytes() {
        return spareBytes;
    }

    /** Frees all spare rings. The pool may still be used: rings given back later are kept or freed as before. */
    public void close() {
        for (int exponent = 0; exponent <= LARGEST_EXPONENT; exponent++) {
            while (spare[exponent] != null) {
                takeSpare(exponent).free();
            }
        }
    }

    /** A ring of at least {@code bytes}; its content is undefined. */
    Ring acquire(int bytes) {
        int exponent = exponentFor(bytes);
        return spare[exponent] != null ? takeSpare(exponent) : new Ring(1 << exponent);
    }

    void release(Ring ring) {
        if (spareBytes + ring.capacityBytes() > maxSpareBytes) {
            ring.free();
            return;
        }
        int exponent = exponentFor(ring.capacityBytes());
        ring.nextSpare = spare[exponent];
        spare[exponent] = ring;
        spareBytes += ring.capacityBytes();
    }

    /** Largest capacity a buffer may ask for: the largest power of two in an int. */
    static int checkedCapacity(int initialCapacityBytes, int maxCapacityBytes) {
        if (initialCapacityBytes < 1 || initialCapacityBytes > maxCapacityBytes || maxCapacityBytes > 1 << LARGEST_EXPONENT) {
            throw new IllegalArgumentException("capacities must satisfy 1 <= initial (" + initialCapacityBytes + ") <= maximum ("
                    + maxCapacityBytes + ") <= 2^" + LARGEST_EXPONENT);
        }
        return maxCapacityBytes;
    }

    private static int exponentFor(int bytes) {
        return Integer.SIZE - Integer.numberOfLeadingZeros(bytes - 1);
    }

    private Ring takeSpare(int exponent) {
        Ring ring = spare[exponent];
        spare[exponent] = ring.nextSpare;
        ring.nextSpare = null;
        spareBytes -= ring.capacityBytes();
        return ring;
    }
}
