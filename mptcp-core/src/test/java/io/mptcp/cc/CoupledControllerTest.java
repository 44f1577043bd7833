package io.mptcp.cc;

import static io.mptcp.cc.AckScript.MS;
import static io.mptcp.cc.AckScript.MSS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The formulas of RFC 6356 and of the two drafts, on a long path with 40 segments (4 segments per 10 ms) beside a short one with 10 (5 per 10 ms).
 * The numbers in the tests were computed by hand from windows of 40 000 and 10 000 bytes, round trips of 100 and 20 ms, and an MSS of 1000.
 */
class CoupledControllerTest {
    private final CoupledGroup group = new CoupledGroup();

    /** A subflow in congestion avoidance: a timeout halves what was in flight for all of them, and slow start leads up to that. */
    private AckScript subflow(String name, int segments, long rttMillis) {
        AckScript script = new AckScript(CongestionControllers.create(name, group));
        script.rttNanos = rttMillis * MS;
        while (script.controller.cwndBytes() < 2L * segments * MSS) {
            script.ack(Math.min(script.controller.cwndBytes() / 2, 2L * segments * MSS - script.controller.cwndBytes()));
        }
        script.controller.onRetransmissionTimeout(0, 2L * segments * MSS, true);
        while (script.controller.inSlowStart()) {
            script.ack(MSS);
        }
        script.ack(0, (long) segments * MSS);
        assertEquals((long) segments * MSS, script.controller.cwndBytes());
        return script;
    }

    private static long growth(AckScript script, long ackedBytes) {
        long before = script.controller.cwndBytes();
        script.ack(ackedBytes);
        return script.controller.cwndBytes() - before;
    }

    // ---- LIA: RFC 6356 section 3 ----

    @Test
    void liaGrowsByAlphaOnTheShortPathAndAsTcpOnTheLong() {
        AckScript longPath = subflow("lia", 40, 100);
        AckScript shortPath = subflow("lia", 10, 20);
        // alpha = 50 000 * max(40 000 / 100^2, 10 000 / 20^2) / (40 000 / 100 + 10 000 / 20)^2 = 50 000 * 25 / 810 000
        assertEquals(1.5432, ((Lia) shortPath.controller).alpha(), 0.0001);
        assertEquals(1.5432, ((Lia) longPath.controller).alpha(), 0.0001);
        // alpha * 5000 * 1000 / 50 000 = 154.3, which is less than a TCP's 5000 * 1000 / 10 000
        assertEquals(154, growth(shortPath, 5 * MSS));
        shortPath.controller.onLoss(0, 20 * MSS);
        // and more than the 10 000 * 1000 / 40 000 a TCP would get on the long one
        assertEquals(250, growth(longPath, 10 * MSS));
    }

    /** RFC 6356 section 4.1: the integers an implementation without floating point would have. */
    @Test
    void alphaIsThatOfTheScaledIntegers() {
        subflow("lia", 40, 100);
        AckScript shortPath = subflow("lia", 10, 20);
        // Packets: alpha_scale * tot_cwnd * cwnd_max / (sum of rtt_max * cwnd_i / rtt_i)^2, with the round-trip time of the best path as rtt_max.
        long alphaScale = 512;
        long sum = 20 * 40 / 100 + 20 * 10 / 20;
        assertEquals(alphaScale * 50 * 10 / (sum * sum), Math.floor(alphaScale * ((Lia) shortPath.controller).alpha()));
    }

    @Test
    void manySmallAcksGrowAsMuchAsALargeOneAndNoneIsRoundedToNothing() {
        subflow("lia", 40, 100);
        AckScript shortPath = subflow("lia", 10, 20);
        for (int i = 0; i < 1000; i++) {
            shortPath.ack(10, shortPath.controller.cwndBytes());
        }
        assertEquals(10_000 + 308, shortPath.controller.cwndBytes(), 15); // cwnd grows on the way, which takes some away from the rest
    }

    // ---- OLIA ----

    /** The short path is the best by what it carried between losses, and the long one has the largest window: that is moved. */
    @Test
    void oliaMovesWindowFromTheLargestToTheBest() {
        AckScript longPath = subflow("olia", 40, 100);
        AckScript shortPath = subflow("olia", 10, 20);
        assertEquals(-0.5, ((Olia) longPath.controller).epsilon());
        assertEquals(0.5, ((Olia) shortPath.controller).epsilon());
        // 5000 * 1000 * (10 000 / 20^2 / 810 000 + 0.5 / 10 000)
        assertEquals(154 + 250, growth(shortPath, 5 * MSS));
        shortPath.controller.onLoss(0, 20 * MSS);
        // 10 000 * 1000 * (40 000 / 100^2 / 810 000 - 0.5 / 40 000) = 49.4 - 125
        assertEquals(-75, growth(longPath, 10 * MSS));
    }

    @Test
    void oliaMovesNothingWhereTheBestHasTheLargestWindow() {
        AckScript longPath = subflow("olia", 10, 100);
        AckScript shortPath = subflow("olia", 40, 20);
        assertEquals(0, ((Olia) longPath.controller).epsilon());
        assertEquals(0, ((Olia) shortPath.controller).epsilon());
    }

    /** The best is judged by the longer of the last two stretches between losses, so that one early loss does not condemn a path. */
    @Test
    void oliaJudgesByTheBetterOfTheLastTwoStretches() {
        AckScript longPath = subflow("olia", 40, 100);
        AckScript shortPath = subflow("olia", 10, 20);
        shortPath.ack(10 * MSS);
        shortPath.controller.onLoss(0, 20 * MSS);
        shortPath.ack(MSS);
        assertEquals(0.5, ((Olia) shortPath.controller).epsilon(), "10 000 bytes between two losses: 25 against 7 for the long path");
        shortPath.controller.onLoss(0, 20 * MSS);
        assertEquals(0, ((Olia) longPath.controller).epsilon(), "1000 bytes and none since: 2.5 against 7");
    }

    // ---- BALIA ----

    @Test
    void baliaGrowsFasterThanItsShareOnTheSlowerPath() {
        AckScript longPath = subflow("balia", 40, 100);
        AckScript shortPath = subflow("balia", 10, 20);
        assertEquals(1.25, ((Balia) longPath.controller).alpha());
        assertEquals(1, ((Balia) shortPath.controller).alpha());
        // 5000 * 1000 * 500 / (20 * 900^2) * 1
        assertEquals(154, growth(shortPath, 5 * MSS));
        shortPath.controller.onLoss(0, 20 * MSS);
        // 10 000 * 1000 * 400 / (100 * 900^2) * 2.25 / 2 * 5.25 / 5
        assertEquals(58, growth(longPath, 10 * MSS));
    }

    /** Windows of the other path, over a fifth of the round-trip time: it is slower than this one, 1.25 times as fast, and 25 times. */
    @ParameterizedTest
    @CsvSource({"4, 20000", "10, 15000", "200, 10000"})
    void baliaGivesBackMoreOnASlowerPathUpToThreeQuarters(int otherSegments, long leftBytes) {
        AckScript longPath = subflow("balia", 40, 100);
        subflow("balia", otherSegments, 20);
        longPath.controller.onLoss(0, 40 * MSS);
        assertEquals(leftBytes, longPath.controller.cwndBytes());
    }

    // ---- all ----

    @ParameterizedTest
    @ValueSource(strings = {"lia", "olia", "balia"})
    void aloneItIsTcp(String name) {
        AckScript coupled = subflow(name, 40, 100);
        AckScript reno = subflow("newreno", 40, 100);
        for (int round = 0; round < 20; round++) {
            coupled.round();
            reno.round();
        }
        assertEquals(reno.controller.cwndBytes(), coupled.controller.cwndBytes(), 20 * MSS / 100);
        coupled.controller.onLoss(0, 50 * MSS);
        assertEquals(25 * MSS, coupled.controller.cwndBytes());
        coupled.controller.onRetransmissionTimeout(0, 20 * MSS, true);
        assertEquals(10 * MSS, coupled.controller.ssthreshBytes());
        assertEquals(MSS, coupled.controller.cwndBytes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"lia", "olia", "balia"})
    void slowStartIsNotCoupled(String name) {
        subflow(name, 40, 100);
        AckScript second = new AckScript(CongestionControllers.create(name, group)).round();
        assertEquals(20 * MSS, second.controller.cwndBytes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"lia", "olia", "balia"})
    void aSubflowThatClosesCountsNoLonger(String name) {
        AckScript first = subflow(name, 40, 100);
        AckScript second = subflow(name, 40, 100);
        long together = growth(first, 40 * MSS);
        assertTrue(together <= MSS / 2, () -> name + " grows by " + together + " a round trip on each of two equal paths");
        second.controller.onClosed();
        first.controller.onLoss(0, 80 * MSS);
        assertEquals(MSS, growth(first, first.controller.cwndBytes()), 1);
    }

    /** Neither one that has never been acknowledged anything, nor one that carries nothing, as a backup, has a say. */
    @ParameterizedTest
    @ValueSource(strings = {"lia", "olia", "balia"})
    void aSubflowThatIsNotInUseDoesNotCount(String name) {
        AckScript first = subflow(name, 40, 100);
        new AckScript(CongestionControllers.create(name, group));
        assertEquals(MSS, growth(first, 40 * MSS), 1);
        AckScript second = subflow(name, 40, 100);
        first.controller.onLoss(0, 80 * MSS);
        assertTrue(growth(first, 40 * MSS) <= MSS / 2);
        second.ack(MSS, MSS); // the last of it
        first.controller.onLoss(0, 80 * MSS);
        assertEquals(MSS, growth(first, first.controller.cwndBytes()), 1);
    }

    /** RFC 6356 section 3: where the application sets the limit it is what is in flight that counts, not cwnd. */
    @Test
    void aWindowThatIsNotUsedCountsForWhatIsUsedOfIt() {
        AckScript first = subflow("lia", 40, 100);
        AckScript second = subflow("lia", 40, 100);
        second.sample.appLimited = true;
        second.ack(MSS, 10 * MSS);
        // 50 000 * 4 / (400 + 100)^2
        assertEquals(0.8, ((Lia) first.controller).alpha(), 1e-9);
    }

    @ParameterizedTest
    @ValueSource(strings = {"olia", "balia"})
    void aCongestedPathIsLeftAtOneSegmentWhileThereAreOthers(String name) {
        subflow(name, 40, 100);
        AckScript second = subflow(name, 10, 100);
        second.controller.onLoss(0, MSS);
        assertEquals(MSS, second.controller.cwndBytes());
        assertEquals(MSS, second.controller.ssthreshBytes(), "no slow start into the congestion");
    }

    @ParameterizedTest
    @ValueSource(strings = {"lia", "olia", "balia"})
    void aReductionThatWasForNothingIsUndone(String name) {
        AckScript first = subflow(name, 40, 100);
        long ssthresh = first.controller.ssthreshBytes();
        first.controller.onLoss(0, 40 * MSS);
        first.controller.onSpuriousLoss(0);
        assertEquals(40 * MSS, first.controller.cwndBytes());
        assertEquals(ssthresh, first.controller.ssthreshBytes());
    }
}
