package io.mptcp.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.testkit.TlsClient;
import io.mptcp.tun.relay.RelayServer;
import io.mptcp.tun.stream.RelayKey;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Clients of a relay's SOCKS5: literal bytes, and destinations that are there, or not. */
@Timeout(120)
class SocksRelayTest {
    private static final String TOKEN = "0123456789abcdef0123456789abcdef";
    private static final int PORT = 5130;
    private static final int TLS_PORT = 5131;
    private static final int PATIENCE_MILLIS = (int) TimeUnit.SECONDS.toMillis(60);
    private static final String LOGIN = "050102" + "0105" + hex("alice") + "20" + hex(TOKEN);
    private static final String LET_IN = "0502" + "0100";
    /** To 10.99.0.1, port 9000. */
    private static final String CONNECT = "05010001" + "0a630001" + "2328";

    @TempDir
    private static Path directory;
    private static RelayNetwork network;
    private static RelayServer relay;

    @BeforeAll
    static void makeNetwork() throws Exception {
        network = RelayNetwork.make();
        Path certificate = directory.resolve("relay.crt");
        Path key = directory.resolve("relay.key");
        RelayKey.write(certificate, key);
        relay = network.startRelay("""
                socks: [{address: '[::]:%d', by: kernel, tls: no, clients: [10.71.0.0/16]}, {address: '[::]:%d', by: kernel}]
                tls: {certificate: '%s', key: '%s'}
                users: [{name: alice, token: %s}]
                egress: [{to: 10.99.0.1, ports: [9000, 9]}, {to: 'fd99::1', ports: 9000}, {to: 10.71.1.9}, {to: 198.51.100.0/24}]
                limits: {connect-timeout-seconds: 1}
                """.formatted(PORT, TLS_PORT, certificate, key, TOKEN));
    }

    @AfterAll
    static void removeNetwork() {
        if (relay != null) {
            relay.close();
        }
        if (network != null) {
            network.close();
        }
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static Socket connect(int port) throws IOException {
        Socket client = network.clientNamespace().call(() -> new Socket(InetAddress.ofLiteral(TestNetwork.SERVER_V4), port));
        client.setSoTimeout(PATIENCE_MILLIS);
        return port == TLS_PORT ? TlsClient.over(client) : client;
    }

    private static void say(Socket client, String hex) throws IOException {
        client.getOutputStream().write(HexFormat.of().parseHex(hex));
    }

    private static String hear(Socket client, int bytes) throws IOException {
        return HexFormat.of().formatHex(client.getInputStream().readNBytes(bytes));
    }

    private static ServerSocket destination(String address) throws IOException {
        ServerSocket destination = network.serverNamespace().call(() -> new ServerSocket(9000, 8, InetAddress.ofLiteral(address)));
        destination.setSoTimeout(PATIENCE_MILLIS);
        return destination;
    }

    /** All in one write, as a client may that knows what it will be answered. The answer names the relay's own address and port. */
    @ParameterizedTest
    @CsvSource({
        "5130, 10.99.0.1, " + CONNECT,
        "5131, 10.99.0.1, " + CONNECT,
        "5130, fd99::1, 05010004fd9900000000000000000000000000012328",
        "5130, 10.99.0.1, 0501000309" + "31302e39392e302e31" + "2328" // the address as a name
    })
    void whatFollowsTheRequestIsForTheDestinationAndSoIsItsEnd(int port, String address, String request) throws Exception {
        try (ServerSocket destination = destination(address); Socket client = connect(port)) {
            say(client, LOGIN + request + hex("all of it"));
            client.shutdownOutput();
            try (Socket accepted = destination.accept()) {
                accepted.setSoTimeout(PATIENCE_MILLIS);
                assertEquals("all of it", new String(accepted.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
                byte[] relays = accepted.getInetAddress().getAddress();
                assertEquals(LET_IN + "050000" + (relays.length == 4 ? "01" : "04") + HexFormat.of().formatHex(relays) + "%04x".formatted(accepted.getPort()),
                        hear(client, 10 + relays.length));
                accepted.getOutputStream().write("and back".getBytes(StandardCharsets.US_ASCII));
            }
            assertEquals("and back", new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "05010001" + "0a630001" + "0009, 5", // nobody listens there
        "05010001" + "c6336407" + "0050, 4", // no route to there
        "05010001" + "0a470109" + "0050, 6", // nobody has this address: within a second there is no answer
    })
    void whyADestinationCannotBeReachedIsSaidByACode(String request, int status) throws Exception {
        try (Socket client = connect(PORT)) {
            say(client, LOGIN + request);
            assertEquals(LET_IN + "05%02x0001000000000000".formatted(status), hear(client, 14));
            assertEquals(-1, client.getInputStream().read());
        }
    }

    /** What has been cut off must not look whole. */
    @Test
    void aResetIsPassedOnAsOne() throws Exception {
        try (ServerSocket destination = destination(TestNetwork.SERVER_V4); Socket client = connect(PORT)) {
            say(client, LOGIN + CONNECT);
            Socket accepted = destination.accept();
            assertTrue(hear(client, 14).startsWith(LET_IN + "0500"));
            accepted.setSoLinger(true, 0);
            accepted.close();
            assertThrows(IOException.class, () -> client.getInputStream().read());
        }
    }
}
