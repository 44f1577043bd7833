package io.mptcp.tun.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.testkit.TlsClient;
import io.mptcp.tun.ConfigException;
import io.mptcp.tun.stream.RelayKey;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who is let in by SOCKS5, and what the others hear: literal bytes to a relay on the loopback interface. */
@Timeout(60)
class SocksPolicyTest {
    private static final String ALICES = "0123456789abcdef0123456789abcdef";
    private static final String BOBS = "fedcba9876543210fedcba9876543210";
    private static final int PATIENCE_MILLIS = 20_000;
    private static final String GREETING = "050102";
    private static final String LET_IN = "0502" + "0100";
    private static final String HTTP = "474554202f20485454502f312e300d0a0d0a";

    /** Names whose servers do not answer until a test has them do so. */
    private final CountDownLatch answers = new CountDownLatch(1);
    private final Semaphore asked = new Semaphore(0);
    private RelayServer relay;

    @BeforeEach
    void needMptcp() {
        assumeTrue(KernelMptcp.available(), "needs a kernel with MPTCP");
    }

    @AfterEach
    void stop() {
        answers.countDown();
        if (relay != null) {
            relay.close();
        }
    }

    private static RelayConfig config(String socks, String more) throws ConfigException {
        return RelayConfig.parse("relay.yaml", """
                socks: [{address: '127.0.0.1:0', by: kernel, %s}]
                users: [{name: alice, token: %s, connections: 20}, {name: bob, token: %s}]
                egress: [{to: 192.0.2.0/24, ports: 80}]
                %s""".formatted(socks, ALICES, BOBS, more));
    }

    private void start() throws Exception {
        start("tls: no, clients: [127.0.0.1/32]", "");
    }

    private void start(String socks, String more) throws Exception {
        relay = RelayServer.start(config(socks, more), name -> switch (name) {
            case "inside.test" -> new InetAddress[] {InetAddress.ofLiteral("127.0.0.1"), InetAddress.ofLiteral("::1"), InetAddress.ofLiteral("10.0.0.1")};
            case "nobody.test" -> throw new UnknownHostException(name);
            default -> {
                asked.release();
                awaitAnswers();
                yield new InetAddress[0];
            }
        });
    }

    private void awaitAnswers() {
        try {
            answers.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Socket connect(String from) throws IOException {
        Socket socket = new Socket();
        socket.bind(new InetSocketAddress(InetAddress.ofLiteral(from), 0));
        socket.connect(relay.address());
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String login(String user, String token) {
        return "01" + "%02x".formatted(user.length()) + hex(user) + "%02x".formatted(token.length()) + hex(token);
    }

    private static String connectTo(String name) {
        return "05010003" + "%02x".formatted(name.length()) + hex(name) + "0050";
    }

    private static String failed(int status) {
        return "05%02x0001000000000000".formatted(status);
    }

    /** What comes until the relay ends or resets the connection. */
    private static String rest(Socket socket) throws IOException {
        StringBuilder all = new StringBuilder();
        try {
            InputStream in = socket.getInputStream();
            for (int next = in.read(); next >= 0; next = in.read()) {
                all.append("%02x".formatted(next));
            }
        } catch (java.net.SocketException e) {
            all.append("reset");
        }
        return all.toString();
    }

    /** Says all of it at once, without waiting for answers. */
    private String say(String hex) throws IOException {
        try (Socket socket = connect("127.0.0.1")) {
            socket.getOutputStream().write(bytes(hex));
            return rest(socket);
        }
    }

    private void say(Socket socket, String hex, String answer) throws IOException {
        socket.getOutputStream().write(bytes(hex));
        assertEquals(answer, HexFormat.of().formatHex(socket.getInputStream().readNBytes(answer.length() / 2)));
    }

    private long refused(Refusal reason) {
        return relay.report().refusals().get(reason.key());
    }

    private void await(Refusal reason, long count) {
        long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        while (refused(reason) != count && System.nanoTime() < deadlineNanos) {
            Thread.onSpinWait();
        }
        assertEquals(count, refused(reason), relay.report().toString());
    }

    @ParameterizedTest
    @CsvSource({
        "050100, 05ff, NO_PASSWORD", // no authentication
        "05020001, 05ff, NO_PASSWORD", // that or GSSAPI
        "0500, reset, MALFORMED_HELLO", // nothing at all
        "0401005001020304, reset, MALFORMED_HELLO", // SOCKS 4
        HTTP + ", reset, MALFORMED_HELLO",
        GREETING + HTTP + ", 0502reset, MALFORMED_HELLO",
        GREETING + "05010001c00002010050, 0502reset, MALFORMED_HELLO", // a request before there is a user
    })
    void whoSaysNothingOfAUserIsNotServed(String said, String answer, Refusal reason) throws Exception {
        start();
        assertEquals(answer, say(said));
        await(reason, 1);
    }

    @ParameterizedTest
    @CsvSource({
        "alice, " + BOBS, // a token, and another's
        "mallory, " + ALICES,
        "alice, 0123456789abcdef0123456789abcde",
        "alice, ''",
        "'', ''",
    })
    void aTokenIsGoodForItsUserAndNobodyElse(String user, String token) throws Exception {
        start();
        assertEquals("0502" + "01ff", say(GREETING + login(user, token) + "05010001c00002010050"), "and the request behind it is not looked at");
        await(Refusal.WRONG_TOKEN, 1);
        assertEquals(0, relay.report().users().getFirst().accepted());
    }

    @ParameterizedTest
    @CsvSource({
        "05020001c00002010050, 7, UNSUPPORTED_COMMAND", // BIND
        "05030001000000000000, 7, UNSUPPORTED_COMMAND", // UDP ASSOCIATE
        "05090001c00002010050, 7, UNSUPPORTED_COMMAND",
        "05010002c00002010050, 8, MALFORMED_HELLO", // an address of type 2
        "04010001c00002010050, 1, MALFORMED_HELLO",
        "05010001c00002010051, 2, EGRESS_DENIED", // another port than 80
        "05010001c00002010000, 2, EGRESS_DENIED",
        "05010001c00003010050, 2, EGRESS_DENIED",
        "050100017f0000010050, 2, EGRESS_DENIED", // loopback, in four forms
        "05010004000000000000000000000000000000010050, 2, EGRESS_DENIED",
        "0501000400000000000000000000ffff7f0000010050, 2, EGRESS_DENIED",
        "05010003093132372e302e302e310050, 2, EGRESS_DENIED",
        "050100030b696e736964652e746573740050, 2, EGRESS_DENIED", // inside.test
        "050100030b6e6f626f64792e746573740050, 4, DESTINATION_FAILED", // nobody.test
    })
    void whatAUserMayNotHaveIsAnsweredWithItsCode(String request, int status, Refusal reason) throws Exception {
        start();
        if (request.contains("3132372e")) {
            answers.countDown(); // a literal address that comes as a name is for the resolver, which has none here
            relay.close();
            relay = RelayServer.start(config("tls: no, clients: [127.0.0.1/32]", ""));
        }
        assertEquals(LET_IN + failed(status), say(GREETING + login("alice", ALICES) + request));
        await(reason, 1);
    }

    @Test
    void messagesMayComeByteByByteButNotForLong() throws Exception {
        start("tls: no, clients: [127.0.0.1/32]", "limits: {hello-timeout-seconds: 1, half-open-per-client: 2}\n");
        try (Socket patient = connect("127.0.0.1"); Socket slow = connect("127.0.0.1")) {
            say(slow, GREETING, "0502"); // and then nothing
            for (byte one : bytes(GREETING + login("alice", ALICES) + connectTo("inside.test"))) {
                patient.getOutputStream().write(one);
                patient.getOutputStream().flush();
            }
            assertEquals(LET_IN + failed(2), rest(patient));
            assertEquals("", rest(slow));
            await(Refusal.SLOW_HELLO, 1);
        }
    }

    @Test
    void soManyOfOneClientMayBeHalfOpenAndWhoHasShownHisTokenMakesNoRoom() throws Exception {
        start("tls: no, clients: [127.0.0.0/8]", "limits: {half-open-per-client: 2, half-open: 1}\n");
        try (Socket proved = connect("127.0.0.1")) {
            say(proved, GREETING, "0502");
            say(proved, login("alice", ALICES), "0100");
            try (Socket stranger = connect("127.0.0.1")) {
                say(stranger, GREETING, "0502");
                try (Socket surplus = connect("127.0.0.1")) {
                    assertTrue(rest(surplus).matches("|reset"));
                }
                try (Socket other = connect("127.0.0.2")) {
                    assertTrue(rest(stranger).matches("|reset"), "the oldest stranger makes room");
                    await(Refusal.TOO_MANY_HALF_OPEN, 2);
                    say(other, GREETING, "0502");
                }
            }
            say(proved, connectTo("nobody.test"), failed(4));
        }
    }

    @Test
    void whoIsNotOnTheListOfClientsIsNotListenedTo() throws Exception {
        start();
        try (Socket stranger = connect("127.0.0.2")) {
            assertTrue(rest(stranger).matches("|reset"));
        } catch (java.net.SocketException _) {
            // Reset before it could be asked.
        }
        await(Refusal.NOT_A_CLIENT, 1);
    }

    /** A balancer says whose connection it is. */
    @Test
    void theListOfClientsIsForThoseABalancerNames() throws Exception {
        start("tls: no, clients: [198.51.100.0/24], accept-proxy: [127.0.0.1/32]", "");
        assertEquals("0502reset", say(hex("PROXY TCP4 198.51.100.7 192.0.2.1 1 1080\r\n") + GREETING + HTTP));
        await(Refusal.MALFORMED_HELLO, 1);
        assertEquals("reset", say(hex("PROXY TCP4 192.0.2.7 192.0.2.1 1 1080\r\n") + GREETING));
        await(Refusal.NOT_A_CLIENT, 1);
    }

    /** Their servers are silent; another user's names are not their business, nor is the twenty-first connection. */
    @Test
    void namesThatAreNotAnsweredForKeepOnlyTheirOwnUserWaiting() throws Exception {
        start("tls: no, clients: [127.0.0.1/32]", "limits: {connect-timeout-seconds: 600}\n");
        List<Socket> waiting = new ArrayList<>();
        try {
            for (int i = 0; i < 20; i++) {
                Socket socket = connect("127.0.0.1");
                waiting.add(socket);
                say(socket, GREETING + login("alice", ALICES) + connectTo("silent.test"), LET_IN);
            }
            assertTrue(asked.tryAcquire(NameLookup.AT_A_TIME, PATIENCE_MILLIS, TimeUnit.MILLISECONDS));
            assertEquals(LET_IN + failed(1), say(GREETING + login("alice", ALICES) + connectTo("silent.test")));
            await(Refusal.USER_FULL, 1);
            assertEquals(LET_IN + failed(4), say(GREETING + login("bob", BOBS) + connectTo("nobody.test")));
            assertFalse(asked.tryAcquire(), "no more than " + NameLookup.AT_A_TIME + " at a time");
            for (Socket socket : waiting.subList(NameLookup.AT_A_TIME, waiting.size() - 1)) {
                socket.setSoLinger(true, 0);
                socket.close();
            }
            awaitConnectionsOfAlice(NameLookup.AT_A_TIME + 1);
            answers.countDown();
            assertEquals(failed(4), rest(waiting.getFirst()));
            assertEquals(failed(4), rest(waiting.getLast()));
            assertEquals(1, asked.availablePermits(), "for those who have gone nobody was asked");
        } finally {
            for (Socket socket : waiting) {
                socket.close();
            }
        }
        awaitConnectionsOfAlice(0);
    }

    private void awaitConnectionsOfAlice(int count) {
        long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        while (relay.report().users().getFirst().active() != count && System.nanoTime() < deadlineNanos) {
            Thread.onSpinWait();
        }
        assertEquals(count, relay.report().users().getFirst().active());
    }

    @Test
    void aNameThatIsNotAnsweredForInTimeIsAsGoodAsUnknown() throws Exception {
        start("tls: no, clients: [127.0.0.1/32]", "limits: {connect-timeout-seconds: 1}\n");
        assertEquals(LET_IN + failed(4), say(GREETING + login("alice", ALICES) + connectTo("silent.test")));
    }

    @Test
    void aTokenThatIsTakenAwayIsNoLongerGood() throws Exception {
        start();
        String changes = relay.reload(RelayConfig.parse("relay.yaml", """
                socks: [{address: '127.0.0.1:0', by: kernel, tls: no, clients: [127.0.0.0/8]}]
                users: [{name: alice, token: %s}]
                """.formatted(BOBS)));
        assertEquals("changed: users, egress; needs a restart: socks", changes);
        assertEquals("0502" + "01ff", say(GREETING + login("alice", ALICES)));
        assertEquals(LET_IN + failed(2), say(GREETING + login("alice", BOBS) + connectTo("inside.test")));
    }

    @Test
    void withTlsNothingIsSaidBeforeTheHandshake(@TempDir Path directory) throws Exception {
        Path certificate = directory.resolve("relay.crt");
        Path key = directory.resolve("relay.key");
        RelayKey.write(certificate, key);
        start("accept-proxy: [127.0.0.2/32]", "tls: {certificate: '%s', key: '%s'}\n".formatted(certificate, key));
        assertFalse(say(GREETING + login("alice", ALICES)).contains("0502"));
        await(Refusal.NO_TLS, 1);
        try (Socket client = TlsClient.over(connect("127.0.0.1"))) {
            say(client, GREETING, "0502");
            say(client, login("alice", ALICES), "0100");
            say(client, connectTo("inside.test"), failed(2));
            assertEquals("", rest(client), "an end that was meant: close_notify");
        }
        await(Refusal.EGRESS_DENIED, 1);
        assertThrows(IOException.class, () -> TlsClient.over(connect("127.0.0.1"), "TLSv1.2"));
    }

    @Test
    void mistakesInTheFileAreSaidWithTheirLine() throws Exception {
        String users = "users: [{name: a, token: " + ALICES + "}]\n";
        String plain = "socks: [{address: '127.0.0.1:1080', by: kernel, tls: no, clients: [127.0.0.0/8]}]\n";
        String secure = "socks: [{address: '127.0.0.1:1080', by: kernel}]\n";
        for (String[] mistake : new String[][] {
            {users + "socks: [{address: '127.0.0.1:1080', by: kernel, tls: no}]", "relay.yaml:2: without TLS whoever can read what passes has the users' tokens, list in clients"},
            {users + secure, "relay.yaml:1: 'tls' is missing"},
            {users + secure + "tls: off", "relay.yaml:3: socks needs it, add {certificate: FILE, key: FILE}, or say tls: no in socks"},
            {plain, "relay.yaml:1: 'users' is missing"},
            {users + plain.replace("127.0.0.0/8", "127.0.0.1/8"), "relay.yaml:2: 127.0.0.1/8 has host bits set"},
            {users + plain.replace("tls:", "tsl:"), "relay.yaml:2: unknown key 'tsl'"},
            {plain + users.replace(ALICES, ALICES.repeat(8)), "relay.yaml:2: the token of user a has 256 letters, and a password of SOCKS 255 at most"},
            {plain.replace("kernel", "stack") + users, "relay.yaml:1: 'paths' is missing"}}) {
            String message = assertThrows(ConfigException.class, () -> RelayConfig.parse("relay.yaml", mistake[0])).getMessage();
            assertTrue(message.startsWith(mistake[1]), message);
        }
        assertEquals(List.of("socks 127.0.0.1:1080 is without TLS: who can read what passes on the way there has the tokens of users, for listen, too"),
                RelayConfig.parse("relay.yaml", plain + users).warnings());
        assertEquals(List.of(), RelayConfig.parse("relay.yaml", secure + users + "tls: {certificate: c, key: k}").warnings());
    }
}
