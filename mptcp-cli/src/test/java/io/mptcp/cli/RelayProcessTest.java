package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.LabNamespace;
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

    /** Straight, by way of the relay, or past all of it. */
    @Test
    void rulesSayWhatGoesWhere() throws Exception {
        relays.startRelay("kernel", relays.tls() + RelayLab.egress());
        relays.startClient(relays.client(RelayLab.TOKEN, relays.pinned()) + """
                rules:
                  - {to: 10.88.0.0/16, from: 127.0.0.0/8, use: direct, scheduler: redundant}
                  - {dscp: EF, use: direct, scheduler: redundant}
                  - {to: 10.88.0.0/16, ports: 8000-8100, use: bypass, path: p2}
                  - {to: 'fd88::/64', use: relay, paths: [p2]}
                """);
        LabProcess bypass = lab.curl(RelayLab.url(RelayLab.TARGET_V4, 100_000_000));
        lab.await(List.of("10.255.0.1:[0-9]+ -> 10.88.0.1:8080  open [0-9]+s  by tun  plain TCP ", "p2 +ESTABLISHED"), "connections");
        LabProcess direct = lab.curl(RelayLab.url(RelayLab.TARGET_V4, 100_000_000), "--noproxy", "", "-p", "-x", "socks5h://127.0.0.1:1080");
        lab.await(List.of("127.0.0.1:[0-9]+ -> 10.88.0.1:8080  open [0-9]+s  by socks5  .*scheduler redundant"), "connections");
        // What a program marks its packets with: 46, EF, in the upper six bits.
        LabProcess marked = lab.network.client().start(List.of("python3", "-c", """
                import socket, sys
                v4 = socket.socket(); v4.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 46 << 2); v4.connect(('10.88.0.1', 8080))
                v6 = socket.socket(socket.AF_INET6); v6.setsockopt(socket.IPPROTO_IPV6, 67, 46 << 2); v6.connect(('fd88::1', 8080)) # IPV6_TCLASS
                sys.stdin.readline()
                """));
        for (String destination : List.of("10.88.0.1:8080", "\\[fd88::1]:8080")) {
            lab.await(List.of("-> " + destination + "  open [0-9]+s  by tun  [^\n]*scheduler redundant"), "connections");
        }
        LabProcess bound = lab.curl(RelayLab.url("[" + RelayLab.TARGET_V6 + "]", 100_000_000));
        lab.await(List.of("via vps  token [^\n]*\n[^\n]*\n  p2 +ESTABLISHED [^\n]*\n[^\n]*\n  p1 +not used: this connection is bound to other paths\n"), "connections");
        relays.await("\"accepted\":1,");
        bound.close();
        marked.close();
        bypass.close();
        direct.close();
    }

    /** Either end is killed. The other goes on, with what can be carried then, and nothing is left on either host. */
    @Test
    void whoeverIsKilledLeavesNothing() throws Exception {
        String serverBefore = state(lab.network.server());
        String clientBefore = state(lab.network.client());
        relays.startRelay("stack", relays.tls() + RelayLab.egress());
        relays.startClient(relays.client(RelayLab.TOKEN, relays.pinned()));
        download(RelayLab.TARGET_V4, 1000);
        LabProcess first = lab.curl(RelayLab.url(RelayLab.TARGET_V4, 100_000_000), "--max-time", "6");
        lab.await(List.of("p1 +ESTABLISHED"), "connections");
        relays.relay.kill();
        relays.relay.awaitExit(PATIENCE);
        assertEquals(serverBefore, state(lab.network.server()));
        relays.startRelay("stack", relays.tls() + RelayLab.egress()); // with the same socket file and ports
        assertTrue(first.awaitExit(PATIENCE) != 0, "a relay that has been started again knows nothing of it: " + first.lines());
        download(RelayLab.TARGET_V4, BYTES);

        LabProcess second = lab.curl(RelayLab.url(RelayLab.TARGET_V4, 100_000_000));
        lab.await(List.of("p1 +ESTABLISHED"), "connections");
        lab.daemon.kill();
        lab.daemon.awaitExit(PATIENCE);
        assertEquals(clientBefore, state(lab.network.client()));
        second.close();
        relays.startClient(relays.client(RelayLab.TOKEN, relays.pinned()));
        download(RelayLab.TARGET_V4, BYTES);
    }

    /** Devices, routes, rules and tables of a host, without what changes by itself. */
    private static String state(LabNamespace host) {
        return host.ipOutput("-o", "link").replaceAll("qlen \\d+", "") + host.ipOutput("route", "show", "table", "all") + host.ipOutput("rule")
                + host.ipOutput("-6", "rule") + host.call(() -> new String(new ProcessBuilder("nft", "list", "tables").redirectErrorStream(true).start()
                .getInputStream().readAllBytes()));
    }

    /** A home router: its clients' connections end in the device, whatever their address. */
    @Test
    void hostsOfALanBehindTheClientAreCarriedToo() throws Exception {
        LabNamespace lan = relays.lan();
        relays.startRelay("kernel", relays.tls() + RelayLab.egress());
        relays.startClient(relays.client(RelayLab.TOKEN, relays.pinned()));
        for (String address : List.of(RelayLab.TARGET_V4, "[" + RelayLab.TARGET_V6 + "]")) {
            Path file = directory.resolve("download");
            check(lan.start(List.of("curl", "-sS", "-g", "--noproxy", "*", "--max-time", "100", "-o", file.toString(), RelayLab.url(address, BYTES))), file, BYTES);
        }
        assertBothPathsCarried(BYTES / 2);
        relays.await("\"name\":\"alice\",\"connections\":0,\"accepted\":2,");
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

    /** A service in plain TCP, offered by MPTCP, that wants to know its clients. */
    @Test
    void aServiceBehindATerminatorIsToldWhoItsClientsAre() throws Exception {
        // What nginx and HAProxy do: the header first, which has to be whole and right, then the request.
        LabProcess service = lab.network.server().start(List.of("python3", "-c", """
                import socket, struct
                s = socket.create_server(('127.0.0.1', 8000)); print('listening', flush=True)
                for i in range(4):
                    c, _ = s.accept(); f = c.makefile('rb')
                    signature, command, family, length = struct.unpack('!12sBBH', f.read(16))
                    assert signature == bytes.fromhex('0d0a0d0a000d0a515549540a') and command == 0x21, (signature, command)
                    rest = f.read(length); n, kind = {0x11: (4, socket.AF_INET), 0x21: (16, socket.AF_INET6)}[family]
                    source, destination = socket.inet_ntop(kind, rest[:n]), socket.inet_ntop(kind, rest[n:2 * n])
                    sport, dport = struct.unpack('!HH', rest[2 * n:2 * n + 4])
                    while f.readline().strip(): pass
                    body = ('%s to %s port %d' % (source, destination, dport)).encode() if i < 3 else b'x' * 3000000
                    c.sendall(b'HTTP/1.0 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n' % len(body) + body); f.close(); c.close()
                """));
        service.awaitLine("listening", PATIENCE);
        relays.startRelay("kernel", "tls: off\nforward: [{address: '[::]:8081', by: kernel, to: 127.0.0.1:8000, proxy-protocol: true},"
                + " {address: '0.0.0.0:8082', by: stack, to: 127.0.0.1:8000, proxy-protocol: true}]\n");
        lab.start(""); // straight to the service's addresses
        assertEquals("10.77.1.1 to 10.99.0.1 port 8081", answer("http://10.99.0.1:8081/"));
        assertEquals("fd77:1::1 to fd99::1 port 8081", answer("http://[fd99::1]:8081/"));
        assertEquals("10.77.1.1 to 10.99.0.1 port 8082", answer("http://10.99.0.1:8082/"));
        LabProcess large = lab.curl("http://10.99.0.1:8082/");
        assertEquals(0, large.awaitExit(PATIENCE), large.lines() + "\n" + service.lines());
        assertBothPathsCarried(500_000);
    }

    private String answer(String url) {
        LabProcess curl = lab.curl(url, "-o", "-");
        assertEquals(0, curl.awaitExit(PATIENCE), curl.lines() + "\n" + relays.relay.lines());
        curl.awaitEndOfOutput(PATIENCE);
        return String.join("\n", curl.lines());
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
