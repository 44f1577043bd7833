package io.mptcp.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.netty.linux.Namespaces;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ManualIoEventLoop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
@ParameterizedClass
@MethodSource("io.mptcp.netty.Loops#kinds")
class UdpLinkTest {
    private static final int CLIENT_TCP_PORT = 50_000;

    private final ManualIoEventLoop loop;
    private final List<SegmentLink> links = new ArrayList<>();

    UdpLinkTest(IoHandlerFactory kind) {
        loop = new ManualIoEventLoop(Thread.currentThread(), kind);
    }

    @AfterEach
    void close() {
        links.forEach(SegmentLink::close);
        Loops.close(loop);
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void aSegmentArrivesWholeAndTheAnswerFindsTheWayBack(String address) throws IOException {
        assumeTrue(!address.contains(":") || hasIpv6Loopback(), "no IPv6 on the loopback interface");
        Collector server = open(address, UdpLinkOptions.DEFAULT);
        Collector client = open(address, UdpLinkOptions.DEFAULT);
        byte[] payload = random(1000);

        PacketSlot request = segment(address, CLIENT_TCP_PORT, server.port(address), payload);
        Segments.byReference(request, 10, 500);
        assertEquals(SegmentLink.SendResult.SENT, client.link.send(request));
        awaitSegments(server, 1);
        assertArrayEquals(payload, server.payload());
        assertEquals(request.sourceLo, server.sources.get(0).lo());

        // The client's UDP port is any; the server has to have learned it.
        PacketSlot answer = segment(address, server.port(address), CLIENT_TCP_PORT, payload);
        assertEquals(SegmentLink.SendResult.SENT, server.link.send(answer));
        awaitSegments(client, 1);
        assertArrayEquals(payload, client.payload());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aSuperSegmentArrivesAsSegmentsOfTheGivenSize(boolean gso) throws IOException {
        Collector server = open("127.0.0.1", UdpLinkOptions.DEFAULT);
        Collector client = open("127.0.0.1", new UdpLinkOptions(gso, 1, false));
        byte[] payload = random(60_001);
        PacketSlot slot = segment("127.0.0.1", CLIENT_TCP_PORT, server.port("127.0.0.1"), payload);
        Segments.byReference(slot, 0, 33_333);
        slot.segmentSize = 1400;
        assertEquals(SegmentLink.SendResult.SENT, client.link.send(slot));
        awaitSegments(server, 43);
        assertArrayEquals(payload, server.payload());
        assertEquals(43, server.lengths.size());
        assertEquals(1420, server.lengths.get(41));
        assertEquals(60_001 - 42 * 1400 + 20, server.lengths.get(42));
        assertTrue(server.drains >= 1 && server.drains < 43);
    }

    @Test
    void moreSegmentsThanOneSystemCallTakesArriveInOrder() throws IOException {
        Collector server = open("127.0.0.1", UdpLinkOptions.DEFAULT);
        Collector client = open("127.0.0.1", UdpLinkOptions.DEFAULT);
        byte[] payload = random(20_000);
        PacketSlot slot = segment("127.0.0.1", CLIENT_TCP_PORT, server.port("127.0.0.1"), payload);
        slot.segmentSize = 100;
        client.link.send(slot);
        awaitSegments(server, 200);
        assertArrayEquals(payload, server.payload());
    }

    @Test
    void aPeerThatChangesItsUdpPortIsFoundAgain() throws IOException {
        Collector server = open("127.0.0.1", UdpLinkOptions.DEFAULT);
        Collector before = open("127.0.0.1", UdpLinkOptions.DEFAULT);
        Collector after = open("127.0.0.1", UdpLinkOptions.DEFAULT);
        int port = server.port("127.0.0.1");
        before.link.send(segment("127.0.0.1", CLIENT_TCP_PORT, port, random(1)));
        awaitSegments(server, 1);
        after.link.send(segment("127.0.0.1", CLIENT_TCP_PORT, port, random(1)));
        awaitSegments(server, 2);
        server.link.send(segment("127.0.0.1", port, CLIENT_TCP_PORT, random(5)));
        awaitSegments(after, 1);
        assertEquals(0, before.lengths.size());
    }

    @Test
    void datagramsThatAreNoSegmentsAreIgnored() throws IOException {
        Collector server = open("127.0.0.1", UdpLinkOptions.DEFAULT);
        Collector client = open("127.0.0.1", UdpLinkOptions.DEFAULT);
        int port = server.port("127.0.0.1");
        try (DatagramSocket stranger = new DatagramSocket()) {
            for (byte[] bytes : new byte[][] {new byte[0], new byte[19], new byte[40]}) {
                stranger.send(new DatagramPacket(bytes, bytes.length, InetAddress.getByName("127.0.0.1"), port));
            }
        }
        client.link.send(segment("127.0.0.1", CLIENT_TCP_PORT, port, random(3)));
        awaitSegments(server, 1);
        assertEquals(List.of(23), server.lengths);
    }

    @Test
    void theDatagramHoldsTheSegmentAndNothingElseWithChecksumZero() throws IOException {
        Collector client = open("127.0.0.1", UdpLinkOptions.DEFAULT);
        try (DatagramSocket peer = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            PacketSlot slot = segment("127.0.0.1", CLIENT_TCP_PORT, peer.getLocalPort(), random(77));
            TcpSegment.setChecksum(slot.buffer, slot.offset, 0x1234);
            client.link.send(slot);
            DatagramPacket packet = new DatagramPacket(new byte[2000], 2000);
            peer.receive(packet);
            assertEquals(97, packet.getLength());
            TcpSegment.setChecksum(slot.buffer, slot.offset, 0);
            assertArrayEquals(Segments.bytes(slot), Arrays.copyOf(packet.getData(), 97));
        }
    }

    @Test
    void mistakesAreToldInOneLine() throws IOException {
        Collector server = open("127.0.0.1", UdpLinkOptions.DEFAULT);
        int port = server.port("127.0.0.1");
        assertEquals("UDP port " + port + " of 127.0.0.1 is already in use", refused(null, "127.0.0.1", port));
        assertEquals("address 192.0.2.77 is not one of this host", refused(null, "192.0.2.77", 0));
        assertEquals("no such interface: nope9", refused("nope9", null, 0));
    }

    @Test
    void aDeviceStandsForItsAddresses() throws IOException {
        UdpLink link = UdpLink.open(3, "lo", null, 0, UdpLinkOptions.DEFAULT);
        links.add(link);
        assertEquals("lo", link.name());
        assertEquals(IpAddress.parse("127.0.0.1"), link.localAddressFor(IpAddress.parse("127.0.0.9")));
        assertEquals(16 * 1024 - 8, link.properties().mtuBytes());
    }

    @Test
    void theInterfaceGoingDownAndUpIsTold() throws IOException {
        try (Namespaces namespaces = Namespaces.orSkip()) {
            String name = namespaces.add();
            String other = namespaces.add();
            namespaces.veth(name, "u0", other, "u1");
            namespaces.address(name, "u0", "10.8.0.1/24");
            UdpLink link = Namespaces.in(name).call(() -> UdpLink.open(3, "u0", IpAddress.parse("10.8.0.1"), 0, UdpLinkOptions.DEFAULT));
            links.add(link);
            Collector collector = new Collector(link);
            assertEquals(1500 - 8, link.properties().mtuBytes());
            link.start(loop, collector);
            Loops.runUntil(loop, link::isUp);
            Namespaces.ip(other, "link", "set", "u1", "down");
            Loops.runUntil(loop, () -> !link.isUp());
            Namespaces.ip(other, "link", "set", "u1", "up");
            Loops.runUntil(loop, link::isUp);
            assertEquals(List.of(false, true), collector.states.subList(collector.states.size() - 2, collector.states.size()));
        }
    }

    @Test
    void aDeviceWithoutAddressIsToldFromOneThatIsNotThere() {
        try (Namespaces namespaces = Namespaces.orSkip()) {
            String name = namespaces.add();
            namespaces.veth(name, "u0", name, "u1");
            String message = Namespaces.in(name).call(() -> refused("u0", null, 0));
            assertEquals("interface u0 has no address: give it one", message);
        }
    }

    @Test
    void anAddressOfTheOtherFamilyCannotBeReached() throws IOException {
        Collector client = open("127.0.0.1", UdpLinkOptions.DEFAULT);
        assertNull(client.link.localAddressFor(IpAddress.parse("::1")));
        assertEquals(SegmentLink.SendResult.DROPPED, client.link.send(segment("::1", 1, 2, random(1))));
    }

    @Test
    void whatHasArrivedCanBePolledWithoutTheLoop() throws IOException {
        Collector server = open("127.0.0.1", UdpLinkOptions.DEFAULT);
        Collector client = open("127.0.0.1", UdpLinkOptions.DEFAULT);
        assertEquals(0, server.link.poll(2));
        for (int i = 0; i < 3; i++) {
            PacketSlot segment = segment("127.0.0.1", CLIENT_TCP_PORT, server.port("127.0.0.1"), random(100));
            assertEquals(SegmentLink.SendResult.SENT, client.link.send(segment));
        }
        assertEquals(2, server.link.poll(2));
        assertEquals(2, server.lengths.size());
        assertEquals(1, server.link.poll(2), "fewer than asked for: nothing is left");
        assertEquals(3, server.lengths.size());
    }

    private Collector open(String address, UdpLinkOptions options) throws IOException {
        Collector collector = new Collector(UdpLink.open(links.size(), null, IpAddress.parse(address), 0, options));
        links.add(collector.link);
        collector.link.start(loop, collector);
        loop.runNow();
        return collector;
    }

    private static String refused(String device, String address, int port) {
        IpAddress source = address == null ? null : IpAddress.parse(address);
        return assertThrows(IOException.class, () -> UdpLink.open(0, device, source, port, UdpLinkOptions.DEFAULT)).getMessage();
    }

    private void awaitSegments(Collector collector, int count) {
        Loops.runUntil(loop, () -> collector.lengths.size() >= count);
    }

    private static boolean hasIpv6Loopback() throws IOException {
        return NetworkInterface.getByInetAddress(InetAddress.getByName("::1")) != null;
    }

    private static PacketSlot segment(String address, int sourcePort, int destinationPort, byte[] payload) {
        PacketSlot slot = Segments.slot(address, address, TcpSegment.ACK, 1, payload);
        TcpSegment.encode(slot.buffer, slot.offset, sourcePort, destinationPort, 1, 1, 20, TcpSegment.ACK, 100);
        return slot;
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static final class Collector implements SegmentLink.Receiver {
        final UdpLink link;
        final List<Integer> lengths = new ArrayList<>();
        final List<IpAddress> sources = new ArrayList<>();
        final ByteArrayOutputStream payload = new ByteArrayOutputStream();
        final List<Boolean> states = new ArrayList<>();
        int drains;

        Collector(UdpLink link) {
            this.link = link;
        }

        int port(String address) {
            return link.udpPort(IpAddress.parse(address).isIpv4());
        }

        byte[] payload() {
            return payload.toByteArray();
        }

        @Override
        public void received(SegmentLink from, PacketSlot slot) {
            assertEquals(PacketSlot.CHECKSUM_VERIFIED, slot.checksumState);
            byte[] bytes = Segments.bytes(slot);
            lengths.add(bytes.length);
            sources.add(new IpAddress(slot.sourceHi, slot.sourceLo));
            payload.write(bytes, 20, bytes.length - 20);
        }

        @Override
        public void drained(SegmentLink from) {
            drains++;
        }

        @Override
        public void writable(SegmentLink from) {
        }

        @Override
        public void linkStateChanged(SegmentLink from, boolean up) {
            states.add(up);
        }
    }
}
