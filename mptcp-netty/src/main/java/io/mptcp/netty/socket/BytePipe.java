package io.mptcp.netty.socket;

import java.lang.foreign.MemorySegment;

/**
 * Bytes from the event loop, which must never wait, to a thread that may: bounded and without locks. Memory is taken at the first byte and follows the
 * need: the ring is replaced by the loop while it is empty.
 *
 * <p>The array is published by {@link #tail}: the consumer looks at it only when that says there are bytes.
 */
final class BytePipe {
    /** Most bytes on the way at first. What a peer sends alone does not make it more. */
    static final int FIRST_MAX_BYTES = 32 << 10;
    /** Most bytes on the way to a thread that has read as much as there was room for, again and again. */
    static final int MAX_BYTES = 256 << 10;
    /** An empty ring of this size stays, a larger one is given back. */
    private static final int KEPT_BYTES = 2 << 10;

    private byte[] ring = {};
    /** Of the loop. */
    private int limitBytes = FIRST_MAX_BYTES;
    private boolean wasFull;
    private MemorySegment memory;
    private volatile int capacity;
    private volatile long head;
    private volatile long tail;

    // ---- both sides ----

    int size() {
        return (int) (tail - head);
    }

    boolean isEmpty() {
        return tail == head;
    }

    /** Whether a producer that had no room should go on: not for every byte. */
    boolean hasRoom() {
        return size() <= capacity / 2;
    }

    MemorySegment memory() {
        return memory;
    }

    // ---- the loop ----

    /** Sees to it that an empty ring is as large as what is to come, within bounds. @return how many bytes may be put at {@link #writeIndex} */
    int reserve(int wanted) {
        int used = size();
        if (used == 0) {
            limitBytes = wasFull ? Math.min(2 * limitBytes, MAX_BYTES) : limitBytes;
            wasFull = false;
            if (ring.length < Math.min(wanted, limitBytes)) {
                replace(Math.max(512, Math.min(limitBytes, Integer.highestOneBit(wanted - 1) << 1)));
            }
        }
        wasFull |= used == limitBytes;
        return ring.length == 0 ? 0 : Math.min(ring.length - used, ring.length - writeIndex());
    }

    int writeIndex() {
        return (int) tail & ring.length - 1;
    }

    void produced(int bytes) {
        tail += bytes; // by this thread alone
    }

    /** Gives back a large ring that is empty. */
    void releaseIfEmpty() {
        if (ring.length > KEPT_BYTES && isEmpty()) {
            replace(0);
        }
    }

    private void replace(int bytes) {
        ring = new byte[bytes];
        memory = MemorySegment.ofArray(ring);
        capacity = bytes;
    }

    // ---- the thread that reads ----

    private int readable() {
        int size = size();
        return size == 0 ? 0 : Math.min(size, ring.length - readIndex());
    }

    private int readIndex() {
        return (int) head & ring.length - 1;
    }

    private void consumed(int bytes) {
        head += bytes; // by this thread alone
    }

    /** As many bytes as there are, at most {@code length}. */
    int take(byte[] target, int offset, int length) {
        int done = 0;
        for (int bytes = Math.min(readable(), length); bytes > 0; bytes = Math.min(readable(), length - done)) {
            System.arraycopy(ring, readIndex(), target, offset + done, bytes);
            consumed(bytes);
            done += bytes;
        }
        return done;
    }

    /** Whether there is a large ring and nothing in it. */
    boolean isIdleAndLarge() {
        return capacity > KEPT_BYTES && isEmpty();
    }
}
