package io.mptcp.buffer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A block of native memory of 2^n bytes that holds stream position {@code p} at index {@code p mod 2^n}. */
final class Ring {
    /** A cache line: copies of whole lines are the fastest. */
    private static final long ALIGNMENT_BYTES = 64;

    final MemorySegment memory;
    Ring nextSpare;
    /** In how many places it is needed: the last to {@link RingPool#release} it gives it back. */
    int holders;
    /** Gives back what one that holds it has of it, whoever that is. */
    final Runnable releaser;
    private final Arena arena;
    private final long mask;

    Ring(int capacityBytes, RingPool owner) {
        assert Integer.bitCount(capacityBytes) == 1;
        releaser = () -> owner.release(this);
        arena = Arena.ofConfined();
        memory = arena.allocate(capacityBytes, ALIGNMENT_BYTES);
        mask = capacityBytes - 1L;
    }

    int capacityBytes() {
        return (int) mask + 1;
    }

    long index(long position) {
        return position & mask;
    }

    /** How many of {@code length} bytes from {@code position} lie before the end of the memory; the rest is at its beginning. */
    int lengthBeforeWrap(long position, int length) {
        return (int) Math.min(length, capacityBytes() - index(position));
    }

    void put(long position, MemorySegment source, long offset, int length) {
        int first = lengthBeforeWrap(position, length);
        MemorySegment.copy(source, offset, memory, index(position), first);
        if (first < length) {
            MemorySegment.copy(source, offset + first, memory, 0, length - first);
        }
    }

    void get(long position, MemorySegment destination, long offset, int length) {
        int first = lengthBeforeWrap(position, length);
        MemorySegment.copy(memory, index(position), destination, offset, first);
        if (first < length) {
            MemorySegment.copy(memory, 0, destination, offset + first, length - first);
        }
    }

    void free() {
        arena.close();
    }
}
