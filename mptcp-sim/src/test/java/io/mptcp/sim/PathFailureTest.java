package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Paths that die in mid-transfer and come back: how long the stream stalls, and how soon the path is used again. */
class PathFailureTest {
    private static final LinkSpec PATH_0 = LinkSpec.of(50, 20);
    private static final LinkSpec PATH_1 = LinkSpec.of(50, 40);
    private static final long MB = 1_000_000;
    private static final double CUT_SECONDS = 2;
    /** A loss probe is due after two round trips of at most 80 ms (queue included), its data takes another over the second path. */
    private static final double STALL_SECONDS = 0.4;

    private static Scenario download(long bytes) {
        return new Scenario(1).path(PATH_0).path(PATH_1).transfer(0, bytes);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void silentDeathOfAPathStallsTheStreamOnlyShortly(int dead) {
        Scenario scenario = download(40 * MB);
        scenario.at(CUT_SECONDS, () -> scenario.path(dead).setPassing(false));
        // Half of it at 100 Mbit/s, half at 50.
        Report report = scenario.runUntilDelivered(7.5);
        assertTrue(report.longestStallNanos() < STALL_SECONDS * 1e9, () -> "stalled for " + report.longestStallNanos() / 1e6 + " ms");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void lossOfCarrierStallsTheStreamOnlyShortly(int dead) {
        Scenario scenario = new Scenario(1).path(PATH_0).path(PATH_1).transfer(40 * MB, 0);
        scenario.at(CUT_SECONDS, () -> scenario.path(dead).setCarrier(false));
        // The sender is told: what remains is a round trip over the other path, its queue included.
        Report report = scenario.runUntilDelivered(7.5);
        assertTrue(report.longestStallNanos() < 0.25e9, () -> "stalled for " + report.longestStallNanos() / 1e6 + " ms");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.3, 1, 3, 10})
    void pathThatComesBackIsUsedAgainSoon(double outageSeconds) {
        Scenario scenario = download(120 * MB);
        double back = CUT_SECONDS + outageSeconds;
        long[] atReturn = {0};
        scenario.at(CUT_SECONDS, () -> scenario.path(0).setPassing(false));
        scenario.at(back, () -> {
            scenario.path(0).setPassing(true);
            atReturn[0] = scenario.path(0).payloadBytesDelivered();
        });
        scenario.open().simulation().runTo(Math.round((back + 3) * 1e9));
        long used = scenario.path(0).payloadBytesDelivered() - atReturn[0];
        assertTrue(used > MB, () -> used + " bytes over path 0 in the 3 s after its return");
        scenario.runUntilDelivered(25);
    }

    /** Break before make: for a while there is no path at all. */
    @Test
    void connectionSurvivesTheLossOfAllPaths() {
        Scenario scenario = download(40 * MB);
        scenario.at(2, () -> scenario.path(0).setCarrier(false));
        scenario.at(2.5, () -> scenario.path(1).setCarrier(false));
        scenario.at(12, () -> scenario.path(1).setCarrier(true));
        scenario.runUntilDelivered(12 + 7);
    }

    @Test
    void flappingPathDoesNotHoldUpTheOther() {
        Scenario scenario = download(40 * MB);
        for (int i = 0; i < 20; i++) {
            double start = 1 + 0.5 * i;
            scenario.at(start, () -> scenario.path(0).setPassing(false));
            scenario.at(start + 0.25, () -> scenario.path(0).setPassing(true));
        }
        // Path 1 alone needs 6.8 s.
        scenario.runUntilDelivered(8);
    }

    @Test
    void plainTcpWaitsForItsPath() {
        Scenario scenario = new Scenario(1).config(io.mptcp.stack.StackConfig.defaults().withMptcp(false)).path(PATH_0).transfer(0, 10 * MB);
        scenario.at(0.5, () -> scenario.path(0).setPassing(false));
        scenario.at(3, () -> scenario.path(0).setPassing(true));
        scenario.runUntilClosed(7);
        assertEquals(1, scenario.connection().subflows().size());
    }
}
