package io.mptcp.cli.lab;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.LongAdder;

/**
 * One direction of an emulated link: frames go in at their time of arrival and come out when rate and delay let them. It knows no clock and
 * no socket, so it behaves the same in virtual time. Frames keep their order.
 *
 * <p>One thread offers and takes frames; profile, state and counters may be used from any thread.
 */
public final class EmulatedLink implements AutoCloseable {
    /** {@link #nextDepartureNanos} of an empty link. */
    public static final long NEVER = Long.MAX_VALUE;

    // A record in the ring: departure time, frame length, the frame padded to a multiple of 8. A record never wraps around the end: where the
    // rest of the ring is too short, a length of WRAP says that the next record is at offset 0.
    private static final int TIME = 0;
    private static final int LENGTH = 8;
    private static final int HEADER_BYTES = 16;
    private static final int WRAP = -1;
    /** Small frames take more room in the ring than on the wire: room for a full header beside each 60-byte frame. */
    private static final double RING_OVERHEAD = 1.5;
    private static final long UNLIMITED_RING_BYTES = 8 << 20;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment ring;
    private final long ringBytes;
    private final SplittableRandom random;
    private volatile LinkProfile profile;
    private volatile boolean up = true;

    private long head;
    private long tail;
    private int frames;
    private long busyUntilNanos = Long.MIN_VALUE;
    private long lastDepartureNanos = Long.MIN_VALUE;

    private final LongAdder deliveredFrames = new LongAdder();
    private final LongAdder deliveredBytes = new LongAdder();
    private final LongAdder queueDrops = new LongAdder();
    private final LongAdder lossDrops = new LongAdder();
    private final LongAdder downDrops = new LongAdder();

    /**
     * @param profile what the link does at first; the memory it takes follows from this profile, so a later profile that holds much more on
     *                the way drops what does not fit
     * @param seed    decides which frames random loss takes
     */
    public EmulatedLink(LinkProfile profile, long seed) {
        this.profile = profile;
        this.random = new SplittableRandom(seed);
        long wanted = profile.rateBitsPerSecond() == 0
                ? UNLIMITED_RING_BYTES : (long) (profile.bytesOnTheWay() * RING_OVERHEAD) + (64 << 10);
        this.ringBytes = align(wanted);
        this.ring = arena.allocate(ringBytes, 64);
    }

    /** Changes rate, delay, queue and loss for the frames that come from now on. */
    public void profile(LinkProfile newProfile) {
        this.profile = newProfile;
    }

    public LinkProfile profile() {
        return profile;
    }

    /** Takes the link away, silently and with everything on the way, or brings it back. */
    public void up(boolean nowUp) {
        this.up = nowUp;
    }

    public boolean isUp() {
        return up;
    }

    /**
     * A frame arrives at the link's entrance.
     *
     * @return whether it will come out at the other end
     */
    public boolean offer(long nowNanos, MemorySegment frame, long offset, int frameBytes) {
        if (!up) {
            downDrops.increment();
            return false;
        }
        LinkProfile current = profile;
        if (current.lossProbability() > 0 && random.nextDouble() < current.lossProbability()) {
            lossDrops.increment();
            return false;
        }
        long start = Math.max(busyUntilNanos, nowNanos);
        boolean queueFull = current.rateBitsPerSecond() != 0 && start - nowNanos > current.queueNanos();
        long at = queueFull ? -1 : reserve(frameBytes);
        if (at < 0) {
            queueDrops.increment();
            return false;
        }
        busyUntilNanos = start + current.serialisationNanos(frameBytes);
        // A shorter delay than before must not let a frame overtake those on the way.
        lastDepartureNanos = Math.max(lastDepartureNanos, busyUntilNanos + current.delayNanos());
        ring.set(ValueLayout.JAVA_LONG, at + TIME, lastDepartureNanos);
        ring.set(ValueLayout.JAVA_INT, at + LENGTH, frameBytes);
        MemorySegment.copy(frame, offset, ring, at + HEADER_BYTES, frameBytes);
        return true;
    }

    /** When the next frame comes out; {@link #NEVER} when nothing is on the way. */
    public long nextDepartureNanos() {
        if (!up && frames > 0) {
            loseEverything();
        }
        return frames == 0 ? NEVER : ring.get(ValueLayout.JAVA_LONG, head + TIME);
    }

    /** The memory that holds the frames on the way. */
    public MemorySegment memory() {
        return ring;
    }

    /** Where in {@link #memory()} the next frame starts. Only while there is one. */
    public long nextFrameOffset() {
        return head + HEADER_BYTES;
    }

    /** Length of the next frame. Only while there is one. */
    public int nextFrameBytes() {
        return ring.get(ValueLayout.JAVA_INT, head + LENGTH);
    }

    /** The next frame has left the link. */
    public void removeDelivered() {
        int length = nextFrameBytes();
        deliveredFrames.increment();
        deliveredBytes.add(length);
        advance(length);
    }

    public long deliveredFrames() {
        return deliveredFrames.sum();
    }

    /** Bytes of whole frames that came out so far. */
    public long deliveredBytes() {
        return deliveredBytes.sum();
    }

    /** Frames that found the queue full. */
    public long queueDrops() {
        return queueDrops.sum();
    }

    /** Frames taken by random loss. */
    public long lossDrops() {
        return lossDrops.sum();
    }

    /** Frames lost because the link was down. */
    public long downDrops() {
        return downDrops.sum();
    }

    @Override
    public void close() {
        arena.close();
    }

    private void loseEverything() {
        downDrops.add(frames);
        head = 0;
        tail = 0;
        frames = 0;
        busyUntilNanos = Long.MIN_VALUE;
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

    private void advance(int frameBytes) {
        frames--;
        head += recordBytes(frameBytes);
        boolean atTheEnd = head == ringBytes || frames > 0 && ring.get(ValueLayout.JAVA_INT, head + LENGTH) == WRAP;
        if (atTheEnd) {
            head = 0;
        }
    }

    private static long recordBytes(int frameBytes) {
        return HEADER_BYTES + align(frameBytes);
    }

    private static long align(long bytes) {
        return (bytes + 15) & -16;
    }
}
