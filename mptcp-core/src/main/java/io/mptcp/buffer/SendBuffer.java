package io.mptcp.buffer;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.PacketSlot;
import java.lang.foreign.MemorySegment;

/**
 * The one send ring of a connection, in data-sequence space (relative positions; the first byte written has position
 * {@code firstPosition}). Native memory, allocated at the first byte, grown on demand up to a maximum and given back
 * when everything is released: an idle connection owns no ring.
 */
public final class SendBuffer {
    private final RingPool pool;
    private final boolean ownsPool;
    private final int initialCapacityBytes;
    private final int maxCapacityBytes;
    private Ring ring;
    private long head;
    private long tail;
    /** Most bytes held since the ring was taken: the size to start with next time. */
    private int peakBytes;
    private boolean closed;

    /** A buffer with memory of its own: it keeps {@code initialCapacityBytes} when it runs empty, until {@link #close}. */
    public SendBuffer(long firstPosition, int initialCapacityBytes, int maxCapacityBytes) {
        this(firstPosition, initialCapacityBytes, maxCapacityBytes, new RingPool(2L * initialCapacityBytes), true);
    }

    /** A buffer that takes its ring from {@code pool} when the first byte comes and gives it back when it runs empty. */
    public SendBuffer(long firstPosition, int initialCapacityBytes, int maxCapacityBytes, RingPool pool) {
        this(firstPosition, initialCapacityBytes, maxCapacityBytes, pool, false);
    }

    private SendBuffer(long firstPosition, int initialCapacityBytes, int maxCapacityBytes, RingPool pool, boolean ownsPool) {
        this.maxCapacityBytes = RingPool.checkedCapacity(initialCapacityBytes, maxCapacityBytes);
        this.initialCapacityBytes = initialCapacityBytes;
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

    /** Copies as much of {@code length} bytes as fits. @return bytes taken; fewer than {@link #writableBytes} when the pool's budget is used up */
    public int write(MemorySegment source, long offset, int length) {
        int taken = Math.min(length, writableBytes());
        if (taken > 0) {
            taken = Math.min(taken, reserve(heldBytes() + taken) - heldBytes());
        }
        if (taken <= 0) {
            return 0;
        }
        ring.put(tail, source, offset, taken);
        tail += taken;
        return taken;
    }

    /** Copies {@code [position, position + length)}, which must lie in {@code [head, tail)}. */
    public void copyTo(long position, int length, MemorySegment destination, long offset) {
        checkHeld(position, length);
        if (length > 0) {
            ring.get(position, destination, offset, length);
        }
    }

    /**
     * Describes {@code [position, position + length)} by reference in the payload fields of the slot, in one or two pieces. They are good
     * until the next {@link #write}, {@link #release} or {@link #close}, each of which may move or free the memory.
     */
    public void reference(long position, int length, PacketSlot slot) {
        checkHeld(position, length);
        if (length == 0) {
            slot.clearPayloadReference();
            return;
        }
        slot.payload = ring.memory;
        slot.payloadOffset0 = ring.index(position);
        slot.payloadLength0 = ring.lengthBeforeWrap(position, length);
        slot.payloadOffset1 = 0;
        slot.payloadLength1 = length - slot.payloadLength0;
    }

    /** Unfolded Internet checksum of a range, as if it began at an even position. */
    public long checksum(long position, int length) {
        checkHeld(position, length);
        if (length == 0) {
            return 0;
        }
        int first = ring.lengthBeforeWrap(position, length);
        long sum = Checksum.sum(ring.memory, ring.index(position), first);
        if (first == length) {
            return sum;
        }
        long rest = Checksum.sum(ring.memory, 0, length - first);
        return sum + ((first & 1) == 0 ? rest : Checksum.swap(rest));
    }

    /** Gives up everything below {@code position}; moves only forward. */
    public void release(long position) {
        if (position > tail) {
            throw new IllegalArgumentException("release up to " + position + " is behind the tail " + tail);
        }
        if (position > head) {
            head = position;
            if (head == tail) {
                giveRingBack();
            }
        }
    }

    /**
     * Takes the first bytes held out of the stream, as if they had never been written: those behind them move up to {@link #head}. Only before
     * anything has been sent from here; costs a copy of what remains.
     */
    public void dropFirst(int count) {
        checkHeld(head, count);
        byte[] rest = new byte[heldBytes() - count];
        MemorySegment kept = MemorySegment.ofArray(rest);
        copyTo(head + count, rest.length, kept, 0);
        tail = head;
        if (rest.length == 0) {
            giveRingBack();
        } else {
            write(kept, 0, rest.length);
        }
    }

    /** Bytes of native memory now held. */
    public int allocatedBytes() {
        return ring == null ? 0 : ring.capacityBytes();
    }

    /** Gives the memory back. The buffer takes nothing more, and what it held can no longer be read. */
    public void close() {
        closed = true;
        head = tail;
        giveRingBack();
        if (ownsPool) {
            pool.close();
        }
    }

    /** Bytes written and not yet released. */
    public int heldBytes() {
        return (int) (tail - head);
    }

    private void checkHeld(long position, int length) {
        if (position < head || length < 0 || position + length > tail) {
            throw new IllegalArgumentException("[" + position + ", +" + length + ") is not within [" + head + ", " + tail + ")");
        }
    }

    /** @return the capacity there is now, {@code bytes} at least if the pool's budget has room for that */
    private int reserve(int bytes) {
        if (ring == null) {
            boolean modest = pool.isUnderPressure();
            ring = pool.acquire(modest ? bytes : Math.max(Math.max(peakBytes, bytes), initialCapacityBytes), false);
            peakBytes = bytes;
        } else if (bytes > ring.capacityBytes()) {
            Ring larger = pool.acquire(bytes, false);
            if (larger != null) {
                larger.copyFrom(ring, head, heldBytes());
                pool.release(ring);
                ring = larger;
            }
        }
        peakBytes = Math.max(peakBytes, bytes);
        return ring == null ? 0 : ring.capacityBytes();
    }

    private void giveRingBack() {
        if (ring != null) {
            pool.release(ring);
            ring = null;
        }
    }
}
