package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rules that bind connections to paths, with servers on the kernel's MPTCP and on this stack. */
class BoundFlowsTest extends DaemonLabTest {
    private static final int FIRST_PORT = 8081;
    private static final int SECOND_PORT = 8082;
    private static final long ENDLESS_BYTES = 200_000_000;
    private static final String RULES = """
            rules:
              - {ports: 8081, use: direct, paths: [p1]}
              - {ports: 8082, use: direct, paths: [p2]}
            """;
    private static final String BOUND = " +not used: this connection is bound to other paths";

    BoundFlowsTest() {
        super(LinkProfile.of(5, 10, 100), LinkProfile.of(5, 30, 100));
    }

    private long delivered(int path) {
        return lab.network.paths().get(path - 1).backward().deliveredBytes();
    }

    private void awaitData(int path) {
        long before = delivered(path);
        DaemonLab.await("data over path " + path, () -> delivered(path) > before + 200_000);
    }

    private static String only(int port, String used, String unused) {
        return ":" + port + "  open [^\\n]*\\n[^\\n]*\\n  " + used + " +ESTABLISHED [^\\n]*\\n[^\\n]*\\n  " + unused + BOUND;
    }

    @Test
    void eachGoesOverItsPathAndOverNoOther() throws Exception {
        lab.network.serveFiles(FIRST_PORT, null);
        lab.network.serveFilesByStack(SECOND_PORT);
        lab.start(RULES);
        LabProcess first = lab.curl(DaemonLab.url(FIRST_PORT, ENDLESS_BYTES));
        LabProcess second = lab.curl(DaemonLab.url(SECOND_PORT, ENDLESS_BYTES));
        LabProcess free = lab.curl(DaemonLab.url(DaemonLab.MPTCP_PORT, ENDLESS_BYTES));
        lab.await(List.of(only(FIRST_PORT, "p1", "p2"), only(SECOND_PORT, "p2", "p1"), ":8080  open [^\n]*\n[^\n]*\n  p1 +ESTABLISHED[^\n]*\n[^\n]*\n  p2 +ESTABLISHED"),
                "connections");
        free.close();
        awaitData(1);
        awaitData(2);

        // The second dies: what is bound to it waits, and does not go elsewhere.
        lab.network.paths().get(1).cut();
        awaitData(1);
        assertTrue(lab.mptcp("connections").out().matches("(?s).*:" + SECOND_PORT + "  open .*p1" + BOUND + ".*"), lab.mptcp("connections").out());
        lab.network.paths().get(1).restore();
        awaitData(2);
        assertTrue(first.process().isAlive() && second.process().isAlive(), () -> first.lines() + "; " + second.lines());

        // Rules can be changed while it runs; they are for connections from then on.
        first.close();
        second.close();
        Files.writeString(lab.config, lab.configuration(List.of("p1", "p2"), RULES.replace("[p1]", "[p2]")));
        assertEquals("rules for new connections\n", lab.mptcp("reload").out());
        lab.curl(DaemonLab.url(FIRST_PORT, ENDLESS_BYTES));
        lab.await(List.of(only(FIRST_PORT, "p2", "p1")), "connections");
    }
}
