package io.mptcp.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.netty.linux.LinkConfigurator;
import io.mptcp.netty.linux.Namespaces;
import io.mptcp.netty.linux.NetworkNamespace;
import io.mptcp.netty.linux.RouteNetlink;
import io.mptcp.netty.linux.TunDevice;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Stack;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kernel's TCP on one side of a TUN device, the stack on the other, in a network namespace of their own. */
@Timeout(120)
class TunLinkTest {
    private static final int MTU = 1500;
    private static final int PORT = 5000;
    private static final long BYTES = 3_000_000;

    private final ManualIoEventLoop loop = new ManualIoEventLoop(Thread.currentThread(), EpollIoHandler.newFactory());
    private Namespaces namespaces;
    private NetworkNamespace namespace;
    private String namespaceName;
    private TunLink link;
    private MptcpDriver driver;

    @BeforeEach
    void makeNamespace() {
        namespaces = Namespaces.orSkip();
        assumeTrue(Files.exists(Path.of("/dev/net/tun")), "needs /dev/net/tun");
        namespaceName = namespaces.add();
        namespace = NetworkNamespace.named(namespaceName);
    }

    @AfterEach
    void close() {
        if (driver != null) {
            driver.close();
        }
        if (namespaces != null) {
            namespaces.close();
        }
        Loops.close(loop);
    }

    @ParameterizedTest(name = "{0}, offload {1}")
    @CsvSource({"10.99.0.1, true", "fd00:99::1, true", "10.99.0.1, false", "fd00:99::1, false"})
    void asGatewayTakesConnectionsToAnyAddressRoutedThere(String destination, boolean offload) throws Exception {
        open(offload, false);
        StreamHandler accepted = new StreamHandler(7, BYTES);
        driver.stack().listen(new IpEndpoint(IpAddress.ANY, 0), false, ConnectOptions.DEFAULT, accepted);
        CompletableFuture<String[]> peer = inNamespace(() -> {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(destination, PORT));
                return exchange(socket);
            }
        });
        Loops.runUntil(loop, () -> peer.isDone() && accepted.isClosed());
        assertExchanged(peer, accepted);
        assertEquals(new IpEndpoint(IpAddress.parse(destination), PORT), accepted.connection.local());
    }

    @ParameterizedTest
    @CsvSource({"10.9.0.1, 10.9.0.2, true", "fd00:9::1, fd00:9::2, true", "10.9.0.1, 10.9.0.2, false"})
    void asUplinkReachesTheHostFromItsOwnAddress(String host, String own, boolean offload) throws Exception {
        open(offload, true);
        assertEquals(IpAddress.parse(own), link.localAddressFor(IpAddress.parse(host)));
        StreamHandler connected = new StreamHandler(7, BYTES);
        ServerSocket server = namespace.call(() -> {
            ServerSocket listening = new ServerSocket();
            listening.bind(new InetSocketAddress(host, PORT));
            return listening;
        });
        try (server) {
            CompletableFuture<String[]> peer = inNamespace(() -> {
                try (Socket socket = server.accept()) {
                    return exchange(socket);
                }
            });
            driver.stack().connect(0, new IpEndpoint(IpAddress.parse(own), 0), new IpEndpoint(IpAddress.parse(host), PORT),
                    ConnectOptions.DEFAULT, connected);
            driver.wake();
            Loops.runUntil(loop, () -> peer.isDone() && connected.isClosed());
            assertExchanged(peer, connected);
        }
    }

    @Test
    void packetsThatAreNoTcpAreCountedAndNothingElse() throws Exception {
        open(true, false);
        long before = link.ignoredPackets();
        namespace.call(() -> {
            try (DatagramSocket socket = new DatagramSocket()) {
                socket.send(new DatagramPacket(new byte[10], 10, new InetSocketAddress("10.99.0.1", 53)));
            }
            return null;
        });
        Loops.runUntil(loop, () -> link.ignoredPackets() > before);
    }

    @Test
    void configurationIsThereAndGoesWithTheDevice() throws Exception {
        open(true, false);
        String addresses = Namespaces.ip(namespaceName, "addr", "show", "dev", link.name());
        assertTrue(addresses.contains("10.9.0.1/24") && addresses.contains("fd00:9::1/64") && addresses.contains("mtu 1500"), addresses);
        assertTrue(Namespaces.ip(namespaceName, "route", "show").contains("10.99.0.0/24 dev " + link.name()));
        assertTrue(Namespaces.ip(namespaceName, "-6", "route", "show").contains("fd00:99::/64 dev " + link.name()));
        driver.close();
        assertEquals("", Namespaces.ip(namespaceName, "route", "show"));
    }

    private void open(boolean offload, boolean uplink) {
        link = namespace.call(() -> {
            TunDevice device = TunDevice.open("", offload, offload);
            try (RouteNetlink netlink = RouteNetlink.open(); LinkConfigurator configurator = LinkConfigurator.open()) {
                int index = netlink.link(device.name()).index();
                configurator.setUp(index, MTU);
                configurator.addAddress(index, IpAddress.parse("10.9.0.1"), 24);
                configurator.addAddress(index, IpAddress.parse("fd00:9::1"), 64);
                configurator.addRoute(IpAddress.parse("10.99.0.0"), 24, index, null, 0);
                configurator.addRoute(IpAddress.parse("fd00:99::"), 64, index, null, 0);
            }
            IpAddress ipv4 = uplink ? IpAddress.parse("10.9.0.2") : null;
            IpAddress ipv6 = uplink ? IpAddress.parse("fd00:9::2") : null;
            return new TunLink(0, device, ipv4, ipv6, MTU, 1, false);
        });
        Random random = new Random(1);
        driver = new MptcpDriver(loop, new Stack(StackConfig.defaults(), random::nextLong));
        driver.addLink(link);
    }

    /** What a peer with the kernel's TCP does: sends, ends its output, reads to the end. @return digests of what was sent and received */
    private static String[] exchange(Socket socket) throws Exception {
        MessageDigest sent = MessageDigest.getInstance("SHA-256");
        MessageDigest received = MessageDigest.getInstance("SHA-256");
        CompletableFuture<Void> reader = new CompletableFuture<>();
        Thread.ofPlatform().start(() -> {
            try {
                new DigestInputStream(socket.getInputStream(), received).transferTo(OutputStream.nullOutputStream());
                reader.complete(null);
            } catch (IOException e) {
                reader.completeExceptionally(e);
            }
        });
        Random random = new Random(99);
        byte[] chunk = new byte[30_000];
        for (long left = BYTES; left > 0; left -= chunk.length) {
            random.nextBytes(chunk);
            sent.update(chunk);
            socket.getOutputStream().write(chunk);
        }
        socket.shutdownOutput();
        reader.get();
        return new String[] {HexFormat.of().formatHex(sent.digest()), HexFormat.of().formatHex(received.digest())};
    }

    private CompletableFuture<String[]> inNamespace(java.util.concurrent.Callable<String[]> action) {
        CompletableFuture<String[]> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                result.complete(namespace.call(action));
            } catch (Throwable failure) {
                result.completeExceptionally(failure);
            } finally {
                loop.wakeup();
            }
        });
        return result;
    }

    private static void assertExchanged(CompletableFuture<String[]> peer, StreamHandler ours) throws Exception {
        String[] digests = peer.get();
        assertEquals(CloseReason.CLOSED, ours.connection.closeReason());
        assertEquals(BYTES, ours.received);
        assertEquals(digests[0], ours.receivedDigest());
        assertEquals(ours.sentDigest(), digests[1]);
    }
}
