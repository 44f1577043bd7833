package io.mptcp.cli.check;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.lab.Command;
import io.mptcp.cli.lab.FileServer;
import io.mptcp.cli.lab.KernelMptcpSocket;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LabRequirements;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * {@code mptcp check} through a router whose nftables rules do to segments what firewalls do. Two paths lead from the client to the router, the
 * rules are for what comes and goes by the second.
 */
@Timeout(60)
class CheckNftTest {
    private static final String SERVER = "10.73.0.1";
    private static final int PORT = 5000;
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private Lab lab;
    private LabNamespace client;
    private LabNamespace router;

    @BeforeEach
    void build() {
        assumeTrue(LabRequirements.missing().isEmpty(), () -> "no laboratory: " + LabRequirements.missing());
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        assumeTrue(Command.find("nft").isPresent(), "the program nft is missing: install nftables");
        lab = Lab.create();
        client = lab.namespace("client");
        router = lab.namespace("router");
        LabNamespace server = lab.namespace("server");
        for (int path = 1; path <= 2; path++) {
            lab.connect(client, "p" + path, router, "c" + path);
            client.address("p" + path, "10.71." + path + ".1/24");
            router.address("c" + path, "10.71." + path + ".2/24");
            client.ip("route add default via 10.71." + path + ".2 dev p" + path + " metric " + path);
        }
        lab.connect(router, "s", server, "q");
        router.address("s", "10.72.0.1/24");
        server.address("q", "10.72.0.2/24");
        server.address("lo", SERVER + "/32");
        server.ip("route add default via 10.72.0.1", "mptcp limits set subflows 8 add_addr_accepted 8");
        router.ip("route add " + SERVER + " via 10.72.0.2");
        router.sysctl("net.ipv4.ip_forward", "1");
        IpEndpoint service = new IpEndpoint(IpAddress.parse(SERVER), PORT);
        int fd = server.call(() -> KernelMptcpSocket.listen(KernelMptcp.IPPROTO_MPTCP, service, null));
        lab.own(new FileServer(fd));
    }

    @AfterEach
    void remove() {
        if (lab != null) {
            lab.close();
        }
    }

    /** Adds rules for everything the router forwards; this nft may know too little for them. */
    private void rules(String... rules) throws IOException {
        LabProcess nft = router.start(List.of("nft", "-f", "-"));
        try (OutputStream input = nft.process().getOutputStream()) {
            String text = "table ip box {\nchain forward {\ntype filter hook forward priority 0;\n" + String.join("\n", rules) + "\n}\n}\n";
            input.write(text.getBytes(StandardCharsets.US_ASCII));
        }
        int exitCode = nft.awaitExit(PATIENCE);
        nft.awaitEndOfOutput(PATIENCE);
        assumeTrue(exitCode == 0, () -> "nft or the kernel does not know these rules: " + nft.lines());
    }

    private CheckReport check() {
        CheckSettings settings = new CheckSettings(SERVER, new IpEndpoint(IpAddress.parse(SERVER), PORT), true, TimeUnit.SECONDS.toNanos(2));
        return client.call(() -> CheckRun.run(settings, List.of(settings.remote().address()), List.of(PathSpec.of("p1"), PathSpec.of("p2")), false, null));
    }

    private static void assertSentences(CheckReport report, String first, String second) {
        assertEquals("path p1: " + first, new Verdict(report.results(), 0).sentence(), report.text());
        assertEquals("path p2: " + second, new Verdict(report.results(), 1).sentence(), report.text());
    }

    @Test
    void withoutRulesBothPathsWork() {
        CheckReport report = check();
        String works = "MPTCP works, as the first subflow and as a joined one.";
        assertSentences(report, works, works);
        assertEquals(0, report.exitCode());
    }

    @Test
    void optionsRemovedFromSyns() throws IOException {
        rules("iifname c2 tcp flags & syn == syn reset tcp option mptcp");
        CheckReport report = check();
        assertSentences(report, "MPTCP works.", "MP_CAPABLE is removed on the way: connections that begin here are plain TCP, "
                + "and it cannot join others: MP_JOIN is removed on the way.");
        assertEquals(1, report.exitCode());
    }

    @Test
    void optionsRemovedFromTheServersSegmentsBehindTheHandshake() throws IOException {
        rules("oifname c2 tcp flags & syn == 0 reset tcp option mptcp");
        CheckReport report = check();
        assertSentences(report, "MPTCP works.", "the handshake passes, but MPTCP options are then removed from data or its acknowledgments: "
                + "connections that begin here fall back to TCP, and it cannot join others: data over it does not arrive, or loses its options.");
        assertEquals(1, report.exitCode());
    }

    @Test
    void synsWithMptcpDropped() throws IOException {
        rules("iifname c2 tcp flags & syn == syn tcp option mptcp exists drop");
        CheckReport report = check();
        assertSentences(report, "MPTCP works.", "SYNs with MP_CAPABLE are dropped on the way: connections that begin here are plain TCP, "
                + "after some seconds, and it cannot join others: SYNs with MP_JOIN are not answered.");
        assertEquals(1, report.exitCode());
    }

    @Test
    void synsWithMptcpRejected() throws IOException {
        rules("iifname c2 tcp flags & syn == syn tcp option mptcp exists reject with tcp reset");
        CheckReport report = check();
        assertSentences(report, "MPTCP works.", "SYNs with MP_CAPABLE are reset on the way, others are not: only plain TCP works, "
                + "and it cannot join others: SYNs with MP_JOIN are answered with a reset.");
    }

    @Test
    void theMssClampedAndOptionsOfTcpRemoved() throws IOException {
        rules("oifname c2 tcp flags & syn == syn tcp option maxseg size set 1300", "iifname c2 reset tcp option timestamp",
                "iifname c2 reset tcp option sack-perm");
        CheckReport report = check();
        String works = "MPTCP works, as the first subflow and as a joined one";
        assertSentences(report, works + ".", works + "; SACK and timestamps are removed from the handshake on the way; "
                + "the MSS is clamped to 1300 (1460 over p1).");
        assertEquals(0, report.exitCode(), "MPTCP itself is not concerned");
    }
}
