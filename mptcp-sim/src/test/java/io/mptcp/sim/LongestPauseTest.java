package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.scheduler.Schedulers;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.StackConfig;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * How long the reader waits at most between two pieces of a stream over 50 Mbit/s, 20 ms and 10 Mbit/s, 200 ms, while both paths are used to the full:
 * what the long one loses is taken over by the short one, which has it there in a fraction of a round trip of the long one. Without that it was 403 ms.
 * A receiver that verifies checksums hands up each subflow in order, as Linux always does: there it takes over what is held behind the hole, too (279 ms without).
 */
class LongestPauseTest {
    private static final long START_NANOS = 3_000_000_000L;
    private static final long END_NANOS = 15_000_000_000L;
    private static final double PAYLOAD_BITS_PER_SECOND = 60e6 * 1420 / 1500;

    private static void assertPauseBelow(int millis, long[] longestNanos, String when) {
        assertTrue(longestNanos[0] < millis * 1_000_000L, () -> "the reader waited for " + longestNanos[0] / 1_000_000 + " ms " + when);
        longestNanos[0] = 0;
    }

    @ParameterizedTest
    @CsvSource({"default, false", "minrtt, false", "blest, false", "default, true", "minrtt, true", "blest, true"})
    void whatALongPathLosesIsTakenOverByTheShortOne(String scheduler, boolean inOrder) {
        ConnectOptions options = ConnectOptions.DEFAULT.withScheduler(() -> Schedulers.create(scheduler));
        Scenario scenario = new Scenario(1).config(StackConfig.defaults().withChecksum(inOrder)).clientOptions(options).serverOptions(options).path(LinkSpec.of(50, 10)).path(LinkSpec.of(10, 100))
                .transfer(0, 200_000_000).open();
        long[] longestNanos = {0};
        scenario.client().checker().onGap(nanos -> longestNanos[0] = Math.max(longestNanos[0], nanos));
        scenario.simulation().runTo(START_NANOS);
        assertPauseBelow(250, longestNanos, "in slow start");
        long before = scenario.client().checker().receivedBytes();
        scenario.simulation().runTo(END_NANOS);
        double goodput = (scenario.client().checker().receivedBytes() - before) * 8e9 / (END_NANOS - START_NANOS);
        long lost = scenario.path(1).down().statistics().droppedByQueue;
        long copies = scenario.topology().server().stack().counters().nonZero().get("MPTCPRetrans");
        scenario.topology().client().stack().close();
        scenario.topology().server().stack().close();
        assertPauseBelow(150, longestNanos, "later");
        assertTrue(inOrder || copies <= 1.2 * lost, () -> lost + " packets were lost, " + copies + " went over the short path, too");
        assertEquals(1, goodput / PAYLOAD_BITS_PER_SECOND, 0.02);
    }
}
