package io.mptcp.tun.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.testkit.TlsClient;
import io.mptcp.tun.ConfigException;
import io.mptcp.tun.stream.RelayKey;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketImpl;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A relay in front of a service, and behind a balancer that says by PROXY protocol whose connections it passes on. On the loopback interface. */
@Timeout(60)
class ProxyHeaderTest {
    private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
    /** From 192.0.2.1, port 56324, to 198.51.100.2, port 443. */
    private static final String ADDRESSES = "c0000201" + "c6336402" + "dc04" + "01bb";
    private static final String HEADER = SIGNATURE + "2111000c" + ADDRESSES;
    private static final String HEADER6 = SIGNATURE + "21210024" + "20010db8000000000000000000000001" + "20010db8000000000000000000000002" + "dc04" + "01bb";
    private static final int PATIENCE_MILLIS = 20_000;

    private ServerSocket service;
    private RelayServer relay;

    @BeforeEach
    void start() throws Exception {
        assumeTrue(KernelMptcp.available(), "needs a kernel with MPTCP");
        service = new ServerSocket(0, 8, InetAddress.ofLiteral("127.0.0.1"));
        service.setSoTimeout(PATIENCE_MILLIS);
        relay = RelayServer.start(RelayConfig.parse("relay.yaml", """
                forward: [{address: '127.0.0.1:0', by: kernel, accept-proxy: [127.0.0.2/32], to: 127.0.0.1:%d, proxy-protocol: yes}]
                limits: {hello-timeout-seconds: 1}
                """.formatted(service.getLocalPort())));
    }

    @AfterEach
    void stop() throws IOException {
        if (service != null) {
            relay.close();
            service.close();
        }
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    /** @param from the address of the balancer, or another. */
    private Socket connect(String from) throws IOException {
        return connect(relay, from);
    }

    private static Socket connect(RelayServer relay, String from) throws IOException {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
        socket.connect(relay.address());
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        return socket;
    }

    /** What the service gets of a balancer's connection that begins with these bytes: a header, and five letters. */
    private String passedOn(byte[] header) throws IOException {
        try (Socket balancer = connect("127.0.0.2")) {
            balancer.getOutputStream().write(header);
            balancer.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
            return accept();
        }
    }

    private String accept() throws IOException {
        try (Socket accepted = service.accept()) {
            accepted.setSoTimeout(PATIENCE_MILLIS);
            InputStream in = accepted.getInputStream();
            byte[] head = in.readNBytes(16);
            byte[] rest = in.readNBytes(ByteBuffer.wrap(head).getShort(14));
            return HexFormat.of().formatHex(head) + HexFormat.of().formatHex(rest) + " " + new String(in.readNBytes(5), StandardCharsets.US_ASCII);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {HEADER, HEADER6})
    void theServiceIsToldWhomTheBalancerHasNamed(String header) throws IOException {
        assertEquals(header + " hello", passedOn(bytes(header)));
    }

    @Test
    void aHeaderMayComeByteByByteAndMayBeOfVersionOne() throws IOException {
        try (Socket balancer = connect("127.0.0.2")) {
            for (byte one : bytes(HEADER)) {
                balancer.getOutputStream().write(one);
            }
            balancer.getOutputStream().write("hello".getBytes(StandardCharsets.US_ASCII));
            assertEquals(HEADER + " hello", accept());
        }
        assertEquals(HEADER + " hello", passedOn("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n".getBytes(StandardCharsets.US_ASCII)));
    }

    /** Section 2.2: LOCAL, and PROXY without an address: those of the connection itself. What they have in them is skipped. */
    @Test
    void aConnectionOfTheBalancersOwnComesFromWhereItComesFrom() throws IOException {
        for (String header : new String[] {SIGNATURE + "20000000", SIGNATURE + "20110010" + ADDRESSES + "04000155", SIGNATURE + "21000004" + "deadbeef"}) {
            String told = passedOn(bytes(header));
            assertTrue(told.startsWith(SIGNATURE + "2111000c" + "7f000002" + "7f000001"), told);
            assertTrue(told.endsWith(" hello"), told);
        }
    }

    /** A balancer writes an IPv4 address so where the other is an IPv6 one; Java makes an IPv4 address of it. */
    @Test
    void addressesOfBothFamiliesArePassedOnAsIpv6() throws IOException {
        String header = SIGNATURE + "21210024" + "00000000000000000000ffffc0000201" + "20010db8000000000000000000000002" + "dc04" + "01bb";
        assertEquals(header + " hello", passedOn(bytes(header)));
    }

    @Test
    void whatElseIsInAHeaderIsSkippedAndItsChecksumVerified() throws IOException {
        String more = "0200036c616e" + "0400020000" + "e0000101"; // AUTHORITY, NOOP, one of somebody's own
        byte[] header = bytes(SIGNATURE + "2111" + "0022" + ADDRESSES + more + "030004" + "00000000");
        CRC32C crc = new CRC32C();
        crc.update(header);
        ByteBuffer.wrap(header).putInt(header.length - 4, (int) crc.getValue());
        assertEquals(HEADER + " hello", passedOn(header));
        header[header.length - 1] ^= 1;
        assertNotPassedOn(header);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "474554202f20485454502f312e300d0a0d0a", // no header
        SIGNATURE + "3111000c" + ADDRESSES, // version 3
        SIGNATURE + "2211000c" + ADDRESSES, // another command
        SIGNATURE + "2142000c" + ADDRESSES, // another family
        SIGNATURE + "2112000c" + ADDRESSES, // UDP
        SIGNATURE + "2111000b" + "c0000201c6336402dc0401", // shorter than its addresses
        SIGNATURE + "2111ffff" + ADDRESSES, // larger than any that is needed
        SIGNATURE + "21110011" + ADDRESSES + "02ffff0000", // a TLV larger than the header
        SIGNATURE + "2111000c" + "c0000201", // not whole in time
        "50524f58592054435034203139322e302e322e310d0a", // PROXY TCP4 192.0.2.1
    })
    void whatIsNoHeaderEndsTheConnection(String header) throws IOException {
        assertNotPassedOn(bytes(header));
    }

    private void assertNotPassedOn(byte[] header) throws IOException {
        try (Socket balancer = connect("127.0.0.2")) {
            balancer.getOutputStream().write(header);
            assertThrows(IOException.class, () -> {
                if (balancer.getInputStream().read() < 0) {
                    throw new IOException("the end");
                }
            });
        }
        long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        while (relay.report().refusals().get("no_proxy_header") == 0 && System.nanoTime() < deadlineNanos) {
            Thread.onSpinWait(); // Netty's decoder closes before it says why
        }
        assertEquals(1, relay.report().refusals().get("no_proxy_header"));
    }

    /** So that whoever runs the balancer knows what to look for. */
    @Test
    void whatIsWrongWithAHeaderIsWritten() throws Exception {
        for (String[] wrong : new String[][] {
            {SIGNATURE + "2111ffff" + ADDRESSES, "a header of 65551 bytes"},
            {HEADER.replace("2111000c", "3111000c"), "unknown version: 48"},
            {HexFormat.of().formatHex("PROXY TCP4 1.2\t\7.3 192.0.2.1 1 2\r\n".getBytes(StandardCharsets.US_ASCII)), "invalid IPv4 address: 1.2 ?.3"}}) {
            stop();
            start(); // a relay that has written nothing yet
            try (LogLines lines = new LogLines("io.mptcp.tun.relay"); Socket balancer = connect("127.0.0.2")) {
                balancer.getOutputStream().write(bytes(wrong[0]));
                lines.await("refused 127.0.0.2: no header of PROXY protocol, or a wrong one, from a balancer, " + wrong[1]);
            }
        }
    }

    /** Header and ClientHello may come in one segment; whoever the header names is who is written of. */
    @Test
    void aHeaderStandsBeforeTls(@TempDir Path directory) throws Exception {
        Path certificate = directory.resolve("relay.crt");
        Path key = directory.resolve("relay.key");
        RelayKey.write(certificate, key);
        try (RelayServer tls = RelayServer.start(RelayConfig.parse("relay.yaml", """
                listen: [{address: '127.0.0.1:0', by: kernel, accept-proxy: [127.0.0.2/32]}]
                tls: {certificate: '%s', key: '%s'}
                users: [{name: alice, token: 0123456789abcdef0123456789abcdef}]
                """.formatted(certificate, key)));
                LogLines lines = new LogLines("io.mptcp.tun.relay")) {
            for (boolean together : new boolean[] {false, true}) {
                try (Socket balancer = connect(tls, "127.0.0.2"); Socket client = TlsClient.over(together ? prefixed(balancer, bytes(HEADER)) : sent(balancer, bytes(HEADER)))) {
                    client.getOutputStream().write(bytes("02022263")); // a hello of version 2
                    assertEquals("01022263" + "1e010001", HexFormat.of().formatHex(client.getInputStream().readNBytes(8)));
                    assertEquals(-1, client.getInputStream().read());
                }
            }
            lines.await("refused 192.0.2.1: what came is no hello");
            try (Socket balancer = connect(tls, "127.0.0.2")) { // TLS without a header
                assertThrows(IOException.class, () -> TlsClient.over(balancer));
            }
            lines.await("refused 127.0.0.2: no header of PROXY protocol");
            assertEquals(2, tls.report().refusals().get("malformed_hello"));
            assertEquals(0, tls.report().refusals().get("no_tls"));
        }
    }

    private static Socket sent(Socket socket, byte[] header) throws IOException {
        socket.getOutputStream().write(header);
        return socket;
    }

    /** One whose first bytes go in one write with those. */
    private static Socket prefixed(Socket socket, byte[] header) throws IOException {
        OutputStream out = socket.getOutputStream();
        return new Socket((SocketImpl) null) {
            private boolean begun;

            @Override
            public OutputStream getOutputStream() {
                return new OutputStream() {
                    @Override
                    public void write(int one) throws IOException {
                        write(new byte[] {(byte) one}, 0, 1);
                    }

                    @Override
                    public void write(byte[] more, int offset, int length) throws IOException {
                        byte[] all = begun ? Arrays.copyOfRange(more, offset, offset + length)
                                : ByteBuffer.allocate(header.length + length).put(header).put(more, offset, length).array();
                        begun = true;
                        out.write(all);
                    }
                };
            }

            @Override
            public InputStream getInputStream() throws IOException {
                return socket.getInputStream();
            }

            @Override
            public boolean isConnected() {
                return true;
            }

            @Override
            public int getPort() {
                return socket.getPort();
            }

            @Override
            public synchronized void close() throws IOException {
                socket.close();
            }
        };
    }

    /** Nobody else is believed: what looks like a header is for the service. */
    @Test
    void whoIsNoBalancerSaysNothingAboutHimself() throws IOException {
        try (Socket client = connect("127.0.0.3"); Socket accepted = send(client)) {
            String told = HexFormat.of().formatHex(accepted.getInputStream().readNBytes(2 * HEADER.length() / 2));
            assertTrue(told.startsWith(SIGNATURE + "2111000c" + "7f000003" + "7f000001"), told);
            assertTrue(told.endsWith(HEADER), told);
        }
    }

    /** It is not the service that has failed then. */
    @Test
    void aClientThatGoesWhileItsServiceIsBeingAskedIsNotRefused() throws Exception {
        List<SocketChannel> filling = new ArrayList<>();
        try (ServerSocket full = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            for (int i = 0; i < 8; i++) {
                SocketChannel one = SocketChannel.open();
                filling.add(one);
                one.configureBlocking(false);
                one.connect(full.getLocalSocketAddress());
            }
            try (RelayServer waiting = RelayServer.start(RelayConfig.parse("relay.yaml",
                    "forward: [{address: '127.0.0.1:0', by: kernel, to: 127.0.0.1:%d}]\n".formatted(full.getLocalPort())))) {
                Socket client = new Socket(waiting.address().getAddress(), waiting.address().getPort());
                awaitClients(waiting, 1);
                client.setSoLinger(true, 0);
                client.close();
                awaitClients(waiting, 0);
                waiting.close(); // when everything has happened
                assertEquals(0, waiting.report().refusals().get("destination_failed"));
            }
        } finally {
            for (SocketChannel one : filling) {
                one.close();
            }
        }
    }

    private static void awaitClients(RelayServer relay, int count) {
        long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        while (relay.report().connections() != count && System.nanoTime() < deadlineNanos) {
            Thread.onSpinWait();
        }
        assertEquals(count, relay.report().connections());
    }

    private Socket send(Socket client) throws IOException {
        client.getOutputStream().write(bytes(HEADER));
        return service.accept();
    }

    @Test
    void balancersAreNetworks() {
        String message = assertThrows(ConfigException.class, () -> RelayConfig.parse("relay.yaml",
                "forward: [{address: '127.0.0.1:1', by: kernel, to: '127.0.0.1:2', accept-proxy: [10.0.0.1/8]}]\n")).getMessage();
        assertEquals("relay.yaml:1: 10.0.0.1/8 has host bits set, write 10.0.0.0/8", message);
    }
}
