package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.tun.TunConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A configuration that is read again while a download runs. */
class ReloadProcessTest extends DaemonLabTest {
    ReloadProcessTest() {
        super(LinkProfile.of(5, 10, 100), LinkProfile.of(5, 30, 100));
    }

    @Test
    void pathsComeAndGoAndChangeTheirRoleWhileADownloadGoesOn() throws Exception {
        Files.writeString(lab.config, lab.configuration(List.of("p1"), ""));
        lab.daemon = lab.launch("run", "--config", lab.config.toString());
        lab.daemon.awaitLine("ready", PATIENCE);
        LabProcess curl = lab.curl(DaemonLab.url(DaemonLab.MPTCP_PORT, 200_000_000));
        lab.await(List.of("p1 +ESTABLISHED"), "connections");

        Files.writeString(lab.config, lab.configuration(List.of("p1", "p2"), "scheduler: minrtt\ncongestion: lia\n"));
        assertEquals("p2 added, scheduler minrtt, congestion lia for new connections\n", lab.mptcp("reload").out());
        lab.await(List.of("scheduler minrtt", "p1 +ESTABLISHED", "p2 +ESTABLISHED"), "connections");
        assertEquals("nothing is to be changed\n", lab.mptcp("reload").out());

        Files.writeString(lab.config, lab.configuration(List.of("p1", "p2\n    backup: true"), "scheduler: minrtt\ncongestion: lia\nchecksum: true\n"));
        assertEquals("p2 backup; needs a restart: checksum\n", lab.mptcp("reload").out());
        lab.await(List.of("p2 +ESTABLISHED backup"), "connections");

        // By the signal this time; the first path goes, the second takes over.
        Files.writeString(lab.config, lab.configuration(List.of("p2"), "scheduler: minrtt\ncongestion: lia\n"));
        assertEquals(0, new ProcessBuilder("kill", "-HUP", Long.toString(lab.daemon.process().pid())).start().waitFor());
        lab.daemon.awaitLine("configuration read again: p2 no longer backup, p1 removed", PATIENCE);
        DaemonLab.await("only the second path is left", () -> !lab.mptcp("paths").out().contains("p1") && !lab.mptcp("connections").out().contains("p1"));
        String before = lab.mptcp("connections", "--json").out();
        DaemonLab.await("data goes on", () -> received(lab.mptcp("connections", "--json").out()) > received(before) + 500_000);
        assertTrue(curl.process().isAlive(), curl.lines().toString());
    }

    private static long received(String json) {
        return Long.parseLong(json.replaceFirst("(?s).*?\"mptcpi_bytes_received\":(\\d+).*", "$1"));
    }

    @Test
    void aWrongFileChangesNothing() throws Exception {
        lab.start("log-format: json\n");
        Files.writeString(lab.config, Files.readString(lab.config) + "schedule: minrtt\n");
        DaemonLab.Said said = lab.mptcp("reload");
        assertEquals(ExitCodes.FAILURE, said.code());
        assertTrue(said.err().startsWith("mptcp reload: " + lab.config + ":7: unknown key 'schedule'"), said.err());
        assertEquals(0, new ProcessBuilder("kill", "-HUP", Long.toString(lab.daemon.process().pid())).start().waitFor());
        String line = lab.daemon.awaitLine("configuration not changed: ", PATIENCE);
        assertTrue(line.startsWith("{\"") && line.contains("\"level\":\"WARN\"") && line.contains(":7: unknown key"), line);
        Files.writeString(lab.config, lab.configuration(List.of("p1", "p2", "p9"), ""));
        assertTrue(lab.mptcp("reload").out().startsWith("nothing is to be changed; needs a restart: no such interface: p9, there are "));
        assertTrue(TunConfig.load(lab.config).paths().size() == 3);
        lab.await(List.of("p1 +up ", "p2 +up "), "paths");
    }
}
