package io.mptcp.wire;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IpHeadersTest {
    private static final String TCP = "90c01f90 fa5bdc35 80000001 5010fe30 abcd0000";
    private static final String V6_ADDRESSES = "20010db8000000000000000000000001 fe800000000000001234567890abcdef";
    /** The usual textbook example; its checksum is b861. */
    private static final String KNOWN_V4 = "4500 0073 0000 4000 4011 b861 c0a80001 c0a800c7";

    private static PacketSlot slot(String source, String destination, int segmentLength) {
        PacketSlot slot = new PacketSlot();
        IpAddress from = IpAddress.parse(source);
        IpAddress to = IpAddress.parse(destination);
        slot.sourceHi = from.hi();
        slot.sourceLo = from.lo();
        slot.destinationHi = to.hi();
        slot.destinationLo = to.lo();
        slot.buffer = MemorySegment.ofArray(new byte[64 + segmentLength]);
        slot.offset = 64;
        slot.length = segmentLength;
        slot.ecn = 2;
        return slot;
    }

    private static boolean accepts(byte[] packet) {
        return IpHeaders.toSlot(MemorySegment.ofArray(packet), 0, packet.length, new PacketSlot());
    }

    /** An IPv4 packet with its checksum made right again after the test put what it wanted at {@code index}. */
    private static byte[] ipv4With(int index, int value) {
        byte[] packet = Segments.hex("4500 0028 0001 4000 4006 0000 c0000201 c6336407" + TCP);
        packet[index] = (byte) value;
        Ipv4Packet.fillHeaderChecksum(MemorySegment.ofArray(packet), 0);
        return packet;
    }

    @ParameterizedTest(name = "{0} > {1}")
    @CsvSource({"192.0.2.1, 198.51.100.7, 20", "2001:db8::1, fe80::1234:5678:90ab:cdef, 40"})
    void whatIsPutOnComesOff(String source, String destination, int headerLength) {
        PacketSlot out = slot(source, destination, 1480);
        out.trafficClass = 46 << 2;
        assertEquals(headerLength, IpHeaders.encodedLength(out));
        assertEquals(headerLength, IpHeaders.encodeHeader(out, 0xbeef));
        assertEquals(64, out.offset);
        PacketSlot in = slot("::", "::", 0);
        in.addPiece(out.buffer, 0, 9);
        int padding = 6;
        out.buffer = MemorySegment.ofArray(Arrays.copyOf(out.buffer.toArray(ValueLayout.JAVA_BYTE), 64 + 1480 + padding));
        assertTrue(IpHeaders.toSlot(out.buffer, 64 - headerLength, headerLength + 1480 + padding, in));
        assertAll(
                () -> assertSame(out.buffer, in.buffer),
                () -> assertEquals(64, in.offset),
                () -> assertEquals(1480, in.length),
                () -> assertEquals(source, new IpAddress(in.sourceHi, in.sourceLo).toString()),
                () -> assertEquals(destination, new IpAddress(in.destinationHi, in.destinationLo).toString()),
                () -> assertEquals(2, in.ecn),
                () -> assertEquals(46 << 2, in.trafficClass),
                () -> assertEquals(0, in.pieces()),
                () -> assertEquals(1480, in.totalLength()));
    }

    @Test
    void theIpv4HeaderHasDfTheIdentificationAndARightChecksum() {
        PacketSlot slot = slot("192.0.2.1", "198.51.100.7", 20);
        slot.hopLimit = 63;
        slot.trafficClass = 46 << 2;
        IpHeaders.encodeHeader(slot, 0xbeef);
        long at = 44;
        assertTrue(Ipv4Packet.validate(slot.buffer, at, 40));
        assertAll(
                () -> assertTrue(Ipv4Packet.dontFragment(slot.buffer, at)),
                () -> assertFalse(Ipv4Packet.isFragment(slot.buffer, at)),
                () -> assertEquals(0xbeef, Ipv4Packet.identification(slot.buffer, at)),
                () -> assertEquals(63, Ipv4Packet.ttl(slot.buffer, at)),
                () -> assertEquals(46, Ipv4Packet.dscp(slot.buffer, at)),
                () -> assertEquals(2, Ipv4Packet.ecn(slot.buffer, at)),
                () -> assertEquals(40, Ipv4Packet.totalLength(slot.buffer, at)),
                () -> assertEquals(IpHeaders.PROTOCOL_TCP, Ipv4Packet.protocol(slot.buffer, at)));
    }

    @Test
    void payloadByReferenceCountsIntoThePacketLength() {
        PacketSlot v4 = slot("192.0.2.1", "198.51.100.7", 20);
        v4.addPiece(v4.buffer, 0, 1000);
        v4.addPiece(v4.buffer, 0, 460);
        IpHeaders.encodeHeader(v4, 0);
        assertEquals(1500, Ipv4Packet.totalLength(v4.buffer, 44));
        PacketSlot v6 = slot("2001:db8::1", "2001:db8::2", 20);
        v6.addPiece(v6.buffer, 0, 1440);
        v6.trafficClass = 46 << 2;
        IpHeaders.encodeHeader(v6, 0);
        assertEquals(1500, Ipv6Packet.totalLength(v6.buffer, 24));
        assertEquals(64, Ipv6Packet.hopLimit(v6.buffer, 24));
        assertEquals(46, Ipv6Packet.dscp(v6.buffer, 24));
        assertEquals(2, Ipv6Packet.ecn(v6.buffer, 24));
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.1, 65515, 65516", "2001:db8::1, 65535, 65536"})
    void aSegmentTooLongForOnePacketIsTheCallersMistake(String address, int longest, int tooLong) {
        assertTrue(IpHeaders.encodeHeader(slot(address, address, longest), 0) > 0);
        assertThrows(IllegalArgumentException.class, () -> IpHeaders.encodeHeader(slot(address, address, tooLong), 0));
    }

    @Test
    void validatesAKnownIpv4HeaderAndNoneWithAChangedBit() {
        byte[] packet = Arrays.copyOf(Segments.hex(KNOWN_V4), 0x73);
        MemorySegment buffer = MemorySegment.ofArray(packet);
        assertTrue(Ipv4Packet.validate(buffer, 0, packet.length));
        assertEquals(0xb861, Ipv4Packet.headerChecksum(buffer, 0));
        Ipv4Packet.fillHeaderChecksum(buffer, 0);
        assertEquals(0xb861, Ipv4Packet.headerChecksum(buffer, 0));
        for (int bit = 0; bit < 160; bit++) {
            packet[bit / 8] ^= (byte) (1 << bit % 8);
            assertFalse(Ipv4Packet.validate(buffer, 0, packet.length), "bit " + bit);
            packet[bit / 8] ^= (byte) (1 << bit % 8);
        }
    }

    @Test
    void ipv4OptionsAreSkipped() {
        byte[] packet = Segments.hex("4603 002c 0001 0000 4006 0000 c0000201 c6336407 94040000" + TCP);
        Ipv4Packet.fillHeaderChecksum(MemorySegment.ofArray(packet), 0);
        PacketSlot slot = new PacketSlot();
        assertTrue(IpHeaders.toSlot(MemorySegment.ofArray(packet), 0, packet.length, slot));
        assertEquals(24, slot.offset);
        assertEquals(20, slot.length);
        assertEquals(3, slot.ecn);
        assertFalse(Ipv4Packet.dontFragment(slot.buffer, 0));
    }

    @Test
    void refusesIpv4ThatIsInconsistentAFragmentOrNotTcp() {
        assertTrue(accepts(ipv4With(8, 1)));
        assertFalse(accepts(ipv4With(0, 0x55)), "version 5");
        assertFalse(accepts(ipv4With(0, 0x44)), "header of 16 bytes");
        assertFalse(accepts(ipv4With(3, 41)), "longer than what there is");
        assertFalse(accepts(ipv4With(3, 19)), "shorter than its header");
        assertFalse(accepts(ipv4With(6, 0x20)), "first fragment");
        assertFalse(accepts(ipv4With(7, 1)), "later fragment");
        assertFalse(accepts(ipv4With(9, 17)), "UDP");
        byte[] damaged = ipv4With(8, 1);
        damaged[8]++;
        assertFalse(accepts(damaged), "wrong checksum");
    }

    @Test
    void refusesWhateverIsTooShortForItsHeader() {
        byte[] v4 = ipv4With(8, 64);
        for (int length = 0; length < v4.length; length++) {
            assertFalse(accepts(Arrays.copyOf(v4, length)), "IPv4 " + length);
        }
        byte[] v6 = Segments.hex("60000000 0014 06 40" + V6_ADDRESSES + TCP);
        assertTrue(accepts(v6));
        for (int length = 0; length < v6.length; length++) {
            assertFalse(accepts(Arrays.copyOf(v6, length)), "IPv6 " + length);
        }
    }

    @ParameterizedTest(name = "{0}, next header {1}")
    @CsvSource({
        "'', 06, 40",
        "'0600 0104 00000000', 00, 48",
        "'0600 0104 00000000', 3c, 48",
        "'3c01 010c 00000000 00000000 00000000 0600 0104 00000000', 00, 64",
    })
    void ipv6OptionHeadersAreSkipped(String extensions, String next, int headerLength) {
        int payloadLength = Segments.hex(extensions).length + 20;
        byte[] packet = Segments.hex("6ab12345" + String.format("%04x", payloadLength) + next + "40" + V6_ADDRESSES + extensions + TCP);
        PacketSlot slot = new PacketSlot();
        assertTrue(IpHeaders.toSlot(MemorySegment.ofArray(packet), 0, packet.length, slot));
        assertAll(
                () -> assertEquals(headerLength, slot.offset),
                () -> assertEquals(20, slot.length),
                () -> assertEquals(3, slot.ecn),
                () -> assertEquals(0x2a, Ipv6Packet.dscp(slot.buffer, 0)),
                () -> assertEquals(0x12345, Ipv6Packet.flowLabel(slot.buffer, 0)),
                () -> assertEquals(0xfe80000000000000L, slot.destinationHi));
    }

    @ParameterizedTest
    @ValueSource(strings = {"2c 0600000100000001", "2c 0600000000000001", "2b 0600000000000000", "11 0000000000000000",
        "3b 0000000000000000", "00 0604010c00000000", "00 06ff010c00000000", "3c 3c00010400000000"})
    void refusesIpv6FragmentsRoutingHeadersOtherProtocolsAndOptionsWithoutEnd(String nextAndExtension) {
        String next = nextAndExtension.substring(0, 2);
        String extension = nextAndExtension.substring(3);
        assertFalse(accepts(Segments.hex("60000000 001c" + next + "40" + V6_ADDRESSES + extension + TCP)));
    }

    @Test
    void anIpv6FragmentIsKnownAsOne() {
        MemorySegment packet = MemorySegment.ofArray(Segments.hex("60000000 001c 2c40" + V6_ADDRESSES + "0600000100000001" + TCP));
        assertTrue(Ipv6Packet.validate(packet, 0, 68));
        assertTrue(Ipv6Packet.isFragment(packet, 0));
    }

    @Test
    void refusesMappedAddressesOnTheWire() {
        String mapped = "00000000000000000000ffffc0000201";
        String plain = "20010db8000000000000000000000001";
        assertTrue(accepts(Segments.hex("60000000 0014 0640" + plain + plain + TCP)));
        assertFalse(accepts(Segments.hex("60000000 0014 0640" + mapped + plain + TCP)));
        assertFalse(accepts(Segments.hex("60000000 0014 0640" + plain + mapped + TCP)));
    }

    @Test
    void aRefusedPacketLeavesTheSlotAlone() {
        PacketSlot slot = slot("192.0.2.1", "198.51.100.7", 20);
        MemorySegment buffer = slot.buffer;
        assertFalse(IpHeaders.toSlot(MemorySegment.ofArray(ipv4With(9, 17)), 0, 40, slot));
        assertSame(buffer, slot.buffer);
        assertEquals(64, slot.offset);
        assertEquals(IpAddress.mapped(0xc0000201), slot.sourceLo);
    }
}
