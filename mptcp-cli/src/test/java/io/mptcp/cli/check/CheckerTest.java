package io.mptcp.cli.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.EchoApp;
import io.mptcp.sim.Host;
import io.mptcp.sim.LinkSpec;
import io.mptcp.sim.Middlebox;
import io.mptcp.sim.Middleboxes;
import io.mptcp.sim.SimPath;
import io.mptcp.sim.Simulation;
import io.mptcp.sim.StreamApp;
import io.mptcp.sim.Topology;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.EcnMode;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code mptcp check} makes of a path, over simulated networks with every middlebox there is. */
class CheckerTest {
    private static final long MILLI = 1_000_000L;
    private static final long TIMEOUT_NANOS = 5_000 * MILLI;
    private static final int MSS = 2;
    private static final int WINDOW_SCALE = 3;
    private static final int SACK_PERMITTED = 4;
    private static final int TIMESTAMPS = 8;
    private static final int NOP = 1;

    private StackConfig serverConfig = StackConfig.defaults().withTcp(TcpConfig.defaults().toBuilder().ecn(EcnMode.PASSIVE).build());
    private Supplier<StreamApp> serverApp = Silent::new;
    private boolean listening = true;
    private boolean http;
    private boolean checksum;
    private boolean ipv6;
    private LinkSpec link = LinkSpec.of(20, 10);
    private final List<List<Middlebox>> up = List.of(new ArrayList<>(), new ArrayList<>());
    private final List<List<Middlebox>> down = List.of(new ArrayList<>(), new ArrayList<>());
    private boolean[] passing = {true, true};

    /** A server that reads and says nothing, and closes when the client has. */
    private static final class Silent implements StreamApp {
        private final MemorySegment buffer = Arena.ofAuto().allocate(4096);

        @Override
        public void ready(Host host, MptcpConnection connection, int readiness) {
            int count = connection.read(buffer, 0, 4096);
            while (count > 0) {
                count = connection.read(buffer, 0, 4096);
            }
            if (count < 0) {
                connection.close();
            }
        }
    }

    private CheckReport check(int paths) {
        Simulation simulation = new Simulation(7);
        ProbeContext.Managers managers = new ProbeContext.Managers();
        StackConfig config = CheckRun.stackConfig(checksum, managers);
        List<Topology.PathSpec> specs = new ArrayList<>();
        for (int i = 0; i < paths; i++) {
            specs.add(Topology.PathSpec.symmetric(link));
        }
        Topology topology = new Topology(simulation, specs, config, serverConfig, ipv6);
        SegmentWatch watch = new SegmentWatch();
        List<CheckedPath> checked = new ArrayList<>();
        for (SimPath path : topology.paths()) {
            path.up().add(packet -> {
                watch.sent(path.id(), packet, simulation.nowNanos() - link.delayNanos()); // middleboxes stand at the far end
                return true;
            });
            up.get(path.id()).forEach(path.up()::add);
            down.get(path.id()).forEach(path.down()::add);
            path.down().add(packet -> {
                watch.received(path.id(), packet, simulation.nowNanos());
                return true;
            });
            path.setPassing(passing[path.id()]);
            checked.add(new CheckedPath(path.id(), "p" + (path.id() + 1), path.clientAddress(), true, link.mtuBytes()));
        }
        if (listening) {
            topology.server().listen(new IpEndpoint(IpAddress.ANY, Topology.SERVER_PORT), ConnectOptions.DEFAULT, serverApp);
        }
        Host client = topology.client();
        CheckSettings settings = new CheckSettings("server", topology.serverEndpoint(0), http, TIMEOUT_NANOS);
        StreamApp nobody = (host, connection, readiness) -> { };
        Checker checker = new Checker(new ProbeContext(client.stack(), settings, checked, watch, managers, nobody));
        checker.start(simulation.nowNanos());
        client.wake();
        boolean done = false;
        while (!done) {
            simulation.runTo(simulation.nowNanos() + 10 * MILLI);
            done = checker.step(simulation.nowNanos());
            client.wake();
            assertTrue(simulation.nowNanos() < 10 * TIMEOUT_NANOS, "the check does not end");
        }
        simulation.runTo(simulation.nowNanos() + 1_000 * MILLI);
        assertEquals(0, client.stack().connectionCount(), "connections are left");
        return checker.report();
    }

    private static String sentence(CheckReport report, int index) {
        return new Verdict(report.results(), index).sentence();
    }

    private static void assertSentence(String expected, CheckReport report, int index) {
        assertEquals(expected, sentence(report, index), report.text());
    }

    /** Overwrites a TCP option with NOPs. */
    private static Middlebox strip(int kind, Predicate<PacketSlot> on) {
        return new Middlebox() {
            @Override
            public boolean forward(PacketSlot packet) {
                long at = on.test(packet) ? find(packet, kind) : -1;
                if (at >= 0) {
                    packet.buffer.asSlice(at, packet.buffer.get(ValueLayout.JAVA_BYTE, at + 1)).fill((byte) NOP);
                    Checksum.fillTcp(packet);
                }
                return true;
            }

            @Override
            public boolean isTransparent() {
                return false; // a window that cannot be scaled cannot say exactly what that of the other path says
            }
        };
    }

    private static Middlebox clampMss(int bytes) {
        return packet -> {
            long at = find(packet, MSS);
            if (at >= 0) {
                packet.buffer.set(ValueLayout.JAVA_BYTE, at + 2, (byte) (bytes >> 8));
                packet.buffer.set(ValueLayout.JAVA_BYTE, at + 3, (byte) bytes);
                Checksum.fillTcp(packet);
            }
            return true;
        };
    }

    private static long find(PacketSlot packet, int kind) {
        long end = packet.offset + TcpSegment.headerLength(packet.buffer, packet.offset);
        long at = packet.offset + TcpSegment.MIN_HEADER_LENGTH;
        while (at < end) {
            int found = packet.buffer.get(ValueLayout.JAVA_BYTE, at);
            if (found == kind) {
                return at;
            }
            at += found == NOP ? 1 : packet.buffer.get(ValueLayout.JAVA_BYTE, at + 1);
        }
        return -1;
    }

    private static boolean hasPayload(PacketSlot packet) {
        return packet.length > TcpSegment.headerLength(packet.buffer, packet.offset);
    }

    // ---- paths that carry MPTCP ----

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSinglePathThatWorks(boolean v6) {
        ipv6 = v6;
        CheckReport report = check(1);
        assertSentence("path p1: MPTCP works.", report, 0);
        assertEquals(0, report.exitCode());
        PathResult result = report.results().getFirst();
        assertTrue(result.rttNanos() >= 20 * MILLI && result.rttNanos() < 25 * MILLI, "" + result.rttNanos());
        assertEquals(0, result.pmtuBytes(), "no full segment was sent, so nothing is known of it");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void twoPathsEachAsFirstSubflowAndAsJoinedOne(boolean withHttp) {
        http = withHttp;
        serverApp = withHttp ? EchoApp::new : Silent::new;
        CheckReport report = check(2);
        for (int i = 0; i < 2; i++) {
            assertSentence("path p" + (i + 1) + ": MPTCP works, as the first subflow and as a joined one.", report, i);
            assertEquals(1, new Verdict(report.results(), i).joins().size());
            assertEquals(withHttp ? 1500 : 0, new Verdict(report.results(), i).pmtuBytes());
        }
        assertEquals(0, report.exitCode());
    }

    @Test
    void aServerThatDoesNotAnswerARequestIsNoFaultOfThePath() {
        http = true;
        CheckReport report = check(1);
        assertSentence("path p1: MPTCP works; the server did not answer the request.", report, 0);
        assertEquals(0, report.exitCode());
    }

    @Test
    void checksumsAreAskedForAndAgreedOn() {
        assertFalse(check(1).results().getFirst().synAck().checksum());
        checksum = true;
        assertTrue(check(1).results().getFirst().synAck().checksum());
    }

    @Test
    void aServerThatWantsChecksumsGetsThem() {
        serverConfig = serverConfig.withChecksum(true);
        CheckReport report = check(1);
        assertSentence("path p1: MPTCP works.", report, 0);
        assertTrue(report.results().getFirst().synAck().checksum());
    }

    // ---- paths and servers that do not ----

    @Test
    void aServerWithoutMptcpCannotBeToldFromAPathThatStripsIt() {
        serverConfig = serverConfig.withMptcp(false);
        CheckReport report = check(1);
        assertSentence("path p1: no MP_CAPABLE in the SYN/ACK: the server has no MPTCP, or something on the way removes it; connections are plain TCP.",
                report, 0);
        assertEquals(1, report.exitCode());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void oneOfTwoPathsStripsMptcpFromHandshakes(boolean fromSyn) {
        if (fromSyn) {
            up.get(1).add(Middleboxes.stripMptcp(Middleboxes::isSyn));
        } else {
            down.get(1).add(Middleboxes.stripMptcp(Middleboxes::isSynAck));
        }
        CheckReport report = check(2);
        assertSentence("path p1: MPTCP works.", report, 0);
        assertSentence("path p2: MP_CAPABLE is removed on the way: connections that begin here are plain TCP, and it cannot join others: "
                + "MP_JOIN is removed on the way.", report, 1);
        assertEquals(1, report.exitCode());
    }

    @Test
    void synsWithMptcpAreDroppedOnOneOfTwoPaths() {
        up.get(1).add(Middleboxes.dropMptcp(Middleboxes::isSyn));
        CheckReport report = check(2);
        assertSentence("path p2: SYNs with MP_CAPABLE are dropped on the way: connections that begin here are plain TCP, after some seconds, "
                + "and it cannot join others: SYNs with MP_JOIN are not answered.", report, 1);
        assertEquals(1, report.exitCode());
    }

    @Test
    void synsWithMptcpAreResetOnTheOnlyPath() {
        up.getFirst().add((Middlebox.Active) (packet, exits) -> {
            if (Middleboxes.isSyn(packet) && find(packet, 30) >= 0) {
                exits.answer(reset(packet));
            } else {
                exits.pass(packet);
            }
        });
        CheckReport report = check(1);
        assertSentence("path p1: SYNs with MP_CAPABLE are reset, others are not: only plain TCP works.", report, 0);
        assertEquals(1, report.exitCode());
    }

    /** The answer of a host or firewall that wants no such SYN. */
    private static PacketSlot reset(PacketSlot syn) {
        PacketSlot rst = new PacketSlot();
        rst.copyIpFields(syn);
        rst.sourceHi = syn.destinationHi;
        rst.sourceLo = syn.destinationLo;
        rst.destinationHi = syn.sourceHi;
        rst.destinationLo = syn.sourceLo;
        rst.buffer = Arena.ofAuto().allocate(TcpSegment.MIN_HEADER_LENGTH);
        rst.length = TcpSegment.MIN_HEADER_LENGTH;
        TcpSegment.encode(rst.buffer, 0, TcpSegment.destinationPort(syn.buffer, syn.offset), TcpSegment.sourcePort(syn.buffer, syn.offset), 0,
                TcpSegment.sequenceNumber(syn.buffer, syn.offset) + 1, TcpSegment.MIN_HEADER_LENGTH, TcpSegment.RST | TcpSegment.ACK, 0);
        Checksum.fillTcp(rst);
        return rst;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void optionsAreRemovedBehindTheHandshake(boolean outwards) {
        (outwards ? up : down).getFirst().add(Middleboxes.stripMptcp(Middleboxes::isNotSyn));
        CheckReport report = check(1);
        assertSentence("path p1: the handshake passes, but MPTCP options are then removed from data or its acknowledgments: "
                + "connections that begin here fall back to TCP.", report, 0);
        assertEquals(1, report.exitCode());
    }

    @Test
    void optionsAreRemovedFromDataOnly() {
        up.getFirst().add(Middleboxes.stripMptcp(CheckerTest::hasPayload));
        CheckReport report = check(1);
        assertEquals(First.LOST_ON_FIRST_DATA, report.results().getFirst().first(), report.text());
        assertEquals(1, report.exitCode());
    }

    @Test
    void optionsAreRemovedLater() {
        // The third ACK and the first data pass.
        int[] seen = {0};
        up.getFirst().add(Middleboxes.stripMptcp(packet -> hasPayload(packet) && ++seen[0] > 1));
        CheckReport report = check(1);
        assertSentence("path p1: MPTCP options are removed from data to the server, which then waits for them: connections stall, plain TCP works.",
                report, 0);
    }

    @Test
    void segmentsWithMptcpAreDroppedBehindTheHandshake() {
        up.getFirst().add(Middleboxes.dropMptcp(CheckerTest::hasPayload));
        CheckReport report = check(1);
        assertSentence("path p1: the handshake passes, but data with MPTCP options does not arrive, other data does.", report, 0);
        assertEquals(1, report.exitCode());
    }

    @Test
    void payloadIsChangedAndChecksumsTell() {
        checksum = true;
        http = true;
        serverApp = EchoApp::new;
        down.getFirst().add(Middleboxes.changePayload(1));
        CheckReport report = check(1);
        assertSentence("path p1: payload is changed on the way, a DSS checksum was wrong: connections that begin here fall back to TCP.", report, 0);
    }

    @Test
    void aClosedPortIsNoMatterOfThePath() {
        listening = false;
        CheckReport report = check(1);
        assertSentence("path p1: connection refused, with MPTCP and without.", report, 0);
        assertEquals(2, report.exitCode());
    }

    @Test
    void aSilentPathBesideOneThatWorks() {
        passing[1] = false;
        CheckReport report = check(2);
        assertSentence("path p2: no answer, with MPTCP or without, and it cannot join others: SYNs with MP_JOIN are not answered.", report, 1);
        assertEquals(1, report.exitCode());
    }

    @Test
    void aSilentHostCannotBeTested() {
        passing[0] = false;
        CheckReport report = check(1);
        assertSentence("path p1: no answer, with MPTCP or without.", report, 0);
        assertEquals(2, report.exitCode());
    }

    // ---- changes of TCP ----

    @Test
    void removedTcpOptionsAreSeenBesideAnotherPath() {
        up.get(1).add(strip(SACK_PERMITTED, Middleboxes::isSyn));
        up.get(1).add(strip(TIMESTAMPS, Middleboxes::isSyn));
        up.get(1).add(strip(WINDOW_SCALE, Middleboxes::isSyn));
        CheckReport report = check(2);
        assertSentence("path p2: MPTCP works, as the first subflow and as a joined one; SACK, timestamps and window scale are removed from the handshake "
                + "on the way.", report, 1);
        assertSentence("path p1: MPTCP works, as the first subflow and as a joined one.", report, 0);
        assertEquals(0, report.exitCode(), "MPTCP itself is not concerned");
    }

    @Test
    void aClampedMssIsSeenBesideAnotherPath() {
        down.get(1).add(clampMss(1380));
        CheckReport report = check(2);
        assertSentence("path p2: MPTCP works, as the first subflow and as a joined one; the MSS is clamped to 1380 (1460 over p1).", report, 1);
    }

    @Test
    void clearedEcnIsSeenInTheHandshakeAndInData() {
        http = true;
        serverApp = EchoApp::new;
        down.get(0).add(packet -> {
            packet.ecn = 0;
            return true;
        });
        CheckReport report = check(1);
        assertSentence("path p1: MPTCP works; ECN marks are cleared on the way.", report, 0);
    }

    @Test
    void aSmallerPathMtuIsFound() {
        http = true;
        serverApp = EchoApp::new;
        up.getFirst().add(packet -> packet.length + 20 <= 1400);
        CheckReport report = check(1);
        assertTrue(sentence(report, 0).startsWith("path p1: MPTCP works; the path MTU is "), report.text());
        int pmtu = new Verdict(report.results(), 0).pmtuBytes();
        assertTrue(pmtu > 1000 && pmtu <= 1400, "" + pmtu);
    }

    // ---- what is printed ----

    private CheckReport oneOfTwo() {
        http = true;
        serverApp = EchoApp::new;
        up.get(1).add(Middleboxes.stripMptcp(Middleboxes::isSyn));
        return check(2);
    }

    @Test
    void theTableForPeople() {
        assertEquals("""
            server 10.0.1.2:80

            path  from      first subflow  joins  round trip  MSS   path MTU  checksums  ADD_ADDR  TCP options
            p1    10.0.1.1  MPTCP          -      20.0 ms     1460  1500      off        -         SACK TS WS ECN
            p2    10.0.2.1  plain TCP      no     20.0 ms     1460  -         -          -         SACK TS WS ECN

            path p1: MPTCP works.
            path p2: MP_CAPABLE is removed on the way: connections that begin here are plain TCP, and it cannot join others: MP_JOIN is removed on the way.
            """, oneOfTwo().text());
    }

    @Test
    void theLineForPrograms() {
        String json = oneOfTwo().json();
        assertTrue(json.startsWith("{\"host\":\"server\",\"remote\":\"10.0.1.2:80\",\"exit_code\":1,\"paths\":[{\"path\":\"p1\",\"local\":\"10.0.1.1\","
                + "\"mptcp\":true,\"tcp\":true,\"first_subflow\":\"mptcp\",\"fallback_reason\":null,\"joins\":[],\"rtt_ms\":20.026,\"interface_mtu\":1500,"
                + "\"pmtu\":1500,"), json);
        assertEquals("""
            {"path":"p2","local":"10.0.2.1","mptcp":false,"tcp":true,"first_subflow":"not_in_syn_ack","fallback_reason":"MPCapableFallbackSYNACK",\
            "joins":[{"from":"p1","outcome":"not_in_syn_ack","reset_reason":null}],"rtt_ms":20.026,"interface_mtu":1500,"pmtu":null,\
            "syn_ack":{"mp_capable":false,"version":null,"checksum":false,"denies_join":false,"mss":1460,"sack":true,"timestamps":true,"window_scale":true,"ecn":true},\
            "changed":{"options_removed":[],"mss_clamped":false,"ecn_cleared":false,"timestamps_removed_later":false,"payload":false,"isn":null},\
            "data_segments_received":1,"data_segments_received_without_dss":1,"add_addr":[],\
            "verdict":"path p2: MP_CAPABLE is removed on the way: connections that begin here are plain TCP, and it cannot join others: MP_JOIN is removed on the way."}]}""", json.substring(json.indexOf("{\"path\":\"p2\"")));
    }
}
