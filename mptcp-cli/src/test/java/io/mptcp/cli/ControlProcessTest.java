package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The {@code mptcp} command and a daemon at work, in network namespaces. */
class ControlProcessTest extends DaemonLabTest {
    private static final String ESTABLISHED = "ESTABLISHED";

    // So slow that one download lasts for the whole story, and needs both.
    ControlProcessTest() {
        super(LinkProfile.of(5, 10, 100), LinkProfile.of(5, 30, 100));
    }

    private void set(String... arguments) {
        DaemonLab.Said said = lab.mptcp(arguments);
        assertEquals(new DaemonLab.Said(0, "", ""), said);
    }

    private static String group(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertTrue(matcher.find(), text);
        return matcher.group(1);
    }

    @Test
    void pathsAreWatchedAndSwitchedWhileADownloadRuns() throws Exception {
        lab.start("");
        assertEquals(PosixFilePermissions.fromString("rw-rw----"), Files.getPosixFilePermissions(lab.socket));
        LabProcess monitor = lab.launchMptcp(lab.network.client(), List.of(), "monitor", "--all", "--socket", lab.socket.toString());
        LabProcess curl = lab.curl(DaemonLab.url(DaemonLab.MPTCP_PORT, 200_000_000));

        String both = lab.await(List.of("p1 +ESTABLISHED", "p2 +ESTABLISHED", "share:[1-8][0-9]%.*share:[1-8][0-9]%"), "connections");
        String token = group("token ([0-9a-f]{8})", both);
        assertTrue(both.contains("10.255.0.1:") && both.contains(" -> 10.99.0.1:8080  open "), both);

        set("paths", "set", "p2", "off");
        lab.await(List.of("p2 +not used: switched off"), "connections", "--token", token);
        lab.await(List.of("p1 +up ", "p2 +off "), "paths");
        set("paths", "set", "p2", "backup");
        lab.await(List.of("p2 +ESTABLISHED backup", "not used: backup, and others work"), "connections");
        set("paths", "set", "p2", "on");
        lab.await(List.of("p2 +ESTABLISHED 10"), "connections");

        set("scheduler", "set", "redundant");
        assertTrue(lab.mptcp("connections").out().contains("  scheduler redundant"), "connections that are there follow");
        set("scheduler", "set", "minrtt", "--token", token);
        assertTrue(lab.mptcp("connections").out().contains("  scheduler minrtt"));
        assertTrue(lab.mptcp("scheduler").out().contains("* redundant"));
        set("congestion", "set", "olia");
        assertTrue(lab.mptcp("congestion").out().contains("* olia"));
        assertTrue(lab.mptcp("status").out().matches("(?s)mptcp-tun on mptcp0, .*connections: 1 now, 1 so far.*MPJoinSynTx .*"));

        for (String event : List.of("[       CREATED] token=" + token, "[   ESTABLISHED] token=" + token, "[SF_ESTABLISHED] token=" + token,
                "[     PATH_DOWN] dev=p2 (switched off)", "[     SF_CLOSED] token=" + token, "[       PATH_UP] dev=p2 (switched on)")) {
            monitor.awaitLine(event, PATIENCE);
        }
        assertTrue(curl.process().isAlive(), "the download goes on: " + curl.lines());

        Path capture = directory.resolve("one.pcapng");
        set("capture", token, capture.toString(), "--seconds", "1");
        DaemonLab.Said dump = lab.mptcp("dump", capture.toString());
        assertEquals(0, dump.code(), dump.err());
        assertTrue(dump.out().contains("10.77.1.1") && dump.out().contains("10.77.2.1"), "segments of both subflows: " + dump.out());

        String top = lab.mptcp("top", "--batch", "-n", "1").out();
        assertTrue(top.matches("(?s)mptcp-tun on mptcp0 .*p1 +up .*p2 +up .*10\\.255\\.0\\.1:[0-9]+ +10\\.99\\.0\\.1:8080 .*p1 [0-9]+%.*"), top);
        curl.close();
        lab.daemon.close();
        assertEquals(0, lab.daemon.awaitExit(PATIENCE));
        assertTrue(!Files.exists(lab.socket), "the socket is gone with the daemon");
        assertEquals(0, monitor.awaitExit(PATIENCE), monitor.lines().toString());
    }

    /** The grammar and the output of ip mptcp. */
    @Test
    void endpointsAndLimitsAreTheKernels() throws Exception {
        lab.start("");
        lab.curl(DaemonLab.url(DaemonLab.MPTCP_PORT, 200_000_000));
        lab.await(List.of("p1 +ESTABLISHED", "p2 +ESTABLISHED"), "connections");
        assertEquals("any id 1 subflow dev p1 \nany id 2 subflow dev p2 \n", lab.mptcp("endpoint", "show").out());
        assertEquals("[{\"id\":1,\"subflow\":true,\"dev\":\"p1\"},{\"id\":2,\"subflow\":true,\"dev\":\"p2\"}]\n", lab.mptcp("endpoint", "--json").out());

        set("endpoint", "change", "id", "2", "backup");
        lab.await(List.of("p2 +ESTABLISHED backup"), "connections");
        set("endpoint", "delete", "id", "2");
        DaemonLab.await("the subflow ends", () -> !lab.mptcp("connections").out().contains("p2 "));
        set("endpoint", "add", "10.77.2.1", "dev", "p2", "id", "7", "subflow");
        assertEquals("10.77.2.1 id 7 subflow dev p2 \n", lab.mptcp("endpoint", "show", "id", "7").out());
        lab.await(List.of("p2 +ESTABLISHED 10"), "connections");
        assertEquals("mptcp endpoint add: there is already an endpoint for 10.77.2.1, id 7\n", lab.mptcp("endpoint", "add", "10.77.2.1", "signal").err());
        assertEquals("mptcp endpoint delete: there is no endpoint with id 99\n", lab.mptcp("endpoint", "delete", "id", "99").err());

        set("endpoint", "flush");
        assertEquals("", lab.mptcp("endpoint").out());
        set("limits", "set", "subflows", "3", "add_addr_accepted", "1");
        assertEquals("add_addr_accepted 1 subflows 3 \n", lab.mptcp("limits").out());
        assertEquals("{\"add_addr_accepted\":1,\"subflows\":3}\n", lab.mptcp("limits", "show", "--json").out());
        assertEquals("mptcp limits set: subflows 99 is not in 0..63\n", lab.mptcp("limits", "set", "subflows", "99").err());
    }

    @Test
    void itIsSaidWhyAPathIsNotUsed() throws Exception {
        lab.network.server().ip("mptcp limits set subflows 0 add_addr_accepted 0");
        lab.start("");
        LabProcess curl = lab.curl(DaemonLab.url(DaemonLab.MPTCP_PORT, 200_000_000));
        lab.await(List.of("p1 +" + ESTABLISHED, "p2 +not used: [^\n]*(prohibited|refuse|attempt)"), "connections");
        lab.network.client().ip("link set p2 down");
        lab.await(List.of("p2 +not used: link down"), "connections");
        assertTrue(curl.process().isAlive());
    }

    @Test
    void mistakesAreOneLine() throws Exception {
        DaemonLab.Said nobody = lab.mptcp("status");
        assertEquals(ExitCodes.FAILURE, nobody.code());
        assertTrue(nobody.err().startsWith("mptcp status: no mptcp-tun answers at " + lab.socket + " (there is no such socket): "), nobody.err());
        lab.start("");
        assertEquals("mptcp paths set: there is no path p9, there are p1, p2\n", lab.mptcp("paths", "set", "p9", "off").err());
        assertEquals("mptcp paths set: 'slow' is no state of a path, use on, backup or off\n", lab.mptcp("paths", "set", "p1", "slow").err());
        assertTrue(lab.mptcp("scheduler", "set", "best").err().startsWith("mptcp scheduler set: unknown scheduler 'best', use one of default, "));
        assertEquals("mptcp capture: there is no connection with token 12345678 (see mptcp connections)\n",
                lab.mptcp("capture", "12345678", directory.resolve("x").toString()).err());
    }
}
