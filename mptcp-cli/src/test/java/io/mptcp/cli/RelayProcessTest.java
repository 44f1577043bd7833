package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.cli.lab.PseudoRandomFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An unmodified curl by way of daemon and relay, over two paths, to web servers that know no MPTCP. */
class RelayProcessTest extends DaemonLabTest {
    private static final int BYTES = 4_000_000;
    private static final int CURL_REFUSED = 7;
    private static final int CURL_RECEIVE_FAILED = 56;

    private RelayLab relays;

    RelayProcessTest() {
        super(LinkProfile.of(20, 10, 100), LinkProfile.of(20, 20, 100));
    }

    @BeforeEach
    void makeRelay() throws Exception {
        relays = new RelayLab(lab);
    }

    private void download(String address, long bytes, String... more) throws Exception {
        Path file = directory.resolve("download");
        String[] arguments = new String[more.length + 3];
        System.arraycopy(more, 0, arguments, 3, more.length);
        arguments[0] = RelayLab.url(address, bytes);
        arguments[1] = "-o";
        arguments[2] = file.toString();
        check(lab.curl(arguments), file, bytes);
    }

    private void check(LabProcess curl, Path file, long bytes) throws Exception {
        assertEquals(0, curl.awaitExit(PATIENCE), curl.lines() + "\n" + lab.daemon.lines() + "\n" + relays.relay.lines());
        assertEquals(PseudoRandomFile.sha256(bytes), HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file))));
    }

    private long delivered(int path) {
        return lab.network.paths().get(path).backward().deliveredBytes();
    }

    private void assertBothPathsCarried(long least) {
        assertTrue(Math.min(delivered(0), delivered(1)) > least, "path 1: " + delivered(0) + ", path 2: " + delivered(1));
    }

    @Test
    void downloadsGoOverBothPathsToARelayOnTheKernelsMptcp() throws Exception {
        relays.startRelay("kernel", relays.tls() + RelayLab.egress());
        relays.startClient(relays.client(RelayLab.TOKEN, relays.pinned()));
        download(RelayLab.TARGET_V4, BYTES);
        download("[" + RelayLab.TARGET_V6 + "]", BYTES);
        assertBothPathsCarried(BYTES / 2);
        download(RelayLab.TARGET_V4, BYTES, "--noproxy", "", "-p", "-x", "socks5h://127.0.0.1:1080");
        download(RelayLab.TARGET_V4, BYTES, "--noproxy", "", "-p", "-x", "http://127.0.0.1:8118");
        relays.await("\"name\":\"alice\",\"connections\":0,\"accepted\":4,\"refused\":0,.*\"received_bytes\":16[0-9]{6}");

        LabProcess refused = lab.curl("http://" + RelayLab.TARGET_V4 + ":9/");
        assertEquals(CURL_REFUSED, refused.awaitExit(PATIENCE), refused.lines().toString());
        LabProcess denied = lab.curl("http://" + RelayLab.TARGET_V4 + ":22/");
        assertEquals(CURL_REFUSED, denied.awaitExit(PATIENCE), denied.lines().toString());
        relays.await("\"egress_denied\":1,\"destination_failed\":1");
    }

    /** One path dies in the middle, comes back, and the other dies. */
    @Test
    void aDownloadByWayOfARelayOnOurStackOutlivesBothPathsInTurn() throws Exception {
        relays.startRelay("stack", relays.tls() + RelayLab.egress());
        relays.startClient(relays.client(RelayLab.TOKEN, relays.pinned()));
        long bytes = 16_000_000;
        Path file = directory.resolve("download");
        LabProcess curl = lab.curl(RelayLab.url(RelayLab.TARGET_V4, bytes), "-o", file.toString());
        lab.await(List.of("10.255.0.1:[0-9]+ -> 10.88.0.1:8080 .*by tun via vps", "p1 +ESTABLISHED", "p2 +ESTABLISHED"), "connections");
        DaemonLab.await("data over both", () -> delivered(0) > 500_000 && delivered(1) > 500_000);
        lab.network.paths().get(0).cut();
        long then = delivered(1);
        DaemonLab.await("data over the second alone", () -> delivered(1) > then + 1_000_000);
        lab.network.paths().get(0).restore();
        long before = delivered(0);
        DaemonLab.await("data over the first again", () -> delivered(0) > before + 200_000);
        lab.network.paths().get(1).cut();
        check(curl, file, bytes);
    }

    /** Without TLS, and with uploads whose ends have to arrive before the answer. */
    @Test
    void theEndOfEachDirectionIsPassedOnForItself() throws Exception {
        for (String tls : List.of(relays.tls(), "tls: off\n")) {
            relays.startRelay("kernel", tls + RelayLab.egress().replace(", 9]", ", 9, 7777]"));
            relays.startClient(relays.client(RelayLab.TOKEN, tls.contains("off") ? "tls: off" : relays.pinned()));
            // Answers when its input has ended, and with how much that was.
            LabProcess server = lab.network.server().start(List.of("python3", "-c", """
                    import socket
                    s = socket.create_server(('10.88.0.1', 7777)); print('listening', flush=True)
                    c, _ = s.accept(); n = 0
                    while True:
                        d = c.recv(65536)
                        if not d: break
                        n += len(d)
                    c.sendall(b'got %d' % n); c.close()
                    """));
            server.awaitLine("listening", PATIENCE);
            LabProcess client = lab.network.client().start(List.of("python3", "-c", """
                    import socket
                    c = socket.create_connection(('10.88.0.1', 7777)); c.sendall(b'x' * 1000000); c.shutdown(socket.SHUT_WR)
                    a = b''
                    while True:
                        d = c.recv(100)
                        if not d: break
                        a += d
                    print(a.decode())
                    """));
            assertEquals(0, client.awaitExit(PATIENCE), client.lines().toString());
            client.awaitEndOfOutput(PATIENCE);
            assertEquals(List.of("got 1000000"), client.lines());
            relays.await("\"connections\":0,\"half_open\":0");
            lab.await(List.of("connections: 0 now, 1 so far, 0 failed"), "status");
            lab.daemon.close();
            assertEquals(0, lab.daemon.awaitExit(PATIENCE));
            relays.relay.close();
            assertEquals(0, relays.relay.awaitExit(PATIENCE));
        }
    }

    @Test
    void aRelayThatIsAnotherOneOrDoesNotKnowUsIsSaidOnce() throws Exception {
        relays.startRelay("kernel", relays.tls() + RelayLab.egress());
        String otherPin = "pin: sha256/47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        relays.startClient(relays.client(RelayLab.TOKEN, otherPin));
        for (int i = 0; i < 3; i++) {
            LabProcess curl = lab.curl(RelayLab.url(RelayLab.TARGET_V4, 1));
            int code = curl.awaitExit(PATIENCE);
            assertTrue(code == CURL_REFUSED || code == CURL_RECEIVE_FAILED, curl.lines().toString());
        }
        assertEquals(1, lab.daemon.lines().stream().filter(line -> line.contains("relay vps: TLS: the relay has another key than the one pinned: " + relays.pin)).count(),
                lab.daemon.lines().toString());
        relays.await("\"no_tls\":3");
        assertEquals(1, relays.relay.lines().stream().filter(line -> line.contains("counted as no_tls")).count(), relays.relay.lines().toString());
    }
}
