package io.mptcp.cli.lab;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.io.InputStream;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Namespaces, emulated links and the kernel MPTCP server. */
class LabTest {
    private static final int PORT = 8080;

    private Lab lab;

    @BeforeEach
    void open() {
        assumeTrue(LabRequirements.missing().isEmpty(), () -> "no laboratory: " + LabRequirements.missing());
        lab = Lab.create();
    }

    @AfterEach
    void close() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void aFailingIpCommandIsToldInOneLine() {
        LabNamespace alone = lab.namespace("alone");

        LabException failure = assertThrows(LabException.class, () -> alone.ip("link set nosuch up"));
        assertTrue(failure.getMessage().contains("nosuch"), failure.getMessage());
        assertEquals(-1, failure.getMessage().indexOf('\n'));
    }

    @Test
    void nothingIsLeftAfterClose() {
        LabNamespace one = lab.namespace("one");
        LabNamespace two = lab.namespace("two");
        lab.connect(one, "d1", two, "d2");
        LabProcess sleeper = one.start(List.of("sleep", "1000"));
        lab.close();

        assertTrue(sleeper.awaitExit(Duration.ofSeconds(10)) != 0);
        String left = Command.run(List.of("ip", "netns", "list"), "");
        assertEquals(-1, left.indexOf(one.name()), left);
        assertEquals(-1, left.indexOf(two.name()), left);
    }

    @Test
    void aKernelMptcpDownloadThroughTwoEmulatedLinksUsesBoth() throws Exception {
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        TwoPathLab two = TwoPathLab.create(lab, LinkProfile.of(200, 2, 50), LinkProfile.of(200, 4, 50));
        two.client().ip("mptcp endpoint add 10.77.2.1 dev p2 subflow");
        IpEndpoint service = new IpEndpoint(IpAddress.parse(TwoPathLab.SERVICE_V4), PORT);
        two.serveFiles(PORT, null);

        long bytes = 20_000_000;
        String digest = two.client().call(() -> {
            try (KernelMptcpSocket socket = KernelMptcpSocket.connect(service)) {
                socket.outputStream().write(("GET /file?bytes=" + bytes + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").getBytes());
                return digestOfBody(socket.inputStream());
            }
        });

        assertEquals(PseudoRandomFile.sha256(bytes), digest);
        assertEquals(1, two.server().counters("MPTcpExt").get("MPCapableSYNRX"));
        assertEquals(1, two.server().counters("MPTcpExt").get("MPJoinAckRx"));
        for (EmulatedPath path : two.paths()) {
            assertTrue(path.backward().deliveredBytes() > bytes / 5, "a path carried " + path.backward().deliveredBytes());
        }
    }

    @Test
    void theOwnStackServesFilesToPlainTcp() {
        assumeTrue(Command.find("curl").isPresent(), "curl is not installed");
        TwoPathLab two = TwoPathLab.direct(lab, 2);
        two.serveFilesByStack(PORT);

        for (String host : List.of(TwoPathLab.SERVICE_V4, "[" + TwoPathLab.SERVICE_V6 + "]")) {
            LabProcess curl = two.client().start(List.of("sh", "-c",
                    "curl -sSf 'http://" + host + ":" + PORT + "/file?bytes=5000000' | sha256sum; curl -s -w '%{http_code}' 'http://" + host
                            + ":" + PORT + "/nosuch?bytes=1'"));
            assertEquals(0, curl.awaitExit(Duration.ofSeconds(60)));
            curl.awaitEndOfOutput(Duration.ofSeconds(10));
            assertEquals(List.of(PseudoRandomFile.sha256(5_000_000) + "  -", "there are /file and /sha256", "404"), curl.lines());
        }
    }

    private static String digestOfBody(InputStream stream) throws Exception {
        int newlines = 0;
        while (newlines < 2) {
            int next = stream.read();
            newlines = next == '\n' ? newlines + 1 : next == '\r' ? newlines : 0;
        }
        var sha256 = PseudoRandomFile.newSha256();
        byte[] chunk = new byte[65536];
        for (int n = stream.read(chunk); n >= 0; n = stream.read(chunk)) {
            sha256.update(chunk, 0, n);
        }
        return HexFormat.of().formatHex(sha256.digest());
    }
}
