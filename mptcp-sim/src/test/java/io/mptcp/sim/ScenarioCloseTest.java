package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.TransferApp.Ending;
import io.mptcp.sim.TransferApp.Plan;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.StackConfig;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** How connections end (RFC 8684 sections 3.3.3 and 3.5), each as MPTCP over one and two paths and as plain TCP. */
class ScenarioCloseTest {
    private static final LinkSpec LINK = LinkSpec.of(20, 10);
    private static final long BYTES = 100_000;
    /** Linux's close_timeout and tcp_fin_timeout are 60 s; TIME-WAIT is as long. */
    private static final double LINGER_SECONDS = 65;

    /** The kinds of connection every ending is tried on. */
    enum Kind {
        PLAIN_TCP, ONE_PATH, TWO_PATHS;

        Scenario scenario() {
            Scenario scenario = new Scenario(ordinal() + 1).path(LINK).config(StackConfig.defaults().withMptcp(this != PLAIN_TCP));
            return this == TWO_PATHS ? scenario.path(LINK) : scenario;
        }
    }

    private static void endsInOrder(Scenario scenario, double budgetSeconds) {
        scenario.runUntilClosed(budgetSeconds);
        assertEquals(CloseReason.CLOSED, scenario.client().closeReason());
        assertEquals(CloseReason.CLOSED, scenario.server().closeReason());
        scenario.runUntilQuiet();
    }

    @ParameterizedTest
    @EnumSource
    void clientEndsFirst(Kind kind) {
        endsInOrder(kind.scenario().plans(Plan.of(BYTES, BYTES), Plan.of(BYTES, BYTES).ending(Ending.SHUTDOWN_AFTER_PEER)), 1);
    }

    @ParameterizedTest
    @EnumSource
    void serverEndsFirst(Kind kind) {
        endsInOrder(kind.scenario().plans(Plan.of(BYTES, BYTES).ending(Ending.SHUTDOWN_AFTER_PEER), Plan.of(BYTES, BYTES)), 1);
    }

    @ParameterizedTest
    @EnumSource
    void bothEndAtOnce(Kind kind) {
        endsInOrder(kind.scenario().transfer(BYTES, BYTES), 1);
    }

    @ParameterizedTest
    @EnumSource
    void halfClosedStreamGoesOnTheOtherWay(Kind kind) {
        Plan late = Plan.of(BYTES, 0).ending(Ending.SHUTDOWN_AFTER_PEER).writing(1_000, 20);
        endsInOrder(kind.scenario().plans(Plan.of(0, BYTES), late), 3);
    }

    @ParameterizedTest
    @EnumSource
    void closeAfterEverythingWasExchanged(Kind kind) {
        Plan plan = Plan.of(BYTES, BYTES).ending(Ending.CLOSE_WHEN_DONE);
        endsInOrder(kind.scenario().plans(plan, plan), 1);
    }

    @ParameterizedTest
    @EnumSource
    void abortReachesThePeer(Kind kind) {
        Scenario scenario = kind.scenario().plans(Plan.of(0, BYTES).abortingAfter(BYTES / 2), Plan.of(BYTES, 0)).open();
        scenario.simulation().runUntil(() -> scenario.client().isClosed() && scenario.server().isClosed(), 1_000_000_000L);
        assertEquals(CloseReason.ABORTED, scenario.client().closeReason());
        assertEquals(CloseReason.RESET, scenario.server().closeReason());
        assertFalse(scenario.client().checker().hasEnded());
        scenario.runUntilQuiet();
    }

    /** The peer falls silent for ever after the last data: neither side may keep the connection for ever. */
    @ParameterizedTest
    @EnumSource
    void nothingIsLeftWhenThePeerVanishesWhileClosing(Kind kind) {
        Scenario scenario = kind.scenario().transfer(BYTES, BYTES).open();
        scenario.simulation().runUntil(() -> scenario.isDelivered() && scenario.client().isClosed() | scenario.server().isClosed(), 2_000_000_000L);
        scenario.topology().paths().forEach(path -> path.setPassing(false));
        scenario.simulation().runTo(scenario.simulation().nowNanos() + 3_600_000_000_000L);
        assertEquals(0, scenario.topology().client().stack().connectionCount());
        assertEquals(0, scenario.topology().server().stack().connectionCount());
    }

    /** close() with everything acknowledged, and a peer that never ends its stream. */
    @ParameterizedTest
    @EnumSource
    void closedConnectionDoesNotWaitForEverForThePeersEnd(Kind kind) {
        Scenario scenario = kind.scenario().plans(Plan.of(BYTES, 0).ending(Ending.CLOSE_WHEN_DONE),
                Plan.of(0, BYTES).abortingAfter(Long.MAX_VALUE)).open();
        scenario.simulation().runUntil(() -> scenario.client().isClosed(), Math.round(LINGER_SECONDS * 1e9));
        assertTrue(scenario.isDelivered());
        assertEquals(CloseReason.TIMED_OUT, scenario.client().closeReason());
    }
}
