package io.mptcp.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.host.SetupException;
import io.mptcp.tun.convert.ConnectTlv;
import io.mptcp.tun.convert.ConvertMessage;
import io.mptcp.tun.convert.Proof;
import io.mptcp.tun.convert.Tlv;
import io.mptcp.tun.relay.RelayServer;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Stock clients of RFC 8803, by sockets of the kernel and literal bytes, before a relay that takes the data of their SYNs. */
@Timeout(300)
class ConvertRelayTest {
    private static final int PORT = 5124;
    /** Another: the kernel keeps connections in TIME-WAIT on the first. */
    private static final int STACK_PORT = 5125;
    private static final IpEndpoint RELAY = new IpEndpoint(IpAddress.parse(TestNetwork.SERVER_V4), PORT);
    /** To 10.99.0.1, port 8080 (hexadecimal 1f90). */
    private static final String CONNECT = "0a051f90" + "00000000000000000000ffff0a630001";
    private static final String GET = "GET /1000 HTTP/1.0\r\n\r\n";
    private static final String TOKEN = "0123456789abcdef0123456789abcdef";
    private static final String NO_COOKIES = "cookies: no";

    private static RelayNetwork network;

    @BeforeAll
    static void makeNetwork() throws Exception {
        network = RelayNetwork.make();
    }

    @AfterAll
    static void removeNetwork() {
        if (network != null) {
            network.close();
        }
    }

    /** @param more keys of convert */
    private static RelayServer relay(String more) throws Exception {
        return relay("kernel", more);
    }

    private static RelayServer relay(String by, String more) throws Exception {
        return network.startRelay("""
                convert: [{address: '[::]:%d', by: %s, clients: [10.71.1.0/24, 'fd71::/16'], %s}]
                paths: [{device: s1}, {device: s2}]
                egress: [{to: 10.99.0.1, ports: [%d, %d, 9000, 9]}, {to: 10.71.1.9}]
                limits: {connect-timeout-seconds: 1}
                """.formatted(by.equals("stack") ? STACK_PORT : PORT, by, more, RelayNetwork.WEB, RelayNetwork.MPTCP_WEB));
    }

    /** @param early hexadecimal */
    private static StockClient open(IpEndpoint relay, boolean mptcp, String early) throws Exception {
        return new StockClient(network.clientNamespace(), mptcp, relay).open(relay, ByteBufUtil.decodeHexDump(early));
    }

    private static String hex(String text) {
        return ByteBufUtil.hexDump(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** What the relay answers to these bytes in a SYN, to its end or so many bytes. */
    private static String answer(String early, int bytes) throws Exception {
        try (StockClient client = open(RELAY, false, early)) {
            return ByteBufUtil.hexDump(client.receive(bytes));
        }
    }

    @ParameterizedTest
    @CsvSource({"kernel, false, false", "kernel, true, false", "kernel, false, true", "kernel, true, true", "stack, false, false", "stack, true, true"})
    void aConnectInTheSynAndTheUsersBytesBehindItAreServed(String by, boolean mptcp, boolean ipv6) throws Exception {
        IpEndpoint relay = new IpEndpoint(IpAddress.parse(ipv6 ? TestNetwork.SERVER_V6 : TestNetwork.SERVER_V4), by.equals("stack") ? STACK_PORT : PORT);
        try (RelayServer _ = relay(by, NO_COOKIES); StockClient client = open(relay, mptcp, "01062263" + CONNECT + hex(GET))) {
            // Extended TCP Header: SACK permitted (4), window scale (3) and its shift.
            String header = ByteBufUtil.hexDump(client.receive(16));
            assertTrue(header.matches("01042263" + "14030000" + "0402" + "0303.." + "000000"), header);
            String http = new String(client.receive(2000), StandardCharsets.ISO_8859_1);
            assertTrue(http.startsWith("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n"), http);
            assertEquals(1000, http.length() - http.indexOf("\r\n\r\n") - 4);
            assertTrue(client.isSynDataTaken(), "the SYN/ACK acknowledges the message (RFC 8803 section 8)");
        }
    }

    /** No round trip is needed before: the third packet of the handshake is never sent. */
    @Test
    void theDestinationGetsTheUsersBytesBeforeTheClientHasAnsweredTheSynAck() throws Exception {
        String silent = "10.71.1.77"; // nobody's: what goes there comes to a host that drops it
        String hardware = network.inClient("cat", "/sys/class/net/p1/address").output().strip();
        TestNetwork.ip("-n", network.server, "neigh", "replace", silent, "lladdr", hardware, "dev", "s1", "nud", "permanent");
        try (RelayServer _ = relay(NO_COOKIES);
                ServerSocket destination = network.serverNamespace().call(() -> new ServerSocket(9000, 8, InetAddress.ofLiteral(TestNetwork.SERVER_V4)))) {
            destination.setSoTimeout((int) TimeUnit.SECONDS.toMillis(20));
            TestNetwork.Result sent = network.inClient("python3", "-c", SYN, silent, "01062263" + CONNECT.replace("1f90", "2328") + hex("first words"), Integer.toString(PORT), "1");
            assertEquals(0, sent.exitCode(), sent.output());
            try (Socket accepted = destination.accept()) {
                assertEquals("first words", new String(accepted.getInputStream().readNBytes(11), StandardCharsets.US_ASCII));
            }
        }
    }

    private static final String SYN = """
            import socket, struct, sys, time
            source, relay, data, port = socket.inet_aton(sys.argv[1]), socket.inet_aton('10.99.0.1'), bytes.fromhex(sys.argv[2]), int(sys.argv[3])
            out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
            for i in range(int(sys.argv[4])):
                tcp = struct.pack('!HHIIBBHHH', 5200 + i % 10000, port, 1000 + i, 0, 20 << 2, 2, 65535, 0, 0) + data
                pseudo = source + relay + struct.pack('!BBH', 0, 6, len(tcp)) + tcp + bytes(len(tcp) % 2)
                total = sum(struct.unpack('!%dH' % (len(pseudo) // 2), pseudo))
                total = (total >> 16) + (total & 0xffff); total += total >> 16
                ip = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + source + relay
                out.sendto(ip + tcp[:16] + struct.pack('!H', ~total & 0xffff) + tcp[18:], ('10.99.0.1', 0))
                print('sent', flush=True); time.sleep(0.002)
            """;

    @Test
    void whoHasNoCookieGetsOneAndIsServedWithIt() throws Exception {
        try (RelayServer _ = relay("cookies: yes")) {
            String missing = answer("01062263" + CONNECT, 100);
            assertTrue(missing.matches("01062263" + "1e050300" + "[0-9a-f]{32}"), missing);
            String cookie = missing.substring(16);
            try (StockClient client = open(RELAY, false, "010b2263" + CONNECT + "16050000" + cookie + hex(GET))) {
                assertEquals("01042263" + "1403", ByteBufUtil.hexDump(client.receive(6)));
                assertTrue(new String(client.receive(200), StandardCharsets.ISO_8859_1).contains("HTTP/1.1 200 OK"));
            }
            assertEquals("010222631e012000", answer("010b2263" + CONNECT + "16050000" + "ff".repeat(16), 100), "Not Authorized");
            assertEquals("010222631e012000", answer("01072263" + CONNECT + "16010000", 100), "an empty one");
            assertEquals(missing, answer("01062263" + CONNECT, 100), "the same for this address and hour");
        }
    }

    /** While its destination is being asked, strangers come in such numbers that the oldest connection makes room. */
    @Test
    void whoHasACookieMakesNoRoomForThoseWithout() throws Exception {
        String silent = "10.71.2.60";
        try (RelayServer _ = network.startRelay("""
                convert: [{address: '[::]:%d', by: kernel, clients: [10.71.1.0/24]}]
                egress: [{to: %s}]
                limits: {half-open: 1}
                """.formatted(PORT, silent))) {
            String cookie = answer("01062263" + CONNECT, 100).substring(16);
            try (StockClient client = open(RELAY, false, "010b2263" + CONNECT.replace("0a630001", "0a47023c") + "16050000" + cookie)) {
                awaitNeighbourAskedFor(silent);
                assertEquals("01062263" + "1e050300" + cookie, answer("01062263" + CONNECT, 100), "a stranger");
                assertEquals("010222631e016101", ByteBufUtil.hexDump(client.receive(100)), "the destination cannot be reached");
            }
        }
    }

    @Test
    void whichOptionsCanBeAskedForIsToldAndThoseAreSet() throws Exception {
        try (RelayServer _ = relay(NO_COOKIES + ", mptcp: yes")) {
            assertEquals("01032263" + "15020000" + "04081e00", answer("01022263" + "01010000", 100));
            // Info and an extended Connect with SACK, timestamps and MPTCP, and NOP and MSS, which are ignored: to a server with MPTCP,
            String extended = "0a081f91" + CONNECT.substring(8) + "01020405b4" + "0402" + "0802" + "1e02" + "00";
            String answer = answer("010a2263" + "01010000" + extended, 24);
            assertTrue(answer.matches("01062263" + "15020000" + "04081e00" + "14030000" + "0402" + "0303.." + "1e02" + "00"), answer);
            // and to one without.
            answer = answer("01092263" + extended.replace("0a081f91", "0a081f90"), 16);
            assertTrue(answer.matches("01042263" + "14030000" + "0402" + "0303.." + "000000"), answer);
        }
        try (RelayServer _ = relay(NO_COOKIES)) {
            assertEquals("01032263" + "15020000" + "04080000", answer("01022263" + "01010000", 100));
            // MPTCP, Fast Open with a cookie, TCP-AO, and a timestamp: none can be copied into a SYN.
            String extended = "0a0d1f90" + CONNECT.substring(8) + "1e02" + "2206a1a2a3a4" + "1d02" + "080a0000000100000002" + "0402" + "0000" + "00000000" + "00000000";
            assertEquals("01032263" + "1e02211e" + "221d0800", answer("010e2263" + extended, 100));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "02062263, 010222631e010001", // another version: those there are
        "01012263, 010322631e02010001012263", // no TLV: it comes back
        "0102226300010000, 010422631e0302000102226300010000", // type 0
        "0102226316010000, 010422631e0302000102226316010000", // a cookie alone
        "01022263c0010000, 010422631e030200" + "01022263c0010000", // a TLV of somebody's own
        "010622630a05005000000000000000000000ffff7f000001, 010822631e070100" + "010622630a05005000000000000000000000ffff7f000001", // loopback
        "010622630a05001600000000000000000000ffff0a630001, 010222631e012000", // not on the egress list
        "010622630a05000900000000000000000000ffff0a630001, 010222631e016000", // nobody listens there
        "010622630a05005000000000000000000000ffff0a470109, 010222631e016101", // no such host
        "474554202f20485454502f312e300d0a0d0a, ''", // another protocol
        "01002263, ''",
    })
    void whatCannotBeServedIsAnsweredWithItsErrorAndItsValue(String early, String answer) throws Exception {
        try (RelayServer _ = relay(NO_COOKIES)) {
            assertEquals(answer, answer(early, 100));
        }
    }

    @Test
    void whoIsNotOnTheListIsNotServed() throws Exception {
        TestNetwork.ip("-n", network.client, "addr", "add", "10.71.3.1/32", "dev", "p1");
        TestNetwork.ip("-n", network.server, "route", "add", "10.71.3.1", "via", "10.71.1.1");
        TestNetwork.ip("-n", network.client, "route", "replace", "10.99.0.1", "via", "10.71.1.2", "dev", "p1", "src", "10.71.3.1", "metric", "50");
        try (RelayServer _ = relay(NO_COOKIES)) {
            assertEquals("010222631e012000", answer("01062263" + CONNECT, 100));
        } finally {
            TestNetwork.ip("-n", network.client, "route", "del", "10.99.0.1", "metric", "50");
        }
    }

    @Test
    void errorsAreToldSoManyTimesASecond() throws Exception {
        try (RelayServer _ = relay(NO_COOKIES)) {
            int told = 0;
            for (int i = 0; i < 200; i++) {
                told += answer("02022263", 100).isEmpty() ? 0 : 1;
            }
            assertTrue(told >= 10, told + " of 200");
            assertNotEquals(200, told);
        }
    }

    /** SYNs with a forged address come all the time; nobody answers what the relay says to them. */
    @ParameterizedTest
    @ValueSource(strings = {"kernel", "stack"})
    void whatOthersSendInAClientsNameUsesUpNoAnswersOfHis(String by) throws Exception {
        int port = by.equals("stack") ? STACK_PORT : PORT;
        IpEndpoint address = new IpEndpoint(IpAddress.parse(TestNetwork.SERVER_V4), port);
        try (RelayServer _ = relay(by, NO_COOKIES)) {
            Process flood = network.startInClient(List.of("python3", "-c", SYN, "10.71.1.1", "02022263", Integer.toString(port), "1000000"), ProcessBuilder.Redirect.INHERIT);
            try {
                for (int i = 0; i < 100; i++) { // so that there is nothing left of the first second
                    assertEquals("sent", new String(flood.getInputStream().readNBytes(5), StandardCharsets.US_ASCII).strip());
                }
                for (int i = 0; i < 8; i++) {
                    try (StockClient client = open(address, false, "02022263")) {
                        assertEquals("010222631e010001", ByteBufUtil.hexDump(client.receive(100)), "answer " + i);
                    }
                }
            } finally {
                flood.destroyForcibly().waitFor();
            }
        }
    }

    /** Of our own clients as well: what comes while the destination is being asked waits, an end included. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anEndThatComesBeforeTheDestinationHasAnsweredIsPassedOn(boolean stock) throws Exception {
        IpEndpoint late = new IpEndpoint(IpAddress.parse("10.71.2." + (stock ? 50 : 51)), 7);
        Tlv connect = ConnectTlv.of(late);
        Proof proof = Proof.overTcp("alice", TOKEN, System.currentTimeMillis(), new byte[Proof.NONCE_BYTES], connect);
        ByteBuf message = Unpooled.buffer();
        (stock ? ConvertMessage.of(connect) : ConvertMessage.of(connect, proof.toTlv())).write(message);
        try (RelayServer _ = network.startRelay("""
                listen: [{address: '[::]:5128', by: kernel}]
                tls: off
                users: [{name: alice, token: %s}]
                convert: [{address: '[::]:5129', by: kernel, clients: [10.71.0.0/16], cookies: no}]
                egress: [{to: 10.71.2.0/24}]
                """.formatted(TOKEN));
                Socket client = network.clientNamespace().call(() -> new Socket(InetAddress.ofLiteral(TestNetwork.SERVER_V4), stock ? 5129 : 5128))) {
            client.getOutputStream().write(ByteBufUtil.getBytes(message.writeBytes("all of it".getBytes(StandardCharsets.US_ASCII))));
            client.shutdownOutput();
            awaitNeighbourAskedFor(late.address().toString());
            TestNetwork.ip("-n", network.client, "addr", "add", late.address() + "/32", "dev", "p2"); // from now on somebody answers for it
            try (ServerSocket destination = network.clientNamespace().call(() -> new ServerSocket(7, 8, InetAddress.ofLiteral(late.address().toString())))) {
                destination.setSoTimeout((int) TimeUnit.SECONDS.toMillis(20));
                Socket accepted = destination.accept();
                accepted.setSoTimeout((int) TimeUnit.SECONDS.toMillis(20));
                assertEquals("all of it", new String(accepted.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
                accepted.getOutputStream().write("and back".getBytes(StandardCharsets.US_ASCII));
                accepted.close();
                client.setSoTimeout((int) TimeUnit.SECONDS.toMillis(20));
                String back = new String(client.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
                assertTrue(back.endsWith("and back"), back);
            }
        }
    }

    /** The relay's SYN waits for this. */
    private static void awaitNeighbourAskedFor(String address) throws Exception {
        long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (true) {
            Process asked = new ProcessBuilder("ip", "-n", network.server, "neigh", "show", "to", address).start();
            String said = new String(asked.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            if (said.contains("INCOMPLETE")) {
                return;
            }
            assertTrue(System.nanoTime() < deadlineNanos, said);
        }
    }

    /** Without it a SYN's data would be lost, and clients would leave this relay for that (section 8). */
    @Test
    void aKernelThatTakesNoDataWithSynsIsSaidAtTheStart() throws Exception {
        network.fastOpen(1);
        try {
            String said = assertThrows(SetupException.class, () -> relay(NO_COOKIES)).getMessage();
            assertTrue(said.contains("run sysctl net.ipv4.tcp_fastopen=3"), said);
        } finally {
            network.fastOpen(3);
        }
    }
}
