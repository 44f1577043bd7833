package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.scheduler.Schedulers;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.StackConfig;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * How long the reader waits at most between two pieces of a stream over 50 Mbit/s, 20 ms and 10 Mbit/s, 200 ms, while both paths are used to the full.
 * Two things keep it short: the queue of the long path is kept so short that nothing is lost there, and what is lost all the same is taken over by the
 * short path, which has it there in a fraction of a round trip of the long one. Without either it was 403 ms. A receiver that verifies checksums
 * hands up each subflow in order, as Linux always does.
 */
class LongestPauseTest {
    private static final long START_NANOS = 3_000_000_000L;
    private static final long END_NANOS = 15_000_000_000L;
    private static final double PAYLOAD_BITS_PER_SECOND = 60e6 * 1428 / 1500;

    /** What a transfer over both paths came to. */
    private record Outcome(long slowStartMillis, long laterMillis, double goodput, long lostPackets, long copies) {
    }

    private static Outcome transfer(String scheduler, boolean inOrder, LinkSpec longPath) {
        ConnectOptions options = ConnectOptions.DEFAULT.withScheduler(() -> Schedulers.create(scheduler));
        Scenario scenario = new Scenario(1).config(StackConfig.defaults().withChecksum(inOrder)).clientOptions(options).serverOptions(options).path(LinkSpec.of(50, 10)).path(longPath)
                .transfer(0, 200_000_000).open();
        long[] longestNanos = {0};
        scenario.client().checker().onGap(nanos -> longestNanos[0] = Math.max(longestNanos[0], nanos));
        scenario.simulation().runTo(START_NANOS);
        long slowStartNanos = longestNanos[0];
        longestNanos[0] = 0;
        long before = scenario.client().checker().receivedBytes();
        scenario.simulation().runTo(END_NANOS);
        double goodput = (scenario.client().checker().receivedBytes() - before) * 8e9 / (END_NANOS - START_NANOS);
        long lost = scenario.path(1).down().statistics().droppedByQueue;
        long copies = scenario.topology().server().stack().counters().nonZero().getOrDefault("MPTCPRetrans", 0L);
        scenario.topology().client().stack().close();
        scenario.topology().server().stack().close();
        return new Outcome(slowStartNanos / 1_000_000, longestNanos[0] / 1_000_000, goodput / PAYLOAD_BITS_PER_SECOND, lost, copies);
    }

    @ParameterizedTest
    @CsvSource({"default, false", "minrtt, false", "blest, false", "default, true", "minrtt, true", "blest, true"})
    void nothingIsLostInTheQueueOfALongPath(String scheduler, boolean inOrder) {
        Outcome outcome = transfer(scheduler, inOrder, LinkSpec.of(10, 100));
        assertEquals(1, outcome.goodput, 0.02);
        assertEquals(0, outcome.lostPackets, "packets lost on the long path");
        assertTrue(outcome.slowStartMillis < 100, () -> "in slow start the reader waited for " + outcome.slowStartMillis + " ms");
        assertTrue(outcome.laterMillis < 30, () -> "the reader waited for " + outcome.laterMillis + " ms");
    }

    /** Its queue has room for 32 ms: too little to be kept shorter, and too little for CUBIC to keep the path busy after a loss. */
    @ParameterizedTest
    @CsvSource({"default, false", "minrtt, false", "blest, false", "default, true", "minrtt, true", "blest, true"})
    void whatALongPathLosesIsTakenOverByTheShortOne(String scheduler, boolean inOrder) {
        Outcome outcome = transfer(scheduler, inOrder, LinkSpec.of(10, 100).withQueue(40_000));
        assertEquals(1, outcome.goodput, 0.04);
        assertTrue(outcome.lostPackets > 0, "nothing was lost");
        assertTrue(outcome.slowStartMillis < 150 && outcome.laterMillis < 150, () -> "the reader waited for " + outcome.slowStartMillis + " and " + outcome.laterMillis + " ms");
        assertTrue(inOrder || outcome.copies <= 1.2 * outcome.lostPackets, () -> outcome.lostPackets + " packets were lost, " + outcome.copies + " went over the short path, too");
    }
}
