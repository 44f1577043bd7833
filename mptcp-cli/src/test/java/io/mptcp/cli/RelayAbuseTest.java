package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.testkit.TlsClient;
import io.mptcp.tun.convert.ConnectTlv;
import io.mptcp.tun.convert.ConvertError;
import io.mptcp.tun.convert.ConvertMessage;
import io.mptcp.tun.convert.Proof;
import io.mptcp.tun.convert.Tlv;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients that want what they must not have, while another downloads: refused, counted, written once, and the other notices nothing. */
class RelayAbuseTest extends DaemonLabTest {
    private static final IpEndpoint TARGET = new IpEndpoint(IpAddress.parse(RelayLab.TARGET_V4), RelayLab.WEB);
    private static final IpEndpoint ELSEWHERE = new IpEndpoint(IpAddress.parse(RelayLab.TARGET_V4), 22);
    private static final String LIMITS = "limits: {half-open: 12, half-open-per-client: 8, hello-timeout-seconds: %d}\n";

    private static final int SYNS = 10_000;
    private static final String FLOOD = """
            import hashlib, os, random, socket, struct, sys, time
            def steal(): # the token follows from the relay's key (RFC 8684 section 3.2), which is in its SYN/ACK
                s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3)); s.bind(('p1', 0)); print('watching', flush=True)
                while True:
                    ip = s.recv(2000)
                    tcp = ip[(ip[0] & 15) * 4:]
                    if ip[0] >> 4 != 4 or ip[9] != 6 or tcp[13] & 0x12 != 0x12 or tcp[:2] != struct.pack('!H', 443): continue
                    options = tcp[20:(tcp[12] >> 4) * 4]
                    while options and options[0] != 0:
                        if options[0] == 1: options = options[1:]; continue
                        if options[0] == 30 and options[1] == 12 and options[2] >> 4 == 0: return hashlib.sha256(options[4:12]).digest()[:4]
                        options = options[options[1]:]
            what, source, count = sys.argv[1], socket.inet_aton(sys.argv[2]), int(sys.argv[3])
            if what == 'steal': token = steal(); sys.stdin.readline()
            relay = socket.inet_aton('10.99.0.1')
            out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
            for i in range(count):
                if what == 'open': option = bytes([30, 4, 1, 1])
                else: option = bytes([30, 12, 0x10, 7]) + (token if what == 'steal' else os.urandom(4)) + os.urandom(4)
                tcp = struct.pack('!HHIIBBHHH', 1024 + i % 30000, 443, random.getrandbits(32), 0, (20 + len(option)) << 2, 2, 65535, 0, 0) + option
                data = source + relay + struct.pack('!BBH', 0, 6, len(tcp)) + tcp
                total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
                total = (total >> 16) + (total & 0xffff); total += total >> 16
                ip = struct.pack('!BBHHHBBH', 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + source + relay
                out.sendto(ip + tcp[:16] + struct.pack('!H', ~total & 0xffff) + tcp[18:], ('10.99.0.1', 0))
                if i % 100 == 99: time.sleep(0.02)
            """;

    private RelayLab relays;

    RelayAbuseTest() {
        super(LinkProfile.of(20, 5, 100), LinkProfile.of(20, 10, 100));
    }

    @BeforeEach
    void makeRelay() throws Exception {
        relays = new RelayLab(lab);
    }

    /** A client by hand: what it sends is up to the test. */
    private final class Stranger implements AutoCloseable {
        final Socket socket;

        Stranger(boolean tls) throws Exception {
            Socket plain = new Socket(InetAddress.ofLiteral("10.99.0.1"), RelayLab.PORT);
            socket = tls ? TlsClient.over(plain, "TLSv1.3") : plain;
            socket.setSoTimeout(60_000);
        }

        byte[] exported() throws IOException {
            return ((ExtendedSSLSession) ((SSLSocket) socket).getSession()).exportKeyingMaterialData(Proof.EXPORTER_LABEL, new byte[0], Proof.EXPORTED_BYTES);
        }

        byte[] hello(String user, String token, IpEndpoint target) throws IOException {
            Tlv connect = ConnectTlv.of(target);
            Proof proof = socket instanceof SSLSocket ? Proof.overTls(user, token, exported(), connect)
                    : Proof.overTcp(user, token, System.currentTimeMillis(), "sixteen bytes it".getBytes(), connect);
            return bytes(ConvertMessage.of(connect, proof.toTlv()));
        }

        /** Says something. @return the relay's first eight bytes, fewer if it ends before */
        byte[] say(byte[] something) throws IOException {
            socket.getOutputStream().write(something);
            return socket.getInputStream().readNBytes(8);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static byte[] bytes(ConvertMessage message) {
        ByteBuf out = Unpooled.buffer();
        message.write(out);
        return ByteBufUtil.getBytes(out);
    }

    private static void assertRefused(ConvertError error, byte[] answer) {
        assertArrayEquals(bytes(ConvertMessage.error(error)), answer, ByteBufUtil.hexDump(answer));
    }

    /** A user's download that lasts as long as the test. */
    private LabProcess startDownload() throws Exception {
        relays.startClient(relays.client(RelayLab.TOKEN, relays.pinned()));
        LabProcess curl = lab.curl(RelayLab.url(RelayLab.TARGET_V4, 200_000_000), "--retry", "5", "--retry-all-errors"); // a machine may be slow, too
        lab.await(List.of("p1 +ESTABLISHED", "p2 +ESTABLISHED"), "connections");
        return curl;
    }

    private void assertGoesOn(LabProcess download) {
        assertTrue(download.process().isAlive(), download.lines().toString());
        long before = lab.network.paths().getFirst().backward().deliveredBytes();
        DaemonLab.await("the download goes on", () -> lab.network.paths().getFirst().backward().deliveredBytes() > before + 300_000);
        LabProcess another = lab.curl(RelayLab.url(RelayLab.TARGET_V4, 1000));
        assertEquals(0, another.awaitExit(PATIENCE), another.lines().toString());
    }

    private void assertSaidOnce(String reason) {
        assertEquals(1, relays.relay.lines().stream().filter(line -> line.contains("counted as " + reason)).count(), relays.relay.lines().toString());
    }

    /** As {@link #assertSaidOnce}, of what is looked at now and then. */
    private void awaitSaidOnce(String counter) {
        DaemonLab.await("the flood is told", () -> relays.relay.lines().stream().anyMatch(line -> line.contains("counted as " + counter)));
        assertSaidOnce(counter);
    }

    @Test
    void hellosOfStrangersAreRefusedAndOthersNoticeNothing() throws Exception {
        relays.startRelay("kernel", relays.tls() + RelayLab.egress() + LIMITS.formatted(60));
        LabProcess download = startDownload();
        lab.network.client().call(() -> {
            for (int i = 0; i < 3; i++) {
                try (Stranger wrong = new Stranger(true); Stranger nobody = new Stranger(true); Stranger elsewhere = new Stranger(true);
                        Stranger garbage = new Stranger(true); Stranger oversized = new Stranger(true); Stranger silent = new Stranger(true)) {
                    assertRefused(ConvertError.NOT_AUTHORIZED, wrong.say(wrong.hello("alice", RelayLab.TOKEN.replace('0', 'f'), TARGET)));
                    assertRefused(ConvertError.NOT_AUTHORIZED, nobody.say(nobody.hello("mallory", RelayLab.TOKEN, TARGET)));
                    assertRefused(ConvertError.NOT_AUTHORIZED, elsewhere.say(elsewhere.hello("alice", RelayLab.TOKEN, ELSEWHERE)));
                    assertRefused(ConvertError.UNSUPPORTED_VERSION, garbage.say("GET / HTTP/1.1\r\n\r\n".getBytes()));
                    byte[] large = new byte[4096];
                    System.arraycopy(new byte[] {1, (byte) 255, 0x22, 0x63, 10, (byte) 255}, 0, large, 0, 6);
                    assertRefused(ConvertError.MALFORMED_MESSAGE, oversized.say(large));
                    assertRefused(ConvertError.MISSING_COOKIE, silent.say(bytes(ConvertMessage.of(ConnectTlv.of(TARGET)))));
                }
                // A hello that somebody has got hold of, on another connection: it is bound to the one it was made for.
                try (Stranger owner = new Stranger(true); Stranger thief = new Stranger(true)) {
                    byte[] hello = owner.hello("alice", RelayLab.TOKEN, TARGET);
                    assertEquals(20, owner.say(hello)[4], "the owner is let in");
                    assertRefused(ConvertError.NOT_AUTHORIZED, thief.say(hello));
                }
                try (Stranger noTls = new Stranger(false)) {
                    noTls.say(noTls.hello("alice", RelayLab.TOKEN, TARGET));
                }
                relays.await("\"half_open\":0"); // or those of the next round are too many, where the machine is slow
            }
            return null;
        });
        relays.await("\"no_tls\":3,\"slow_hello\":0,\"malformed_hello\":9,\"wrong_token\":9,\"wrong_time\":0,\"replayed_hello\":0,\"user_full\":0,\"egress_denied\":3");
        for (String reason : List.of("no_tls", "malformed_hello", "wrong_token", "egress_denied")) {
            assertSaidOnce(reason);
        }
        assertGoesOn(download);
    }

    @Test
    void slowAndManyConnectionsOfOneClientAreBounded() throws Exception {
        relays.startRelay("kernel", relays.tls() + RelayLab.egress() + LIMITS.formatted(5));
        LabProcess download = startDownload();
        lab.network.client().call(() -> {
            List<Stranger> slow = new ArrayList<>();
            try {
                for (int i = 0; i < 8; i++) {
                    slow.add(new Stranger(i % 2 == 0));
                }
                relays.await("\"half_open\":8");
                for (int i = 0; i < 5; i++) {
                    try (Stranger surplus = new Stranger(false)) {
                        assertEquals(0, surplus.say(new byte[0]).length, "closed at once");
                    }
                }
                // A byte now and then helps nobody.
                byte[] hello = slow.getFirst().hello("alice", RelayLab.TOKEN, TARGET);
                slow.getFirst().socket.getOutputStream().write(hello, 0, 1);
                relays.await("\"half_open\":0");
                assertEquals(0, slow.getFirst().socket.getInputStream().readNBytes(1).length);
            } finally {
                for (Stranger stranger : slow) {
                    stranger.close();
                }
            }
            return null;
        });
        relays.await("\"too_many_half_open\":5,\"no_tls\":0,\"slow_hello\":([89]|1[0-9]),");
        assertSaidOnce("slow_hello");
        assertSaidOnce("too_many_half_open");
        assertTrue(relays.relay.lines().stream().noneMatch(line -> line.contains("Exception")), relays.relay.lines().toString());
        assertGoesOn(download);
    }

    @Test
    void withoutTlsAHelloIsGoodOnceAndForAMinute() throws Exception {
        relays.startRelay("kernel", "tls: off\n" + RelayLab.egress());
        lab.network.client().call(() -> {
            try (Stranger owner = new Stranger(false); Stranger thief = new Stranger(false); Stranger late = new Stranger(false)) {
                byte[] hello = owner.hello("alice", RelayLab.TOKEN, TARGET);
                assertEquals(20, owner.say(hello)[4], "the owner is let in");
                assertRefused(ConvertError.NOT_AUTHORIZED, thief.say(hello));
                Tlv connect = ConnectTlv.of(TARGET);
                Proof old = Proof.overTcp("alice", RelayLab.TOKEN, System.currentTimeMillis() - 61_000, "other sixteen by".getBytes(), connect);
                assertRefused(ConvertError.NOT_AUTHORIZED, late.say(bytes(ConvertMessage.of(connect, old.toTlv()))));
            }
            return null;
        });
        relays.await("\"wrong_token\":0,\"wrong_time\":1,\"replayed_hello\":1,");
    }

    /** Ten thousand SYNs that want to join connections which are none, to our stack. */
    @Test
    void joinsWithoutAConnectionAreAnsweredForNothingAndLeaveNothing() throws Exception {
        relays.startRelay("stack", relays.tls() + RelayLab.egress());
        LabProcess download = startDownload();
        assertFlooded(flood("guess", "10.77.1.1"), "MPJoinNoTokenFound");
        awaitSaidOnce("MPJoinNoTokenFound");
        relays.await("\"connections\":1,\"half_open\":0");
        assertGoesOn(download);
    }

    /** Ten thousand halves of handshakes, to our stack: first joins by one who has seen the download's own handshake, then connections. What answers them is never heard of again. */
    @Test
    void handshakesThatAreNeverFinishedHaveBoundsAndOthersNoticeNothing() throws Exception {
        String silent = "10.77.1.77"; // what goes there comes to a host that drops it
        String hardwareAddress = lab.network.client().ipOutput("-o", "link", "show", "p1").replaceFirst("(?s).*link/ether ([0-9a-f:]+).*", "$1");
        lab.network.server().ip("neigh add " + silent + " lladdr " + hardwareAddress + " dev q1 nud permanent");
        relays.startRelay("stack", relays.tls() + RelayLab.egress());
        LabProcess joins = flood("steal", silent);
        joins.awaitLine("watching", PATIENCE);
        LabProcess download = startDownload();
        joins.process().getOutputStream().write('\n');
        joins.process().getOutputStream().flush();
        assertFlooded(joins, "MPJoinRejected");
        awaitSaidOnce("MPJoinRejected");
        assertGoesOn(download);
        lab.await(List.of("p1 +ESTABLISHED", "p2 +ESTABLISHED"), "connections");

        assertFlooded(flood("open", silent), "TCPReqQFullDoCookies");
        awaitSaidOnce("TCPReqQFullDoCookies");
        relays.await("\"connections\":1,\"half_open\":0");
        assertGoesOn(download);
        LabProcess another = lab.curl(RelayLab.url(RelayLab.TARGET_V4, 100_000_000)); // and as many subflows as ever
        lab.await(List.of("p1 +ESTABLISHED.*p2 +ESTABLISHED.*p1 +ESTABLISHED.*p2 +ESTABLISHED"), "connections");
        another.close();
    }

    /** So many SYNs at the relay. @param what a join to a token that is none (guess), a join to the next connection's (steal), a connection (open) @param source from there */
    private LabProcess flood(String what, String source) {
        return lab.network.client().start(List.of("python3", "-c", FLOOD, what, source, Integer.toString(SYNS)));
    }

    private void assertFlooded(LabProcess flood, String counter) {
        assertEquals(0, flood.awaitExit(PATIENCE), flood.lines().toString());
        String said = relays.await("\"" + counter + "\":[0-9]{4,}");
        long counted = Long.parseLong(said.replaceFirst("(?s).*\"" + counter + "\":(\\d+).*", "$1"));
        assertTrue(counted > SYNS / 2, said);
    }
}
