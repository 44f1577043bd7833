package io.mptcp.netty.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.StreamHandler;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.netty.linux.Namespaces;
import io.mptcp.netty.socket.MptcpSocketFactory;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.Counter;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One server on several event loops over packet sockets or raw IP sockets; of clients with two addresses each, joins come to any of the loops. */
@Timeout(60)
class SeveralLoopsPacketTest {
    private static final int LOOPS = 3;
    private static final int CLIENTS = 12;
    private static final int BYTES = 200_000;
    private static final String SERVER = "10.1.0.1";

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private String here;
    private String there;

    @BeforeEach
    void setUp() {
        Namespaces namespaces = Namespaces.orSkip();
        opened.push(namespaces);
        here = namespaces.add();
        there = namespaces.add();
        namespaces.veth(here, "p1", there, "q1");
        namespaces.address(here, "p1", SERVER + "/24");
        namespaces.address(there, "q1", "10.1.0.2/24");
        namespaces.address(there, "q1", "10.1.0.3/24");
    }

    @AfterEach
    void tearDown() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    private MultiThreadIoEventLoopGroup loops(String namespace, int count) {
        ThreadFactory threads = new DefaultThreadFactory("several", true);
        ThreadFactory inNamespace = task -> threads.newThread(() -> {
            try {
                Namespaces.in(namespace).enter();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            task.run();
        });
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(count, inNamespace, EpollIoHandler.newFactory());
        opened.push(() -> group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync());
        return group;
    }

    private MptcpStack server(PathSpec.Kind kind) throws SetupException {
        MptcpStack server = MptcpStack.builder().path(PathSpec.of("p1", null, kind)).group(loops(here, LOOPS)).build();
        opened.push(server);
        return server;
    }

    private IpEndpoint listen(MptcpStack server, int port) {
        MptcpListener listener = Namespaces.in(here).call(() -> server.listen(new IpEndpoint(IpAddress.ANY, port), ListenOptions.DEFAULT,
                (uplinks, connection) -> new StreamHandler(connection.token(), BYTES)));
        return new IpEndpoint(IpAddress.parse(SERVER), listener.local().port());
    }

    @ParameterizedTest
    @ValueSource(strings = {"PACKET", "RAW"})
    void theKernelsJoinsReachTheLoopOfTheirConnection(PathSpec.Kind kind) throws Exception {
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        Namespaces.ip(there, "mptcp", "limits", "set", "subflows", "2");
        Namespaces.ip(there, "mptcp", "endpoint", "add", "10.1.0.3", "subflow");
        MptcpStack server = server(kind);
        IpEndpoint remote = listen(server, 5000);
        List<Socket> sockets = new ArrayList<>();
        opened.push(() -> {
            for (Socket socket : sockets) {
                socket.close();
            }
        });
        for (int i = 0; i < CLIENTS; i++) {
            sockets.add(Namespaces.in(there).call(() -> MptcpSocketFactory.kernel().createSocket(SERVER, remote.port())));
        }
        awaitJoins(server);
        for (Socket socket : sockets) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(new byte[BYTES]);
            socket.shutdownOutput();
            assertEquals(BYTES, socket.getInputStream().readAllBytes().length);
        }
        assertSpread(server);
    }

    @Test
    void ourOwnClientsMayHaveSeveralLoopsToo() throws Exception {
        MptcpStack server = server(PathSpec.Kind.PACKET);
        IpEndpoint remote = listen(server, 0);
        MptcpStack client = MptcpStack.builder().path(PathSpec.of("q1", IpAddress.parse("10.1.0.2"), PathSpec.Kind.PACKET))
                .path(PathSpec.of("q1", IpAddress.parse("10.1.0.3"), PathSpec.Kind.PACKET)).group(loops(there, 2)).build();
        opened.push(client);
        List<CompletableFuture<StreamHandler>> connections = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
            connections.add(connect(client, remote, i));
        }
        for (CompletableFuture<StreamHandler> connection : connections) {
            StreamHandler handler = connection.get(40, TimeUnit.SECONDS);
            assertEquals(BYTES, handler.received);
            assertEquals(CloseReason.CLOSED, handler.connection.closeReason());
        }
        awaitJoins(server);
        assertSpread(server);
        for (Uplinks uplinks : client.shards()) {
            assertTrue(counter(uplinks, Counter.ActiveOpens) >= CLIENTS / 2, "connections opened by each loop");
        }
    }

    @Test
    void aPortOfOneLoopAloneIsRefused() throws Exception {
        MptcpStack server = server(PathSpec.Kind.PACKET);
        String message = assertThrows(SetupException.class, () -> server.listen(new IpEndpoint(IpAddress.ANY, 61000), ListenOptions.DEFAULT, null)).getMessage();
        assertEquals("cannot listen on [::]:61000: port 61000 is one of those that each event loop opens connections from: give another", message);
    }

    private static CompletableFuture<StreamHandler> connect(MptcpStack client, IpEndpoint remote, int seed) {
        CompletableFuture<StreamHandler> end = new CompletableFuture<>();
        StreamHandler handler = new StreamHandler(seed, BYTES);
        client.connect(remote, 10_000, new ConnectListener() {
            private boolean joined;

            @Override
            public void connected(MptcpConnection connection) {
                connection.attach((ConnectionHandler) this::ready);
            }

            /** Nothing is sent before there are both subflows. */
            private void ready(MptcpConnection connection, int readiness) {
                joined |= connection.subflows().stream().filter(subflow -> subflow.state().equals("ESTABLISHED")).count() == 2;
                if (joined) {
                    handler.ready(connection, readiness);
                }
                if (handler.isClosed()) {
                    end.complete(handler);
                }
            }

            @Override
            public void failed(CloseReason reason) {
                end.completeExceptionally(new IllegalStateException(reason.toString()));
            }
        });
        return end;
    }

    private static long counter(Uplinks uplinks, Counter counter) throws Exception {
        return uplinks.loop().submit(() -> uplinks.driver().stack().counters().get(counter)).get();
    }

    private static void awaitJoins(MptcpStack server) throws Exception {
        long joins = 0;
        while (joins < CLIENTS) { // the time limit of the test ends it
            joins = 0;
            for (Uplinks uplinks : server.shards()) {
                joins += counter(uplinks, Counter.MPJoinAckRx);
            }
        }
        assertEquals(CLIENTS, joins);
    }

    private static void assertSpread(MptcpStack server) throws Exception {
        int used = 0;
        for (Uplinks uplinks : server.shards()) {
            assertEquals(0, counter(uplinks, Counter.MPJoinNoTokenFound));
            used += counter(uplinks, Counter.MPCapableSYNRX) > 0 ? 1 : 0;
        }
        assertTrue(used > 1, "all connections came to one loop");
    }
}
