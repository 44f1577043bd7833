package io.mptcp.cli.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One direction of a link in virtual time. */
class EmulatedLinkTest {
    private static final long MILLI = 1_000_000L;
    private static final int FRAME_BYTES = 1500;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment frame = arena.allocate(2048, 16);
    private EmulatedLink link = new EmulatedLink(LinkProfile.of(12, 10, 50), 1);

    @AfterEach
    void close() {
        link.close();
        arena.close();
    }

    @Test
    void aFrameLeavesAfterSerialisationAndDelay() {
        assertTrue(link.offer(5 * MILLI, frame, 0, FRAME_BYTES));

        // 1500 bytes at 12 Mbit/s take 1 ms.
        assertEquals(5 * MILLI + MILLI + 10 * MILLI, link.nextDepartureNanos());
        assertEquals(FRAME_BYTES, link.nextFrameBytes());
    }

    @Test
    void framesOfABurstLeaveAtTheRateOfTheLink() {
        for (int i = 0; i < 20; i++) {
            assertTrue(link.offer(0, frame, 0, FRAME_BYTES));
        }
        for (int i = 1; i <= 20; i++) {
            assertEquals((10 + i) * MILLI, link.nextDepartureNanos());
            link.removeDelivered();
        }
        assertEquals(EmulatedLink.NEVER, link.nextDepartureNanos());
        assertEquals(20 * FRAME_BYTES, link.deliveredBytes());
    }

    @Test
    void theQueueDropsAtTheTailWhatWouldWaitTooLong() {
        int accepted = 0;
        while (link.offer(0, frame, 0, FRAME_BYTES)) {
            accepted++;
        }
        // Waiting 0, 1, ... 50 ms is allowed.
        assertEquals(51, accepted);
        assertEquals(1, link.queueDrops());
        assertTrue(link.offer(2 * MILLI, frame, 0, FRAME_BYTES), "two frames later there is room again");
    }

    @Test
    void aQueueCanBeGivenInBytes() {
        assertEquals(30 * MILLI, LinkProfile.of(12, 0, 0).withQueueBytes(30 * FRAME_BYTES).queueNanos());
    }

    @Test
    void anIdleLinkDoesNotSaveUpCapacity() {
        link.offer(0, frame, 0, FRAME_BYTES);
        link.removeDelivered();
        link.offer(1000 * MILLI, frame, 0, FRAME_BYTES);
        link.offer(1000 * MILLI, frame, 0, FRAME_BYTES);

        assertEquals(1011 * MILLI, link.nextDepartureNanos());
        link.removeDelivered();
        assertEquals(1012 * MILLI, link.nextDepartureNanos());
    }

    @Test
    void aCutLosesWhatIsOnTheWayAndWhatComesWhileItLasts() {
        link.offer(0, frame, 0, FRAME_BYTES);
        link.offer(0, frame, 0, FRAME_BYTES);
        link.up(false);
        assertEquals(EmulatedLink.NEVER, link.nextDepartureNanos());
        assertFalse(link.offer(MILLI, frame, 0, FRAME_BYTES));
        assertEquals(3, link.downDrops());

        link.up(true);
        assertTrue(link.offer(2 * MILLI, frame, 0, FRAME_BYTES));
        assertEquals(13 * MILLI, link.nextDepartureNanos(), "an empty link: nothing of the time before the cut is left");
    }

    @Test
    void aShorterDelayDoesNotLetFramesOvertake() {
        link.offer(0, frame, 0, FRAME_BYTES);
        link.profile(LinkProfile.of(12, 1, 50));
        link.offer(0, frame, 0, FRAME_BYTES);

        assertEquals(11 * MILLI, link.nextDepartureNanos());
        link.removeDelivered();
        assertEquals(11 * MILLI, link.nextDepartureNanos());
    }

    @Test
    void lossTakesTheStatedShareAndDependsOnTheSeedAlone() {
        int first = survivors(7);
        assertEquals(first, survivors(7));
        assertEquals(9_000, first, 150);
    }

    private static int survivors(long seed) {
        try (Arena arena = Arena.ofConfined(); EmulatedLink lossy = new EmulatedLink(LinkProfile.of(0, 0, 0).withLoss(0.1), seed)) {
            MemorySegment small = arena.allocate(64, 16);
            int survivors = 0;
            for (int i = 0; i < 10_000; i++) {
                if (lossy.offer(i, small, 0, 64)) {
                    survivors++;
                    lossy.removeDelivered();
                }
            }
            return survivors;
        }
    }

    @Test
    void lateFramesAreOvertakenAndNothingIsLost() {
        link.close();
        link = new EmulatedLink(LinkProfile.of(12, 10, 1000).withReordering(0.2, 2.5), 5);
        for (int i = 0; i < 500; i++) {
            frame.set(ValueLayout.JAVA_INT, 0, i);
            assertTrue(link.offer(0, frame, 0, FRAME_BYTES));
        }
        assertEquals(100, link.lateFrames(), 30);

        int[] places = new int[500];
        int overtaken = 0;
        int highest = -1;
        long last = 0;
        for (int place = 0; place < 500; place++) {
            assertTrue(link.nextDepartureNanos() >= last);
            last = link.nextDepartureNanos();
            int number = link.memory().get(ValueLayout.JAVA_INT, link.nextFrameOffset());
            long lateBy = last - (number + 1) * MILLI - 10 * MILLI;
            // A frame takes 1 ms: 2.5 ms late is behind two others.
            assertTrue(lateBy == 0 || lateBy == 2_500_000, number + " is late by " + lateBy);
            if (number < highest) {
                overtaken++;
                assertEquals(2_500_000, lateBy);
            }
            highest = Math.max(highest, number);
            places[number]++;
            link.removeDelivered();
        }
        assertTrue(Arrays.stream(places).allMatch(times -> times == 1), "every frame once");
        assertTrue(overtaken > 0 && overtaken <= link.lateFrames(), overtaken + " of " + link.lateFrames());
        assertEquals(EmulatedLink.NEVER, link.nextDepartureNanos());
    }

    @Test
    void theSameSeedTakesTheSameFramesAgain() {
        link.close();
        link = new EmulatedLink(LinkProfile.of(0, 0, 0).withLoss(0.3).withReordering(0.1, 0), 1);
        link.reseed(9);
        String first = fates(200);
        link.reseed(9);
        assertEquals(first, fates(200));
        link.reseed(10);
        assertNotEquals(first, fates(200));
    }

    private String fates(int frames) {
        StringBuilder fates = new StringBuilder();
        for (int i = 0; i < frames; i++) {
            fates.append(link.offer(i, frame, 0, 64) ? '.' : 'x');
            if (link.nextDepartureNanos() != EmulatedLink.NEVER) {
                link.removeDelivered();
            }
        }
        return fates.toString();
    }

    @Test
    void contentSurvivesManyRoundsOfTheRing() {
        link.close();
        link = new EmulatedLink(LinkProfile.of(1000, 0.5, 1), 1);
        SplittableRandom random = new SplittableRandom(3);
        ArrayDeque<int[]> expected = new ArrayDeque<>();
        long now = 0;
        int delivered = 0;
        for (int i = 0; i < 200_000; i++) {
            int bytes = random.nextInt(60, 1515);
            frame.set(ValueLayout.JAVA_INT, 0, i);
            frame.set(ValueLayout.JAVA_BYTE, bytes - 1, (byte) i);
            if (link.offer(now, frame, 0, bytes)) {
                expected.add(new int[] {i, bytes});
            }
            now += random.nextInt(20_000);
            while (link.nextDepartureNanos() <= now) {
                int[] next = expected.remove();
                assertEquals(next[1], link.nextFrameBytes());
                assertEquals(next[0], link.memory().get(ValueLayout.JAVA_INT, link.nextFrameOffset()));
                assertEquals((byte) next[0], link.memory().get(ValueLayout.JAVA_BYTE, link.nextFrameOffset() + next[1] - 1));
                link.removeDelivered();
                delivered++;
            }
        }
        assertTrue(delivered > 100_000, "delivered " + delivered);
    }

    @Test
    void aProfileRefusesNonsense() {
        assertThrows(IllegalArgumentException.class, () -> LinkProfile.of(-1, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> LinkProfile.of(1, 0, 0).withLoss(1.5));
        assertThrows(IllegalStateException.class, () -> LinkProfile.of(0, 0, 0).withQueueBytes(1));
    }
}
