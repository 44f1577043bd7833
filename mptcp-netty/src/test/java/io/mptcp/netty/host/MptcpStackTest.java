package io.mptcp.netty.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.PcapFile;
import io.mptcp.netty.StreamHandler;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.nio.NioIoHandler;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The whole assembly by its builder, over UDP on the loopback interface. */
@Timeout(60)
class MptcpStackTest {
    private static final IpAddress LOOPBACK = IpAddress.parse("127.0.0.1");
    private static final IpEndpoint ANY_PORT = new IpEndpoint(IpAddress.ANY, 0);

    @Test
    void oneStackListensOnPortsItWasNotToldBeforeAndConnectsToThem() throws Exception {
        try (MptcpStack stack = stack("127.0.0.1").build()) {
            for (int i = 0; i < 3; i++) {
                StreamHandler served = new StreamHandler(1, 100_000);
                CompletableFuture<Void> servedEnd = new CompletableFuture<>();
                try (MptcpListener listener = stack.listen(ANY_PORT, ListenOptions.DEFAULT, (uplinks, connection) -> completing(served, servedEnd))) {
                    assertNotEquals(0, listener.local().port());
                    StreamHandler client = new StreamHandler(2, 200_000);
                    connect(stack, new IpEndpoint(LOOPBACK, listener.local().port()), client).get(20, TimeUnit.SECONDS);
                    servedEnd.get(20, TimeUnit.SECONDS);
                    assertEquals(200_000, served.received);
                    assertEquals(100_000, client.received);
                    assertEquals(CloseReason.CLOSED, client.connection.closeReason());
                    assertFalse(client.connection.isFallback());
                }
            }
        }
    }

    @Test
    void aPortWhoseListenerIsClosedIsOpenForItsConnectionsOnly() throws Exception {
        StreamHandler served = new StreamHandler(1, 1000);
        CompletableFuture<MptcpConnection> accepted = new CompletableFuture<>();
        try (MptcpStack stack = stack("127.0.0.1").build(); MptcpStack clients = stack("127.0.0.2").build()) {
            MptcpListener listener = stack.listen(ANY_PORT, ListenOptions.DEFAULT, (uplinks, connection) -> {
                accepted.complete(connection);
                return served;
            });
            IpEndpoint remote = new IpEndpoint(LOOPBACK, listener.local().port());
            StreamHandler client = new StreamHandler(2, 1000);
            accepted.thenRun(listener::close); // before the first byte
            connect(clients, remote, client).get(20, TimeUnit.SECONDS);
            assertEquals(1000, client.received);
            String refusal = assertThrows(Exception.class, () -> connect(clients, remote, new StreamHandler(3, 1)).get(20, TimeUnit.SECONDS)).getMessage();
            assertTrue(refusal.contains("refused"), refusal);
        }
        new DatagramSocket(accepted.get().local().port(), InetAddress.getByName("127.0.0.1")).close(); // throws if the link still had it
    }

    @Test
    void aPortInUseIsSaidInOneLine() throws Exception {
        try (MptcpStack stack = stack("127.0.0.1").build(); DatagramSocket other = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            IpEndpoint taken = new IpEndpoint(IpAddress.ANY, other.getLocalPort());
            String message = assertThrows(SetupException.class, () -> stack.listen(taken, ListenOptions.DEFAULT, (uplinks, connection) -> null)).getMessage();
            assertEquals("cannot listen on [::]:" + taken.port() + ": UDP port " + taken.port() + " of 127.0.0.1 is already in use", message);
            try (MptcpListener listener = stack.listen(ANY_PORT, ListenOptions.DEFAULT, (uplinks, connection) -> null)) {
                String again = assertThrows(SetupException.class,
                        () -> stack.listen(listener.local(), ListenOptions.DEFAULT, (uplinks, connection) -> null)).getMessage();
                assertTrue(again.endsWith("has a listener already"), again);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("io.mptcp.netty.Loops#kinds")
    void aConnectThatWaitsFailsWhenTheStackIsClosed(IoHandlerFactory kind) throws Exception {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, kind);
        try (DatagramSocket silent = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            IpEndpoint remote = new IpEndpoint(LOOPBACK, silent.getLocalPort());
            silent.setSoTimeout(20_000);
            MptcpStack stack = stack("127.0.0.2").group(group).build();
            CompletableFuture<Void> end = connect(stack, remote, new StreamHandler(1, 1));
            silent.receive(new DatagramPacket(new byte[1], 1)); // the SYN
            stack.close();
            assertEquals("aborted", assertThrows(ExecutionException.class, () -> end.get(20, TimeUnit.SECONDS)).getCause().getMessage());
            CompletableFuture<Void> late = connect(stack, remote, new StreamHandler(1, 1));
            assertEquals("aborted", assertThrows(ExecutionException.class, () -> late.get(20, TimeUnit.SECONDS)).getCause().getMessage());
        } finally {
            group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    @ParameterizedTest
    @MethodSource("io.mptcp.netty.Loops#kinds")
    void everythingIsFreedAlsoWhenTheLoopsHaveEndedBefore(IoHandlerFactory kind) throws Exception {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, kind);
        MptcpStack stack = stack("127.0.0.1").group(group).build();
        int port = stack.listen(ANY_PORT, ListenOptions.DEFAULT, (uplinks, connection) -> null).local().port();
        CompletableFuture<Void> end = connect(stack, new IpEndpoint(IpAddress.parse("127.0.0.9"), port), new StreamHandler(1, 1));
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
        stack.close();
        assertThrows(ExecutionException.class, () -> end.get(20, TimeUnit.SECONDS));
        new DatagramSocket(port, InetAddress.getByName("127.0.0.1")).close(); // throws if the link still had it
    }

    @Test
    void whatHappensIsWrittenAsATimeline(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("timeline");
        try (MptcpStack server = stack("127.0.0.1").build();
                MptcpStack client = stack("127.0.0.2").udpPath("lo", IpAddress.parse("127.0.0.3")).timeline(file).build()) {
            MptcpListener listener = server.listen(ANY_PORT, ListenOptions.DEFAULT, (uplinks, connection) -> new StreamHandler(1, 1000));
            connect(client, new IpEndpoint(LOOPBACK, listener.local().port()), new StreamHandler(2, 1000)).get(20, TimeUnit.SECONDS);
        }
        List<String> lines = Files.readAllLines(file);
        assertTrue(lines.getFirst().startsWith("    0.000000  +0.000000  ["), lines.getFirst());
        for (String event : List.of("CREATED", "ESTABLISHED", "CLOSED")) {
            assertEquals(1, lines.stream().filter(line -> line.contains(" " + event + "]") && line.contains(" token=")).count(), event + ": " + lines);
        }
        double before = 0;
        for (String line : lines) {
            double seconds = Double.parseDouble(line.strip().split(" +")[0]);
            assertTrue(seconds >= before, lines.toString());
            before = seconds;
        }
        String message = assertThrows(SetupException.class, () -> stack("127.0.0.2").timeline(folder).build()).getMessage();
        assertTrue(message.startsWith("timeline " + folder + " cannot be written"), message);
    }

    @Test
    void everyPathIsInTheCapture(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("capture");
        StreamHandler handler = new StreamHandler(2, 300_000);
        try (MptcpStack server = stack("127.0.0.1").build();
                MptcpStack client = stack("127.0.0.2").udpPath("lo", IpAddress.parse("127.0.0.3")).capture(file).build()) {
            MptcpListener listener = server.listen(ANY_PORT, ListenOptions.DEFAULT, (uplinks, connection) -> new StreamHandler(1, 1000));
            connect(client, new IpEndpoint(LOOPBACK, listener.local().port()), handler).get(20, TimeUnit.SECONDS);
        }
        PcapFile capture = PcapFile.parse(Files.readAllBytes(file));
        assertEquals(2, capture.interfaces.size());
        assertEquals(2, capture.packets.stream().map(PcapFile.Packet::interfaceId).distinct().count());
        assertTrue(capture.packets.stream().mapToLong(packet -> packet.bytes().length).sum() > 300_000);
        String refusal = assertThrows(IllegalStateException.class, () -> stack("127.0.0.1").loops(2).capture(file).build()).getMessage();
        assertEquals("a capture file cannot be shared by several event loops, use one", refusal);
    }

    @Test
    void whatCannotWorkIsRefusedWhenItIsBuilt() {
        assertThrows(IllegalStateException.class, () -> MptcpStack.builder().build());
        assertThrows(IllegalArgumentException.class, () -> MptcpStack.builder().scheduler("fastest"));
        assertThrows(IllegalArgumentException.class, () -> MptcpStack.builder().loops(0));
        String message = assertThrows(SetupException.class, () -> stack("192.0.2.1").build()).getMessage();
        assertEquals("path lo: address 192.0.2.1 is not one of this host", message);
        MultiThreadIoEventLoopGroup inMemory = new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
        try {
            assertThrows(IllegalStateException.class, () -> stack("127.0.0.1").group(inMemory).build());
        } finally {
            inMemory.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
        MultiThreadIoEventLoopGroup nio = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        try {
            PathSpec tun = PathSpec.of("lo", LOOPBACK, PathSpec.Kind.TUN);
            String refusal = assertThrows(IllegalStateException.class, () -> stack("127.0.0.1").path(tun).group(nio).build()).getMessage();
            assertEquals("path lo: tun links need event loops of epoll", refusal);
        } finally {
            nio.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    private static MptcpStack.Builder stack(String address) {
        return MptcpStack.builder().udpPath("lo", IpAddress.parse(address));
    }

    private static CompletableFuture<Void> connect(MptcpStack stack, IpEndpoint remote, StreamHandler handler) {
        CompletableFuture<Void> end = new CompletableFuture<>();
        stack.connect(remote, 10_000, new ConnectListener() {
            @Override
            public void connected(MptcpConnection connection) {
                connection.attach(completing(handler, end));
            }

            @Override
            public void failed(CloseReason reason) {
                end.completeExceptionally(new IllegalStateException(reason.toString()));
            }
        });
        return end;
    }

    private static ConnectionHandler completing(StreamHandler handler, CompletableFuture<Void> end) {
        return (connection, readiness) -> {
            handler.ready(connection, readiness);
            if (handler.isClosed()) {
                end.complete(null);
            }
        };
    }
}
