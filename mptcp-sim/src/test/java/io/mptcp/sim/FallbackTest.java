package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.TransferApp.Ending;
import io.mptcp.sim.TransferApp.Plan;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.PacketSlot;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Peers without MPTCP, and middleboxes that take options away (RFC 8684 sections 3.7 and 6): the bytes must arrive all the same. */
class FallbackTest {
    private static final LinkSpec LINK = LinkSpec.of(20, 10);
    private static final long BYTES = 300_000;
    /** 0.12 s at 20 Mbit/s each way; the rest for round trips. */
    private static final double SECONDS = 1;

    /** Who sends: what shows first that options are lost differs. */
    enum Direction {
        UPLOAD, DOWNLOAD, BOTH;

        Scenario scenario() {
            return new Scenario(ordinal() + 1).path(LINK).transfer(this == DOWNLOAD ? 0 : BYTES, this == UPLOAD ? 0 : BYTES);
        }
    }

    private static void fallsBack(Scenario scenario) {
        scenario.runUntilClosed(SECONDS);
        assertTrue(scenario.connection().isFallback(), "client");
        assertTrue(scenario.server().connection().isFallback(), "server");
        scenario.runUntilQuiet();
    }

    /** Only data loses its options; acknowledgments keep theirs, so that the sender cannot tell. */
    @Test
    void subflowWhoseDataLosesItsOptionsIsGivenUp() {
        Scenario scenario = new Scenario(1).path(LinkSpec.of(20, 20)).path(LINK).plans(Plan.of(0, 5_000), Plan.of(5_000, 0).writing(500, 100));
        strip(scenario.path(1).down(), Middleboxes::isNotSyn);
        scenario.runUntilClosed(3);
        assertFalse(scenario.connection().isFallback());
    }

    private static void strip(SimLink link, Predicate<PacketSlot> on) {
        link.add(Middleboxes.stripMptcp(on));
    }

    @ParameterizedTest
    @EnumSource
    void serverWithoutMptcp(Direction direction) {
        fallsBack(direction.scenario().serverConfig(StackConfig.defaults().withMptcp(false)));
    }

    @ParameterizedTest
    @EnumSource
    void clientWithoutMptcp(Direction direction) {
        fallsBack(direction.scenario().clientConfig(StackConfig.defaults().withMptcp(false)));
    }

    @ParameterizedTest
    @EnumSource
    void optionsStrippedFromTheSyn(Direction direction) {
        Scenario scenario = direction.scenario();
        strip(scenario.path(0).up(), Middleboxes::isSyn);
        fallsBack(scenario);
    }

    @ParameterizedTest
    @EnumSource
    void optionsStrippedFromTheSynAck(Direction direction) {
        Scenario scenario = direction.scenario();
        strip(scenario.path(0).down(), Middleboxes::isSynAck);
        fallsBack(scenario);
    }

    @ParameterizedTest
    @EnumSource
    void optionsStrippedFromAllButSyns(Direction direction) {
        Scenario scenario = direction.scenario();
        strip(scenario.path(0).up(), Middleboxes::isNotSyn);
        strip(scenario.path(0).down(), Middleboxes::isNotSyn);
        fallsBack(scenario);
    }

    @ParameterizedTest
    @EnumSource
    void optionsStrippedFromAllButSynsOnTheWayUp(Direction direction) {
        Scenario scenario = direction.scenario();
        strip(scenario.path(0).up(), Middleboxes::isNotSyn);
        fallsBack(scenario);
    }

    @ParameterizedTest
    @EnumSource
    void optionsStrippedFromAllButSynsOnTheWayDown(Direction direction) {
        Scenario scenario = direction.scenario();
        strip(scenario.path(0).down(), Middleboxes::isNotSyn);
        fallsBack(scenario);
    }

    @ParameterizedTest
    @EnumSource
    void optionsStrippedFromEverything(Direction direction) {
        Scenario scenario = direction.scenario();
        strip(scenario.path(0).up(), packet -> true);
        strip(scenario.path(0).down(), packet -> true);
        fallsBack(scenario);
    }

    /** Nothing but a DATA_FIN would be sent, and nobody hears it. */
    @Test
    void emptyStreamsEndWhenOptionsAreStrippedOnTheWayDown() {
        Scenario scenario = new Scenario(1).path(LINK).plans(Plan.of(0, 0).ending(Ending.SHUTDOWN_AFTER_PEER), Plan.of(0, 0));
        strip(scenario.path(0).down(), Middleboxes::isNotSyn);
        scenario.runUntilClosed(15);
    }

    /** The client ends first, and is heard: it is the server that learns nothing of its own DATA_FIN. Found by SwarmTest, seed 2957. */
    @Test
    void emptyStreamsEndWhenTheFirstEndIsHeardAndItsAnswerStripped() {
        for (Ending serverEnding : new Ending[] {Ending.SHUTDOWN_AFTER_PEER, Ending.SHUTDOWN_WHEN_WRITTEN}) {
            Scenario scenario = new Scenario(1).path(LINK).plans(Plan.of(0, 0), Plan.of(0, 0).ending(serverEnding));
            strip(scenario.path(0).down(), Middleboxes::isNotSyn);
            scenario.runUntilClosed(15);
            assertEquals(CloseReason.CLOSED, scenario.client().closeReason());
            assertEquals(CloseReason.CLOSED, scenario.server().closeReason());
            scenario.runUntilQuiet();
        }
    }

    /** That nothing is heard of a DATA_FIN may be because nothing is heard at all. Found by SwarmTest, seed 947. */
    @Test
    void anOutageWhileEmptyStreamsEndIsNotTakenForLostOptions() {
        Scenario scenario = new Scenario(1).path(LINK).transfer(0, 0);
        scenario.at(0.035, () -> scenario.path(0).setPassing(false));
        scenario.at(16, () -> scenario.path(0).setPassing(true));
        scenario.runUntilClosed(30);
        assertEquals(CloseReason.CLOSED, scenario.client().closeReason());
        assertEquals(CloseReason.CLOSED, scenario.server().closeReason());
        assertFalse(scenario.connection().isFallback());
        scenario.runUntilQuiet();
    }

    /** The server has bytes that wait for a mapping when it learns that the client has gone back to TCP. */
    @Test
    void bytesWaitingForAMappingAreNotLostInTheFallback() {
        StackConfig small = StackConfig.defaults().withTcp(TcpConfig.defaults().withBuffers(8_000, 8_000));
        Scenario scenario = new Scenario(1).config(small).path(LINK)
                .plans(Plan.of(BYTES, 2_000), Plan.of(2_000, BYTES).reading(500, 1));
        strip(scenario.path(0).down(), Middleboxes::isNotSyn);
        scenario.runUntilClosed(10);
    }

    @Test
    void synsWithMptcpAreDroppedSomewhere() {
        Scenario scenario = new Scenario(1).path(LINK).transfer(BYTES, BYTES);
        scenario.path(0).up().add(Middleboxes.dropMptcp(Middleboxes::isSyn));
        // Three SYNs with MP_CAPABLE at 0, 1 and 3 s, and one without at 7 s.
        scenario.runUntilClosed(8);
        assertTrue(scenario.connection().isFallback());
    }

    /** The second path strips options: its joins fail, the first goes on as MPTCP. */
    @Test
    void joinOverAPathThatStripsOptionsFailsAlone() {
        Scenario scenario = new Scenario(1).path(LINK).path(LINK).transfer(0, 10 * BYTES);
        strip(scenario.path(1).up(), packet -> true);
        strip(scenario.path(1).down(), packet -> true);
        Report report = scenario.runUntilClosed(3);
        assertFalse(scenario.connection().isFallback());
        assertEquals(0, report.bytesPerPath().get(1));
    }

    /** Options vanish on one of two paths in mid-transfer: that subflow ends, everything arrives over the other. */
    @Test
    void optionsThatVanishOnOnePathEndItsSubflow() {
        Scenario scenario = new Scenario(1).path(LINK).path(LINK).transfer(0, 10 * BYTES);
        scenario.at(0.5, () -> {
            strip(scenario.path(1).up(), packet -> true);
            strip(scenario.path(1).down(), packet -> true);
        });
        scenario.runUntilClosed(10);
        MptcpConnection connection = scenario.connection();
        assertFalse(connection.isFallback());
    }
}
