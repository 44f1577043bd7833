package io.mptcp.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.netty.linux.Namespaces;
import io.mptcp.netty.linux.PortRange;
import io.mptcp.netty.linux.PortReservation;
import io.mptcp.netty.linux.SocketAddresses;
import io.mptcp.netty.linux.Syscalls;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Readiness;
import io.mptcp.stack.Stack;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stack on a packet link against a Multipath TCP socket of the kernel in another namespace, which sends back what it gets. */
@Timeout(60)
class PacketLinkTransferTest {
    private static final int PORT = 7007;
    private static final long BYTES = 20_000_000;
    private static final int F_SETFL = 4;
    private static final int NARROW_MTU = 1400;

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private Namespaces namespaces;
    private String here;
    private String there;
    private IoEventLoop loop;

    @BeforeEach
    void setUp() {
        namespaces = Namespaces.orSkip();
        opened.push(namespaces);
        assumeTrue(KernelMptcp.available(), "needs a kernel with Multipath TCP");
        loop = loopOf(EpollIoHandler.newFactory());
        here = namespaces.add();
        there = namespaces.add();
    }

    private IoEventLoop loopOf(IoHandlerFactory kind) {
        MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, kind);
        opened.push(() -> group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync());
        return group.next();
    }

    private void joinDirectly() {
        namespaces.veth(here, "p1", there, "q1");
        namespaces.address(here, "p1", "10.1.0.1/24");
        namespaces.address(here, "p1", "fd01::1/64");
        namespaces.address(there, "q1", "10.1.0.2/24");
        namespaces.address(there, "q1", "fd01::2/64");
    }

    @AfterEach
    void tearDown() throws Exception {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }

    /** Two routers, and between them a link with a smaller MTU than either end has. */
    private void joinOverNarrowLink() {
        String near = router();
        String far = router();
        namespaces.veth(here, "p1", near, "n1");
        namespaces.veth(near, "n2", far, "f1");
        namespaces.veth(far, "f2", there, "q1");
        Namespaces.ip(near, "link", "set", "n2", "mtu", Integer.toString(NARROW_MTU));
        Namespaces.ip(far, "link", "set", "f1", "mtu", Integer.toString(NARROW_MTU));
        String[][] addresses = {{here, "p1", "1", "1"}, {near, "n1", "1", "254"}, {near, "n2", "2", "1"}, {far, "f1", "2", "2"},
                {far, "f2", "3", "254"}, {there, "q1", "3", "2"}};
        for (String[] a : addresses) {
            namespaces.address(a[0], a[1], "10.1." + a[2] + "." + a[3] + "/24");
            namespaces.address(a[0], a[1], "fd01:" + a[2] + "::" + a[3] + "/64");
        }
        route(here, "1", "254");
        route(near, "2", "2");
        route(far, "2", "1");
        route(there, "3", "254");
    }

    private static void route(String namespace, String net, String host) {
        Namespaces.ip(namespace, "route", "add", "default", "via", "10.1." + net + "." + host);
        Namespaces.ip(namespace, "-6", "route", "add", "default", "via", "fd01:" + net + "::" + host);
    }

    private String router() {
        String name = namespaces.add();
        Namespaces.in(name).call(() -> Files.writeString(Path.of("/proc/sys/net/ipv4/ip_forward"), "1"));
        Namespaces.in(name).call(() -> Files.writeString(Path.of("/proc/sys/net/ipv6/conf/all/forwarding"), "1"));
        return name;
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.1.0.2", "fd01::2"})
    void kernelAndStackUnderstandEachOther(String address) throws Exception {
        joinDirectly();
        transfer(address);
    }

    @Test
    void aLoopOfNioWillDoAsWell() throws Exception {
        loop = loopOf(NioIoHandler.newFactory());
        joinDirectly();
        transfer("10.1.0.2");
    }

    /** RFC 1191, RFC 8201: the router's ICMP is what makes segments small enough. */
    @ParameterizedTest
    @ValueSource(strings = {"10.1.3.2", "fd01:3::2"})
    void aRouterTellsThatThePathIsNarrower(String address) throws Exception {
        joinOverNarrowLink();
        Stack stack = transfer(address);
        assertTrue(stack.counters().get(Counter.IcmpInMsgs) > 0);
        assertEquals(0, stack.counters().get(Counter.OutOfWindowIcmps));
        assertEquals(0, stack.counters().get(Counter.TCPTimeouts), "nothing had to wait for a timeout");
    }

    private Stack transfer(String address) throws Exception {
        IpAddress remote = IpAddress.parse(address);
        Thread echo = echoOnce(new IpEndpoint(remote, PORT));
        PortReservation ports = Namespaces.in(here).call(PortReservation::forClients);
        opened.push(ports);
        PacketLink link = Namespaces.in(here).call(() -> PacketLink.open(0, "p1", null, ports, PacketLinkOptions.DEFAULT));
        Stack stack = new Stack(StackConfig.defaults(), new Random(1)::nextLong);
        PortRange range = ports.ranges().getFirst();
        stack.setPortRange(range.first(), range.last());
        MptcpDriver driver = new MptcpDriver(loop, stack);
        opened.push(() -> loop.submit(driver::close).get());
        StreamHandler handler = new StreamHandler(5, BYTES);
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.submit(() -> {
            driver.addLink(link);
            IpEndpoint local = new IpEndpoint(link.localAddressFor(remote), 0);
            stack.connect(0, local, new IpEndpoint(remote, PORT), ConnectOptions.DEFAULT, (ConnectionHandler) (connection, readiness) -> {
                handler.ready(connection, readiness);
                if ((readiness & Readiness.CLOSED) != 0) {
                    done.complete(null);
                }
            });
            driver.wake();
        }).get();
        done.get();
        echo.join();
        assertEquals(CloseReason.CLOSED, handler.connection.closeReason());
        assertEquals(BYTES, handler.received);
        assertEquals(handler.sentDigest(), handler.receivedDigest());
        assertFalse(handler.connection.isFallback(), "no fallback to TCP");
        return stack;
    }

    /** Listens when this returns. */
    private Thread echoOnce(IpEndpoint endpoint) {
        Syscalls syscalls = new Syscalls();
        int listener = Namespaces.in(there).call(() -> {
            int fd = KernelMptcp.socket(SocketAddresses.family(endpoint.address()));
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment name = SocketAddresses.encode(endpoint, arena);
                Syscalls.check(syscalls.bind(fd, name, (int) name.byteSize()), "bind");
            }
            Syscalls.check(syscalls.fcntl(fd, F_SETFL, 0), "make it blocking");
            Syscalls.check(syscalls.listen(fd, 1), "listen");
            return fd;
        });
        opened.push(() -> syscalls.shutdown(listener, 2)); // ends an accept that waits in vain
        return Thread.ofPlatform().daemon().start(() -> echo(new Syscalls(), listener));
    }

    private static void echo(Syscalls syscalls, int listener) {
        MemorySegment buffer = Arena.ofAuto().allocate(256 << 10);
        int fd = syscalls.accept(listener, 0);
        int length = syscalls.read(fd, buffer, buffer.byteSize());
        while (length > 0) {
            for (int written = 0; written < length;) {
                int result = syscalls.write(fd, buffer.asSlice(written), length - written);
                if (result < 0) {
                    return;
                }
                written += result;
            }
            length = syscalls.read(fd, buffer, buffer.byteSize());
        }
        syscalls.close(fd);
        syscalls.close(listener);
    }
}
