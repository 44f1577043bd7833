package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.cli.lab.Command;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.cli.lab.PseudoRandomFile;
import io.mptcp.cli.lab.TwoPathLab;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A host that has nothing of ours: an unmodified curl under mptcpize, by the kernel's Multipath TCP over two paths, uses a relay as a SOCKS5 proxy. */
class RelaySocksTest extends DaemonLabTest {
    private static final int BYTES = 4_000_000;
    private static final int CURL_PROXY_FAILED = 97;
    private static final String NAME = "web.test";

    RelaySocksTest() {
        super(LinkProfile.of(20, 10, 100), LinkProfile.of(20, 20, 100));
    }

    private LabProcess curl(String proxy, String url, String... more) {
        List<String> command = new ArrayList<>(List.of("mptcpize", "run", "curl", "-sS", "--noproxy", "", "--max-time", "100", "--socks5-hostname", proxy, url));
        command.addAll(List.of(more));
        return lab.network.client().start(command);
    }

    private void assertRefused(String proxy, String url, String said) {
        LabProcess curl = curl(proxy, url);
        assertEquals(CURL_PROXY_FAILED, curl.awaitExit(PATIENCE), curl.lines().toString());
        curl.awaitEndOfOutput(PATIENCE);
        assertTrue(curl.lines().toString().contains(said), curl.lines().toString());
    }

    @Test
    void curlUnderMptcpizeDownloadsOverBothPathsWithItsUsersToken() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/mptcpize")), "there is no mptcpize");
        lab.network.client().ip("mptcp endpoint add " + TwoPathLab.clientV4(2) + " dev p2 subflow");
        RelayLab relays = new RelayLab(lab);
        Path hosts = Files.writeString(directory.resolve("hosts"), RelayLab.TARGET_V4 + " " + NAME + "\n127.0.0.1 inside.test\n");
        Path config = relays.configureRelay("kernel", relays.tls() + RelayLab.egress()
                + "socks: [{address: '[::]:1080', by: kernel, tls: no, clients: [10.77.0.0/16]}, {address: '0.0.0.0:1081', by: stack, tls: no, clients: [10.77.0.0/16]}]\n");
        // The relay alone knows the name.
        relays.relay = lab.launch(lab.network.server(), List.of("unshare", "-m", "sh", "-c", "mount --bind " + hosts + " /etc/hosts && exec \"$@\"", "sh"),
                "relay", "--config", config.toString());
        relays.relay.awaitLine("ready", PATIENCE);

        String user = "alice:" + RelayLab.TOKEN + "@" + TwoPathLab.SERVICE_V4;
        for (int port : new int[] {1080, 1081}) {
            Path file = directory.resolve("download");
            LabProcess curl = curl(user + ":" + port, RelayLab.url(NAME, BYTES), "-o", file.toString());
            assertEquals(0, curl.awaitExit(PATIENCE), curl.lines() + "\n" + relays.relay.lines());
            assertEquals(PseudoRandomFile.sha256(BYTES), HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file))));
        }
        lab.network.paths().forEach(path -> assertTrue(path.backward().deliveredBytes() > BYTES / 2, () -> "path: " + path.backward().deliveredBytes()));
        relays.await("\"name\":\"alice\",\"connections\":0,\"accepted\":2,\"refused\":0,.*\"received_bytes\":8[0-9]{6}");

        assertRefused(user.replace('0', 'f').replace("f.99.f", "0.99.0") + ":1080", RelayLab.url(NAME, 1), "User was rejected by the SOCKS5 server");
        assertRefused(user + ":1080", "http://inside.test:8080/", "(2)");
        assertRefused(user + ":1080", "http://" + NAME + ":9/", "(5)");
        relays.await("\"wrong_token\":1,.*\"egress_denied\":1,\"destination_failed\":1,");
        assertEquals(2, relays.relay.lines().stream().filter(line -> line.contains("is without TLS")).count(), relays.relay.lines().toString());
    }

    /** Its limit of open files is set to what is open when the user is in. */
    @Test
    void aRelayThatCanOpenNothingMoreSaysSo() throws Exception {
        assumeTrue(Command.find("prlimit").isPresent(), "needs the program prlimit");
        RelayLab relays = new RelayLab(lab);
        relays.startRelay("kernel", relays.tls() + RelayLab.egress() + "socks: [{address: '[::]:1080', by: kernel, tls: no, clients: [10.77.0.0/16]}]\n");
        relays.status(); // and what its control socket needs is loaded
        LabProcess client = lab.network.client().start(List.of("python3", "-c", """
                import socket, sys
                def enter():
                    c = socket.create_connection(('%s', 1080)); c.settimeout(60); f = c.makefile('rb')
                    c.sendall(bytes.fromhex('050102' + '0105') + b'alice' + bytes([32]) + b'%s'); f.read(4)
                    return c, f
                def ask(connection, port):
                    c, f = connection
                    c.sendall(bytes.fromhex('05010001' + '0a580001') + port.to_bytes(2)); return f.read(10).hex()[:4]
                said = ask(enter(), 8080) + ask(enter(), 9) # classes are files
                c = enter(); print('in', flush=True); sys.stdin.readline()
                print(said, ask(c, 8080), flush=True)
                """.formatted(TwoPathLab.SERVICE_V4, RelayLab.TOKEN)));
        client.awaitLine("in", PATIENCE);
        limitFiles(relays.relay.process().pid());
        client.process().getOutputStream().write('\n');
        client.process().getOutputStream().flush();
        assertEquals(0, client.awaitExit(PATIENCE), client.lines().toString());
        client.awaitEndOfOutput(PATIENCE);
        assertEquals("05000505 0501", client.lines().getLast(), relays.relay.lines().toString());
    }

    private static void limitFiles(long pid) throws Exception {
        int free = 0;
        while (Files.exists(Path.of("/proc/" + pid + "/fd/" + free), LinkOption.NOFOLLOW_LINKS)) {
            free++;
        }
        Process prlimit = new ProcessBuilder("prlimit", "--pid", Long.toString(pid), "--nofile=" + free + ":" + free).inheritIO().start();
        assertEquals(0, prlimit.waitFor());
    }
}
