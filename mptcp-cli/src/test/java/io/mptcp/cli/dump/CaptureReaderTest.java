package io.mptcp.cli.dump;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CaptureReaderTest {
    private static final long TIME_NANOS = 1_700_000_000_123_456_789L;
    private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;

    private record Read(long timeNanos, int linkType, int originalLength, byte[] bytes) {
    }

    private static List<Read> read(byte[] file) throws IOException {
        List<Read> packets = new ArrayList<>();
        try (CaptureReader reader = CaptureReader.of(new ByteArrayInputStream(file))) {
            CapturedPacket packet = new CapturedPacket();
            while (reader.next(packet)) {
                packets.add(new Read(packet.timeNanos, packet.linkType, packet.originalLength, Arrays.copyOf(packet.bytes, packet.length)));
            }
        }
        return packets;
    }

    private static byte[] frame(int length) {
        byte[] frame = new byte[length];
        for (int i = 0; i < length; i++) {
            frame[i] = (byte) (i + 1);
        }
        return frame;
    }

    @ParameterizedTest
    @CsvSource({"true,true", "true,false", "false,true", "false,false"})
    void pcapOfEitherByteOrderAndResolution(boolean bigEndian, boolean nanoseconds) throws IOException {
        ByteOrder order = bigEndian ? ByteOrder.BIG_ENDIAN : LITTLE;
        byte[] file = CaptureFile.pcap(order, nanoseconds, LinkLayer.ETHERNET).add(TIME_NANOS, frame(3)).add(0, TIME_NANOS, frame(9), 5).bytes();

        List<Read> packets = read(file);

        assertEquals(2, packets.size());
        assertEquals(nanoseconds ? TIME_NANOS : TIME_NANOS / 1000 * 1000, packets.get(0).timeNanos);
        assertEquals(LinkLayer.ETHERNET, packets.get(0).linkType);
        assertArrayEquals(frame(3), packets.get(0).bytes);
        assertArrayEquals(frame(5), packets.get(1).bytes);
        assertEquals(9, packets.get(1).originalLength);
    }

    @Test
    void pcapngWithInterfacesOfOtherKindsUnknownBlocksAndASecondSection() throws IOException {
        CaptureFile file = CaptureFile.pcapng(LITTLE, LinkLayer.ETHERNET, LinkLayer.RAW);
        file.add(1, TIME_NANOS, frame(6), 6);
        file.block(5, file.buffer(20));
        file.block(3, file.buffer(12).putInt(6).put(frame(6)));
        // The block of before 2006: interface and drops in 16 bits each.
        file.block(2, file.buffer(28).putShort((short) 1).putShort((short) 0).putInt((int) (TIME_NANOS >>> 32)).putInt((int) TIME_NANOS)
                .putInt(5).putInt(5).put(frame(5)));
        CaptureFile other = CaptureFile.pcapng(ByteOrder.BIG_ENDIAN, LinkLayer.LINUX_SLL2).add(TIME_NANOS + 1, frame(2));

        List<Read> packets = read(concat(file.bytes(), other.bytes()));

        assertEquals(List.of(LinkLayer.RAW, LinkLayer.ETHERNET, LinkLayer.RAW, LinkLayer.LINUX_SLL2), packets.stream().map(Read::linkType).toList());
        assertEquals(List.of(TIME_NANOS, TIME_NANOS, TIME_NANOS, TIME_NANOS + 1), packets.stream().map(Read::timeNanos).toList());
        assertArrayEquals(frame(6), packets.get(1).bytes);
    }

    @ParameterizedTest
    @CsvSource({"6, 1000000, 1000000000", "0, 3, 3000000000", "9, 1234, 1234", "12, 1234000, 1234", "3, 7, 7000000",
        "138, 1024, 1000000000", "138, 512, 500000000", "128, 2, 2000000000", "255, 1, 0", "127, 5, 0"})
    void timesOfAnyResolution(int resolution, long ticks, long nanos) throws IOException {
        byte[] file = CaptureFile.pcapng(LITTLE).describe(LinkLayer.RAW, resolution).add(ticks, frame(1)).bytes();

        assertEquals(nanos, read(file).getFirst().timeNanos);
    }

    @Test
    void compressedFilesAreReadAsTheyAre() throws IOException {
        byte[] file = CaptureFile.pcapng(LITTLE, LinkLayer.RAW).add(TIME_NANOS, frame(100)).bytes();
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(compressed)) {
            out.write(file);
        }

        assertArrayEquals(frame(100), read(compressed.toByteArray()).getFirst().bytes);
        String message = assertThrows(CaptureException.class, () -> read(Arrays.copyOf(compressed.toByteArray(), 40))).getMessage();
        assertTrue(message.startsWith("is damaged: the compressed data"), message);
        byte[] noMethod = {0x1f, (byte) 0x8b, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        assertEquals("is damaged: the compressed data ends or is wrong at its beginning", assertThrows(CaptureException.class, () -> read(noMethod)).getMessage());
    }

    @Test
    void whatIsNoCaptureIsCalledSo() {
        assertEquals("is empty", assertThrows(CaptureException.class, () -> read(new byte[0])).getMessage());
        assertEquals("is neither a pcap nor a pcapng file", assertThrows(CaptureException.class, () -> read("GET / HTTP/1.1".getBytes())).getMessage());
        assertEquals("is neither a pcap nor a pcapng file", assertThrows(CaptureException.class, () -> read(new byte[] {1})).getMessage());
    }

    @Test
    void aRecordThatIsCutIsToldWithItsPlace() {
        byte[] file = CaptureFile.pcap(LITTLE, true, LinkLayer.RAW).add(TIME_NANOS, frame(10)).add(TIME_NANOS, frame(10)).bytes();

        assertEquals("ends in the middle of a record, at byte " + (file.length - 1),
                assertThrows(CaptureException.class, () -> read(Arrays.copyOf(file, file.length - 1))).getMessage());
    }

    @Test
    void lengthsThatCannotBeAreDamage() {
        CaptureFile huge = CaptureFile.pcapng(LITTLE, LinkLayer.RAW);
        huge.block(6, huge.buffer(20).putInt(0).putLong(0).putInt(-1).putInt(-1));
        assertEquals("is damaged at byte 88: a packet of 4294967295 bytes", assertThrows(CaptureException.class, () -> read(huge.bytes())).getMessage());

        CaptureFile outside = CaptureFile.pcapng(LITTLE, LinkLayer.RAW);
        outside.block(6, outside.buffer(20).putInt(0).putLong(0).putInt(40).putInt(40));
        assertEquals("is damaged at byte 88: a packet of 40 bytes in a block with room for 0",
                assertThrows(CaptureException.class, () -> read(outside.bytes())).getMessage());

        CaptureFile nobody = CaptureFile.pcapng(LITTLE, LinkLayer.RAW).add(7, 0, frame(1), 1);
        String message = assertThrows(CaptureException.class, () -> read(nobody.bytes())).getMessage();
        assertTrue(message.contains("interface 7, of which there is no description"), message);
        assertFalse(message.contains("\n"));
    }

    private static byte[] concat(byte[] a, byte[] b) {
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }
}
