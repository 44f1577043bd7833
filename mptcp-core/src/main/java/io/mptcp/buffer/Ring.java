package io.mptcp.buffer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A block of native memory of 2^n bytes, which buffers take from their {@link RingPool} and give back to it. */
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

    Ring(int capacityBytes, RingPool owner) {
        assert Integer.bitCount(capacityBytes) == 1;
        releaser = () -> owner.release(this);
        arena = Arena.ofConfined();
        memory = arena.allocate(capacityBytes, ALIGNMENT_BYTES);
    }

    int capacityBytes() {
        return (int) memory.byteSize();
    }

    void free() {
        arena.close();
    }
}
