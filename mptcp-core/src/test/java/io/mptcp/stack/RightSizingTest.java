package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** RFC 8684 section 3.3.4. */
class RightSizingTest {
    private static final int MSS = 1460;
    private static final int MAX = 16 << 20;
    private static final long RTT = 100_000_000L;

    private final RightSizing sizing = new RightSizing(MAX);
    private long nowNanos = 5 * RTT;

    /** One round trip in which so much is read, in segments evenly spread. */
    private void round(long bytes, int pieces) {
        for (int i = 0; i < pieces; i++) {
            sizing.onRead(nowNanos + RTT * i / pieces, (int) (bytes / pieces), RTT, MSS, true);
        }
        nowNanos += RTT;
    }

    @Test
    void itBeginsSmall() {
        assertEquals(64 * 1024, sizing.bufferBytes());
        assertEquals(8000, new RightSizing(8000).bufferBytes());
    }

    /** At any moment the peer may have twice as much under way as was read in the last round trip, and next time twice of that. */
    @Test
    void itStaysAheadOfSlowStart() {
        for (long bytes = 10 * MSS; bytes < MAX / 8; bytes *= 2) {
            round(bytes, 10);
            assertTrue(sizing.bufferBytes() >= 4 * bytes - bytes / 10, sizing.bufferBytes() + " after " + bytes);
        }
        round(MAX, 100);
        assertEquals(MAX, sizing.bufferBytes());
    }

    @Test
    void aBurstOfAllOfARoundCountsAtOnce() {
        sizing.onRead(nowNanos, 1_000_000, RTT, MSS, true);
        assertTrue(sizing.bufferBytes() >= 4_000_000);
    }

    @Test
    void aSteadyReaderGetsTwiceOfWhatItReadsInARoundTrip() {
        for (int i = 0; i < 50; i++) {
            round(500_000, 100);
        }
        int steady = sizing.bufferBytes();
        assertTrue(steady >= 1_000_000 && steady <= 2_100_000, "with what its beginning has left: " + steady);
        for (int i = 0; i < 50; i++) {
            round(500_000, 100);
        }
        assertEquals(steady, sizing.bufferBytes());
    }

    @Test
    void aSlowReaderKeepsItSmall() {
        for (int i = 0; i < 1000; i++) {
            round(10_000, 10);
        }
        assertEquals(64 * 1024, sizing.bufferBytes());
    }

    @Test
    void pausesDoNotAddUp() {
        for (int i = 0; i < 100; i++) {
            round(10_000, 1);
            nowNanos += 100 * RTT;
        }
        assertEquals(64 * 1024, sizing.bufferBytes());
    }

    @Test
    void itDoesNotGrowWithoutMemory() {
        sizing.onRead(nowNanos, 1_000_000, RTT, MSS, false);
        sizing.onOutOfOrder(1_000_000, true, false);
        assertEquals(64 * 1024, sizing.bufferBytes());
    }

    @Test
    void bytesBehindAHoleMayBeDoubled() {
        sizing.onOutOfOrder(32 * 1024, false, true);
        assertEquals(64 * 1024, sizing.bufferBytes(), "half of it is no reason");
        sizing.onOutOfOrder(40_000, false, true);
        assertEquals(80_000 + 64 * 1024, sizing.bufferBytes());
        sizing.onOutOfOrder(MAX, false, true);
        assertEquals(MAX, sizing.bufferBytes());
    }

    @Test
    void besideASlowSubflowSlowStartGoesOn() {
        sizing.onOutOfOrder(16 * 1024, true, true);
        assertEquals(64 * 1024, sizing.bufferBytes(), "a quarter of it is no reason");
        sizing.onOutOfOrder(20_000, true, true);
        assertEquals(80_000 + 64 * 1024, sizing.bufferBytes());
    }

    @Test
    void aFixedSizeIsNeitherGrownNorExceeded() {
        sizing.setFixed(10_000);
        assertEquals(10_000, sizing.bufferBytes());
        sizing.onRead(nowNanos, 1_000_000, RTT, MSS, true);
        assertEquals(10_000, sizing.bufferBytes());
        sizing.setFixed(2 * MAX);
        assertEquals(MAX, sizing.bufferBytes());
        sizing.setFixed(100_000);
        sizing.setFixed(0);
        assertEquals(100_000, sizing.bufferBytes());
        sizing.onRead(nowNanos, 1_000_000, RTT, MSS, true);
        assertTrue(sizing.bufferBytes() > 1_000_000);
    }
}
