package io.mptcp.cli.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.TwoPathLab;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** {@code mptcp check} as a process on packet sockets: it ends with its answer, the host is as before, and the server has nothing left of it. */
class CheckHostTest extends TwoPathInteropTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void nothingStaysOnTheHost() throws Exception {
        network.serveFiles(5000, null);
        HostState before = HostState.of(network.client());
        LabProcess check = MptcpProcess.start(network.client(), "check", "--http", "--path", "p1", "--path", "p2,link=raw", TwoPathLab.SERVICE_V4, "5000");
        String text = new String(check.process().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, check.awaitExit(PATIENCE), () -> text + check.lines());
        assertEquals(2, text.lines().filter(line -> line.endsWith(": MPTCP works, as the first subflow and as a joined one.")).count(), text);
        assertEquals(before, HostState.of(network.client()));
        assertEquals(0, network.client().counters("Tcp").get("OutRsts"), "the kernel knows nothing of the segments");
    }
}
