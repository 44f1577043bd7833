package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.LinkProfile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What one user may carry by a relay, which the file says and SIGHUP changes. */
class RelayLimitsTest extends DaemonLabTest {
    private static final int BYTES = 1_000_000;

    private RelayLab relays;

    RelayLimitsTest() {
        super(LinkProfile.of(100, 5, 100), LinkProfile.of(100, 10, 100));
    }

    @BeforeEach
    void makeRelays() throws Exception {
        relays = new RelayLab(lab);
    }

    /** Exit code of a download. */
    private int fetch(long bytes) {
        return lab.curl(RelayLab.url(RelayLab.TARGET_V4, bytes)).awaitExit(PATIENCE);
    }

    @Test
    void rateAndQuotaOfAUserAreKeptAndChange() throws Exception {
        relays.startRelay("kernel", relays.tls() + RelayLab.egress());
        relays.startClient(relays.client(RelayLab.TOKEN, relays.pinned()));
        Path file = lab.directory.resolve("relay.yaml");
        String first = Files.readString(file);

        reload(file, first.replace(RelayLab.TOKEN, RelayLab.TOKEN + ", rate: 4Mbit/s"));
        long beganNanos = System.nanoTime();
        assertEquals(0, fetch(BYTES));
        // A lower bound, which no busy machine breaks: 2 s, of which the burst is free.
        assertTrue(System.nanoTime() - beganNanos > TimeUnit.MILLISECONDS.toNanos(1700), "faster than its rate");
        relays.await("\"rate\":\"4Mbit/s\",\"waits\":[1-9][0-9]*,\"dropped_datagrams\":0");

        reload(file, first.replace(RelayLab.TOKEN, RelayLab.TOKEN + ", quota: 2M/month"));
        assertNotEquals(0, fetch(200 * BYTES), "ended when the quota was used up");
        relays.relay.awaitLine("user alice: quota of 2M/month used up, until ", PATIENCE);
        relays.await("\"connections\":0,.*\"quota\":\"2M/month\",\"quota_used_bytes\":[0-9]{7,}");
        assertNotEquals(0, fetch(1), "refused");
        relays.await("\"quota_used_up\":1");
        String table = lab.ask(relays.socket, "relay").out();
        assertTrue(table.matches("(?s).*alice .*B of 2M/month.*quota_used_up +1.*"), table);

        reload(file, first.replace(RelayLab.TOKEN, RelayLab.TOKEN + ", quota: 100G/month"));
        assertEquals(0, fetch(BYTES), relays.relay.lines().toString());
    }

    private void reload(Path file, String content) throws Exception {
        long before = said();
        Files.writeString(file, content);
        assertEquals(0, new ProcessBuilder("kill", "-HUP", Long.toString(relays.relay.process().pid())).start().waitFor());
        DaemonLab.await("the relay reads it", () -> said() > before);
    }

    private long said() {
        return relays.relay.lines().stream().filter(line -> line.contains("configuration read again: changed: users")).count();
    }
}
