package io.mptcp.cc;

import static io.mptcp.cc.AckScript.MS;
import static io.mptcp.cc.AckScript.MSS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CubicTest {
    private final Cubic cubic = new Cubic();

    /** A window of 100 segments meets a loss; the first ACK afterwards starts the epoch at time 0. */
    private AckScript afterLossAt100() {
        AckScript script = AckScript.atCwnd(cubic, 100);
        cubic.onLoss(0, 100 * MSS);
        assertEquals(70 * MSS, cubic.cwndBytes());
        return script;
    }

    /**
     * W_max = 100, cwnd_epoch = 70, K = cbrt(75) = 4.2172 s; W(t) = 0.4 (t - K)^3 + 100 segments. One ACK of a whole window takes cwnd to
     * the target, one round-trip time ahead: W(t + 0.2 s). The round-trip time is long enough for Reno to stay behind.
     */
    @ParameterizedTest
    @CsvSource({"200, 77752", "1000, 89014", "2000, 96717", "4000, 100000", "6000, 103118", "8000, 125272"})
    void windowFollowsTheCubicCurve(long atMillis, long expectedBytes) {
        AckScript script = afterLossAt100();
        script.rttNanos = 200 * MS;
        for (long millis = 0; millis <= atMillis; millis += 200) {
            script.at(millis * MS).ack(cubic.cwndBytes());
        }
        assertEquals(expectedBytes, cubic.cwndBytes(), 2);
    }

    @Test
    void growthInOneRoundIsAtMostHalfTheWindow() {
        AckScript script = afterLossAt100();
        script.at(0).ack(70 * MSS);
        long before = cubic.cwndBytes();
        script.at(60_000 * MS).ack(before);
        assertEquals(before * 3 / 2, cubic.cwndBytes(), 1);
    }

    @Test
    void shortRoundTripsFollowReno() {
        AckScript script = AckScript.atCwnd(cubic, 20);
        cubic.onLoss(0, 20 * MSS);
        assertEquals(14 * MSS, cubic.cwndBytes());
        script.rttNanos = 1 * MS;
        double est = 14;
        for (int round = 1; round <= 20; round++) {
            double cwnd = cubic.cwndBytes() / (double) MSS;
            est += (est >= 20 ? 1 : 9.0 / 17) * 1;
            script.at(round * MS).ack(cubic.cwndBytes());
            assertEquals(est, cubic.cwndBytes() / (double) MSS, 0.01, "round " + round + " from " + cwnd);
        }
    }

    @Test
    void secondLossBelowTheMaximumGivesUpMore() {
        AckScript script = afterLossAt100();
        cubic.onLoss(0, 70 * MSS);
        assertEquals(49 * MSS, cubic.cwndBytes());
        script.rttNanos = 300 * MS;
        // W_max = 70 (1 + 0.7) / 2 = 59.5, so K = cbrt(10.5 / 0.4) = 2.972 s: there the curve is flat at W_max.
        for (long millis = 0; millis <= 2700; millis += 300) {
            script.at(millis * MS).ack(cubic.cwndBytes());
        }
        assertEquals(59_500, cubic.cwndBytes(), 5);
    }

    @Test
    void applicationLimitedTimeDoesNotCount() {
        AckScript script = afterLossAt100();
        script.at(0).ack(70 * MSS);
        script.at(1000 * MS).ack(cubic.cwndBytes());
        script.sample.appLimited = true;
        for (long millis = 1100; millis <= 6000; millis += 100) {
            script.at(millis * MS).ack(MSS);
        }
        script.sample.appLimited = false;
        script.at(6100 * MS).ack(cubic.cwndBytes());
        // As if only 1.1 s had passed: W(1.1 + 0.1) = 100 - 0.4 * 3.0172^3
        assertEquals((100 - 0.4 * Math.pow(Math.cbrt(75) - 1.2, 3)) * MSS, cubic.cwndBytes(), 2);
    }

    @Test
    void stageAfterATimeoutStartsFlatWhereSlowStartEnded() {
        AckScript script = AckScript.atCwnd(cubic, 100);
        cubic.onRetransmissionTimeout(0, 100 * MSS, true);
        script.ack(100 * MSS);
        while (cubic.inSlowStart()) {
            script.at(100 * MS).ack(cubic.cwndBytes());
        }
        assertEquals(70 * MSS, cubic.cwndBytes(), 1.1 * MSS);
        long start = cubic.cwndBytes();
        // K = 0 and W_max = cwnd: after 3 s the curve is 0.4 * 3.1^3 = 11.9 segments up; Reno is ahead of it until about then.
        script.at(200 * MS).ack(start);
        assertEquals(start + 9.0 / 17 * MSS, cubic.cwndBytes(), 0.2 * MSS);
    }

    @Test
    void undoneLossContinuesTheOldCurve() {
        AckScript script = afterLossAt100();
        script.at(0).ack(70 * MSS);
        script.at(1000 * MS).ack(cubic.cwndBytes());
        cubic.onLoss(1050 * MS, cubic.cwndBytes());
        cubic.onSpuriousLoss(1080 * MS);
        script.at(1100 * MS).ack(cubic.cwndBytes());
        assertEquals((100 - 0.4 * Math.pow(Math.cbrt(75) - 1.2, 3)) * MSS, cubic.cwndBytes(), 2);
    }

    @Test
    void risingRoundTripTimeEndsTheFirstSlowStart() {
        AckScript script = new AckScript(cubic);
        script.rttNanos = 20 * MS;
        script.round().round().round();
        assertEquals(80 * MSS, cubic.cwndBytes());
        script.rttNanos = 25 * MS;
        int rounds = 0;
        while (cubic.inSlowStart()) {
            script.round();
            assertTrue(++rounds < 10, "still in slow start");
        }
        // The round in which eight samples show it, one more with hardly any growth, and the first ACK behind that.
        assertEquals(3, rounds);
        assertTrue(cubic.cwndBytes() < 110 * MSS, "cwnd " + cubic.cwndBytes());
        assertEquals(cubic.cwndBytes(), cubic.ssthreshBytes(), 2 * MSS);
    }

    @Test
    void roundTripTimeThatFallsAgainResumesSlowStart() {
        AckScript script = new AckScript(cubic);
        script.rttNanos = 20 * MS;
        script.round().round();
        script.rttNanos = 30 * MS;
        script.round();
        long conservative = cubic.cwndBytes();
        assertTrue(conservative < 80 * MSS);
        script.rttNanos = 20 * MS;
        script.round();
        long before = cubic.cwndBytes();
        script.round();
        assertEquals(2 * before, cubic.cwndBytes(), MSS);
        assertTrue(cubic.inSlowStart());
    }

    @Test
    void steadyRoundTripTimeKeepsSlowStartGoing() {
        AckScript script = new AckScript(cubic);
        for (int i = 0; i < 8; i++) {
            script.round();
        }
        assertEquals(2560 * MSS, cubic.cwndBytes());
        assertTrue(cubic.inSlowStart());
    }
}
