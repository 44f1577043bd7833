package io.mptcp.cli.lab;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.LongAdder;

/**
 * One direction of an emulated link: frames go in at their time of arrival and come out when rate and delay let them. It knows no clock and
 * no socket, so it behaves the same in virtual time. Frames keep their order, except those the profile makes late.
 *
 * <p>One thread offers and takes frames; profile, state and counters may be used from any thread.
 */
public final class EmulatedLink implements AutoCloseable {
    /** {@link #nextDepartureNanos} of an empty link. */
    public static final long NEVER = FrameRing.NEVER;

    /** Small frames take more room in the ring than on the wire: room for a full header beside each 60-byte frame. */
    private static final double RING_OVERHEAD = 1.5;
    private static final long UNLIMITED_RING_BYTES = 8 << 20;
    private static final long FEW_FRAMES_BYTES = 64 << 10;

    private final Arena arena = Arena.ofShared();
    private final FrameRing punctual;
    /** All late frames are late by the same time, so they keep their order among themselves. */
    private final FrameRing late;
    private volatile SplittableRandom random;
    private volatile LinkProfile profile;
    private volatile boolean up = true;
    private volatile FrameFilter filter = frame -> true;

    private long busyUntilNanos = Long.MIN_VALUE;

    private final LongAdder deliveredFrames = new LongAdder();
    private final LongAdder deliveredBytes = new LongAdder();
    private final LongAdder queueDrops = new LongAdder();
    private final LongAdder lossDrops = new LongAdder();
    private final LongAdder lateFrames = new LongAdder();
    private final LongAdder downDrops = new LongAdder();
    private final LongAdder filterDrops = new LongAdder();

    /**
     * @param profile what the link does at first; the memory it takes follows from this profile, so a later profile that holds much more on
     *                the way drops what does not fit
     * @param seed    decides which frames random loss takes, and which are late
     */
    public EmulatedLink(LinkProfile profile, long seed) {
        this.profile = profile;
        this.random = new SplittableRandom(seed);
        long wanted = profile.rateBitsPerSecond() == 0
                ? UNLIMITED_RING_BYTES : (long) (profile.bytesOnTheWay() * RING_OVERHEAD) + FEW_FRAMES_BYTES;
        this.punctual = new FrameRing(arena, wanted);
        this.late = new FrameRing(arena, profile.reorderProbability() == 0 ? FEW_FRAMES_BYTES : wanted);
    }

    /** Changes rate, delay, queue and loss for the frames that come from now on. */
    public void profile(LinkProfile newProfile) {
        this.profile = newProfile;
    }

    public LinkProfile profile() {
        return profile;
    }

    /** Starts chance anew: with the same seed the same frames are lost and late, counted from here. */
    public void reseed(long seed) {
        random = new SplittableRandom(seed);
    }

    /** Takes the link away, silently and with everything on the way, or brings it back. */
    public void up(boolean nowUp) {
        this.up = nowUp;
    }

    public boolean isUp() {
        return up;
    }

    /** Puts something before the entrance that looks into frames, in the place of what was there; null takes it away. */
    public void filter(FrameFilter newFilter) {
        this.filter = newFilter == null ? frame -> true : newFilter;
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
        if (!filter.pass(frame.asSlice(offset, frameBytes))) {
            filterDrops.increment();
            return false;
        }
        LinkProfile current = profile;
        SplittableRandom chance = random;
        boolean lost = current.lossProbability() > 0 && chance.nextDouble() < current.lossProbability();
        boolean isLate = current.reorderProbability() > 0 && chance.nextDouble() < current.reorderProbability();
        if (lost) {
            lossDrops.increment();
            return false;
        }
        long start = Math.max(busyUntilNanos, nowNanos);
        boolean queueFull = current.rateBitsPerSecond() != 0 && start - nowNanos > current.queueNanos();
        long end = start + current.serialisationNanos(frameBytes);
        long departure = end + current.delayNanos() + (isLate ? current.reorderNanos() : 0);
        if (queueFull || !(isLate ? late : punctual).add(departure, frame, offset, frameBytes)) {
            queueDrops.increment();
            return false;
        }
        busyUntilNanos = end;
        if (isLate) {
            lateFrames.increment();
        }
        return true;
    }

    /** When the next frame comes out; {@link #NEVER} when nothing is on the way. */
    public long nextDepartureNanos() {
        if (!up && punctual.frames() + late.frames() > 0) {
            loseEverything();
        }
        return next().nextDepartureNanos();
    }

    /** The memory that holds the next frame. */
    public MemorySegment memory() {
        return next().memory();
    }

    /** Where in {@link #memory()} the next frame starts. Only while there is one. */
    public long nextFrameOffset() {
        return next().nextFrameOffset();
    }

    /** Length of the next frame. Only while there is one. */
    public int nextFrameBytes() {
        return next().nextFrameBytes();
    }

    /** The next frame has left the link. */
    public void removeDelivered() {
        FrameRing from = next();
        deliveredFrames.increment();
        deliveredBytes.add(from.nextFrameBytes());
        from.removeNext();
    }

    private FrameRing next() {
        return late.nextDepartureNanos() < punctual.nextDepartureNanos() ? late : punctual;
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

    /** Frames that were late and came through. */
    public long lateFrames() {
        return lateFrames.sum();
    }

    /** Frames lost because the link was down. */
    public long downDrops() {
        return downDrops.sum();
    }

    /** Frames the filter did not let pass. */
    public long filterDrops() {
        return filterDrops.sum();
    }

    @Override
    public void close() {
        arena.close();
    }

    private void loseEverything() {
        downDrops.add(punctual.frames() + late.frames());
        punctual.clear();
        late.clear();
        busyUntilNanos = Long.MIN_VALUE;
    }
}
