package io.mptcp.netty.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.channel.MptcpSocketChannel;
import io.mptcp.netty.linux.Namespaces;
import io.mptcp.netty.linux.PortReservation;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Local ports over packet sockets, which the host's kernel has to leave to us. */
@Timeout(60)
class PacketPortsTest {
    private static final IpEndpoint ANY_PORT = new IpEndpoint(IpAddress.ANY, 0);
    private static final AcceptHandler NOBODY = (uplinks, connection) -> null;

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private MptcpStack stack;

    @BeforeEach
    void setUp() throws Exception {
        Namespaces namespaces = Namespaces.orSkip();
        opened.push(namespaces);
        String here = namespaces.add();
        String there = namespaces.add();
        namespaces.veth(here, "p1", there, "q1");
        namespaces.address(here, "p1", "10.1.0.1/24");
        ThreadFactory threads = new DefaultThreadFactory("ports", true);
        ThreadFactory inNamespace = task -> threads.newThread(() -> {
            try {
                Namespaces.in(here).enter();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            task.run();
        });
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, inNamespace, EpollIoHandler.newFactory());
        opened.push(() -> group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync());
        stack = MptcpStack.builder().path("p1").group(group).build();
        opened.push(stack);
    }

    @AfterEach
    void tearDown() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    @Test
    void portsThatAreChosenAreDifferentUntilThereAreNone() throws Exception {
        Set<Integer> ports = new HashSet<>();
        MptcpListener last = null;
        for (int i = 0; i < PortReservation.SLOT_PORTS; i++) {
            last = stack.listen(ANY_PORT, ListenOptions.DEFAULT, NOBODY);
            assertTrue(ports.add(last.local().port()), () -> "chosen twice: " + ports);
        }
        String message = assertThrows(SetupException.class, () -> stack.listen(ANY_PORT, ListenOptions.DEFAULT, NOBODY)).getMessage();
        assertTrue(message.startsWith("cannot listen on [::]:0: each of the ports"), message);
        int free = last.local().port();
        last.close();
        stack.shards().getFirst().loop().submit(() -> { }).sync();
        assertEquals(free, stack.listen(ANY_PORT, ListenOptions.DEFAULT, NOBODY).local().port());
    }

    @Test
    void aChannelCannotStartFromAPortWhoseAnswersTheKernelGets() throws Exception {
        Throwable failure = bootstrap().connect(new InetSocketAddress("10.1.0.2", 80), new InetSocketAddress(4711)).await().cause();
        assertEquals("the local port cannot be chosen over packet sockets: bind to port 0", assertInstanceOf(BindException.class, failure).getMessage());
        assertInstanceOf(BindException.class, bootstrap().bind(4711).await().cause());
        assertTrue(bootstrap().bind(0).await().isSuccess());
    }

    private Bootstrap bootstrap() {
        return new Bootstrap().group(stack.group()).channelFactory(() -> new MptcpSocketChannel(stack)).handler(new ChannelInboundHandlerAdapter());
    }
}
