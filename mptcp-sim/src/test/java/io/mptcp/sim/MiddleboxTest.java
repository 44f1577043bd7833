package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.Middleboxes.OptionsOn;
import io.mptcp.sim.Topology.PathSpec;
import io.mptcp.sim.TransferApp.Plan;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Counter;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * RFC 8684 section 6: with every middlebox the byte stream stays exact (each scenario checks every byte), or the connection ends and says why;
 * and it does so within a budget.
 */
class MiddleboxTest {
    private static final LinkSpec LINK = LinkSpec.of(20, 10);
    private static final long BYTES = 300_000;
    private static final StackConfig CHECKSUMS = StackConfig.defaults().withChecksum(true);

    private static Scenario onePath() {
        return new Scenario(1).path(LINK).transfer(BYTES, BYTES);
    }

    private static Scenario twoPaths() {
        return new Scenario(1).path(LINK).path(LINK).transfer(5 * BYTES, 5 * BYTES);
    }

    private static void bothWays(SimPath path, Consumer<SimLink> box) {
        box.accept(path.up());
        box.accept(path.down());
    }

    /** The box is on the second path only: all of it may be used, and both paths are. */
    private static void staysMultipath(Scenario scenario, double seconds) {
        Report report = scenario.runUntilClosed(seconds);
        assertFalse(scenario.connection().isFallback());
        assertFalse(scenario.server().connection().isFallback());
        assertTrue(report.bytesPerPath().get(1) > 2 * BYTES, report::toString);
        scenario.runUntilQuiet();
    }

    private static long count(Host host, Counter counter) {
        return host.stack().counters().get(counter);
    }

    // ---- what must make no difference ----

    @Test
    void otherSequenceNumbers() {
        Scenario scenario = twoPaths();
        PathBoxes.randomiseIsn(scenario.path(0), 0x7654_3210);
        PathBoxes.randomiseIsn(scenario.path(1), -77);
        staysMultipath(scenario, 3);
    }

    @Test
    void otherPorts() {
        Scenario scenario = twoPaths();
        PathBoxes.nat(scenario.path(0));
        PathBoxes.nat(scenario.path(1));
        staysMultipath(scenario, 3);
    }

    @ParameterizedTest
    @CsvSource({"ALL,false", "FIRST,false", "ALL,true", "FIRST,true"})
    void segmentsThatAreCut(OptionsOn where, boolean checksum) {
        Scenario scenario = twoPaths().config(StackConfig.defaults().withChecksum(checksum));
        bothWays(scenario.path(0), link -> link.add(Middleboxes.split(500, where)));
        bothWays(scenario.path(1), link -> link.add(Middleboxes.split(700, where)));
        staysMultipath(scenario, 4);
    }

    /** The first part acknowledges data and says nothing of MPTCP: to whoever sent that, options do not get through. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void segmentsThatAreCutAndKeepTheirOptionsOnTheLastPart(boolean checksum) {
        Scenario scenario = twoPaths().config(StackConfig.defaults().withChecksum(checksum));
        bothWays(scenario.path(1), link -> link.add(Middleboxes.split(700, OptionsOn.LAST)));
        scenario.runUntilClosed(10);
        scenario.runUntilQuiet();
        Scenario sole = onePath().config(StackConfig.defaults().withChecksum(checksum));
        bothWays(sole.path(0), link -> link.add(Middleboxes.split(700, OptionsOn.LAST)));
        sole.runUntilClosed(10);
        sole.runUntilQuiet();
    }

    @Test
    void optionsThatAreRepeated() {
        Scenario scenario = twoPaths();
        scenario.topology().paths().forEach(path -> bothWays(path, link -> link.add(Middleboxes.duplicateMptcp(1500))));
        staysMultipath(scenario, 3);
    }

    @Test
    void optionsNobodyKnows() {
        Scenario scenario = twoPaths();
        scenario.topology().paths().forEach(path -> bothWays(path, link -> link.add(Middleboxes.insertUnknownOption(1500))));
        staysMultipath(scenario, 3);
    }

    @Test
    void optionsInAnotherOrder() {
        Scenario scenario = twoPaths();
        scenario.topology().paths().forEach(path -> bothWays(path, link -> link.add(Middleboxes.reverseOptions())));
        staysMultipath(scenario, 3);
    }

    /** Both links lose packets behind it; the normaliser checks that each retransmission is the same as the first. */
    @Test
    void aNormaliserThatLetsNoHolesPass() {
        Scenario scenario = new Scenario(1).path(LINK).path(LINK.withLoss(0.01).withReorder(0.01, 5)).transfer(5 * BYTES, 5 * BYTES);
        scenario.topology().paths().forEach(path -> bothWays(path, link -> Middleboxes.normalise(scenario.simulation(), link)));
        staysMultipath(scenario, 6);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void windowsThatShrink(boolean onBothPaths) {
        Scenario scenario = twoPaths();
        bothWays(scenario.path(1), link -> link.add(Middleboxes.clampWindow(0xffff, 300, 40, 3, 0, 100)));
        if (onBothPaths) {
            bothWays(scenario.path(0), link -> link.add(Middleboxes.clampWindow(0xffff, 20, 200)));
        }
        scenario.runUntilClosed(60);
        assertFalse(scenario.connection().isFallback());
        scenario.runUntilQuiet();
    }

    // ---- segments that are joined: the second's mapping is lost ----

    private static Scenario smallWrites(Scenario scenario) {
        return scenario.plans(Plan.of(100_000, 100_000).writing(400, 1), Plan.of(100_000, 100_000).writing(300, 0.7));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void segmentsThatAreJoinedOnTheOnlyPath(boolean checksum) {
        Scenario scenario = smallWrites(onePath()).config(StackConfig.defaults().withChecksum(checksum));
        bothWays(scenario.path(0), link -> link.add(Middleboxes.coalesce(1400)));
        scenario.runUntilClosed(300);
        scenario.runUntilQuiet();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void segmentsThatAreJoinedOnOneOfTwoPaths(boolean checksum) {
        Scenario scenario = smallWrites(twoPaths()).config(StackConfig.defaults().withChecksum(checksum));
        bothWays(scenario.path(0), link -> link.add(Middleboxes.coalesce(1400)));
        scenario.runUntilClosed(120);
        assertFalse(scenario.connection().isFallback());
        scenario.runUntilQuiet();
    }

    // ---- proxies that acknowledge ----

    /** Has room for what such a proxy lets the sender send at once: whatever it has acknowledged must not be lost behind it. */
    private static final LinkSpec ROOMY = LINK.withQueue(50_000_000);

    @Test
    void earlyAcknowledgmentsWithoutOptionsMakeTheOnlySubflowTcp() {
        Scenario scenario = new Scenario(1).path(ROOMY).transfer(BYTES, BYTES);
        PathBoxes.acknowledgeEarly(scenario.path(0), false, 0);
        scenario.runUntilClosed(3);
        assertTrue(scenario.connection().isFallback());
        assertTrue(scenario.server().connection().isFallback());
        scenario.runUntilQuiet();
    }

    @Test
    void earlyAcknowledgmentsWithoutOptionsEndASubflowBesideAnother() {
        Scenario scenario = new Scenario(1).path(LINK).path(ROOMY).transfer(5 * BYTES, 5 * BYTES);
        PathBoxes.acknowledgeEarly(scenario.path(1), false, 0);
        scenario.runUntilClosed(10);
        assertFalse(scenario.connection().isFallback());
        assertTrue(count(scenario.topology().client(), Counter.MPRstTx) > 0);
    }

    @Test
    void earlyAcknowledgmentsWithOldOptionsChangeNothing() {
        Scenario scenario = new Scenario(1).path(ROOMY).transfer(BYTES, BYTES);
        PathBoxes.acknowledgeEarly(scenario.path(0), true, 0);
        scenario.runUntilClosed(3);
        assertFalse(scenario.connection().isFallback());
        scenario.runUntilQuiet();
    }

    /** Only the server's pure acknowledgments pass the proxy: their options are those of the DATA_ACKs it repeats. */
    @ParameterizedTest
    @ValueSource(ints = {3, 50})
    void whatAProxyAcknowledgedAndLostIsSentAgainAtTheDataLevel(int lost) {
        Scenario scenario = new Scenario(1).path(LINK).path(ROOMY).transfer(5 * BYTES, 0);
        PathBoxes.acknowledgeEarly(scenario.path(1), true, lost);
        scenario.runUntilClosed(30);
        assertFalse(scenario.connection().isFallback());
        assertEquals(1, scenario.path(1).up().statistics().droppedByMiddlebox);
        assertTrue(count(scenario.topology().client(), Counter.MPTCPRetrans) > 0, () -> scenario.topology().client().describe());
    }

    /** A proxy that answers for what it acknowledges, behind which packets are lost. Without options this is the end of MPTCP, not of the stream. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aProxyThatAcknowledgesAndRepeats(boolean withOptions) {
        Scenario scenario = new Scenario(1).path(LINK.withLoss(0.01)).transfer(BYTES, BYTES);
        AcknowledgingProxy.install(scenario.path(0), withOptions);
        scenario.runUntilClosed(20);
        assertEquals(!withOptions, scenario.connection().isFallback());
        scenario.runUntilQuiet();
    }

    // ---- address translation that forgets ----

    @Test
    void aBindingLostOnTheOnlyPathIsReplacedByANewSubflow() {
        Scenario scenario = onePath().transfer(5 * BYTES, 5 * BYTES);
        PathBoxes.Nat nat = PathBoxes.nat(scenario.path(0));
        scenario.at(0.25, nat::rebind);
        scenario.runUntilClosed(15);
        assertFalse(scenario.connection().isFallback());
        assertTrue(scenario.connection().subflows().size() > 1);
        scenario.runUntilQuiet();
    }

    @Test
    void aBindingLostOnOneOfTwoPathsIsReplacedByANewSubflow() {
        Scenario scenario = twoPaths();
        PathBoxes.Nat nat = PathBoxes.nat(scenario.path(1));
        scenario.at(0.25, nat::rebind);
        scenario.runUntilClosed(6);
        assertTrue(scenario.connection().subflows().size() > 2);
        scenario.runUntilQuiet();
    }

    // ---- payload that is changed ----

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void changedPayloadOnOneOfTwoPathsIsNeverDelivered(int path) {
        Scenario scenario = twoPaths().config(CHECKSUMS);
        scenario.at(0.2, () -> scenario.path(path).up().add(Middleboxes.changePayload(20)));
        scenario.runUntilClosed(30);
        assertFalse(scenario.connection().isFallback());
        assertTrue(count(scenario.topology().server(), Counter.DataCsumErr) > 0);
        assertTrue(count(scenario.topology().client(), Counter.MPFailRx) > 0);
        scenario.runUntilQuiet();
    }

    /** Sends a text, and keeps what it receives. */
    private static final class TextApp implements StreamApp {
        private final byte[] text;
        private final ByteArrayOutputStream received = new ByteArrayOutputStream();
        private int written;
        private MptcpConnection connection;
        private boolean ended;

        TextApp(byte[] text) {
            this.text = text;
        }

        @Override
        public void ready(Host host, MptcpConnection on, int readiness) {
            connection = on;
            byte[] piece = new byte[65_536];
            int count;
            while ((count = on.read(MemorySegment.ofArray(piece), 0, piece.length)) > 0) {
                received.write(piece, 0, count);
            }
            ended |= count < 0;
            if (!on.isClosed() && written < text.length) {
                written += on.write(MemorySegment.ofArray(text), written, text.length - written);
                if (written == text.length) {
                    on.shutdownOutput();
                }
            }
        }
    }

    private record Exchange(Topology topology, TextApp client, TextApp server) {
        static Exchange over(StackConfig config, Consumer<SimPath> box, int bytes) {
            Simulation simulation = new Simulation(1);
            Topology topology = new Topology(simulation, List.of(PathSpec.symmetric(LINK)), config, config, false);
            TextApp server = new TextApp(text('s', 50_000));
            topology.server().listen(topology.serverEndpoint(0), ConnectOptions.DEFAULT, () -> server);
            TextApp client = new TextApp(text('c', bytes));
            topology.client().connect(0, topology.clientEndpoint(0), topology.serverEndpoint(0), ConnectOptions.DEFAULT, client);
            box.accept(topology.path(0));
            simulation.runUntil(() -> client.connection != null && client.connection.isClosed() && server.connection.isClosed(), 20_000_000_000L);
            return new Exchange(topology, client, server);
        }

        private static byte[] text(char first, int bytes) {
            byte[] text = new byte[bytes];
            for (int i = 0; i < bytes; i++) {
                text[i] = (byte) (first + i / 1000 % 7);
            }
            return text;
        }
    }

    /** An application-level gateway makes the stream longer: both sides notice, and go on as TCP, which is what such a box expects. */
    @Test
    void aGatewayThatInsertsBytesMakesTheOnlySubflowTcp() {
        byte[] inserted = "Via: gateway".getBytes();
        Exchange exchange = Exchange.over(CHECKSUMS, path -> PathBoxes.insertIntoStream(path, 30_000, inserted), 100_000);
        assertEquals("DSSCorruptionFallback", exchange.server.connection.fallbackReason());
        assertEquals("MPFailRx", exchange.client.connection.fallbackReason());
        assertEquals(CloseReason.CLOSED, exchange.client.connection.closeReason());
        assertArrayEquals(exchange.server.text, exchange.client.received.toByteArray());
        byte[] received = exchange.server.received.toByteArray();
        int at = new String(received).indexOf("Via: gateway");
        assertTrue(at >= 30_000, "at " + at);
        ByteArrayOutputStream without = new ByteArrayOutputStream();
        without.write(received, 0, at);
        without.write(received, at + inserted.length, received.length - at - inserted.length);
        assertArrayEquals(exchange.client.text, without.toByteArray());
        assertTrue(exchange.server.ended);
    }

    @Test
    void changedBytesOnTheOnlySubflowAreNotSilent() {
        Exchange exchange = Exchange.over(CHECKSUMS, path -> path.up().add(Middleboxes.changePayload(40)), 100_000);
        assertEquals("DSSCorruptionFallback", exchange.server.connection.fallbackReason());
        assertEquals(CloseReason.CLOSED, exchange.server.connection.closeReason());
        byte[] received = exchange.server.received.toByteArray();
        assertEquals(exchange.client.text.length, received.length, "as TCP would have delivered it");
        assertEquals(1, count(exchange.topology.server(), Counter.DSSCorruptionFallback));
    }

    /** Both receivers find a wrong checksum before they hear of the other's. */
    @Test
    void bytesChangedBothWaysOnTheOnlySubflowAreNotSilent() {
        Exchange exchange = Exchange.over(CHECKSUMS, path -> bothWays(path, link -> link.add(Middleboxes.changePayload(10))), 100_000);
        for (TextApp app : List.of(exchange.client, exchange.server)) {
            assertTrue(app.connection.isFallback());
            assertEquals(CloseReason.CLOSED, app.connection.closeReason());
        }
        assertEquals(exchange.client.text.length, exchange.server.received.size(), "as TCP would have delivered it");
        assertEquals(exchange.server.text.length, exchange.client.received.size(), "as TCP would have delivered it");
    }

    // ---- options that vanish later, and segments that are dropped for them ----

    enum Vanishing {
        UP, DOWN, BOTH
    }

    /** On the only path there may be no way on; but then both sides are told, and no byte is wrong before. */
    @ParameterizedTest
    @EnumSource
    void optionsThatVanishOnTheOnlyPathEndInTcpOrWithAReason(Vanishing where) {
        Scenario scenario = new Scenario(1).path(LINK).transfer(5 * BYTES, 5 * BYTES);
        scenario.at(0.25, () -> {
            if (where != Vanishing.DOWN) {
                scenario.path(0).up().add(Middleboxes.stripMptcp(packet -> true));
            }
            if (where != Vanishing.UP) {
                scenario.path(0).down().add(Middleboxes.stripMptcp(packet -> true));
            }
        });
        scenario.open().simulation().runUntil(() -> scenario.client().isClosed() && scenario.server().isClosed(), 200_000_000_000L);
        boolean complete = scenario.isDelivered();
        assertTrue(complete || scenario.client().closeReason() != CloseReason.CLOSED || scenario.server().closeReason() != CloseReason.CLOSED);
        scenario.runUntilQuiet();
    }

    @Test
    void theThirdAckLosesItsOptions() {
        Scenario scenario = new Scenario(1).path(LINK).transfer(0, BYTES);
        int[] seen = {0};
        scenario.path(0).up().add(Middleboxes.stripMptcp(packet -> Middleboxes.isNotSyn(packet) && ++seen[0] == 1));
        scenario.runUntilClosed(3);
        assertTrue(scenario.server().connection().isFallback());
        assertTrue(scenario.connection().isFallback());
        scenario.runUntilQuiet();
    }

    @Test
    void segmentsWithOptionsAreDroppedOnOneOfTwoPaths() {
        Scenario scenario = twoPaths();
        scenario.at(0.25, () -> bothWays(scenario.path(1), link -> link.add(Middleboxes.dropMptcp(packet -> true))));
        scenario.runUntilClosed(10);
        assertFalse(scenario.connection().isFallback());
    }

    @Test
    void segmentsWithOptionsAreDroppedOnTheOnlyPath() {
        Scenario scenario = onePath().config(StackConfig.defaults().withTcp(TcpConfig.defaults().withRetries(4, 5)));
        bothWays(scenario.path(0), link -> link.add(Middleboxes.dropMptcp(Middleboxes::isNotSyn)));
        scenario.open().simulation().runUntil(() -> scenario.client().isClosed(), 120_000_000_000L);
        assertEquals(CloseReason.TIMED_OUT, scenario.client().closeReason());
    }

    // ---- a path into which joins vanish ----

    /** Of what the second path does to a join only its last way out is open. */
    enum Swallowed {
        SYN, SYN_ACK, THIRD_ACK, FOURTH_ACK
    }

    /** The first path does all, undisturbed; when the black hole is gone the second is used. */
    @ParameterizedTest
    @EnumSource
    void aJoinThatVanishesHoldsUpNothingAndIsTriedAgain(Swallowed what) {
        Scenario scenario = new Scenario(1).path(LINK).path(LINK).transfer(50 * BYTES, 0);
        boolean up = what == Swallowed.SYN || what == Swallowed.THIRD_ACK;
        boolean syn = what == Swallowed.SYN || what == Swallowed.SYN_ACK;
        SimLink link = up ? scenario.path(1).up() : scenario.path(1).down();
        boolean[] open = {false};
        link.add(packet -> open[0] || syn == Middleboxes.isNotSyn(packet));
        scenario.at(1.5, () -> {
            assertEquals(0, scenario.path(1).payloadBytesDelivered());
            assertTrue(scenario.server().checker().receivedBytes() > 8 * BYTES, "less than path 0 alone brings");
            open[0] = true;
        });
        // 120 Mbit at 20 Mbit/s take 6 s over one path; what is tried again, and by whom, comes within seconds.
        Report report = scenario.runUntilClosed(6.5);
        assertFalse(scenario.connection().isFallback());
        assertTrue(report.longestStallNanos() < 0.3e9, () -> "stalled for " + report.longestStallNanos() / 1e6 + " ms");
        assertTrue(report.bytesPerPath().get(1) > BYTES, report::toString);
        scenario.runUntilQuiet();
    }

    // ---- all subflows lost ----

    enum Loss {
        SILENT, CARRIER, BINDING
    }

    @ParameterizedTest
    @EnumSource
    void allSubflowsLostAndOneBackAfterTwentySeconds(Loss loss) {
        Scenario scenario = new Scenario(1).path(LINK).path(LINK).transfer(8 * BYTES, 8 * BYTES);
        PathBoxes.Nat[] nats = loss == Loss.BINDING
                ? new PathBoxes.Nat[] {PathBoxes.nat(scenario.path(0)), PathBoxes.nat(scenario.path(1))} : new PathBoxes.Nat[0];
        scenario.at(0.25, () -> {
            for (int i = 0; i < 2; i++) {
                if (loss == Loss.CARRIER) {
                    scenario.path(i).setCarrier(false);
                } else {
                    scenario.path(i).setPassing(false);
                }
            }
            for (PathBoxes.Nat nat : nats) {
                nat.rebind();
            }
        });
        scenario.at(20.25, () -> {
            if (loss == Loss.CARRIER) {
                scenario.path(1).setCarrier(true);
            } else {
                scenario.path(1).setPassing(true);
            }
        });
        // One path needs about 1 s for what is left each way; silent loss leaves a timer backed off, and joins are tried every 8 s.
        scenario.runUntilClosed(20.25 + (loss == Loss.CARRIER ? 5 : 20));
        assertFalse(scenario.connection().isFallback());
    }
}
