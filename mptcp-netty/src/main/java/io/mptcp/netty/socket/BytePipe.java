package io.mptcp.netty.socket;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Bytes from one thread to another, bounded and without locks: the hand-over between an event loop, which must never wait, and a thread that may.
 * One producer, one consumer. Memory is taken at the first byte and follows the need: the ring is replaced by the producer while it is empty.
 *
 * <p>The array is published by {@link #tail}: the consumer looks at it only when that says there are bytes.
 */
final class BytePipe {
    /** Most bytes on the way. */
    static final int MAX_BYTES = 32 << 10;
    /** An empty ring of this size stays, a larger one is given back. */
    private static final int KEPT_BYTES = 2 << 10;

    private final AtomicBoolean claimed = new AtomicBoolean();
    private byte[] ring = {};
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

    // ---- the producer ----

    /** Sees to it that an empty ring is as large as what is to come, within bounds. @return how many bytes may be put at {@link #writeIndex} */
    int reserve(int wanted) {
        int used = size();
        if (used == 0 && ring.length < Math.min(wanted, MAX_BYTES)) {
            replace(Math.max(512, Math.min(MAX_BYTES, Integer.highestOneBit(wanted - 1) << 1)));
        }
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

    /** As much of the bytes as there is room for. The consumer may take the ring away meanwhile with {@link #tryRelease}. */
    int put(byte[] source, int offset, int length) {
        claim();
        try {
            int done = 0;
            for (int room = reserve(length); room > 0 && done < length; room = reserve(length - done)) {
                int bytes = Math.min(room, length - done);
                System.arraycopy(source, offset + done, ring, writeIndex(), bytes);
                produced(bytes);
                done += bytes;
            }
            return done;
        } finally {
            claimed.set(false);
        }
    }

    private void claim() {
        while (!claimed.compareAndSet(false, true)) {
            Thread.onSpinWait(); // The consumer holds it for three assignments.
        }
    }

    private void replace(int bytes) {
        ring = new byte[bytes];
        memory = MemorySegment.ofArray(ring);
        capacity = bytes;
    }

    // ---- the consumer ----

    /** How many bytes may be taken at {@link #readIndex}. */
    int readable() {
        int size = size();
        return size == 0 ? 0 : Math.min(size, ring.length - readIndex());
    }

    int readIndex() {
        return (int) head & ring.length - 1;
    }

    void consumed(int bytes) {
        head += bytes;
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

    void clear() {
        consumed(size());
    }

    /** Whether there is a large ring and nothing in it. */
    boolean isIdleAndLarge() {
        return capacity > KEPT_BYTES && isEmpty();
    }

    /** As {@link #releaseIfEmpty}, by the consumer of a pipe whose producer uses {@link #put}. Never waits: who puts has need of the ring. */
    void tryRelease() {
        if (isIdleAndLarge() && claimed.compareAndSet(false, true)) {
            releaseIfEmpty();
            claimed.set(false);
        }
    }
}
