package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.mptcp.sim.TransferApp.Ending;
import io.mptcp.sim.TransferApp.Plan;
import io.mptcp.stack.Counter;
import org.junit.jupiter.api.Test;

/** The MP_CAPABLE and MP_JOIN handshakes when segments are lost or overtake each other (RFC 8684 sections 3.1 and 3.2). */
class ScenarioHandshakeTest {
    private static final LinkSpec LINK = LinkSpec.of(20, 10);

    /** A DATA_FIN has no room beside the keys, and nothing else confirms them here. */
    @Test
    void emptyStreamEndsWhenThePeerWaitsForTheEnd() {
        Scenario scenario = new Scenario(1).path(LINK).plans(Plan.of(0, 0), Plan.of(0, 0).ending(Ending.SHUTDOWN_AFTER_PEER));
        scenario.runUntilClosed(1);
        assertFalse(scenario.connection().isFallback());
        scenario.runUntilQuiet();
    }

    @Test
    void emptyStreamEndsAlsoWhenThirdAckAndDataFinAreLost() {
        Scenario scenario = new Scenario(1).path(LINK).plans(Plan.of(0, 0), Plan.of(0, 0).ending(Ending.SHUTDOWN_AFTER_PEER));
        scenario.path(0).up().add(Middleboxes.dropNumbered(Middleboxes::isNotSyn, 1, 2));
        scenario.runUntilClosed(3);
        assertFalse(scenario.connection().isFallback());
    }

    /** Both segments with the keys are lost, and what arrives carries a DSS: options pass, and that is no reason to fall back. */
    @Test
    void dataThatOvertakesTheKeysIsNoReasonToFallBack() {
        Scenario scenario = new Scenario(1).path(LINK).transfer(20_000, 0);
        scenario.path(0).up().add(Middleboxes.dropNumbered(Middleboxes::isNotSyn, 1, 2));
        scenario.runUntilClosed(3);
        assertFalse(scenario.connection().isFallback());
        assertEquals(0, scenario.topology().server().stack().counters().get(Counter.MPCapableFallbackACK));
    }

    /** The third ACK proves the keys; a join may arrive before any DSS of the client does. */
    @Test
    void joinRightAfterTheFirstServerDataIsAccepted() {
        Scenario scenario = new Scenario(1).path(LINK).path(LinkSpec.of(20, 5)).transfer(0, 1 << 20);
        scenario.runUntilDelivered(2);
        assertEquals(0, scenario.topology().server().stack().counters().get(Counter.MPJoinRejected));
    }
}
