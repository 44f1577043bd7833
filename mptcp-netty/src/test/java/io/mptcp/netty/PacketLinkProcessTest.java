package io.mptcp.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.netty.linux.Namespaces;
import io.mptcp.netty.linux.NftTables;
import io.mptcp.testkit.JavaProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a process with a link leaves behind, and what it says without the privileges. */
@Timeout(60)
class PacketLinkProcessTest {
    private Namespaces namespaces;
    private String here;
    private Process process;

    @BeforeEach
    void setUp() {
        namespaces = Namespaces.orSkip();
        here = namespaces.add();
        String there = namespaces.add();
        namespaces.veth(here, "p1", there, "q1");
        namespaces.address(here, "p1", "10.1.0.1/24");
        namespaces.address(there, "q1", "10.1.0.2/24");
    }

    @AfterEach
    void tearDown() throws Exception {
        if (process != null) {
            process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
        }
        if (namespaces != null) {
            namespaces.close();
        }
    }

    @Test
    void nothingIsLeftAfterAKill() throws Exception {
        List<String> before = state();
        assertEquals("ready", start());
        assertEquals(1, NftTables.names(here).size());
        process.destroyForcibly().waitFor();
        assertEquals(before, state());
    }

    private List<String> state() {
        return List.of(Namespaces.ip(here, "addr", "show"), Namespaces.ip(here, "route", "show", "table", "all"), Namespaces.ip(here, "rule"),
                NftTables.names(here).toString());
    }

    @Test
    void missingPrivilegesAreNamedInOneLine() throws Exception {
        String start = start("setpriv", "--bounding-set=-net_raw,-net_admin", "--inh-caps=-net_raw,-net_admin");
        assertEquals("raw sockets need CAP_NET_RAW and CAP_NET_ADMIN: run as root or grant them with setpriv", start);
        start = start("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin");
        assertEquals("keeping the kernel quiet on our ports needs CAP_NET_ADMIN: run as root or grant it with setpriv", start);
        start = start("setpriv", "--bounding-set=-all,+net_raw,+net_admin", "--inh-caps=-all,+net_raw,+net_admin");
        assertEquals("ready", start);
    }

    /** @return the first line it prints */
    private String start(String... wrapper) throws IOException, InterruptedException {
        assumeTrue(wrapper.length == 0 || Files.exists(Path.of("/usr/bin/setpriv")), "needs the setpriv command (util-linux)");
        if (process != null) {
            process.destroyForcibly().waitFor();
        }
        List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", here));
        command.addAll(List.of(wrapper));
        process = new ProcessBuilder(JavaProcess.command(command, PacketLinkProcess.class.getName(), "p1", "10.1.0.2")).redirectErrorStream(true).start();
        BufferedReader reader = process.inputReader(StandardCharsets.UTF_8);
        String line = reader.readLine();
        while (line != null && line.startsWith("SLF4J")) {
            line = reader.readLine();
        }
        assertTrue(line == null || !line.contains("Exception"), line);
        return line;
    }
}
