package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.cli.lab.PseudoRandomFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The daemon without a TUN device: curl uses its SOCKS5 and HTTP CONNECT listeners. */
class ProxyProcessTest extends DaemonLabTest {
    private static final String SOCKS = "socks5h://127.0.0.1:1080";
    private static final String CONNECT = "http://127.0.0.1:8118";
    private static final int BYTES = 4_000_000;
    private static final int CURL_PROXY_FAILED = 97;
    private static final int CURL_RECEIVE_FAILED = 56;

    ProxyProcessTest() {
        super(LinkProfile.of(20, 10, 100), LinkProfile.of(20, 20, 100));
    }

    @BeforeEach
    void startDaemon() throws Exception {
        Files.writeString(lab.config, """
                paths: [{device: p1}, {device: p2}]
                proxy: {socks5: 127.0.0.1:1080, http-connect: 127.0.0.1:8118}
                control: {socket: '%s'}
                """.formatted(lab.socket));
        lab.daemon = lab.launch("run", "--config", lab.config.toString());
        lab.daemon.awaitLine("ready", PATIENCE);
    }

    private LabProcess curl(String proxy, String url, String... more) {
        String[] arguments = {"--noproxy", "", "-p", "-x", proxy, url};
        String[] all = new String[arguments.length + more.length];
        System.arraycopy(arguments, 0, all, 0, arguments.length);
        System.arraycopy(more, 0, all, arguments.length, more.length);
        return lab.curl(all);
    }

    private void download(String proxy, String host) throws Exception {
        Path file = directory.resolve("download");
        LabProcess curl = curl(proxy, "http://" + host + ":8080/file?bytes=" + BYTES, "-o", file.toString());
        assertEquals(0, curl.awaitExit(PATIENCE), curl.lines() + "\n" + lab.daemon.lines());
        assertEquals(PseudoRandomFile.sha256(BYTES), HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file))));
    }

    @Test
    void curlDownloadsThroughBothOverBothPaths() throws Exception {
        for (String host : List.of("10.99.0.1", "[fd99::1]")) {
            download(SOCKS, host);
            download(CONNECT, host);
        }
        assertFalse(lab.network.client().ipOutput("link").contains("mptcp0"), "there is no device");
        String paths = lab.mptcp("paths", "--json").out();
        assertTrue(paths.matches("(?s).*\"bytes_received\":[1-9]\\d{5,}.*\"bytes_received\":[1-9]\\d{5,}.*"), paths);

        LabProcess slow = curl(SOCKS, DaemonLab.url(DaemonLab.MPTCP_PORT, 100_000_000));
        lab.await(List.of("127\\.0\\.0\\.1:\\d+ -> 10\\.99\\.0\\.1:8080  open \\d+s  by socks5  token ", "p1 +ESTABLISHED", "p2 +ESTABLISHED"), "connections");
        slow.close();
        lab.await(List.of("connections: 0 now, 5 so far, 0 failed"), "status");
        lab.daemon.close();
        assertEquals(0, lab.daemon.awaitExit(PATIENCE));
    }

    /** As a client may that knows what it will be answered. */
    @Test
    void whatFollowsARequestAtOnceIsForTheDestinationAndSoIsItsEnd() {
        LabProcess server = lab.network.server().start(List.of("python3", "-c", """
                import socket
                s = socket.create_server(('10.99.0.1', 7777)); print('listening', flush=True)
                while True:
                    c, _ = s.accept(); n = 0
                    while True:
                        d = c.recv(65536)
                        if not d: break
                        n += len(d)
                    c.sendall(b'got %d' % n); c.close()
                """));
        server.awaitLine("listening", PATIENCE);
        assertEquals("b'\\x05\\x00\\x05\\x00' b'got 1000'", sayAtOnce(1080, "050100" + "05010001" + "0a630001" + "1e61", 4));
        String http = HexFormat.of().formatHex("CONNECT 10.99.0.1:7777 HTTP/1.1\r\nHost: 10.99.0.1:7777\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        assertEquals("b'HTTP/1.1 200' b'got 1000'", sayAtOnce(8118, http, 12));
    }

    /** A request, 1 000 bytes behind it and the end of the stream. @return the beginning of what is answered, and its last 8 bytes */
    private String sayAtOnce(int port, String request, int beginning) {
        LabProcess client = lab.network.client().start(List.of("python3", "-c", """
                import socket
                c = socket.create_connection(('127.0.0.1', %d))
                c.sendall(bytes.fromhex('%s') + b'x' * 1000); c.shutdown(socket.SHUT_WR)
                a = b''
                while True:
                    d = c.recv(100)
                    if not d: break
                    a += d
                print(a[:%d], a[-8:])
                """.formatted(port, request, beginning)));
        assertEquals(0, client.awaitExit(PATIENCE), client.lines().toString());
        client.awaitEndOfOutput(PATIENCE);
        return String.join("\n", client.lines());
    }

    @Test
    void whatCannotBeReachedIsSaidInTheWordsOfTheProtocol() {
        LabProcess refused = curl(SOCKS, "http://10.99.0.1:9/");
        assertEquals(CURL_PROXY_FAILED, refused.awaitExit(PATIENCE), refused.lines().toString());
        LabProcess bad = curl(CONNECT, "http://10.99.0.1:9/");
        assertEquals(CURL_RECEIVE_FAILED, bad.awaitExit(PATIENCE), bad.lines().toString());
        assertTrue(bad.lines().toString().contains("502"), bad.lines().toString());
        LabProcess plain = lab.curl("--noproxy", "", "--fail", "-x", CONNECT, "http://10.99.0.1:8080/");
        assertTrue(plain.awaitExit(PATIENCE) != 0 && plain.lines().toString().contains("405"), plain.lines().toString());
        lab.await(List.of("connections: 0 now, 0 so far, 2 failed"), "status");
    }
}
