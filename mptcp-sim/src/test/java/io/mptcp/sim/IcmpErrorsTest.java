package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.IcmpMessage;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.PathError;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What routers write and {@link IcmpMessage} reads. */
class IcmpErrorsTest {
    private static PacketSlot packet(String from, String to) {
        PacketSlot packet = new PacketSlot();
        IpAddress source = IpAddress.parse(from);
        IpAddress destination = IpAddress.parse(to);
        packet.sourceHi = source.hi();
        packet.sourceLo = source.lo();
        packet.destinationHi = destination.hi();
        packet.destinationLo = destination.lo();
        packet.buffer = Arena.ofAuto().allocate(2000);
        packet.offset = 64;
        packet.length = 1460;
        TcpSegment.encode(packet.buffer, packet.offset, 1234, 80, 0xfedc_ba98, 7, 32, TcpSegment.ACK, 500);
        return packet;
    }

    private static PacketSlot message() {
        PacketSlot message = new PacketSlot();
        message.buffer = Arena.ofAuto().allocate(IcmpErrors.MAX_BYTES + 10);
        message.offset = 10;
        return message;
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.1, 198.51.100.7, 1480", "2001:db8::1, 2001:db8::2, 1500"})
    void whatARouterSaysIsRead(String from, String to, int packetBytes) {
        PacketSlot packet = packet(from, to);
        PacketSlot slot = message();
        IcmpErrors.packetTooBig(packet, 1300, slot);
        IcmpMessage read = new IcmpMessage();
        assertEquals(IcmpMessage.Result.ERROR, read.read(slot));
        assertEquals(PathError.PACKET_TOO_BIG, read.error);
        assertEquals(1300, read.mtuBytes);
        assertEquals(packetBytes, read.packetBytes);
        assertEquals(from, new IpAddress(read.sourceHi, read.sourceLo).toString());
        assertEquals(to, new IpAddress(read.destinationHi, read.destinationLo).toString());
        assertEquals(1234, read.sourcePort);
        assertEquals(80, read.destinationPort);
        assertEquals(0xfedc_ba98, read.sequenceNumber);
    }

    @ParameterizedTest
    @CsvSource({"192.0.2.1, 198.51.100.7", "2001:db8::1, 2001:db8::2"})
    void aChangedBitIsNoticed(String from, String to) {
        PacketSlot slot = message();
        IcmpErrors.packetTooBig(packet(from, to), 1300, slot);
        for (int bit = 0; bit < 8 * slot.length; bit++) {
            int at = slot.offset + bit / 8;
            byte before = slot.buffer.get(ValueLayout.JAVA_BYTE, at);
            slot.buffer.set(ValueLayout.JAVA_BYTE, at, (byte) (before ^ 1 << bit % 8));
            assertEquals(IcmpMessage.Result.BAD_CHECKSUM, new IcmpMessage().read(slot), "bit " + bit);
            slot.buffer.set(ValueLayout.JAVA_BYTE, at, before);
        }
    }

    /** Cut short, or with noise in it that happens to have a right checksum: refused, and never an exception. */
    @Test
    void noiseIsRefusedOrRead() {
        Random random = new Random(7);
        IcmpMessage read = new IcmpMessage();
        int errors = 0;
        for (int i = 0; i < 50_000; i++) {
            boolean ipv4 = random.nextBoolean();
            PacketSlot slot = message();
            IcmpErrors.packetTooBig(ipv4 ? packet("192.0.2.1", "198.51.100.7") : packet("2001:db8::1", "2001:db8::2"), 1300, slot);
            slot.length = random.nextInt(slot.length + 1);
            for (int k = random.nextInt(4); k > 0 && slot.length > 4; k--) {
                slot.buffer.set(ValueLayout.JAVA_BYTE, slot.offset + 4 + random.nextInt(slot.length - 4), (byte) random.nextInt());
            }
            makeChecksumRight(slot);
            errors += read.read(slot) == IcmpMessage.Result.ERROR ? 1 : 0;
        }
        assertNotEquals(0, errors);
    }

    private static void makeChecksumRight(PacketSlot slot) {
        if (slot.length < 4) {
            return;
        }
        slot.buffer.set(ValueLayout.JAVA_SHORT_UNALIGNED, slot.offset + 2, (short) 0);
        long sum = Checksum.sum(slot.buffer, slot.offset, slot.length);
        if (!slot.isIpv4()) {
            sum += Checksum.pseudoHeader(slot.protocol, slot.sourceHi, slot.sourceLo, slot.destinationHi, slot.destinationLo, slot.length);
        }
        int value = Checksum.complement(sum);
        slot.buffer.set(ValueLayout.JAVA_BYTE, slot.offset + 2, (byte) (value >> 8));
        slot.buffer.set(ValueLayout.JAVA_BYTE, slot.offset + 3, (byte) value);
    }
}
