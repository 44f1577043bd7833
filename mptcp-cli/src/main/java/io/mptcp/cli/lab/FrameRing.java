package io.mptcp.cli.lab;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Frames on the way in the order they leave, each with its time of departure, in memory that is taken once. For one thread. */
final class FrameRing {
    /** {@link #nextDepartureNanos} of an empty ring. */
    static final long NEVER = Long.MAX_VALUE;

    // A record in the ring: departure time, frame length, the frame padded to a multiple of 16. A record never wraps around the end: where the
    // rest of the ring is too short, a length of WRAP says that the next record is at offset 0.
    private static final int TIME = 0;
    private static final int LENGTH = 8;
    private static final int HEADER_BYTES = 16;
    private static final int WRAP = -1;

    private final MemorySegment ring;
    private final long ringBytes;
    private long head;
    private long tail;
    private int frames;
    private long lastDepartureNanos = Long.MIN_VALUE;

    FrameRing(Arena arena, long capacityBytes) {
        ringBytes = align(capacityBytes);
        ring = arena.allocate(ringBytes, 64);
    }

    int frames() {
        return frames;
    }

    /**
     * A frame that leaves at {@code departureNanos}, but not before the one ahead of it.
     *
     * @return whether there was room
     */
    boolean add(long departureNanos, MemorySegment frame, long offset, int frameBytes) {
        long at = reserve(frameBytes);
        if (at < 0) {
            return false;
        }
        // A shorter delay than before must not let a frame overtake those on the way.
        lastDepartureNanos = Math.max(lastDepartureNanos, departureNanos);
        ring.set(ValueLayout.JAVA_LONG, at + TIME, lastDepartureNanos);
        ring.set(ValueLayout.JAVA_INT, at + LENGTH, frameBytes);
        MemorySegment.copy(frame, offset, ring, at + HEADER_BYTES, frameBytes);
        return true;
    }

    /** When the next frame leaves; {@link #NEVER} when there is none. */
    long nextDepartureNanos() {
        return frames == 0 ? NEVER : ring.get(ValueLayout.JAVA_LONG, head + TIME);
    }

    MemorySegment memory() {
        return ring;
    }

    /** Where in {@link #memory()} the next frame starts. Only while there is one. */
    long nextFrameOffset() {
        return head + HEADER_BYTES;
    }

    /** Length of the next frame. Only while there is one. */
    int nextFrameBytes() {
        return ring.get(ValueLayout.JAVA_INT, head + LENGTH);
    }

    void removeNext() {
        int frameBytes = nextFrameBytes();
        frames--;
        head += recordBytes(frameBytes);
        boolean atTheEnd = head == ringBytes || frames > 0 && ring.get(ValueLayout.JAVA_INT, head + LENGTH) == WRAP;
        if (atTheEnd) {
            head = 0;
        }
    }

    void clear() {
        head = 0;
        tail = 0;
        frames = 0;
        lastDepartureNanos = Long.MIN_VALUE;
    }

    /** Room for a record at the tail: its offset, or -1 when the ring is full. */
    private long reserve(int frameBytes) {
        long recordBytes = recordBytes(frameBytes);
        if (frames == 0) {
            head = 0;
            tail = 0;
        }
        boolean wrapped = frames > 0 && tail <= head;
        long at = tail;
        if (wrapped) {
            if (tail + recordBytes > head) {
                return -1;
            }
        } else if (tail + recordBytes > ringBytes) {
            if (recordBytes > head) {
                return -1;
            }
            if (tail < ringBytes) {
                ring.set(ValueLayout.JAVA_INT, tail + LENGTH, WRAP);
            }
            at = 0;
        }
        tail = at + recordBytes;
        frames++;
        return at;
    }

    private static long recordBytes(int frameBytes) {
        return HEADER_BYTES + align(frameBytes);
    }

    private static long align(long bytes) {
        return (bytes + 15) & -16;
    }
}
