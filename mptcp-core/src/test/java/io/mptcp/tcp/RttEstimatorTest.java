package io.mptcp.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RttEstimatorTest {
    private static final long MS = 1_000_000;

    private final RttEstimator rtt = new RttEstimator(200 * MS, 120_000 * MS);

    @Test
    void timeoutIsOneSecondBeforeTheFirstSample() {
        assertFalse(rtt.hasSample());
        assertEquals(0, rtt.srttNanos());
        assertEquals(0, rtt.minRttNanos());
        assertEquals(1000 * MS, rtt.rtoNanos());
    }

    @Test
    void oneSampleARoundFollowsRfc6298() {
        rtt.onSample(0, 400 * MS);
        assertEquals(400 * MS, rtt.srttNanos());
        assertEquals(200 * MS, rtt.rttVarNanos());
        assertEquals(1200 * MS, rtt.rtoNanos());
        rtt.onSample(400 * MS, 480 * MS);
        // RTTVAR = 3/4 * 200 + 1/4 * |400 - 480| = 170; SRTT = 7/8 * 400 + 1/8 * 480 = 410
        assertEquals(170 * MS, rtt.rttVarNanos());
        assertEquals(410 * MS, rtt.srttNanos());
        assertEquals(1090 * MS, rtt.rtoNanos());
        rtt.onSample(810 * MS, 810 * MS);
        // RTTVAR = 3/4 * 170 + 1/4 * 400 = 227.5; SRTT = 7/8 * 410 + 1/8 * 810 = 460
        assertEquals(227_500_000, rtt.rttVarNanos());
        assertEquals(460 * MS, rtt.srttNanos());
    }

    @Test
    void manySamplesInARoundShrinkTheVarianceOnce() {
        rtt.onSample(0, 100 * MS);
        for (int i = 1; i < 100; i++) {
            rtt.onSample(i * MS, 100 * MS);
        }
        assertEquals(50 * MS, rtt.rttVarNanos());
        rtt.onSample(100 * MS, 100 * MS);
        assertEquals(37_500_000, rtt.rttVarNanos());
    }

    @Test
    void varianceGrowsWithinTheRound() {
        rtt.onSample(0, 100 * MS);
        rtt.onSample(1 * MS, 300 * MS);
        assertEquals(87_500_000, rtt.rttVarNanos());
    }

    @Test
    void steadyPathKeepsTheMinimumAsMargin() {
        for (int i = 0; i < 200; i++) {
            rtt.onSample(i * 300 * MS, 300 * MS);
        }
        assertEquals(300 * MS, rtt.srttNanos());
        assertEquals(500 * MS, rtt.rtoNanos());
    }

    @Test
    void backoffDoublesUpToTheMaximumAndEndsWithASample() {
        rtt.onSample(0, 400 * MS);
        rtt.backoff();
        assertEquals(2400 * MS, rtt.rtoNanos());
        for (int i = 0; i < 100; i++) {
            rtt.backoff();
        }
        assertEquals(120_000 * MS, rtt.rtoNanos());
        rtt.resetBackoff();
        assertEquals(1200 * MS, rtt.rtoNanos());
        rtt.backoff();
        rtt.onSample(400 * MS, 400 * MS);
        assertEquals(1000 * MS, rtt.rtoNanos());
    }

    @Test
    void timeoutStaysWithinItsBounds() {
        RttEstimator bounded = new RttEstimator(5 * MS, 700 * MS);
        assertEquals(700 * MS, bounded.rtoNanos());
        bounded.onSample(0, 0);
        assertTrue(bounded.hasSample());
        assertTrue(bounded.rtoNanos() >= 5 * MS);
        bounded.onSample(1, 10_000 * MS);
        assertEquals(700 * MS, bounded.rtoNanos());
        assertThrows(IllegalArgumentException.class, () -> new RttEstimator(0, 1));
        assertThrows(IllegalArgumentException.class, () -> new RttEstimator(2, 1));
    }

    @Test
    void minimumForgetsWhatIsOlderThanTwoWindows() {
        rtt.onSample(0, 10 * MS);
        rtt.onSample(9_000 * MS, 50 * MS);
        assertEquals(10 * MS, rtt.minRttNanos());
        rtt.onSample(11_000 * MS, 60 * MS);
        assertEquals(10 * MS, rtt.minRttNanos());
        rtt.onSample(21_500 * MS, 70 * MS);
        assertEquals(60 * MS, rtt.minRttNanos());
        rtt.onSample(100_000 * MS, 80 * MS);
        assertEquals(80 * MS, rtt.minRttNanos());
    }
}
