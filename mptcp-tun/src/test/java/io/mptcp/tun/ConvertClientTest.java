package io.mptcp.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.tun.relay.RelayServer;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.SimpleChannelInboundHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Our own client before converters of RFC 8803: relays of ours that are such, on the kernel's Multipath TCP, and servers that do what a test wants. */
@Timeout(300)
class ConvertClientTest {
    private static final int PORT = 5126;
    private static final int ODD_PORT = 5127;
    private static final int PATIENCE_SECONDS = 60;
    private static final int BASE_CONNECT_BYTES = 24;
    private static final int COOKIE_BYTES = 20;
    private static final IpEndpoint WEB_SERVER = new IpEndpoint(IpAddress.parse(TestNetwork.SERVER_V4), RelayNetwork.WEB);

    private static RelayNetwork network;

    private MptcpStack stack;
    private RelayDialer dialer;
    private List<FlowRule> rules;

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

    @BeforeEach
    void makeClient() throws Exception {
        stack = network.clientNamespace().call(() -> MptcpStack.builder().path(PathSpec.parse("p1")).path(PathSpec.parse("p2")).build());
    }

    @AfterEach
    void closeClient() {
        if (stack != null) {
            stack.close();
        }
    }

    /** Over one path: converters know clients by their addresses, and on a slow machine the second path is tried, too. @param relays as in the configuration */
    private void configure(String relays) throws Exception {
        configure(relays, "rules: [{use: relay, paths: p1}]\n");
    }

    private void configure(String relays, String rule) throws Exception {
        TunConfig config = TunConfig.parse("f.yaml", "proxy: {socks5: '127.0.0.1:1080'}\npaths: [{device: p1}, {device: p2}]\nrelays: [" + relays + "]\n" + rule);
        rules = config.rules();
        dialer = new RelayDialer(stack, config.relays());
    }

    private static RelayServer relay(String more) throws Exception {
        return network.startRelay("""
                convert: [{address: '[::]:%d', by: kernel, clients: [10.71.0.0/16, 'fd71::/16'], %s}]
                egress: [{to: 10.99.0.1, ports: [%d, 9]}]
                limits: {connect-timeout-seconds: 1}
                """.formatted(PORT, more, RelayNetwork.WEB));
    }

    private static String server(int port) {
        return "{server: '" + TestNetwork.SERVER_V4 + ":" + port + "', convert: yes}";
    }

    /** How a dial has ended: one of the two. */
    private record Outcome(RelayStream stream, CloseReason failure) {
    }

    private Outcome dial(IpEndpoint destination) throws Exception {
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        dialer.loop().execute(() -> dialer.dial(rules.getFirst(), destination, TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS), new RelayDialer.Listener() {
            @Override
            public void connected(RelayStream stream) {
                outcome.complete(new Outcome(stream, null));
            }

            @Override
            public void failed(CloseReason reason) {
                outcome.complete(new Outcome(null, reason));
            }
        }));
        return outcome.get(2 * PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private <T> T onLoop(java.util.concurrent.Callable<T> question) throws Exception {
        return dialer.loop().submit(question).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private long earlyBytes(RelayStream stream) throws Exception {
        return onLoop(() -> (long) stream.connection().fastOpenBytes());
    }

    /** Downloads by it. @return CRC-32 of the body */
    private long download(RelayStream stream, int bytes) throws Exception {
        CompletableFuture<Long> checksum = new CompletableFuture<>();
        onLoop(() -> {
            stream.attach(new SimpleChannelInboundHandler<ByteBuf>() {
                private final ByteBuf all = Unpooled.buffer();

                @Override
                protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
                    all.writeBytes(message);
                    int head = ByteBufUtil.indexOf(Unpooled.copiedBuffer("\r\n\r\n", StandardCharsets.US_ASCII), all) + 4;
                    if (head >= 4 && all.readableBytes() == head + bytes) {
                        CRC32 crc = new CRC32();
                        crc.update(all.array(), all.arrayOffset() + head, bytes);
                        checksum.complete(crc.getValue());
                    }
                }
            });
            return stream.channel().writeAndFlush(Unpooled.copiedBuffer("GET /" + bytes + " HTTP/1.0\r\n\r\n", StandardCharsets.US_ASCII));
        });
        return checksum.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    /** The message went with the SYN, and is not in the stream: the numbers of both levels begin behind it (RFC 8684 appendix B). */
    @Test
    void theMessageGoesWithTheSynAndTheStreamBehindItIsWhole() throws Exception {
        configure(server(PORT), "");
        try (RelayServer _ = relay("cookies: no")) {
            Outcome outcome = dial(WEB_SERVER);
            assertNotNull(outcome.stream, String.valueOf(outcome.failure));
            assertEquals(BASE_CONNECT_BYTES, earlyBytes(outcome.stream));
            MptcpConnection connection = outcome.stream.connection();
            assertTrue(onLoop(connection::isSynDataTaken));
            assertFalse(onLoop(connection::isFallback), "by Multipath TCP");
            assertEquals(KernelHttpServer.checksumOf(3_000_000), download(outcome.stream, 3_000_000));
            assertFalse(onLoop(connection::isFallback), "and still is");
        }
    }

    /** The whole way of a program that knows of nothing: by the device, the daemon, both paths, and a converter that wants cookies. */
    @Test
    void curlDownloadsByTheDeviceAndTheConverter(@TempDir Path directory) throws Exception {
        Path config = Files.writeString(directory.resolve("mptcp-tun.yaml"), """
                tun: {device: mptcp0, address: 10.255.0.1/30, routes: [10.99.0.1]}
                control: {socket: none}
                paths: [{device: p1}, {device: p2}]
                relays: [%s]
                """.formatted(server(PORT)));
        stack.close(); // its ports are the daemon's here
        try (RelayServer _ = relay("cookies: yes"); DaemonProcess daemon = DaemonProcess.start(network, config)) {
            daemon.awaitReady();
            for (int i = 0; i < 3; i++) {
                TestNetwork.Result curl = network.inClient("curl", "-sS", "--max-time", "90", "-o", directory.resolve("body").toString(), "http://10.99.0.1:" + RelayNetwork.WEB + "/1000000");
                assertEquals(0, curl.exitCode(), curl.output() + daemon.errors());
                CRC32 crc = new CRC32();
                crc.update(Files.readAllBytes(directory.resolve("body")));
                assertEquals(KernelHttpServer.checksumOf(1_000_000), crc.getValue());
            }
            assertEquals(0, daemon.terminate(), daemon.errors());
        }
    }

    /** Linux keeps what a relay writes before the client has answered the SYN/ACK, and forgets to send it: whether a destination is quick or slow is chance here. */
    @Test
    void anAnswerThatIsReadyBeforeTheHandshakeIsOverComesAllTheSame() throws Exception {
        configure(server(PORT));
        try (RelayServer _ = relay("cookies: no")) {
            for (int i = 0; i < 40; i++) {
                Outcome served = dial(WEB_SERVER);
                assertNotNull(served.stream, String.valueOf(served.failure));
                served.stream.channel().close();
            }
            for (int i = 0; i < 8; i++) { // more are not told in a second
                assertEquals(CloseReason.REFUSED, dial(new IpEndpoint(WEB_SERVER.address(), 22)).failure, "not on its list");
            }
        }
    }

    @Test
    void aCookieIsKeptAndGoesWithEverySynFromThenOn() throws Exception {
        configure(server(PORT));
        try (RelayServer _ = relay("cookies: yes")) {
            for (int i = 0; i < 3; i++) {
                Outcome outcome = dial(WEB_SERVER);
                assertNotNull(outcome.stream, String.valueOf(outcome.failure));
                assertEquals(BASE_CONNECT_BYTES + COOKIE_BYTES, earlyBytes(outcome.stream), "the second try brings it");
                assertEquals(KernelHttpServer.checksumOf(1000), download(outcome.stream, 1000));
            }
        }
        try (RelayServer _ = relay("cookies: yes")) { // which has another secret: Not Authorized, then Missing Cookie, then in
            Outcome outcome = dial(WEB_SERVER);
            assertNotNull(outcome.stream, String.valueOf(outcome.failure));
            assertEquals(KernelHttpServer.checksumOf(1000), download(outcome.stream, 1000));
        }
    }

    /** Error 32 says that of a wrong cookie, too; one that has just been given is none. */
    @Test
    void aCookieIsKeptWhenItIsTheDestinationThatIsRefused() throws Exception {
        configure(server(PORT));
        InetSocketAddress converter = rules.getFirst().relay().servers().getFirst();
        try (RelayServer _ = relay("cookies: yes")) {
            for (int i = 0; i < 2; i++) {
                assertEquals(CloseReason.REFUSED, dial(new IpEndpoint(WEB_SERVER.address(), 22)).failure, "not on its list");
                assertNotNull(onLoop(() -> dialer.memory().cookie(converter, IpAddress.parse("10.71.1.1"))));
            }
        }
    }

    @Test
    void whatTheConverterSaysOfTheDestinationTheProgramHears() throws Exception {
        configure(server(PORT));
        try (RelayServer _ = relay("cookies: no")) {
            assertEquals(CloseReason.REFUSED, dial(new IpEndpoint(WEB_SERVER.address(), 9)).failure);
            assertEquals(CloseReason.REFUSED, dial(new IpEndpoint(WEB_SERVER.address(), 22)).failure, "not on its list");
            assertFalse(onLoop(() -> dialer.isLeft(rules.getFirst().relay())), "which is no reason to leave it");
        }
        try (RelayServer _ = relay("cookies: no, connections: 1")) {
            assertNotNull(dial(WEB_SERVER).stream);
            assertEquals(CloseReason.REFUSED, dial(WEB_SERVER).failure);
            assertTrue(onLoop(() -> dialer.isLeft(rules.getFirst().relay())), "for the five seconds it asks for");
            assertEquals(CloseReason.UNREACHABLE, dial(WEB_SERVER).failure);
        }
    }

    /** A server whose kernel takes no data with SYNs looks like a middlebox that removes it (RFC 8803 section 8). */
    @Test
    void aConverterWhoseSynAckDoesNotAcknowledgeTheMessageIsLeftForTheNextOrTheDirectWay() throws Exception {
        configure("{server: ['" + TestNetwork.SERVER_V4 + ":" + ODD_PORT + "', '" + TestNetwork.SERVER_V4 + ":" + PORT + "'], convert: yes, otherwise: direct}");
        RelaySpec relay = rules.getFirst().relay();
        BlockingQueue<Integer> heard = new LinkedBlockingQueue<>();
        FlowRouting routing = new FlowRouting(rules, dialer, dialer.uplinks());
        try (ServerSocket deaf = oddServer(new byte[0], heard); RelayServer _ = relay("cookies: no")) {
            assertNotNull(dial(WEB_SERVER).stream, "by the second");
            assertNotNull(heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS));
            assertNotNull(dial(WEB_SERVER).stream);
            assertNull(heard.poll(), "the first is not asked again");
            assertFalse(onLoop(() -> dialer.isLeft(relay)));
            assertEquals(FlowRule.Use.RELAY, onLoop(() -> routing.choose(IpAddress.ANY, WEB_SERVER, Dscp.UNKNOWN).use()));
            assertTrue(deaf.isBound());
        }
        try (ServerSocket _ = oddServer(ByteBufUtil.decodeHexDump("010222631e012000"), heard, PORT)) {
            assertEquals(CloseReason.REFUSED, dial(WEB_SERVER).failure);
            assertTrue(onLoop(() -> dialer.isLeft(relay)));
            assertEquals(FlowRule.Use.DIRECT, onLoop(() -> routing.choose(IpAddress.ANY, WEB_SERVER, Dscp.UNKNOWN).use()));
        }
    }

    /** Accepts, and says this to each. */
    private static ServerSocket oddServer(byte[] says, BlockingQueue<Integer> heard) {
        return oddServer(says, heard, ODD_PORT);
    }

    private static ServerSocket oddServer(byte[] says, BlockingQueue<Integer> heard, int port) {
        ServerSocket listening = network.serverNamespace().call(() -> new ServerSocket(port, 8, InetAddress.ofLiteral(TestNetwork.SERVER_V4)));
        Thread.ofVirtual().start(() -> {
            while (!listening.isClosed()) {
                try {
                    Socket accepted = listening.accept();
                    heard.add(accepted.getPort());
                    accepted.getOutputStream().write(says);
                } catch (java.io.IOException _) {
                    // the end of the test, or of the client
                }
            }
        });
        return listening;
    }
}
