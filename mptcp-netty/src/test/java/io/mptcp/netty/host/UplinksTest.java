package io.mptcp.netty.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.StreamHandler;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real links on the loopback interface, as any user may open them. */
@Timeout(60)
class UplinksTest {
    private static final IpAddress LOOPBACK = IpAddress.parse("127.0.0.1");

    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final IoEventLoop loop = group.next();

    @TempDir
    private Path directory;

    @AfterEach
    void endLoop() {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 100_000, 3_000_000})
    void twoProcessesOfOrdinaryUsersReachEachOtherByUdp(int bytes) throws Exception {
        int port = freePort();
        StreamHandler served = new StreamHandler(1, bytes);
        StreamHandler client = new StreamHandler(2, bytes / 2);
        CompletableFuture<Void> bothClosed = new CompletableFuture<>();
        try (Uplinks server = Uplinks.open(loop, List.of(udp("127.0.0.1")), settings(port, null));
                Uplinks uplinks = Uplinks.open(loop, List.of(udp("127.0.0.2"), udp("127.0.0.3")), settings(0, null))) {
            OnLoop.run(loop, () -> {
                server.driver().stack().listen(new IpEndpoint(IpAddress.ANY, port), false, ConnectOptions.DEFAULT, (ConnectionHandler) (connection, readiness) -> {
                    connection.attach(watched(served, client, bothClosed));
                    ((ConnectionHandler) connection.attachment()).ready(connection, readiness);
                });
                uplinks.connect(new IpEndpoint(LOOPBACK, port), 10_000, new ConnectListener() {
                    @Override
                    public void connected(MptcpConnection connection) {
                        connection.attach(watched(client, served, bothClosed));
                    }

                    @Override
                    public void failed(CloseReason reason) {
                        bothClosed.completeExceptionally(new AssertionError(reason));
                    }
                });
            });
            bothClosed.get(50, TimeUnit.SECONDS);
        }
        assertEquals(bytes, client.received);
        assertEquals(bytes / 2, served.received);
        assertEquals(served.sentDigest(), client.receivedDigest());
        assertEquals(client.sentDigest(), served.receivedDigest());
        assertFalse(client.connection.isFallback());
        assertEquals(CloseReason.CLOSED, client.connection.closeReason());
    }

    @Test
    void aCaptureHasTheSegmentsOfEveryPath() throws Exception {
        Path file = directory.resolve("a.pcapng");
        int port = freePort();
        CompletableFuture<CloseReason> end = new CompletableFuture<>();
        try (Uplinks uplinks = Uplinks.open(loop, List.of(udp("127.0.0.2")), settings(0, file))) {
            // Nobody listens: SYNs are all there is.
            OnLoop.run(loop, () -> uplinks.connect(new IpEndpoint(LOOPBACK, port), 300, new Nobody(end)));
            assertEquals(CloseReason.TIMED_OUT, end.get(10, TimeUnit.SECONDS));
        }
        assertTrue(packets(file) >= 1, "no packet in the capture");
    }

    /** Expects no answer. @param end why the attempt has failed */
    private record Nobody(CompletableFuture<CloseReason> end) implements ConnectListener {
        @Override
        public void connected(MptcpConnection connection) {
            end.completeExceptionally(new AssertionError("connected to nobody"));
        }

        @Override
        public void failed(CloseReason reason) {
            end.complete(reason);
        }
    }

    /** The attempt that is taken back is no failure of its path. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void whatDoesNotFitIntoTheBufferBeforeASynIsALimitOfMemory(int paths) throws Exception {
        IpEndpoint nobody = new IpEndpoint(LOOPBACK, freePort());
        CompletableFuture<CloseReason> end = new CompletableFuture<>();
        try (Uplinks uplinks = Uplinks.open(loop, List.of(udp("127.0.0.2"), udp("127.0.0.3")).subList(0, paths), settings(0, null))) {
            OnLoop.run(loop, () -> uplinks.connect(nobody, null, uplinks.defaultOptions(), new byte[64 << 20], 300, new Nobody(end)));
            assertEquals(CloseReason.LIMIT, end.get(10, TimeUnit.SECONDS));
        }
    }

    @Test
    void anUnknownInterfaceIsNamedTogetherWithThoseThereAre() {
        String message = failure(PathSpec.of("nowhere0", null, PathSpec.Kind.UDP), 0);
        assertTrue(message.startsWith("no such interface: nowhere0, there are "), message);
        assertTrue(message.contains("lo"), message);
    }

    @Test
    void aTunPathNeedsAnAddressOfItsOwn() {
        assertEquals("path lo: link=tun needs addr=A, an address that the host routes into the device",
                failure(PathSpec.of("lo", null, PathSpec.Kind.TUN), 0));
    }

    @Test
    void aPortInUseIsSaidInOneLine() throws Exception {
        try (DatagramSocket other = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            String message = failure(udp("127.0.0.1"), other.getLocalPort());
            assertTrue(message.startsWith("path lo: ") && message.contains("in use"), message);
        }
    }

    @Test
    void anAddressOfAnotherHostIsRefused() {
        String message = failure(udp("192.0.2.55"), 0);
        assertTrue(message.startsWith("path lo: ") && message.contains("192.0.2.55"), message);
    }

    @Test
    void aCaptureThatCannotBeWrittenIsRefusedAndLeavesNoLink() throws Exception {
        int port = freePort();
        String message = assertThrows(SetupException.class, () -> Uplinks.open(loop, List.of(udp("127.0.0.1")),
                settings(port, directory.resolve("missing/a.pcapng")))).getMessage();
        assertTrue(message.contains("cannot write the capture file"), message);
        new DatagramSocket(port, InetAddress.getByName("127.0.0.1")).close(); // throws if the link still had it
    }

    @Test
    void linksOpenedBeforeOneThatFailsAreClosed() throws Exception {
        int port = freePort();
        PathSpec unknown = PathSpec.of("nowhere0", null, PathSpec.Kind.UDP);
        assertThrows(SetupException.class, () -> Uplinks.open(loop, List.of(udp("127.0.0.1"), unknown), settings(port, null)));
        new DatagramSocket(port, InetAddress.getByName("127.0.0.1")).close();
    }

    private String failure(PathSpec path, int listenPort) {
        String message = assertThrows(SetupException.class, () -> Uplinks.open(loop, List.of(path), settings(listenPort, null))).getMessage();
        assertEquals(1, message.lines().count(), message);
        return message;
    }

    private static PathSpec udp(String address) {
        return PathSpec.of("lo", IpAddress.parse(address), PathSpec.Kind.UDP);
    }

    private static UplinkSettings settings(int listenPort, Path pcap) {
        return new UplinkSettings(StackConfig.defaults(), "default", listenPort, pcap);
    }

    private static ConnectionHandler watched(StreamHandler endpoint, StreamHandler other, CompletableFuture<Void> bothClosed) {
        return (connection, readiness) -> {
            endpoint.ready(connection, readiness);
            if (endpoint.isClosed() && other.isClosed()) {
                bothClosed.complete(null);
            }
        };
    }

    /** Enhanced packet blocks of a pcapng file; every block begins with its type and length. */
    private static int packets(Path file) throws IOException {
        ByteBuffer capture = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.nativeOrder());
        int count = 0;
        for (int at = 0; at < capture.limit(); at += capture.getInt(at + 4)) {
            count += capture.getInt(at) == 6 ? 1 : 0;
        }
        return count;
    }

    private static int freePort() throws IOException {
        try (DatagramSocket probe = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            return probe.getLocalPort();
        }
    }
}
