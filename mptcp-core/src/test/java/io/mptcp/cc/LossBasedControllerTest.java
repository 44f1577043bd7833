package io.mptcp.cc;

import static io.mptcp.cc.AckScript.MS;
import static io.mptcp.cc.AckScript.MSS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LossBasedControllerTest {
    @ParameterizedTest
    @CsvSource({"1000, 10000", "1460, 14600", "536, 5360", "4000, 14600", "8960, 17920"})
    void initialWindowIsThatOfRfc6928(int mss, long expected) {
        CongestionController controller = CongestionControllers.create("cubic");
        controller.onEstablished(0, mss, false);
        assertEquals(expected, controller.cwndBytes());
        assertEquals(Long.MAX_VALUE, controller.ssthreshBytes());
        controller.onEstablished(0, mss, true);
        assertEquals(mss, controller.cwndBytes());
    }

    @Test
    void unknownNameIsRefusedWithTheKnownOnes() {
        Exception error = assertThrows(IllegalArgumentException.class, () -> CongestionControllers.create("vegas"));
        assertEquals("unknown congestion control 'vegas', known: cubic, newreno, bbr, lia, olia, balia", error.getMessage());
        for (String name : CongestionControllers.names()) {
            assertEquals(name, CongestionControllers.create(name).name());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"cubic", "newreno"})
    void slowStartDoublesTheWindowEachRoundWhateverTheSizeOfTheAcks(String name) {
        AckScript perSegment = new AckScript(CongestionControllers.create(name)).round();
        assertEquals(20 * MSS, perSegment.controller.cwndBytes());
        AckScript perWindow = new AckScript(CongestionControllers.create(name)).ack(10 * MSS);
        assertEquals(20 * MSS, perWindow.controller.cwndBytes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"cubic", "newreno"})
    void windowThatIsNotUsedDoesNotGrow(String name) {
        AckScript script = new AckScript(CongestionControllers.create(name));
        script.ack(MSS, 5 * MSS);
        assertEquals(10 * MSS, script.controller.cwndBytes(), "it is twice what was used already");
        script.ack(MSS, 6 * MSS);
        assertEquals(11 * MSS, script.controller.cwndBytes());
        script.controller.onLoss(0, 11 * MSS);
        long reduced = script.controller.cwndBytes();
        script.sample.appLimited = true;
        script.at(5000 * MS).ack(reduced);
        script.at(9000 * MS).ack(reduced);
        assertEquals(reduced, script.controller.cwndBytes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"cubic", "newreno"})
    void windowStandsStillDuringRecovery(String name) {
        AckScript script = new AckScript(CongestionControllers.create(name));
        script.controller.onLoss(0, 10 * MSS);
        long reduced = script.controller.cwndBytes();
        assertEquals(reduced, script.controller.ssthreshBytes());
        script.sample.inRecovery = true;
        script.at(1000 * MS).ack(reduced);
        assertEquals(reduced, script.controller.cwndBytes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"cubic", "newreno"})
    void bytesReportedBySackCountWithTheNextCumulativeAck(String name) {
        AckScript script = new AckScript(CongestionControllers.create(name));
        script.sample.deliveredBytes = 3 * MSS;
        script.sample.maxInFlightBytes = 10 * MSS;
        script.controller.onAck(script.sample);
        assertEquals(10 * MSS, script.controller.cwndBytes());
        script.ack(MSS);
        assertEquals(14 * MSS, script.controller.cwndBytes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"cubic", "newreno"})
    void timeoutStartsFromOneSegmentAndHalvesOnlyOnce(String name) {
        AckScript script = AckScript.atCwnd(CongestionControllers.create(name), 40);
        script.controller.onRetransmissionTimeout(0, 40 * MSS, true);
        long ssthresh = script.controller.ssthreshBytes();
        assertEquals(name.equals("cubic") ? 28 * MSS : 20 * MSS, ssthresh);
        assertEquals(MSS, script.controller.cwndBytes());
        script.controller.onRetransmissionTimeout(0, MSS, false);
        assertEquals(ssthresh, script.controller.ssthreshBytes());
        assertTrue(script.controller.inSlowStart());
    }

    @ParameterizedTest
    @ValueSource(strings = {"cubic", "newreno"})
    void ackOfWhatWasInFlightAtATimeoutCountsForOneSegment(String name) {
        AckScript script = AckScript.atCwnd(CongestionControllers.create(name), 40);
        script.controller.onRetransmissionTimeout(0, 40 * MSS, true);
        script.ack(20 * MSS, 40 * MSS);
        assertEquals(2 * MSS, script.controller.cwndBytes());
        script.ack(20 * MSS, 20 * MSS);
        assertEquals(3 * MSS, script.controller.cwndBytes());
        script.ack(3 * MSS, 3 * MSS);
        assertEquals(6 * MSS, script.controller.cwndBytes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"cubic", "newreno"})
    void slowStartEndsAtTheThreshold(String name) {
        AckScript script = AckScript.atCwnd(CongestionControllers.create(name), 40);
        script.controller.onRetransmissionTimeout(0, 40 * MSS, true);
        long ssthresh = script.controller.ssthreshBytes();
        script.ack(MSS, MSS);
        while (script.controller.inSlowStart()) {
            script.ack(script.controller.cwndBytes());
        }
        assertTrue(script.controller.cwndBytes() >= ssthresh);
        assertTrue(script.controller.cwndBytes() < ssthresh + 2 * MSS, "cwnd " + script.controller.cwndBytes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"cubic", "newreno"})
    void spuriousTimeoutAndLossAreUndone(String name) {
        AckScript script = AckScript.atCwnd(CongestionControllers.create(name), 40);
        script.controller.onRetransmissionTimeout(0, 40 * MSS, true);
        script.controller.onRetransmissionTimeout(0, 40 * MSS, false);
        script.controller.onSpuriousLoss(0);
        assertEquals(40 * MSS, script.controller.cwndBytes());
        assertEquals(Long.MAX_VALUE, script.controller.ssthreshBytes());
        script.controller.onLoss(0, 40 * MSS);
        script.controller.onSpuriousLoss(0);
        assertEquals(40 * MSS, script.controller.cwndBytes());
        script.controller.onLoss(0, 40 * MSS);
        long ssthresh = script.controller.ssthreshBytes();
        script.controller.onEcnEcho(0, ssthresh);
        script.controller.onSpuriousLoss(0);
        assertTrue(script.controller.ssthreshBytes() < ssthresh, "congestion that was signalled is not undone");
    }

    @ParameterizedTest
    @ValueSource(strings = {"cubic", "newreno"})
    void idleTimeBringsBackTheInitialWindow(String name) {
        AckScript script = AckScript.atCwnd(CongestionControllers.create(name), 40);
        script.controller.onLoss(0, 40 * MSS);
        long before = script.controller.cwndBytes();
        script.controller.onIdleRestart(10_000 * MS);
        assertEquals(10 * MSS, script.controller.cwndBytes());
        assertEquals(before, script.controller.ssthreshBytes());
        script.controller.onRetransmissionTimeout(0, 10 * MSS, true);
        script.controller.onIdleRestart(20_000 * MS);
        assertEquals(MSS, script.controller.cwndBytes());
    }

    @Test
    void afterALossInTheInitialWindowIdleTimeBringsBackTheWindowOfRfc3390() {
        AckScript script = new AckScript(CongestionControllers.create("cubic"));
        script.ack(2 * MSS);
        script.controller.onLoss(0, 8 * MSS);
        script.controller.onIdleRestart(10_000 * MS);
        assertEquals(Math.min(4 * MSS, Math.max(2 * MSS, 4380)), script.controller.cwndBytes());
    }

    @Test
    void renoHalvesAndThenGrowsByOneSegmentPerRound() {
        AckScript script = AckScript.atCwnd(CongestionControllers.create("newreno"), 40);
        script.controller.onLoss(0, 40 * MSS);
        assertEquals(20 * MSS, script.controller.cwndBytes());
        script.ack(20 * MSS);
        assertEquals(21 * MSS, script.controller.cwndBytes());
        script.ack(21 * MSS);
        assertEquals(22 * MSS, script.controller.cwndBytes());
        script.round();
        assertEquals(23 * MSS, script.controller.cwndBytes(), 30);
        assertFalse(script.controller.inSlowStart());
    }

    /** A seed that was found: HyStart++ ended at a window of one segment, after a timeout of data that had timed out before. */
    @Property(seed = "2286178259633677969")
    void aThresholdFromHyStartIsTwoSegmentsAtLeast(@ForAll Random random) {
        windowAndThresholdNeverFallBelowTheirFloors(random);
    }

    @Property
    void windowAndThresholdNeverFallBelowTheirFloors(@ForAll Random random) {
        String name = random.nextBoolean() ? "cubic" : "newreno";
        AckScript script = new AckScript(CongestionControllers.create(name));
        long now = 0;
        for (int step = 0; step < 300; step++) {
            long before = script.controller.cwndBytes();
            now += random.nextInt(200) * MS;
            script.at(now);
            script.rttNanos = (1 + random.nextInt(300)) * MS;
            script.sample.inRecovery = random.nextInt(5) == 0;
            script.sample.appLimited = random.nextInt(5) == 0;
            switch (random.nextInt(12)) {
                case 0 -> script.controller.onLoss(now, random.nextInt(100 * MSS));
                case 1 -> script.controller.onRetransmissionTimeout(now, random.nextInt(100 * MSS), random.nextBoolean());
                case 2 -> script.controller.onSpuriousLoss(now);
                case 3 -> script.controller.onEcnEcho(now, random.nextInt(100 * MSS));
                case 4 -> script.controller.onIdleRestart(now);
                case 5 -> script.controller.onLongQueue(random.nextInt(100 * MSS));
                default -> {
                    long acked = random.nextInt((int) Math.min(before, 64 * MSS)) + 1;
                    script.ack(acked, random.nextBoolean() ? before : random.nextInt(100 * MSS));
                    assertTrue(script.controller.cwndBytes() >= before);
                    assertTrue(script.controller.cwndBytes() <= 2 * before + 64L * MSS * 5, "grew from " + before);
                }
            }
            assertTrue(script.controller.cwndBytes() >= MSS);
            assertTrue(script.controller.ssthreshBytes() >= 2 * MSS);
        }
    }

    /** The window is halved, and the threshold only where slow start is over. */
    @ParameterizedTest
    @ValueSource(strings = {"cubic", "newreno", "lia"})
    void whoKeepsOthersWaitingIsMadeSmaller(String name) {
        AckScript script = AckScript.atCwnd(CongestionControllers.create(name), 40);
        script.controller.onPenalty();
        assertEquals(20 * MSS, script.controller.cwndBytes());
        assertEquals(Long.MAX_VALUE, script.controller.ssthreshBytes());
        script.controller.onLoss(0, 20 * MSS);
        long threshold = script.controller.ssthreshBytes();
        script.controller.onPenalty();
        assertEquals(threshold / 2, script.controller.ssthreshBytes());
        for (int i = 0; i < 10; i++) {
            script.controller.onPenalty();
        }
        assertEquals(MSS, script.controller.cwndBytes());
    }

    /** No window to climb back to: it grows as slowly as after a loss that was long ago. */
    @ParameterizedTest
    @ValueSource(strings = {"cubic", "newreno", "lia"})
    void aLongQueueMakesTheWindowSmallerUntilItIsTakenBack(String name) {
        AckScript script = AckScript.atCwnd(CongestionControllers.create(name), 100);
        script.controller.onLoss(0, 100 * MSS);
        long before = script.controller.cwndBytes();
        assertTrue(script.controller.onLongQueue(40 * MSS));
        assertEquals(40 * MSS, script.controller.cwndBytes());
        assertEquals(40 * MSS, script.controller.ssthreshBytes());
        for (int round = 1; round <= 5; round++) {
            script.at(round * 100 * MS).ack(script.controller.cwndBytes());
        }
        assertTrue(script.controller.cwndBytes() <= 45 * MSS + 100, () -> "grew to " + script.controller.cwndBytes());
        script.controller.onSpuriousLoss(0);
        assertEquals(before, script.controller.cwndBytes());
    }

    /** It has its own idea of how much is enough, and nothing that could be taken back. */
    @Test
    void bbrIsLeftAlone() {
        CongestionController bbr = CongestionControllers.create("bbr");
        bbr.onEstablished(0, MSS, false);
        long before = bbr.cwndBytes();
        assertFalse(bbr.onLongQueue(MSS));
        assertEquals(before, bbr.cwndBytes());
    }

    @Test
    void slowStartGoesOnWhereTheRoundTripHasNotRisenForAWholeRound() {
        AckScript script = AckScript.atCwnd(CongestionControllers.create("cubic"), 40);
        assertFalse(script.controller.onLongQueue(20 * MSS));
        assertEquals(40 * MSS, script.controller.cwndBytes());
        assertTrue(script.controller.inSlowStart());
    }
}
