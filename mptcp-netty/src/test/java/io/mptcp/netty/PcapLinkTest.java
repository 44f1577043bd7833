package io.mptcp.netty;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PcapLinkTest {
    private static final Instant START = Instant.ofEpochSecond(1_800_000_000L, 123_456_789);
    private static final long START_NANOS = 1_800_000_000_123_456_789L;

    private final MockTicker clock = Ticker.newMockTicker();
    private final ManualIoEventLoop loop = new ManualIoEventLoop(null, Thread.currentThread(), EpollIoHandler.newFactory(), clock);
    private final ByteArrayOutputStream content = new ByteArrayOutputStream();
    private final PcapWriter writer = PcapWriter.to(Channels.newChannel(content), clock, START);
    private final FakeLink link = FakeLink.ofMtu(0, true, 1500);
    private final PcapLink recorded = new PcapLink(link, writer);
    private final CollectingReceiver receiver = new CollectingReceiver();

    @AfterEach
    void closeLoop() {
        Loops.close(loop);
    }

    @Test
    void recordsBothDirectionsWithTimeInterfaceAndRightChecksums() throws IOException {
        recorded.start(loop, receiver);
        clock.advance(5, TimeUnit.NANOSECONDS);
        PacketSlot out = Segments.slot("10.0.0.1", "10.0.0.2", TcpSegment.ACK, 1, pattern(3001));
        Segments.byReference(out, 100, 2000);
        TcpSegment.setChecksum(out.buffer, out.offset, 0x1234); // as a link leaves it that lets the kernel finish the checksum
        assertEquals(SegmentLink.SendResult.SENT, recorded.send(out));
        clock.advance(2, TimeUnit.SECONDS);
        PacketSlot in = Segments.slot("fd00::2", "fd00::1", TcpSegment.ACK | TcpSegment.PSH, 9, pattern(7));
        in.ecn = 3;
        link.deliver(in);
        writer.close();

        assertSame(in, receiver.last);
        PcapFile file = PcapFile.parse(content.toByteArray());
        assertEquals(java.util.List.of("fake0"), file.interfaces);
        assertEquals(2, file.packets.size());
        assertPacket(file.packets.get(0), START_NANOS + 5, PcapWriter.DIRECTION_OUTBOUND, out, pattern(3001));
        assertPacket(file.packets.get(1), START_NANOS + 2_000_000_005L, PcapWriter.DIRECTION_INBOUND, in, pattern(7));
    }

    @Test
    void linksThatShareAWriterHaveTheirOwnInterfaces() throws IOException {
        FakeLink other = FakeLink.ofMtu(7, false, 1500);
        PcapLink otherRecorded = new PcapLink(other, writer);
        recorded.start(loop, receiver);
        otherRecorded.start(loop, receiver);
        otherRecorded.send(Segments.slot("10.0.0.1", "10.0.0.2", TcpSegment.SYN, 1, new byte[0]));
        recorded.send(Segments.slot("10.0.0.1", "10.0.0.2", TcpSegment.SYN, 1, new byte[0]));
        writer.close();
        PcapFile file = PcapFile.parse(content.toByteArray());
        assertEquals(java.util.List.of("fake0", "fake7"), file.interfaces);
        assertEquals(1, file.packets.get(0).interfaceId());
        assertEquals(0, file.packets.get(1).interfaceId());
    }

    @Test
    void segmentsTheLinkDidNotTakeAreNotRecorded() throws IOException {
        recorded.start(loop, receiver);
        PacketSlot slot = Segments.slot("10.0.0.1", "10.0.0.2", TcpSegment.ACK, 1, pattern(10));
        link.answer = SegmentLink.SendResult.AGAIN;
        recorded.send(slot);
        link.answer = SegmentLink.SendResult.DROPPED;
        recorded.send(slot);
        link.answer = SegmentLink.SendResult.SENT;
        recorded.send(slot);
        writer.close();
        assertEquals(1, PcapFile.parse(content.toByteArray()).packets.size());
    }

    @Test
    void malformedInputIsPassedOnButNotRecorded() throws IOException {
        recorded.start(loop, receiver);
        PacketSlot slot = Segments.slot("10.0.0.1", "10.0.0.2", TcpSegment.ACK, 1, pattern(10));
        slot.length = 12;
        link.deliver(slot);
        writer.close();
        assertSame(slot, receiver.last);
        assertEquals(0, PcapFile.parse(content.toByteArray()).packets.size());
    }

    @Test
    void icmpIsRecordedAsItIs() throws IOException {
        recorded.start(loop, receiver);
        PacketSlot slot = Segments.slot("10.0.0.1", "10.0.0.2", TcpSegment.ACK, 1, pattern(40));
        slot.protocol = IpHeaders.PROTOCOL_ICMP;
        byte[] message = Segments.bytes(slot);
        link.deliver(slot);
        writer.close();
        byte[] packet = PcapFile.parse(content.toByteArray()).packets.getFirst().bytes();
        assertEquals(IpHeaders.PROTOCOL_ICMP, packet[9]);
        assertArrayEquals(message, Arrays.copyOfRange(packet, 20, packet.length));
    }

    @Test
    void moreThanTheBufferHoldsReachesTheFileInOrder() throws IOException {
        recorded.start(loop, receiver);
        for (int i = 0; i < 20; i++) {
            recorded.send(Segments.slot("10.0.0.1", "10.0.0.2", TcpSegment.ACK, i, pattern(65_535)));
        }
        recorded.close();
        PcapFile file = PcapFile.parse(content.toByteArray());
        assertEquals(20, file.packets.size());
        for (int i = 0; i < 20; i++) {
            byte[] packet = file.packets.get(i).bytes();
            assertEquals(0xffff, packet.length);
            assertEquals(i, packet[27]);
        }
    }

    @Test
    void aFullDiskEndsTheRecordingButNotTheLink() {
        PcapLink doomed = new PcapLink(link, PcapWriter.to(new FullDisk(), clock, START));
        doomed.start(loop, receiver);
        for (int i = 0; i < 20; i++) {
            assertEquals(SegmentLink.SendResult.SENT, doomed.send(Segments.slot("10.0.0.1", "10.0.0.2", TcpSegment.ACK, i, pattern(65_000))));
        }
        doomed.close();
        assertEquals(20, link.sent.size());
        assertTrue(link.closed);
    }

    @Test
    void anUnwritableFileIsRefusedInOneLine(@TempDir Path directory) {
        Path file = directory.resolve("missing/x.pcapng");
        IOException refused = assertThrows(IOException.class, () -> PcapWriter.open(file));
        assertEquals("cannot write the capture file " + file + ": no such directory", refused.getMessage());
    }

    @Test
    void tsharkUnderstandsTheFile(@TempDir Path directory) throws Exception {
        org.junit.jupiter.api.Assumptions.assumeTrue(hasTshark(), "tshark is not installed");
        Path file = directory.resolve("x.pcapng");
        try (PcapWriter toFile = PcapWriter.open(file)) {
            PcapLink toTshark = new PcapLink(link, toFile);
            toTshark.start(loop, receiver);
            PacketSlot syn = Segments.slot("10.0.0.1", "10.0.0.2", TcpSegment.SYN, 1, new byte[0], 1);
            int mpCapable = syn.offset + 20;
            syn.buffer.set(ValueLayout.JAVA_INT_UNALIGNED.withOrder(java.nio.ByteOrder.BIG_ENDIAN), mpCapable, 0x1e04_0101);
            toTshark.send(syn);
        }
        Process tshark = new ProcessBuilder("tshark", "-r", file.toString(), "-o", "tcp.check_checksum:TRUE", "-T", "fields",
                "-e", "tcp.options.mptcp.subtype", "-e", "tcp.checksum.status").redirectErrorStream(true).start();
        String output = new String(tshark.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertEquals(0, tshark.waitFor(), output);
        assertTrue(output.lines().anyMatch(line -> line.equals("0\t1")), output);
    }

    private static boolean hasTshark() {
        return Arrays.stream(System.getenv("PATH").split(":")).anyMatch(directory -> Files.isExecutable(Path.of(directory, "tshark")));
    }

    private static void assertPacket(PcapFile.Packet packet, long time, int direction, PacketSlot expected, byte[] payload) {
        assertEquals(time, packet.timestampNanos());
        assertEquals(direction, packet.direction());
        MemorySegment memory = Arena.ofAuto().allocate(packet.bytes().length);
        memory.copyFrom(MemorySegment.ofArray(packet.bytes()));
        PacketSlot slot = new PacketSlot();
        assertTrue(IpHeaders.toSlot(memory, 0, packet.bytes().length, slot));
        assertEquals(expected.sourceLo, slot.sourceLo);
        assertEquals(expected.destinationLo, slot.destinationLo);
        assertEquals(expected.ecn, slot.ecn);
        assertTrue(Checksum.verifyTcp(slot));
        assertArrayEquals(payload, memory.asSlice(slot.offset + 20, slot.length - 20).toArray(ValueLayout.JAVA_BYTE));
    }

    private static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        new java.util.Random(length).nextBytes(bytes);
        return bytes;
    }

    private static final class FullDisk implements WritableByteChannel {
        @Override
        public int write(java.nio.ByteBuffer source) throws IOException {
            throw new IOException("No space left on device");
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
        }
    }

    private static final class CollectingReceiver implements SegmentLink.Receiver {
        PacketSlot last;

        @Override
        public void received(SegmentLink link, PacketSlot slot) {
            assertTrue(link instanceof PcapLink);
            last = slot;
        }

        @Override
        public void drained(SegmentLink link) {
        }

        @Override
        public void writable(SegmentLink link) {
        }

        @Override
        public void linkStateChanged(SegmentLink link, boolean up) {
        }
    }
}
