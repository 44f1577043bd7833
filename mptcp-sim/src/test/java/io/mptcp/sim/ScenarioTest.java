package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.TransferApp.Plan;
import io.mptcp.stack.Counter;
import io.mptcp.stack.StackConfig;
import io.mptcp.stack.SubflowInfo;
import io.mptcp.tcp.TcpConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Transfers with a budget of virtual time each. A budget is what the network allows plus a stated allowance, not what happened to come out. */
class ScenarioTest {
    private static final long MB = 1_000_000;
    private static final long TEN_MB = 10 * MB;
    private static final LinkSpec FAST = LinkSpec.of(100, 20);
    /** 10 MB at 100 Mbit/s take 0.8 s; headers, handshake, slow start with its first overshoot: 0.3 s. */
    private static final double FAST_SECONDS = 1.1;

    private static StackConfig plainTcp() {
        return StackConfig.defaults().withMptcp(false);
    }

    private static StackConfig tcp(java.util.function.UnaryOperator<TcpConfig> change) {
        return StackConfig.defaults().withTcp(change.apply(TcpConfig.defaults()));
    }

    private static Report download(Scenario scenario, long bytes, double budgetSeconds) {
        Report report = scenario.transfer(0, bytes).runUntilClosed(budgetSeconds);
        scenario.runUntilQuiet();
        return report;
    }

    // ---- one path ----

    @Test
    void plainTcpFillsOnePath() {
        download(new Scenario(1).config(plainTcp()).path(FAST), TEN_MB, FAST_SECONDS + 0.05);
    }

    @Test
    void mptcpOnOnePathIsAsFastAsTcp() {
        Report plain = download(new Scenario(1).config(plainTcp()).path(FAST), TEN_MB, 2);
        Report mptcp = download(new Scenario(1).path(FAST), TEN_MB, 2);
        // 28 bytes of DSS in 1460 are 2 %.
        assertTrue(mptcp.seconds() < 1.05 * plain.seconds(), () -> mptcp.seconds() + " s, plain TCP " + plain.seconds() + " s");
    }

    @Test
    void uploadIsAsFastAsDownload() {
        new Scenario(1).path(FAST).transfer(TEN_MB, 0).runUntilClosed(FAST_SECONDS + 0.05);
    }

    @Test
    void bothDirectionsAtOnceDoNotDisturbEachOther() {
        // 40 % for acknowledgments that wait behind data, and for the losses of both slow starts.
        new Scenario(1).path(FAST).transfer(TEN_MB, TEN_MB).runUntilClosed(1.4 * FAST_SECONDS);
    }

    @Test
    void ipv6() {
        download(new Scenario(1).ipv6(true).path(FAST), TEN_MB, FAST_SECONDS + 0.05);
    }

    @Test
    void withoutTimestamps() {
        download(new Scenario(1).config(tcp(tcp -> tcp.withTimestamps(false))).path(FAST), TEN_MB, FAST_SECONDS + 0.05);
    }

    /** NewReno repairs one hole a round trip, and the first slow start leaves many. */
    @Test
    void withoutSack() {
        download(new Scenario(1).config(tcp(tcp -> tcp.withSack(false))).path(FAST), TEN_MB, 6);
    }

    @Test
    void checksumsCostNoTime() {
        Scenario scenario = new Scenario(1).config(StackConfig.defaults().withChecksum(true)).path(FAST);
        download(scenario, TEN_MB, FAST_SECONDS + 0.05);
        assertFalse(scenario.connection().isFallback());
    }

    @Test
    void superSegmentsInAndOut() {
        LinkSpec link = FAST.withSuperSegments(64_000).withMerging(0.3);
        download(new Scenario(1).gather(true).path(link), TEN_MB, FAST_SECONDS + 0.1);
    }

    @Test
    void superSegmentsWithChecksumsAndLoss() {
        LinkSpec link = LinkSpec.of(50, 10).withSuperSegments(64_000).withMerging(0.3).withLoss(0.01);
        // Between Reno's 1.2 * MSS / (RTT * sqrt(p)) = 6.8 Mbit/s and half of it.
        download(new Scenario(1).config(StackConfig.defaults().withChecksum(true)).path(link), 5 * MB, 12);
    }

    @Test
    void backPressureOfTheLinkIsNotLoss() {
        Scenario scenario = new Scenario(1).path(FAST.withQueue(100_000).withBackPressure(true));
        download(scenario, TEN_MB, FAST_SECONDS + 0.05);
        assertEquals(0, scenario.path(0).down().statistics().droppedByQueue);
        assertEquals(0, retransmissions(scenario));
    }

    /** Thousands of segments, each with its mapping, wait behind a hole. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void lossOnALongFatPath(boolean checksum) {
        StackConfig config = StackConfig.defaults().withChecksum(checksum);
        // 6 MB in flight; 40 MB take 0.64 s, slow start eight round trips of 0.1 s and its losses two.
        download(new Scenario(1).config(config).path(LinkSpec.of(500, 50).withLoss(0.00005)), 4 * TEN_MB, 2.5);
    }

    @Test
    void jumboFrames() {
        download(new Scenario(1).path(FAST.withMtu(9000)), TEN_MB, FAST_SECONDS + 0.05);
    }

    // ---- sizes ----

    @ParameterizedTest
    @ValueSource(longs = {0, 1, 1_419, 1_420, 1_421, 14_201, 65_535, 65_536, 1_000_003})
    void sizesAroundTheBordersOfSegmentsAndMappings(long bytes) {
        for (boolean superSegments : new boolean[] {false, true}) {
            LinkSpec link = superSegments ? FAST.withSuperSegments(64_000) : FAST;
            new Scenario(1).path(link).path(link).transfer(bytes, bytes).runUntilClosed(1);
        }
    }

    @Test
    void tinyWritesBecomeFewSegments() {
        Scenario scenario = new Scenario(1).path(FAST).plans(Plan.of(20_000, 0).writing(1, 0.01), Plan.of(0, 20_000));
        scenario.runUntilClosed(1);
        // 20 000 writes within 0.2 s: as they wait for acknowledgments, 40 ms each time, they gather.
        long packets = scenario.path(0).up().statistics().packetsSent;
        assertTrue(packets < 100, () -> packets + " packets for 20 000 bytes");
    }

    @Test
    void requestsAndResponsesTakeARoundTripEach() {
        int rounds = 50;
        Scenario scenario = new Scenario(1).path(FAST).path(FAST);
        Topology topology = scenario.topology();
        topology.server().listen(new io.mptcp.wire.IpEndpoint(topology.path(0).serverAddress(), 81), io.mptcp.stack.ConnectOptions.DEFAULT,
                EchoApp::new);
        RequestApp app = new RequestApp(scenario.simulation(), new Pattern(7), 500, rounds, 1_000_000);
        topology.client().connect(0, topology.clientEndpoint(0), new io.mptcp.wire.IpEndpoint(topology.path(0).serverAddress(), 81),
                io.mptcp.stack.ConnectOptions.DEFAULT, app);
        // 40 ms and the pause of 1 ms a round, a handshake, and the close.
        scenario.simulation().runUntil(app::isClosed, Math.round((rounds * 0.0415 + 0.2) * 1e9));
    }

    @Test
    void idleConnectionCarriesDataAgain() {
        Scenario scenario = new Scenario(1).path(FAST).path(FAST).plans(Plan.of(0, 300_000), Plan.of(300_000, 0).writing(60_000, 600_000));
        scenario.runUntilClosed(4 * 600 + 2);
    }

    // ---- bad paths ----

    @Test
    void onePercentLoss() {
        // CUBIC at 1 % and 40 ms is near Reno: 1.2 * MSS / (RTT * sqrt(p)) is 3.6 Mbit/s.
        Report report = download(new Scenario(1).path(FAST.withLoss(0.01)), 2 * MB, 10);
        assertTrue(report.goodputBitsPerSecond() > 2e6, () -> report.goodputBitsPerSecond() + " bit/s");
    }

    @Test
    void reorderingIsNotTakenForLoss() {
        Scenario scenario = new Scenario(1).path(FAST.withReorder(0.02, 3));
        download(scenario, TEN_MB, 1.5);
        long again = scenario.topology().server().connections().getFirst().subflows().stream().mapToLong(SubflowInfo::retransmits).sum();
        SimLink.Statistics link = scenario.path(0).down().statistics();
        assertTrue(link.reordered > 100, () -> link.reordered + " reordered");
        // What was lost at the end of slow start, and at most a quarter of what was overtaken: by three segments, before RACK has seen any reordering.
        assertTrue(again <= link.droppedByQueue + link.reordered / 4,
                () -> again + " segments sent again, " + link.droppedByQueue + " lost in the queue, " + link.reordered + " reordered");
    }

    @Test
    void duplicatesAreHarmless() {
        download(new Scenario(1).path(FAST.withDuplicate(0.1)), TEN_MB, 1.5);
    }

    @Test
    void jitterIsHarmless() {
        download(new Scenario(1).path(FAST.withJitter(10)), TEN_MB, 2);
    }

    /** The TCP checksum finds them all; what is lost so is sent again. */
    @Test
    void damagedSegmentsAreDroppedAndCounted() {
        Scenario scenario = new Scenario(1).path(FAST).transfer(0, 2 * MB);
        SeededRandom random = new SeededRandom(3);
        int[] damaged = {0};
        scenario.path(0).down().add(Middleboxes.damage(random, packet -> random.chance(0.01) && ++damaged[0] > 0));
        scenario.runUntilClosed(10);
        assertTrue(damaged[0] > 5);
        long found = scenario.topology().client().stack().counters().get(Counter.InCsumErrors)
                + scenario.topology().client().stack().counters().get(Counter.InMalformed);
        assertEquals(damaged[0], found);
    }

    @Test
    void connectionsBesideEachOtherAllArriveAndLeaveNothing() {
        Scenario scenario = new Scenario(1).path(FAST).path(FAST).transfer(MB, MB);
        for (int i = 0; i < 5; i++) {
            scenario.another(0.05 * i, Plan.of(MB, MB), Plan.of(MB, MB));
        }
        scenario.runUntilClosed(3);
        assertEquals(6, scenario.topology().server().connections().size());
        scenario.runUntilQuiet();
    }

    // ---- two paths ----

    /** Two equal paths carry at least 1.8 times as much as one. */
    @Test
    void twoEqualPathsAddUp() {
        Report one = download(new Scenario(1).path(FAST), 4 * TEN_MB, 5);
        Report two = download(new Scenario(1).path(FAST).path(FAST), 4 * TEN_MB, 5);
        assertTrue(two.goodputBitsPerSecond() > 1.8 * one.goodputBitsPerSecond(),
                () -> two.goodputBitsPerSecond() / 1e6 + " Mbit/s on two paths, " + one.goodputBitsPerSecond() / 1e6 + " on one");
    }

    @ParameterizedTest
    @ValueSource(doubles = {5, 20, 50, 100, 200})
    void secondPathNeverMakesItSlower(double delayMillis) {
        LinkSpec other = LinkSpec.of(10, delayMillis);
        Report one = download(new Scenario(1).path(LinkSpec.of(50, 20)), 2 * TEN_MB, 10);
        Report two = download(new Scenario(1).path(LinkSpec.of(50, 20)).path(other), 2 * TEN_MB, 10);
        assertTrue(two.seconds() < 1.05 * one.seconds(), () -> two.seconds() + " s with the second path, " + one.seconds() + " s without");
    }

    @Test
    void asymmetricPathsAddUp() {
        // 50 and 10 Mbit/s: 40 MB take 5.3 s at the full 60; 15 % for slow starts and headers.
        download(new Scenario(1).path(LinkSpec.of(50, 10)).path(LinkSpec.of(10, 40)), 4 * TEN_MB, 6.3);
    }

    @Test
    void backupPathIsLeftAloneWhileTheOtherWorks() {
        Scenario scenario = new Scenario(1).path(FAST).path(new Topology.PathSpec(FAST, FAST, true, 1));
        Report report = download(scenario, TEN_MB, FAST_SECONDS + 0.05);
        assertEquals(0, report.bytesPerPath().get(1));
    }

    @Test
    void backupPathTakesOver() {
        Scenario scenario = new Scenario(1).path(FAST).path(new Topology.PathSpec(FAST, FAST, true, 1)).transfer(0, TEN_MB);
        scenario.at(0.5, () -> scenario.path(0).setPassing(false));
        Report report = scenario.runUntilDelivered(3);
        assertTrue(report.bytesPerPath().get(1) > TEN_MB / 3, report::toString);
    }

    private static long retransmissions(Scenario scenario) {
        return scenario.server().connection().subflows().stream().mapToLong(SubflowInfo::retransmits).sum();
    }
}
