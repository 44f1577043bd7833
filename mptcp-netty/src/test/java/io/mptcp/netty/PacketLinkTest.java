package io.mptcp.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.netty.linux.LinuxException;
import io.mptcp.netty.linux.Namespaces;
import io.mptcp.netty.linux.PortReservation;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class PacketLinkTest {
    /** Of the segments that {@link Segments} makes. */
    private static final int PORT = 5678;
    private static final int MSS = 1400;
    private static final int SILENT_MILLIS = 100;
    private static final int ANSWER_MILLIS = 10_000;

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final Map<String, PortReservation> reservations = new HashMap<>();
    private Namespaces namespaces;
    private IoEventLoop loop;
    private MultiThreadIoEventLoopGroup group;
    private String here;
    private String there;

    @BeforeEach
    void setUp() {
        namespaces = Namespaces.orSkip();
        opened.push(namespaces);
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        opened.push(() -> group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync());
        loop = group.next();
        here = namespaces.add();
        there = namespaces.add();
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

    private LinkProbe link(String namespace, String device, String source, PacketLinkOptions options) {
        PortReservation ports = reservations.computeIfAbsent(namespace, this::reserve);
        IpAddress address = source == null ? null : IpAddress.parse(source);
        LinkProbe probe = new LinkProbe(loop, Namespaces.in(namespace).call(() -> PacketLink.open(3, device, address, ports, options)));
        opened.push(probe);
        return probe;
    }

    private PortReservation reserve(String namespace) {
        PortReservation ports = Namespaces.in(namespace).call(() -> PortReservation.forListener(PORT));
        opened.push(ports);
        return ports;
    }

    private LinkProbe link(String namespace, String device) {
        return link(namespace, device, null, PacketLinkOptions.DEFAULT);
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @ParameterizedTest
    @CsvSource({"10.1.0.1, 10.1.0.2", "fd01::1, fd01::2"})
    void theFirstSegmentToAnUnknownNeighbourArrives(String from, String to) throws Exception {
        LinkProbe left = link(here, "p1");
        LinkProbe right = link(there, "q1");
        assertEquals(SegmentLink.SendResult.SENT, left.send(Segments.slot(from, to, TcpSegment.SYN, 7, random(100), 5)));
        LinkProbe.Arrival arrival = right.arrival();
        assertEquals(TcpSegment.SYN, arrival.flags());
        assertEquals(7, arrival.sequence());
        assertArrayEquals(random(100), arrival.payload());
        assertTrue(arrival.trusted(), "it never was on a wire");
        assertEquals(SegmentLink.SendResult.SENT, right.send(Segments.slot(to, from, TcpSegment.ACK, 9, new byte[0])));
        assertEquals(9, left.arrival().sequence());
    }

    @ParameterizedTest
    @CsvSource({"10.1.0.1, 10.1.0.2, true", "fd01::1, fd01::2, true", "10.1.0.1, 10.1.0.2, false", "fd01::1, fd01::2, false"})
    void aSuperSegmentBecomesSegmentsWithRightChecksums(String from, String to, boolean offloads) throws Exception {
        if (!offloads) {
            EthtoolOffloads.switchOff(here, "p1");
        }
        LinkProbe left = link(here, "p1");
        LinkProbe right = link(there, "q1");
        PacketSlot slot = Segments.slot(from, to, TcpSegment.ACK | TcpSegment.PSH, 1000, random(60_000), 5);
        slot.segmentSize = MSS;
        Segments.byReference(slot, 10, 20_000);
        left.onLoop(() -> left.link.localAddressFor(IpAddress.parse(to)));
        sendResolved(left, to, slot);
        byte[] received = new byte[60_000];
        for (int bytes = 0; bytes < received.length;) { // in any order: the two CPUs' queues of a veth pair may overtake each other
            LinkProbe.Arrival arrival = right.arrival();
            int at = arrival.sequence() - 1000;
            int length = arrival.payload().length;
            System.arraycopy(arrival.payload(), 0, received, at, length);
            bytes += length;
            assertEquals(offloads, arrival.trusted());
            if (offloads) {
                assertEquals(60_000, length, "nothing needs to cut it");
                assertEquals(MSS, arrival.segmentSize());
            } else {
                assertTrue(arrival.checksumRight());
                assertTrue(length <= MSS);
                assertEquals(at + length == 60_000, (arrival.flags() & TcpSegment.PSH) != 0, "PSH on the last only");
            }
        }
        assertArrayEquals(random(60_000), received);
    }

    /** Large segments do not wait for a neighbour: sends until it is there. */
    private static void sendResolved(LinkProbe probe, String to, PacketSlot slot) {
        PacketLink link = (PacketLink) probe.link;
        long before;
        do {
            before = link.unresolvedSegments();
            assertTrue(probe.send(slot) != SegmentLink.SendResult.AGAIN);
        } while (link.unresolvedSegments() > before);
    }

    @Test
    void withoutGsoSuperSegmentsAreCutHere() throws Exception {
        LinkProbe left = link(here, "p1", null, new PacketLinkOptions(false, 1, false));
        LinkProbe right = link(there, "q1");
        assertEquals(0, left.link.properties().maxSuperSegmentBytes());
        assertEquals(65_455, right.link.properties().maxSuperSegmentBytes());
        assertEquals(1500, right.link.properties().mtuBytes());
        PacketSlot slot = Segments.slot("10.1.0.1", "10.1.0.2", TcpSegment.ACK, 0, random(3 * MSS + 1));
        slot.segmentSize = MSS;
        sendResolved(left, "10.1.0.2", slot);
        byte[] received = new byte[3 * MSS + 1];
        for (int i = 0; i < 4; i++) {
            LinkProbe.Arrival arrival = right.arrival();
            System.arraycopy(arrival.payload(), 0, received, arrival.sequence(), arrival.payload().length);
        }
        assertArrayEquals(random(3 * MSS + 1), received);
    }

    @Test
    void theKernelIsSilentOnOwnedPortsAndTheLinkSeesOnlyThem() throws Exception {
        LinkProbe right = link(there, "q1");
        assertThrows(ConnectException.class, () -> connect(here, "10.1.0.2", PORT + 1, ANSWER_MILLIS));
        for (String address : new String[] {"10.1.0.2", "fd01::2"}) {
            assertThrows(SocketTimeoutException.class, () -> connect(here, address, PORT, SILENT_MILLIS));
            assertEquals(TcpSegment.SYN, right.arrival().flags() & 0x3f);
        }
        Namespaces.in(there).call(() -> {
            reservations.get(there).add(PORT + 1);
            return null;
        });
        right.arrivals.clear();
        assertThrows(SocketTimeoutException.class, () -> connect(here, "10.1.0.2", PORT + 1, SILENT_MILLIS));
        assertEquals(TcpSegment.SYN, right.arrival().flags() & 0x3f, "of a port added later");
    }

    /** A port that answers does so at once, however slow the machine is; one that does not costs the whole time. */
    private static void connect(String namespace, String address, int port, int timeoutMillis) throws IOException {
        try {
            Namespaces.in(namespace).call(() -> {
                try (Socket socket = new Socket()) {
                    socket.connect(new InetSocketAddress(address, port), timeoutMillis);
                }
                return null;
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    @Test
    void whatIsOnlyForwardedIsLeftAlone() throws Exception {
        String far = namespaces.add();
        namespaces.veth(there, "r1", far, "s1");
        namespaces.address(there, "r1", "10.2.0.1/24");
        namespaces.address(far, "s1", "10.2.0.2/24");
        Namespaces.ip(far, "route", "add", "default", "via", "10.2.0.1");
        Namespaces.ip(here, "route", "add", "default", "via", "10.1.0.2");
        Namespaces.in(there).call(() -> Files.writeString(Path.of("/proc/sys/net/ipv4/ip_forward"), "1"));
        LinkProbe middle = link(there, "q1");
        try (ServerSocket server = Namespaces.in(far).call(() -> new ServerSocket(PORT, 1, InetAddress.getByName("10.2.0.2")))) {
            connect(here, "10.2.0.2", PORT, ANSWER_MILLIS);
            server.accept().close();
        }
        assertTrue(middle.arrivals.isEmpty());
        assertTrue(middle.onLoop(() -> ((PacketLink) middle.link).foreignSegments()) > 0);
    }

    @Test
    void onlyTheConfiguredSourceIsUsedAndReceived() throws Exception {
        namespaces.address(there, "q1", "10.1.0.3/24");
        LinkProbe right = link(there, "q1", "10.1.0.3", PacketLinkOptions.DEFAULT);
        LinkProbe left = link(here, "p1");
        assertEquals(IpAddress.parse("10.1.0.3"), right.onLoop(() -> right.link.localAddressFor(IpAddress.parse("10.1.0.1"))));
        assertNull(right.onLoop(() -> right.link.localAddressFor(IpAddress.parse("fd01::1"))));
        left.send(Segments.slot("10.1.0.1", "10.1.0.2", TcpSegment.SYN, 1, new byte[0]));
        left.send(Segments.slot("10.1.0.1", "10.1.0.3", TcpSegment.SYN, 2, new byte[0]));
        assertEquals(2, right.arrival().sequence());
    }

    @Test
    void destinationsWithoutARouteAreUnreachable() throws Exception {
        LinkProbe left = link(here, "p1");
        assertNull(left.onLoop(() -> left.link.localAddressFor(IpAddress.parse("192.0.2.1"))));
        assertNull(left.onLoop(() -> left.link.localAddressFor(IpAddress.parse("2001:db8::1"))));
        assertNull(left.onLoop(() -> left.link.localAddressFor(IpAddress.parse("10.1.0.1"))), "this host is not on the link");
        assertEquals(SegmentLink.SendResult.DROPPED, left.send(Segments.slot("10.1.0.1", "192.0.2.1", TcpSegment.SYN, 1, new byte[0])));
        Namespaces.ip(here, "route", "add", "192.0.2.0/24", "via", "10.1.0.2");
        awaitOnLoop(left, () -> IpAddress.parse("10.1.0.1").equals(left.link.localAddressFor(IpAddress.parse("192.0.2.1"))));
    }

    /** For what the link does silently; bounded by the time limit of the test. */
    private static void awaitOnLoop(LinkProbe probe, Callable<Boolean> condition) {
        while (!probe.onLoop(condition)) {
            Thread.onSpinWait();
        }
    }

    @Test
    void routesThatHoldForTheSourceAddressOnlyAreFound() {
        Namespaces.ip(here, "route", "add", "default", "via", "10.1.0.2", "table", "7");
        Namespaces.ip(here, "rule", "add", "from", "10.1.0.1", "table", "7");
        LinkProbe named = link(here, "p1");
        assertEquals(IpAddress.parse("10.1.0.1"), named.onLoop(() -> named.link.localAddressFor(IpAddress.parse("192.0.2.1"))));
    }

    @Test
    void segmentsGoThroughTheGateway() throws Exception {
        Namespaces.ip(here, "route", "add", "192.0.2.0/24", "via", "10.1.0.2");
        Namespaces.ip(there, "addr", "add", "192.0.2.1/32", "dev", "lo");
        LinkProbe left = link(here, "p1");
        LinkProbe right = link(there, "q1");
        left.send(Segments.slot("10.1.0.1", "192.0.2.1", TcpSegment.SYN, 5, new byte[0]));
        assertEquals(5, right.arrival().sequence());
    }

    @Test
    void theLinkGoesDownAndComesBack() throws Exception {
        LinkProbe left = link(here, "p1", "10.1.0.1", PacketLinkOptions.DEFAULT);
        assertTrue(left.link.isUp());
        Namespaces.ip(there, "link", "set", "q1", "down");
        assertFalse(left.state(), "carrier lost");
        Namespaces.ip(there, "link", "set", "q1", "up");
        assertTrue(left.state());
        Namespaces.ip(here, "addr", "del", "10.1.0.1/24", "dev", "p1");
        assertFalse(left.state(), "source address gone");
        namespaces.address(here, "p1", "10.1.0.1/24");
        assertTrue(left.state());
        LinkProbe right = link(there, "q1");
        left.send(Segments.slot("10.1.0.1", "10.1.0.2", TcpSegment.SYN, 8, new byte[0]));
        assertEquals(8, right.arrival().sequence(), "neighbours are found again");
    }

    /** A search begun in vain would still be going on when the link comes back, and be in the way of one that finds something. */
    @Test
    void noNeighbourIsLookedForWhileTheLinkIsDown() throws Exception {
        LinkProbe left = link(here, "p1");
        LinkProbe right = link(there, "q1");
        left.send(Segments.slot("10.1.0.1", "10.1.0.2", TcpSegment.SYN, 1, new byte[0]));
        assertEquals(1, right.arrival().sequence());
        Namespaces.ip(here, "link", "set", "p1", "down");
        assertFalse(left.state());
        left.onLoop(() -> {
            ((PacketLink) left.link).refreshNeighbours();
            return null;
        });
        left.send(Segments.slot("10.1.0.1", "10.1.0.2", TcpSegment.ACK, 2, new byte[0]));
        assertEquals("", Namespaces.ip(here, "-4", "neigh", "show", "dev", "p1", "nud", "all").strip());
        Namespaces.ip(here, "link", "set", "p1", "up");
        assertTrue(left.state());
        left.send(Segments.slot("10.1.0.1", "10.1.0.2", TcpSegment.SYN, 3, new byte[0]));
        assertEquals(3, right.arrival().sequence());
    }

    @Test
    void aDeviceThatIsReplacedIsUsedAgain() throws Exception {
        LinkProbe left = link(here, "p1");
        Namespaces.ip(here, "link", "del", "p1");
        assertFalse(left.state());
        namespaces.veth(here, "p1", there, "q1");
        namespaces.address(here, "p1", "10.1.0.1/24");
        namespaces.address(there, "q1", "10.1.0.2/24");
        assertTrue(left.state());
        LinkProbe right = link(there, "q1");
        left.send(Segments.slot("10.1.0.1", "10.1.0.2", TcpSegment.SYN, 8, new byte[0]));
        assertEquals(8, right.arrival().sequence());
        right.send(Segments.slot("10.1.0.2", "10.1.0.1", TcpSegment.ACK, 9, new byte[0]));
        assertEquals(9, left.arrival().sequence());
    }

    @Test
    void aNeighbourWithANewHardwareAddressIsFollowed() throws Exception {
        LinkProbe left = link(here, "p1");
        LinkProbe right = link(there, "q1");
        left.send(Segments.slot("10.1.0.1", "10.1.0.2", TcpSegment.SYN, 1, new byte[0]));
        assertEquals(1, right.arrival().sequence());
        Namespaces.ip(there, "link", "set", "q1", "address", "02:00:00:00:00:77");
        Namespaces.ip(here, "neigh", "replace", "10.1.0.2", "lladdr", "02:00:00:00:00:77", "dev", "p1", "nud", "permanent");
        int sequence = 2;
        while (right.arrivals.isEmpty()) {
            left.send(Segments.slot("10.1.0.1", "10.1.0.2", TcpSegment.ACK, sequence++, new byte[0]));
        }
    }

    @Test
    void aFullDeviceSaysAgainAndThenWritable() throws Exception {
        trafficControl("qdisc", "add", "dev", "p1", "root", "tbf", "rate", "20mbit", "burst", "70k", "limit", "10m");
        LinkProbe left = link(here, "p1");
        link(there, "q1");
        PacketSlot slot = Segments.slot("10.1.0.1", "10.1.0.2", TcpSegment.ACK, 0, random(60_000));
        slot.segmentSize = MSS;
        sendResolved(left, "10.1.0.2", slot);
        SegmentLink.SendResult result;
        do {
            result = left.send(slot);
            assertTrue(result != SegmentLink.SendResult.DROPPED, "a small send buffer is full before the device's queue");
        } while (result == SegmentLink.SendResult.SENT);
        assertTrue(LinkProbe.next(left.writable, "never writable again"));
        assertEquals(SegmentLink.SendResult.SENT, left.send(slot));
    }

    @Test
    void whatTheQueueOfTheDeviceDropsIsLostAndCounted() throws Exception {
        trafficControl("qdisc", "add", "dev", "p1", "root", "tbf", "rate", "20mbit", "burst", "70k", "limit", "70k");
        LinkProbe left = link(here, "p1");
        link(there, "q1");
        PacketSlot slot = Segments.slot("10.1.0.1", "10.1.0.2", TcpSegment.ACK, 0, random(60_000));
        slot.segmentSize = MSS;
        sendResolved(left, "10.1.0.2", slot);
        SegmentLink.SendResult result;
        do {
            result = left.send(slot);
        } while (result == SegmentLink.SendResult.SENT);
        assertEquals(SegmentLink.SendResult.DROPPED, result);
        assertEquals(1, left.onLoop(() -> ((PacketLink) left.link).refusedSegments()));
    }

    private void trafficControl(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("tc", "-n", here));
        command.addAll(List.of(arguments));
        int exit;
        try {
            exit = new ProcessBuilder(command).inheritIO().start().waitFor();
        } catch (IOException e) {
            exit = -1;
        }
        assumeTrue(exit == 0, "needs the tc command and the tbf queue of the kernel");
    }

    @Test
    void aNewMtuOfTheInterfaceIsTold() throws Exception {
        LinkProbe left = link(here, "p1");
        Namespaces.ip(here, "link", "set", "p1", "mtu", "1300");
        assertEquals(1300, LinkProbe.next(left.mtus, "no change of the MTU was told"));
        assertEquals(1300, left.link.properties().mtuBytes());
    }

    @ParameterizedTest
    @CsvSource({"127.0.0.1, 127.0.0.1", "::1, ::1", "10.1.0.1, 127.0.0.5"})
    void loopbackWorks(String from, String to) throws Exception {
        LinkProbe self = link(here, "lo");
        assertTrue(self.link.isUp());
        assertEquals(65_535, self.link.properties().mtuBytes());
        PacketSlot slot = Segments.slot(from, to, TcpSegment.ACK, 4, random(60_000));
        slot.segmentSize = MSS;
        assertEquals(SegmentLink.SendResult.SENT, self.send(slot));
        LinkProbe.Arrival arrival = self.arrival();
        assertArrayEquals(random(60_000), arrival.payload());
        assertTrue(arrival.trusted());
    }

    @Test
    void mistakesAreExplainedInOneLine() {
        assertEquals("no such interface: eth9", openError("eth9", null));
        assertEquals("address 10.9.9.9 is not one of this host", openError("p1", "10.9.9.9"));
        Namespaces.ip(here, "tuntap", "add", "t0", "mode", "tun");
        assertEquals("t0 is no Ethernet interface (ARPHRD type 65534): use another kind of link", openError("t0", null));
    }

    private String openError(String device, String source) {
        var failure = assertThrows(UncheckedIOException.class, () -> link(here, device, source, PacketLinkOptions.DEFAULT));
        assertEquals(LinuxException.class, failure.getCause().getClass());
        return failure.getMessage();
    }
}
