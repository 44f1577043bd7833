package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A relay reads its configuration again, on SIGHUP, while connections go by it. */
class RelayReloadTest extends DaemonLabTest {
    private static final String OTHER_TOKEN = "fedcba9876543210fedcba9876543210";

    private RelayLab relays;

    RelayReloadTest() {
        super(LinkProfile.of(10, 5, 100), LinkProfile.of(10, 15, 100));
    }

    @BeforeEach
    void makeRelays() throws Exception {
        relays = new RelayLab(lab);
    }

    private void reload(Path file, String content, String said) throws Exception {
        Files.writeString(file, content);
        assertEquals(0, new ProcessBuilder("kill", "-HUP", Long.toString(relays.relay.process().pid())).start().waitFor());
        relays.relay.awaitLine(said, PATIENCE);
    }

    private int fetch() {
        return lab.curl(RelayLab.url(RelayLab.TARGET_V4, 1000)).awaitExit(PATIENCE);
    }

    @Test
    void usersAndWhereTheyMayGoChangeWhileADownloadGoesOn() throws Exception {
        relays.startRelay("kernel", relays.tls() + RelayLab.egress());
        relays.startClient(relays.client(RelayLab.TOKEN, relays.pinned()));
        Path file = lab.directory.resolve("relay.yaml");
        String first = Files.readString(file);
        LabProcess download = lab.curl(RelayLab.url(RelayLab.TARGET_V4, 200_000_000));
        relays.await("\"name\":\"alice\",\"connections\":1,");

        reload(file, first.replace("[8080, 9]", "[9]"), "configuration read again: changed: egress");
        assertNotEquals(0, fetch());
        relays.await("\"egress_denied\":1,");
        reload(file, first.replace(RelayLab.TOKEN, OTHER_TOKEN), "configuration read again: changed: users, egress");
        assertNotEquals(0, fetch());
        relays.await("\"wrong_token\":1,");
        reload(file, first.replace(RelayLab.TOKEN + "}", RelayLab.TOKEN + ", connections: 1}") + "limits: {half-open: 10}\n", "configuration read again: changed: users, limits");
        assertNotEquals(0, fetch());
        relays.await("\"name\":\"alice\",\"connections\":1,\"accepted\":1,\"refused\":1,");
        reload(file, first + "limit: 1\n", "configuration not changed: " + file + ":");
        reload(file, first.replace("q2", "q1"), "configuration not changed: " + file + ":");
        reload(file, first + "datagrams: false\n", "changed: users, limits; needs a restart: datagrams");

        assertEquals(0, fetch(), relays.relay.lines().toString());
        assertTrue(download.process().isAlive(), "the download has gone on: " + download.lines());
        relays.await("\"name\":\"alice\",\"connections\":1,\"accepted\":2,");
    }
}
