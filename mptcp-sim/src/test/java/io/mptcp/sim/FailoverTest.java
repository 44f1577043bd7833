package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.FailoverCell.Distribution;
import io.mptcp.sim.FailoverCell.Kind;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Counters;
import io.mptcp.stack.SubflowInfo;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What users see when one of two equal paths dies in mid-transfer, and when it comes back. {@code -Dfailover.cuts=50} for as many cuts of each kind,
 * and the figures.
 */
class FailoverTest {
    private static final int CUTS = Integer.getInteger("failover.cuts", 4);

    @ParameterizedTest
    @CsvSource({"SILENT, 10", "SILENT, 50", "SILENT, 200", "ONE_WAY, 10", "ONE_WAY, 50", "ONE_WAY, 200", "DOWN, 10", "DOWN, 50", "DOWN, 200"})
    void aCutIsSeenAsAShortGapOnly(Kind kind, double rttMillis) {
        Distribution all = new FailoverCell(kind, rttMillis).measure(CUTS);
        if (CUTS > 4) {
            System.out.println(all);
        }
        assertTrue(all.gapMillis(0.5) <= 3 * rttMillis + 50, all::toString);
        assertTrue(all.gapMillis(0.99) <= 6 * rttMillis + 100, all::toString);
        assertTrue(all.leastShare() >= 0.95, all::toString);
        assertTrue(all.longestReturnSeconds() <= 2, all::toString);
    }

    /** A message of 1 kB every 20 ms, sent over both paths. */
    @ParameterizedTest
    @EnumSource(Kind.class)
    void aDeadPathAddsNoMoreThanTenMillisecondsToARedundantMessage(Kind kind) {
        double undisturbed = new RedundantMessages(null, 0).longestMillis();
        for (int cut = 0; cut < Math.max(8, CUTS); cut++) {
            RedundantMessages messages = new RedundantMessages(kind, cut);
            double longest = messages.longestMillis();
            assertTrue(longest <= undisturbed + 10, () -> messages + ": " + longest + " ms, without a cut " + undisturbed + " ms");
        }
    }

    /** Queues that fill, jitter, reordering, losses, merging: acknowledgments come late for many reasons, and none of these is a failure. */
    @ParameterizedTest
    @ValueSource(doubles = {10, 50})
    void whatPathsAlwaysDoIsNotTakenForAFailure(double rttMillis) {
        LinkSpec link = LinkSpec.of(20, rttMillis / 2);
        Map<String, LinkSpec> paths = new TreeMap<>(Map.of(
                "as it should be", link,
                "a queue of a second", link.withQueue(2_500_000),
                "jitter of 30 ms", link.withJitter(30),
                "1 % loss", link.withLoss(0.01),
                "2 % reordered", link.withReorder(0.02, 20),
                "super-segments, merged", link.withMerging(2).withSuperSegments(60_000),
                "2 Mbit/s", LinkSpec.of(2, rttMillis / 2)));
        Map<String, Long> stale = new TreeMap<>();
        paths.forEach((name, path) -> stale.put(name, transfer(path, link, false).get(Counter.SubflowStale)));
        assertEquals(List.of(), stale.entrySet().stream().filter(entry -> entry.getValue() > 0).toList());
    }

    /** A radio that looks for other networks, a tenth of a second each second: after some wrong verdicts this is known, and none of them costs much. */
    @Test
    void aPathThatPausesTeachesPatience() {
        Counters counters = transfer(LinkSpec.of(20, 5), LinkSpec.of(20, 5), true);
        assertTrue(counters.get(Counter.SubflowStale) <= 4, () -> counters.nonZero().toString());
        assertEquals(counters.get(Counter.SubflowStale), counters.get(Counter.SubflowRecover));
    }

    /** The sender's counters after ten seconds of a download over both, and that next to nothing came twice. */
    private static Counters transfer(LinkSpec odd, LinkSpec other, boolean pauses) {
        Scenario scenario = new Scenario(1).path(odd).path(other).transfer(0, 100_000_000);
        scenario.simulation().monitor().setEnabled(false); // which remembers every byte
        for (int second = 2; pauses && second < 10; second++) {
            scenario.at(second, () -> holdUp(scenario.path(0)));
            scenario.at(second + 0.1, () -> goOn(scenario.path(0)));
        }
        scenario.open().simulation().runTo(10_000_000_000L);
        long delivered = scenario.client().checker().receivedBytes();
        long arrived = scenario.connection().subflows().stream().mapToLong(SubflowInfo::bytesReceived).sum();
        assertTrue(arrived - delivered < 0.06 * delivered + 3_000_000, () -> arrived + " bytes arrived of " + delivered);
        scenario.topology().client().stack().close();
        scenario.topology().server().stack().close();
        return scenario.topology().server().stack().counters();
    }

    private static void holdUp(SimPath path) {
        delay(path, 100_000_000);
    }

    private static void goOn(SimPath path) {
        delay(path, -100_000_000);
    }

    /** What is sent from now on arrives so much later; the order is kept. */
    private static void delay(SimPath path, long nanos) {
        for (SimLink link : List.of(path.up(), path.down())) {
            link.setSpec(link.spec().withDelay(link.spec().delayNanos() + nanos));
        }
    }
}
