package io.mptcp.cli.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.lab.KernelMptcpSocket;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabRequirements;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.cli.lab.MiddleboxFilter;
import io.mptcp.cli.lab.TwoPathLab;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.netty.linux.Syscalls;
import io.mptcp.sim.Middlebox;
import io.mptcp.sim.Middleboxes;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code mptcp check} against servers of the Linux kernel, over two emulated paths with middleboxes that rewrite frames. */
@Timeout(60)
class CheckKernelTest {
    private static final int PORT = 5000;

    private Lab lab;
    private TwoPathLab network;

    @BeforeEach
    void build() {
        assumeTrue(LabRequirements.missing().isEmpty(), () -> "no laboratory: " + LabRequirements.missing());
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        lab = Lab.create();
        network = TwoPathLab.create(lab, LinkProfile.of(50, 10, 100), LinkProfile.of(50, 20, 100));
    }

    @AfterEach
    void remove() {
        if (lab != null) {
            lab.close();
        }
    }

    private CheckReport check(boolean http, String address, String... devices) {
        IpEndpoint remote = new IpEndpoint(IpAddress.parse(address), PORT);
        CheckSettings settings = new CheckSettings(address, remote, http, TimeUnit.SECONDS.toNanos(2));
        List<PathSpec> paths = List.of(devices).stream().map(PathSpec::of).toList();
        return network.client().call(() -> CheckRun.run(settings, List.of(settings.remote().address()), paths, false, null));
    }

    private void strip(int path, boolean outwards, Middlebox middlebox) {
        var link = network.paths().get(path - 1);
        (outwards ? link.forward() : link.backward()).filter(new MiddleboxFilter(middlebox));
    }

    private static boolean hasPayload(PacketSlot packet) {
        return packet.length > TcpSegment.headerLength(packet.buffer, packet.offset);
    }

    private static void assertSentence(String expected, CheckReport report, int index) {
        assertEquals(expected, new Verdict(report.results(), index).sentence(), report.text() + report.json());
    }

    @ParameterizedTest
    @ValueSource(strings = {TwoPathLab.SERVICE_V4, TwoPathLab.SERVICE_V6})
    void bothPathsCarryMptcp(String address) {
        network.serveFiles(PORT, null);
        CheckReport report = check(true, address, "p1", "p2");
        for (int i = 0; i < 2; i++) {
            assertSentence("path p" + (i + 1) + ": MPTCP works, as the first subflow and as a joined one.", report, i);
            assertEquals(1500, new Verdict(report.results(), i).pmtuBytes(), report.text());
            assertTrue(report.results().get(i).answered(), report.text());
            double rttMillis = report.results().get(i).rttNanos() / 1e6;
            assertTrue(rttMillis >= 20 * (i + 1), report.text());
        }
        assertEquals(0, report.exitCode());
        Map<String, Long> kernel = network.server().counters("MPTcpExt");
        assertEquals(2, kernel.get("MPCapableACKRX"), kernel.toString());
        assertEquals(2, kernel.get("MPJoinAckRx"), kernel.toString());
        assertEquals(0, kernel.get("MPFallbackTokenInit") + kernel.get("DSSNotMatching") + kernel.get("MPFailRx"), kernel.toString());
    }

    @Test
    void aServerThatSaysNothingIsEnough() {
        int listener = network.server().call(() -> KernelMptcpSocket.listen(KernelMptcp.IPPROTO_MPTCP,
                new IpEndpoint(IpAddress.parse(TwoPathLab.SERVICE_V4), PORT), null));
        lab.own(() -> KernelMptcpSocket.closeListener(listener));
        CheckReport report = check(false, TwoPathLab.SERVICE_V4, "p1", "p2");
        assertSentence("path p1: MPTCP works, as the first subflow and as a joined one.", report, 0);
        assertSentence("path p2: MPTCP works, as the first subflow and as a joined one.", report, 1);
        assertEquals(0, report.exitCode());
    }

    @Test
    void anAnnouncedAddressIsNamed() {
        network.server().ip("mptcp endpoint add " + TwoPathLab.serverV4(2) + " dev q2 signal");
        network.serveFiles(PORT, null);
        CheckReport report = check(true, TwoPathLab.SERVICE_V4, "p1");
        assertSentence("path p1: MPTCP works.", report, 0);
        assertEquals(List.of(TwoPathLab.serverV4(2)), report.results().getFirst().announced(), report.text());
    }

    @Test
    void checksumsTheServerWantsAreNamed() {
        network.server().sysctl("net.mptcp.checksum_enabled", "1");
        network.serveFiles(PORT, null);
        CheckReport report = check(true, TwoPathLab.SERVICE_V4, "p1", "p2");
        assertEquals(0, report.exitCode(), report.text());
        assertTrue(report.results().getFirst().synAck().checksum(), report.text());
    }

    @Test
    void aServerThatTakesNoJoinsAtItsAddressIsNoFaultOfThePath() {
        network.server().sysctl("net.mptcp.allow_join_initial_addr_port", "0");
        network.serveFiles(PORT, null);
        CheckReport report = check(true, TwoPathLab.SERVICE_V4, "p1", "p2");
        assertSentence("path p1: MPTCP works; whether it can join others is unknown: the server takes no joins at its address (flag C).", report, 0);
        assertEquals(0, report.exitCode());
    }

    @Test
    void aServerWithoutMptcp() {
        int listener = network.server().call(() -> KernelMptcpSocket.listen(Syscalls.IPPROTO_TCP,
                new IpEndpoint(IpAddress.parse(TwoPathLab.SERVICE_V4), PORT), null));
        lab.own(() -> KernelMptcpSocket.closeListener(listener));
        CheckReport report = check(false, TwoPathLab.SERVICE_V4, "p1", "p2");
        assertSentence("path p2: no MP_CAPABLE in the SYN/ACK: the server has no MPTCP, or something on the way removes it; connections are plain TCP.",
                report, 1);
        assertEquals(1, report.exitCode());
    }

    @Test
    void aClosedPort() {
        CheckReport report = check(false, TwoPathLab.SERVICE_V4, "p1");
        assertSentence("path p1: connection refused, with MPTCP and without.", report, 0);
        assertEquals(2, report.exitCode());
    }

    @Test
    void aSilentPath() {
        network.serveFiles(PORT, null);
        network.paths().get(1).cut();
        CheckReport report = check(false, TwoPathLab.SERVICE_V4, "p1", "p2");
        assertSentence("path p1: MPTCP works.", report, 0);
        assertSentence("path p2: no answer, with MPTCP or without, and it cannot join others: SYNs with MP_JOIN are not answered.", report, 1);
        assertEquals(1, report.exitCode());
    }

    @Test
    void mptcpIsStrippedFromSyns() {
        network.serveFiles(PORT, null);
        strip(2, true, Middleboxes.stripMptcp(Middleboxes::isSyn));
        CheckReport report = check(true, TwoPathLab.SERVICE_V4, "p1", "p2");
        assertSentence("path p1: MPTCP works.", report, 0);
        assertEquals(First.NOT_IN_SYN_ACK, report.results().get(1).first(), report.text());
        assertEquals(1, report.exitCode());
    }

    @Test
    void synsWithMptcpAreDropped() {
        network.serveFiles(PORT, null);
        strip(2, true, Middleboxes.dropMptcp(Middleboxes::isSyn));
        CheckReport report = check(true, TwoPathLab.SERVICE_V4, "p1", "p2");
        assertSentence("path p2: SYNs with MP_CAPABLE are dropped on the way: connections that begin here are plain TCP, after some seconds, "
                + "and it cannot join others: SYNs with MP_JOIN are not answered.", report, 1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void mptcpIsStrippedBehindTheHandshake(boolean outwards) {
        network.serveFiles(PORT, null);
        strip(1, outwards, Middleboxes.stripMptcp(Middleboxes::isNotSyn));
        CheckReport report = check(true, TwoPathLab.SERVICE_V4, "p1");
        assertEquals(First.LOST_ON_FIRST_DATA, report.results().getFirst().first(), report.text());
        assertEquals(1, report.exitCode());
    }

    @Test
    void mptcpIsStrippedFromDataOnly() {
        network.serveFiles(PORT, null);
        strip(1, true, Middleboxes.stripMptcp(CheckKernelTest::hasPayload));
        CheckReport report = check(true, TwoPathLab.SERVICE_V4, "p1");
        assertEquals(First.LOST_ON_FIRST_DATA, report.results().getFirst().first(), report.text());
    }

    @Test
    void aJoinedPathThatStripsBehindTheHandshakeIsOfNoUse() {
        network.serveFiles(PORT, null);
        strip(2, false, Middleboxes.stripMptcp(Middleboxes::isNotSyn));
        CheckReport report = check(true, TwoPathLab.SERVICE_V4, "p1", "p2");
        assertSentence("path p1: MPTCP works.", report, 0);
        String sentence = new Verdict(report.results(), 1).sentence();
        assertTrue(sentence.contains("and it cannot join others: "), report.text());
        assertEquals(1, report.exitCode());
    }

    @Test
    void aSmallerMtuOnTheWayIsFound() {
        network.serveFiles(PORT, null);
        strip(1, true, packet -> packet.length <= 1380);
        CheckReport report = check(true, TwoPathLab.SERVICE_V4, "p1");
        assertTrue(new Verdict(report.results(), 0).sentence().startsWith("path p1: MPTCP works; the path MTU is "), report.text());
    }
}
