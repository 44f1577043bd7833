package io.mptcp.cli.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LabRequirements;
import io.mptcp.cli.lab.TwoPathLab;
import io.mptcp.netty.linux.KernelMptcp;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.yaml.snakeyaml.Yaml;

/** {@code mptcp perf} with a stock iperf3 on the other side, plain and with the kernel's MPTCP. */
class PerfInteropTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String SERVER = TwoPathLab.serverV4(1);

    private Lab lab;
    private TwoPathLab network;

    @BeforeEach
    void build() {
        assumeTrue(LabRequirements.missing().isEmpty(), () -> "no laboratory: " + LabRequirements.missing());
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/iperf3")), "there is no iperf3");
        lab = Lab.create();
        network = TwoPathLab.direct(lab, 2);
    }

    @AfterEach
    void remove() {
        if (lab != null) {
            lab.close();
        }
    }

    private LabProcess iperfServer(String... prefix) {
        List<String> command = new ArrayList<>(List.of(prefix));
        command.addAll(List.of("iperf3", "-s", "-1", "--forceflush"));
        LabProcess server = lab.own(network.server().start(command));
        server.awaitLine("listening", PATIENCE);
        return server;
    }

    private LabProcess ourServer(String... more) {
        List<String> command = MptcpProcess.command(List.of(), "perf", "-s", "--path", "q1", "--path", "q2");
        command.addAll(List.of(more));
        LabProcess server = lab.own(network.server().start(command));
        server.awaitLine("listening", PATIENCE);
        return server;
    }

    private LabProcess ourClient(String... more) {
        List<String> command = MptcpProcess.command(List.of(), "perf", "-c", SERVER, "--path", "p1", "--path", "p2");
        command.addAll(List.of(more));
        return lab.own(network.client().start(command));
    }

    private LabProcess iperfClient(String... more) {
        List<String> command = new ArrayList<>(List.of("iperf3", "-c", SERVER));
        command.addAll(List.of(more));
        return lab.own(network.client().start(command));
    }

    private static Map<?, ?> json(LabProcess process) {
        assertEquals(0, process.awaitExit(PATIENCE), () -> process.lines().toString());
        process.awaitEndOfOutput(PATIENCE);
        return new Yaml().load(String.join("\n", process.lines()).replace('\t', ' '));
    }

    private static long bytes(Map<?, ?> document, String sum) {
        return ((Number) ((Map<?, ?>) ((Map<?, ?>) document.get("end")).get(sum)).get("bytes")).longValue();
    }

    @ParameterizedTest
    @CsvSource({"false, 1", "true, 1", "false, 3", "true, 3"})
    void iperf3MeasuresUs(boolean reverse, int streams) {
        LabProcess server = ourServer("-1");
        LabProcess client = reverse ? iperfClient("-t", "1", "-P", "" + streams, "-J", "-R") : iperfClient("-t", "1", "-P", "" + streams, "-J");
        Map<?, ?> result = json(client);
        assertFalse(result.containsKey("error"), () -> client.lines().toString());
        assertTrue(bytes(result, "sum_received") > 100_000, () -> client.lines().toString());
        assertTrue(bytes(result, "sum_sent") >= bytes(result, "sum_received"), () -> client.lines().toString());
        assertEquals(streams, ((List<?>) ((Map<?, ?>) result.get("end")).get("streams")).size());
        assertEquals(0, server.awaitExit(PATIENCE), () -> server.lines().toString());
        assertTrue(String.join("\n", server.lines()).contains(reverse ? "sender" : "receiver"), () -> server.lines().toString());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void weMeasureIperf3(boolean reverse) {
        LabProcess server = iperfServer();
        Map<?, ?> result = json(reverse ? ourClient("-t", "1", "-P", "2", "--json", "-R") : ourClient("-t", "1", "-P", "2", "--json"));
        assertTrue(bytes(result, "sum_received") > 100_000, result::toString);
        assertTrue(bytes(result, "sum_sent") >= bytes(result, "sum_received"), result::toString);
        assertTrue(String.valueOf(((Map<?, ?>) result.get("start")).get("connected")).contains("mptcp=false"), result::toString);
        assertEquals(0, server.awaitExit(PATIENCE), () -> server.lines().toString());
    }

    @Test
    void overTheKernelsMptcpBothPathsCarry() {
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/mptcpize")), "there is no mptcpize");
        iperfServer("mptcpize", "run");
        Map<?, ?> result = json(ourClient("-n", "50M", "--json"));
        assertTrue(bytes(result, "sum_sent") >= 50 << 20, result::toString);
        assertTrue(String.valueOf(((Map<?, ?>) result.get("start")).get("connected")).contains("mptcp=true"), result::toString);
        assertEquals(2, ((List<?>) ((Map<?, ?>) result.get("end")).get("paths")).stream()
                .filter(path -> ((Number) ((Map<?, ?>) path).get("bytes_sent")).longValue() > 1_000_000).count(), result::toString);
    }

    @Test
    void aSecondClientIsToldThatTheServerIsBusyAndAnUnknownTestThatItIsNotThere() {
        LabProcess server = ourServer();
        LabProcess first = iperfClient("-t", "3");
        server.awaitLine("Accepted connection", PATIENCE);
        LabProcess second = iperfClient("-t", "1");
        assertTrue(second.awaitLine("busy", PATIENCE).contains("the server is busy running a test"), () -> second.lines().toString());
        assertEquals(0, first.awaitExit(PATIENCE), () -> first.lines().toString());

        LabProcess udp = iperfClient("-u", "-t", "1");
        assertEquals(1, udp.awaitExit(PATIENCE), () -> udp.lines().toString());
        assertTrue(server.awaitLine("udp", PATIENCE).endsWith("the client asks for udp, which is not implemented"), () -> server.lines().toString());

        assertEquals(0, iperfClient("-t", "1").awaitExit(PATIENCE), "and the next test works");
    }

    @Test
    void aServerThatIsNotThereIsOneLine() {
        LabProcess client = ourClient("-t", "1");
        assertEquals(1, client.awaitExit(PATIENCE));
        client.awaitEndOfOutput(PATIENCE);
        assertEquals("mptcp perf: " + SERVER + ":5201: connection refused", client.lines().getLast(), () -> client.lines().toString());
    }
}
