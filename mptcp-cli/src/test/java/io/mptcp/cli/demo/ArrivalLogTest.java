package io.mptcp.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Arrivals of a download at stated times. */
class ArrivalLogTest {
    private static final long SECOND = 1_000_000_000L;

    private final ArrivalLog log = new ArrivalLog(10 * SECOND);

    @Test
    void goodputCountsFromTheRequest() {
        log.add(11 * SECOND, 1_000_000);
        log.add(12 * SECOND, 3_000_000);

        assertEquals(16_000_000, log.goodputUntil(12 * SECOND));
        assertEquals(4_000_000, log.goodputUntil(12 * SECOND - 1), 0.01);
        assertEquals(0, log.goodputUntil(11 * SECOND - 1));
    }

    @Test
    void aStallCountsWhenItTouchesTheWindow() {
        log.add(11 * SECOND, 1);
        log.add(14 * SECOND, 1);
        log.add(15 * SECOND, 1);
        log.add(20 * SECOND, 1);

        assertEquals(3 * SECOND, log.longestStallNanos(12 * SECOND, 13 * SECOND), "it began before and ended after");
        assertEquals(SECOND, log.longestStallNanos(14 * SECOND, 15 * SECOND));
        assertEquals(5 * SECOND, log.longestStallNanos(14 * SECOND, 16 * SECOND));
        assertEquals(0, log.longestStallNanos(20 * SECOND, 30 * SECOND));
    }

    @Test
    void manyArrivalsAreKept() {
        for (int i = 1; i <= 10_000; i++) {
            log.add(10 * SECOND + i, 2);
        }
        assertEquals(20_000, log.totalBytes());
        assertEquals(14_000, log.bytesAt(10 * SECOND + 7_000));
        assertEquals(10 * SECOND + 10_000, log.lastNanos());
    }
}
