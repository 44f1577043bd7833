package io.mptcp.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChecksumTest {
    private static final long DSN = 0xf5a101d3d29d6f73L;

    /** RFC 1071 section 4.1, word by word. */
    private static int naive(MemorySegment buffer, long offset, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            int octet = Bytes.get8(buffer, offset + i);
            sum += (i & 1) == 0 ? octet << 8 : octet;
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return sum;
    }

    private static MemorySegment random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return Arena.ofAuto().allocate(length, 8).copyFrom(MemorySegment.ofArray(bytes));
    }

    @Test
    void sumsLikeTheDefinitionAtEveryAlignmentAndLength() {
        MemorySegment buffer = random(600, 1);
        for (int offset = 0; offset < 16; offset++) {
            for (int length = 0; length <= 260; length++) {
                assertEquals(naive(buffer, offset, length), Checksum.fold(Checksum.sum(buffer, offset, length)), offset + "+" + length);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1460, 9000, 65_535, 65_536, 1_000_003})
    void sumsLongPieces(int length) {
        MemorySegment buffer = random(length + 3, length);
        assertEquals(naive(buffer, 3, length), Checksum.fold(Checksum.sum(buffer, 3, length)));
        buffer.fill((byte) 0xff);
        assertEquals(naive(buffer, 3, length), Checksum.fold(Checksum.sum(buffer, 3, length)));
        assertTrue(Checksum.sum(buffer, 3, length) < 1L << 48);
    }

    @Test
    void sumsHeapMemoryLikeNativeMemory() {
        MemorySegment buffer = random(333, 7);
        MemorySegment heap = MemorySegment.ofArray(buffer.toArray(ValueLayout.JAVA_BYTE));
        assertEquals(Checksum.sum(buffer, 5, 321), Checksum.sum(heap, 5, 321));
    }

    /** RFC 1071 section 3. */
    @Test
    void sumsTheExampleOfTheRfc() {
        assertEquals(0xddf2, Checksum.fold(Checksum.sum(MemorySegment.ofArray(Segments.hex("0001f203f4f5f6f7")), 0, 8)));
    }

    @Test
    void piecesAddUpWhereverTheyAreCut() {
        MemorySegment buffer = random(301, 2);
        int whole = naive(buffer, 0, 301);
        for (int cut = 0; cut <= 301; cut++) {
            long rest = Checksum.sum(buffer, cut, 301 - cut);
            long sum = Checksum.sum(buffer, 0, cut) + ((cut & 1) == 0 ? rest : Checksum.swap(rest));
            assertEquals(whole, Checksum.fold(sum), "cut at " + cut);
        }
    }

    @Test
    void foldsTheLargestSums() {
        assertEquals(0xffff, Checksum.fold(-1L));
        assertEquals(1, Checksum.fold(0x1_0000L));
        assertEquals(0xffff, Checksum.fold(0xffffL));
        assertEquals(0, Checksum.fold(0));
        assertEquals(3, Checksum.fold(0x1_0000_ffff_0002L));
        assertEquals(0x3412, Checksum.swap(0x1234));
    }

    @ParameterizedTest(name = "{4}")
    @CsvSource({
        "f5a101d3d29d6f73, 1, 13, 'Hello, MPTCP!', cd7b",
        "f5a101d3d29d6f73, 1, 12, 'Hello, MPTCP', ee7c",
        "f5a101d3d29d6f73, 1, 13, 'Hello, MPTCP', ee7b",
        "f5a101d3d29d6f80, 0, 1, '', c66b",
    })
    void dssChecksumOfKnownData(String dsn, int ssn, int dataLevelLength, String data, String checksum) {
        byte[] bytes = data.getBytes(StandardCharsets.US_ASCII);
        long sum = Checksum.dssPseudoHeader(Long.parseUnsignedLong(dsn, 16), ssn, dataLevelLength)
                + Checksum.sum(MemorySegment.ofArray(bytes), 0, bytes.length);
        int expected = Integer.parseInt(checksum, 16);
        assertEquals(expected, Checksum.complement(sum));
        assertEquals(0xffff, Checksum.fold(sum + expected), "the receiver's way to verify");
    }

    @Test
    void dssChecksumOfAMappingThatArrivesInOddPieces() {
        MemorySegment data = Arena.ofAuto().allocate(1460);
        for (int i = 0; i < 1460; i++) {
            Bytes.put8(data, i, i % 256);
        }
        long header = Checksum.dssPseudoHeader(0xffffffffffffff80L, 0x7fffffff, 1460);
        assertEquals(0x4fc9, Checksum.complement(header + Checksum.sum(data, 0, 1460)));
        long pieces = Checksum.sum(data, 0, 701) + Checksum.swap(Checksum.sum(data, 701, 759));
        assertEquals(0x4fc9, Checksum.complement(header + pieces));
    }

    @Test
    void bothZeroesVerify() {
        long sum = Checksum.dssPseudoHeader(DSN, 1, 13);
        long toZero = 0xffff - Checksum.fold(sum);
        assertEquals(0, Checksum.complement(sum + toZero));
        assertEquals(0xffff, Checksum.fold(sum + toZero));
        assertEquals(0xffff, Checksum.fold(sum + toZero + 0xffff));
    }

    private static PacketSlot slot(String source, String destination, int length, long seed) {
        PacketSlot slot = new PacketSlot();
        IpAddress from = IpAddress.parse(source);
        IpAddress to = IpAddress.parse(destination);
        slot.sourceHi = from.hi();
        slot.sourceLo = from.lo();
        slot.destinationHi = to.hi();
        slot.destinationLo = to.lo();
        slot.buffer = random(length + 7, seed);
        slot.offset = 7;
        slot.length = length;
        TcpSegment.encode(slot.buffer, slot.offset, 80, 1234, 1, 2, 20, TcpSegment.ACK, 100);
        return slot;
    }

    @Test
    void coversPseudoHeaderAndSegmentOfEitherFamily() {
        PacketSlot v4 = slot("127.0.0.1", "127.0.0.2", 40, 3);
        Checksum.fillTcp(v4);
        assertEquals(naiveTcp(v4, Segments.hex("7f000001 7f000002 0006 0028")), TcpSegment.checksum(v4.buffer, v4.offset));
        PacketSlot v6 = slot("2001:db8::1", "2001:db8::2", 41, 4);
        Checksum.fillTcp(v6);
        assertEquals(naiveTcp(v6, Segments.hex("20010db8000000000000000000000001 20010db8000000000000000000000002 00000029 00000006")),
                TcpSegment.checksum(v6.buffer, v6.offset));
    }

    private static int naiveTcp(PacketSlot slot, byte[] pseudoHeader) {
        byte[] whole = new byte[pseudoHeader.length + slot.length];
        System.arraycopy(pseudoHeader, 0, whole, 0, pseudoHeader.length);
        MemorySegment.copy(slot.buffer, slot.offset, MemorySegment.ofArray(whole), pseudoHeader.length, slot.length);
        whole[pseudoHeader.length + 16] = 0;
        whole[pseudoHeader.length + 17] = 0;
        return ~naive(MemorySegment.ofArray(whole), 0, whole.length) & 0xffff;
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.1, 198.51.100.7", "2001:db8::1, fe80::ffff:1234:5678:9abc"})
    void fillsWhatVerifies(String source, String destination) {
        for (int length = 20; length < 200; length++) {
            PacketSlot slot = slot(source, destination, length, length);
            Checksum.fillTcp(slot);
            assertTrue(Checksum.verifyTcp(slot));
            int at = slot.offset + length - 1;
            Bytes.put8(slot.buffer, at, Bytes.get8(slot.buffer, at) ^ 0x10);
            assertFalse(Checksum.verifyTcp(slot), "a changed last byte");
            Bytes.put8(slot.buffer, at, Bytes.get8(slot.buffer, at) ^ 0x10);
            slot.sourceLo ^= 1;
            assertFalse(Checksum.verifyTcp(slot), "a changed address");
        }
    }

    @Test
    void payloadByReferenceCountsLikePayloadBehindTheHeader() {
        for (int first = 0; first <= 40; first++) {
            PacketSlot together = slot("192.0.2.1", "198.51.100.7", 20 + 61, 9);
            Checksum.fillTcp(together);
            PacketSlot apart = slot("192.0.2.1", "198.51.100.7", 20 + 61, 9);
            MemorySegment ring = Arena.ofAuto().allocate(200);
            MemorySegment.copy(apart.buffer, apart.offset + 20, ring, 100, first);
            MemorySegment.copy(apart.buffer, apart.offset + 20 + first, ring, 1, 61 - first);
            apart.length = 20;
            apart.addPiece(ring, 100, first);
            apart.addPiece(ring, 1, 61 - first);
            Checksum.fillTcp(apart);
            assertEquals(TcpSegment.checksum(together.buffer, 7), TcpSegment.checksum(apart.buffer, 7), "first piece " + first);
        }
    }

    @Test
    void pseudoHeadersDifferByFamilyAndLength() {
        long lo = IpAddress.mapped(0xc0000201);
        assertEquals(0xc000 + 0x0201 + 0xc000 + 0x0201 + 6 + 40, Checksum.pseudoHeader(0, lo, 0, lo, 40));
        assertEquals(6 + 0x1 + 0x0002 + 0x2001 + 0xdb8 + 1 + 2, Checksum.pseudoHeader(0x20010db8_00000000L, 1, 0, 2, 0x1_0002));
        assertNotEquals(Checksum.pseudoHeader(0, lo, 0, lo, 40), Checksum.pseudoHeader(0, lo, 0, lo, 41));
    }
}
