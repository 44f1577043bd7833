package io.mptcp.cc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cc.Bbr.State;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The state machine of draft-ietf-ccwg-bbr, one ACK a round trip: a path of 10 MB/s and 100 ms, so of 1 MB, unless a test says otherwise. */
class BbrTest {
    private static final int MSS = 1000;
    private static final long MS = 1_000_000;
    private static final double RATE = 10e6;
    private static final double BDP = 1e6;

    private final Bbr bbr = new Bbr();
    private final AckSample sample = new AckSample();
    private final LostSegment lost = new LostSegment();
    private long rttNanos = 100 * MS;
    private long nextSsn = 1;

    BbrTest() {
        bbr.onEstablished(0, MSS, false);
        sample.appLimited = true; // cwnd is not what limits it
        lost.selectiveAcks = true;
        sample.rate.selectiveAcks = true;
    }

    /** A round trip in which the path delivered at this rate; so much is left in flight, if cwnd allows. */
    private void round(double bytesPerSecond, double wantedInFlight) {
        double inFlight = Math.min(wantedInFlight, bbr.cwndBytes());
        sample.nowNanos += rttNanos;
        sample.rttNanos = rttNanos;
        sample.srttNanos = rttNanos;
        sample.minRttNanos = rttNanos;
        sample.inFlightBytes = (long) inFlight;
        RateSample rate = sample.rate;
        rate.hasData = true;
        rate.priorDeliveredBytes = rate.totalDeliveredBytes;
        rate.newlyAckedBytes = (long) (bytesPerSecond * rttNanos / 1e9);
        rate.totalDeliveredBytes += rate.newlyAckedBytes;
        rate.deliveredBytes = rate.newlyAckedBytes;
        rate.bytesPerSecond = bytesPerSecond;
        rate.inFlightAtSendBytes = (long) inFlight;
        bbr.onAck(sample);
        rate.lostBytes = 0;
    }

    /** Of what was in flight so much is lost; the next round trip tells. */
    private void lose(double bytes, double inFlight) {
        lost.startSsn = nextSsn;
        lost.bytes = (int) bytes;
        lost.lostBytes = (long) bytes;
        lost.inFlightAtSendBytes = (long) inFlight;
        lost.totalDeliveredBytes = sample.rate.totalDeliveredBytes;
        nextSsn += 2 * lost.bytes;
        sample.rate.lostBytes = (long) bytes;
        bbr.onSegmentLost(sample.nowNanos, lost);
    }

    private void until(State state, double inFlight) {
        for (int i = 0; bbr.state() != state; i++) {
            round(RATE, inFlight);
            assertTrue(i < 100, () -> "still " + bbr.state());
        }
    }

    private void fillThePipe() {
        for (double rate = RATE / 8; rate <= RATE; rate *= 2) {
            round(rate, BDP);
        }
    }

    private void cruise() {
        fillThePipe();
        until(State.PROBE_BW_CRUISE, 0.9 * BDP);
    }

    private void assertPacing(double gain, double rate) {
        assertEquals(0.99 * gain * rate, bbr.pacingBytesPerSecond(), 1 + rate / 1e6, () -> bbr.state() + " of " + rate);
    }

    @Test
    void beginsWithTheInitialWindowPacedOverTheFirstRoundTrip() {
        assertEquals(10 * MSS, bbr.cwndBytes());
        assertEquals(0, bbr.pacingBytesPerSecond(), "nothing is known yet");
        sample.rate.appLimited = true;
        round(10, 0);
        assertEquals(2.77 * 10 * MSS / 0.1, bbr.pacingBytesPerSecond(), 1);
        assertTrue(bbr.inSlowStart());
    }

    @Test
    void startupGoesOnWhileTheRateGrowsByAQuarter() {
        double rate = RATE;
        for (int i = 0; i < 12; i++, rate *= 1.3) {
            round(rate, BDP);
            assertEquals(State.STARTUP, bbr.state());
            assertPacing(2.77, rate);
        }
    }

    @Test
    void threeRoundTripsWithoutGrowthEndStartup() {
        fillThePipe();
        round(1.1 * RATE, 2 * BDP);
        round(1.1 * RATE, 2 * BDP);
        assertEquals(State.STARTUP, bbr.state());
        round(1.1 * RATE, 2 * BDP);
        assertEquals(State.DRAIN, bbr.state());
        assertPacing(0.5, 1.1 * RATE);
    }

    @Test
    void roundTripsThatTheApplicationLimitedSayNothingOfAFullPipe() {
        fillThePipe();
        sample.rate.appLimited = true;
        for (int i = 0; i < 10; i++) {
            round(RATE / 2, BDP / 4);
        }
        assertEquals(State.STARTUP, bbr.state());
        assertPacing(2.77, RATE);
    }

    @Test
    void drainEndsWhenTheQueueIsGone() {
        fillThePipe();
        until(State.DRAIN, 2 * BDP);
        round(RATE, 1.01 * BDP);
        assertEquals(State.DRAIN, bbr.state());
        round(RATE, 0.99 * BDP);
        assertEquals(State.PROBE_BW_CRUISE, bbr.state(), "there is nothing left to go down from");
    }

    @Test
    void drainIsNotForEver() {
        fillThePipe();
        until(State.DRAIN, 2 * BDP);
        for (int i = 0; i < 4; i++) {
            assertEquals(State.DRAIN, bbr.state());
            round(RATE, 2 * BDP);
        }
        assertEquals(State.PROBE_BW_DOWN, bbr.state());
    }

    /** DOWN until the queue is empty, CRUISE for two to three seconds, REFILL for a round trip, UP until the rate has not grown for three. */
    @Test
    void probingGoesRoundInACircle() {
        cruise();
        assertPacing(1, RATE);
        long cruisedNanos = sample.nowNanos;
        until(State.PROBE_BW_REFILL, 0.9 * BDP);
        cruisedNanos = sample.nowNanos - cruisedNanos;
        assertTrue(cruisedNanos > 1500 * MS && cruisedNanos <= 3100 * MS, cruisedNanos + " ns");
        assertPacing(1, RATE);
        round(RATE, BDP);
        assertEquals(State.PROBE_BW_UP, bbr.state());
        assertPacing(1.25, RATE);
        round(RATE, 1.25 * BDP);
        round(RATE, 1.25 * BDP);
        assertEquals(State.PROBE_BW_UP, bbr.state());
        round(RATE, 1.25 * BDP);
        assertEquals(State.PROBE_BW_DOWN, bbr.state());
        assertPacing(0.9, RATE);
        round(RATE, 1.1 * BDP);
        assertEquals(State.PROBE_BW_DOWN, bbr.state());
        round(RATE, BDP);
        assertEquals(State.PROBE_BW_CRUISE, bbr.state());
    }

    @Test
    void moreRateIsFoundByProbing() {
        cruise();
        until(State.PROBE_BW_UP, BDP);
        for (double rate = 1.25 * RATE; rate < 4 * RATE; rate *= 1.25) {
            round(rate, BDP);
            assertEquals(State.PROBE_BW_UP, bbr.state());
            assertPacing(1.25, rate);
        }
    }

    @Test
    void lessRateIsBelievedAfterTwoCircles() {
        cruise();
        for (int i = 0; i < 100 && bbr.pacingBytesPerSecond() > 0.7 * RATE; i++) {
            round(RATE / 2, BDP / 2);
        }
        assertTrue(bbr.pacingBytesPerSecond() <= 0.7 * RATE);
        assertTrue(sample.nowNanos > 4000 * MS, "not before the second");
    }

    @Test
    void smallPathIsProbedAsOftenAsRenoWouldReachItsEnd() {
        rttNanos = 10 * MS; // 100 segments: 63 round trips
        fillThePipe();
        until(State.PROBE_BW_CRUISE, 0.09 * BDP);
        int rounds = 0;
        for (; bbr.state() == State.PROBE_BW_CRUISE; rounds++) {
            round(RATE, 0.09 * BDP);
        }
        assertEquals(State.PROBE_BW_REFILL, bbr.state());
        assertTrue(rounds >= 58 && rounds <= 63, rounds + " round trips");
    }

    @ParameterizedTest
    @CsvSource({"0.019, false", "0.021, true"})
    void moreThanTwoPercentLostEndTheProbing(double loss, boolean ends) {
        cruise();
        until(State.PROBE_BW_UP, BDP);
        double inFlight = 1.25 * BDP;
        lose(loss * inFlight, inFlight);
        assertEquals(ends ? State.PROBE_BW_DOWN : State.PROBE_BW_UP, bbr.state());
        if (ends) {
            round(RATE, BDP);
            assertTrue(bbr.cwndBytes() <= 1.25 * BDP, "no more in flight than what was too much");
            until(State.PROBE_BW_CRUISE, 0.9 * BDP);
            assertTrue(bbr.cwndBytes() <= 0.85 * 1.25 * BDP, "and some room for others");
        }
    }

    /** After a probe that went too far the next one ends where that was lost, and the one after it, at once, may go on. */
    @Test
    void nextProbeAfterTooMuchLossIsCautious() {
        cruise();
        until(State.PROBE_BW_UP, BDP);
        lose(0.05 * 1.25 * BDP, 1.25 * BDP);
        until(State.PROBE_BW_CRUISE, 0.9 * BDP);
        until(State.PROBE_BW_UP, 0.9 * BDP);
        round(RATE, 1.25 * BDP);
        assertEquals(State.PROBE_BW_DOWN, bbr.state());
        round(RATE, BDP);
        assertEquals(State.PROBE_BW_REFILL, bbr.state());
        until(State.PROBE_BW_UP, BDP);
        round(RATE, 1.3 * BDP);
        assertEquals(State.PROBE_BW_UP, bbr.state());
    }

    @Test
    void lossWhileCruisingSlowsDownToWhatIsDeliveredButByThirtyPercentAtMost() {
        cruise();
        for (int i = 0; i < 2; i++) { // the highest of two round trips counts
            lose(10 * MSS, BDP);
            round(0.95 * RATE, 0.9 * BDP);
        }
        assertPacing(1, 0.95 * RATE);
        for (int i = 0; i < 2; i++) {
            lose(10 * MSS, BDP);
            round(0.1 * RATE, 0.9 * BDP);
        }
        assertPacing(1, 0.7 * 0.95 * RATE);
        until(State.PROBE_BW_REFILL, 0.9 * BDP);
        assertPacing(1, RATE);
    }

    @Test
    void manyLossesEndStartup() {
        round(RATE / 2, BDP);
        bbr.onLoss(sample.nowNanos, (long) BDP);
        sample.recovering = true;
        for (int i = 0; i < 3; i++) {
            for (int k = 0; k < 6; k++) {
                lose(0.01 * BDP, BDP);
            }
            sample.rate.lostBytes = (long) (0.06 * BDP);
            round(RATE * Math.pow(1.3, i), BDP);
        }
        assertNotEquals(State.STARTUP, bbr.state());
    }

    @Test
    void fewLossesDoNot() {
        round(RATE / 2, BDP);
        bbr.onLoss(sample.nowNanos, (long) BDP);
        sample.recovering = true;
        for (int i = 0; i < 6; i++) {
            for (int k = 0; k < 5; k++) {
                lose(0.003 * BDP, BDP);
            }
            round(RATE * Math.pow(1.3, i), BDP);
        }
        assertEquals(State.STARTUP, bbr.state());
    }

    /** Five seconds without a round trip as short as the shortest: half of the path's window for 200 ms, and then on as before. */
    @Test
    void roundTripIsMeasuredWithAnEmptyPathEveryFiveSeconds() {
        rttNanos = 90 * MS;
        fillThePipe();
        rttNanos = 100 * MS;
        Set<State> seen = EnumSet.noneOf(State.class);
        while (bbr.state() != State.PROBE_RTT) {
            seen.add(bbr.state());
            round(RATE, 0.8 * BDP);
        }
        assertTrue(seen.contains(State.PROBE_BW_CRUISE), seen::toString);
        assertEquals(5000, sample.nowNanos / MS, 600);
        assertTrue(bbr.holdsBack());
        assertEquals(0.5 * 0.9 * BDP, bbr.cwndBytes(), BDP / 50);
        long before = sample.nowNanos;
        rttNanos = 80 * MS;
        round(RATE / 2, 0.4 * BDP);
        while (bbr.state() == State.PROBE_RTT) {
            round(RATE / 2, 0.4 * BDP);
        }
        assertTrue(sample.nowNanos - before >= 200 * MS);
        assertEquals(State.PROBE_BW_CRUISE, bbr.state());
        round(RATE, 0.4 * BDP);
        assertTrue(bbr.cwndBytes() > BDP, "cwnd is back");
    }

    @Test
    void timeoutLeavesOneSegmentAndTheEndOfRecoveryBringsTheWindowBack() {
        cruise();
        long before = bbr.cwndBytes();
        bbr.onRetransmissionTimeout(sample.nowNanos, (long) BDP, true);
        assertEquals(MSS, bbr.cwndBytes());
        sample.recovering = true;
        round(RATE / 1000, MSS);
        assertEquals(4 * MSS, bbr.cwndBytes());
        sample.recovering = false;
        round(RATE, 0.9 * BDP);
        assertTrue(bbr.cwndBytes() >= before, () -> bbr.cwndBytes() + " of " + before);
    }

    @Test
    void spuriousLossResumesTheProbing() {
        cruise();
        until(State.PROBE_BW_UP, BDP);
        lose(0.05 * 1.25 * BDP, 1.25 * BDP);
        assertEquals(State.PROBE_BW_DOWN, bbr.state());
        bbr.onSpuriousLoss(sample.nowNanos);
        assertEquals(State.PROBE_BW_REFILL, bbr.state());
        round(RATE, BDP);
        assertTrue(bbr.cwndBytes() > 1.9 * BDP, "no bound is left of it");
    }

    @Test
    void echoOfACongestionMarkCountsAsTooMuchLoss() {
        round(RATE / 2, BDP);
        bbr.onEcnEcho(sample.nowNanos, (long) BDP);
        round(RATE, BDP);
        assertNotEquals(State.STARTUP, bbr.state());
        cruise();
        until(State.PROBE_BW_UP, BDP);
        bbr.onEcnEcho(sample.nowNanos, (long) (1.25 * BDP));
        assertEquals(State.PROBE_BW_DOWN, bbr.state());
    }

    @Test
    void afterIdleTimeItSendsAtTheRateThatItKnows() {
        cruise();
        until(State.PROBE_BW_UP, BDP);
        long before = bbr.cwndBytes();
        bbr.onIdleRestart(sample.nowNanos + 3000 * MS);
        bbr.onRestart(sample.nowNanos + 3000 * MS);
        assertEquals(before, bbr.cwndBytes());
        assertPacing(1, RATE);
    }

    @Test
    void windowIsNeverBelowFourSegmentsButAfterATimeout() {
        rttNanos = MS;
        for (int i = 0; i < 50; i++) {
            round(1000, MSS);
            lose(MSS, 2 * MSS);
            assertTrue(bbr.cwndBytes() >= 4 * MSS);
        }
    }
}
