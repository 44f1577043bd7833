package io.mptcp.cli.dump;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/** Packets made by hand, and the frames they travel in. */
final class Frames {
    private Frames() {
    }

    /** An IP packet with a TCP segment, checksums right. */
    static byte[] packet(IpEndpoint source, IpEndpoint destination, int flags, int seq, int ack, byte[] options, byte[] payload, int identification) {
        PacketSlot slot = new PacketSlot();
        int headerLength = TcpSegment.MIN_HEADER_LENGTH + options.length;
        slot.buffer = Arena.ofAuto().allocate(IpHeaders.MAX_ENCODED_LENGTH + headerLength + payload.length);
        slot.offset = IpHeaders.MAX_ENCODED_LENGTH;
        slot.length = headerLength + payload.length;
        slot.sourceHi = source.address().hi();
        slot.sourceLo = source.address().lo();
        slot.destinationHi = destination.address().hi();
        slot.destinationLo = destination.address().lo();
        TcpSegment.encode(slot.buffer, slot.offset, source.port(), destination.port(), seq, ack, headerLength, flags, 1000);
        MemorySegment.copy(options, 0, slot.buffer, ValueLayout.JAVA_BYTE, slot.offset + TcpSegment.MIN_HEADER_LENGTH, options.length);
        MemorySegment.copy(payload, 0, slot.buffer, ValueLayout.JAVA_BYTE, slot.offset + headerLength, payload.length);
        Checksum.fillTcp(slot);
        int ipHeader = IpHeaders.encodeHeader(slot, identification);
        return slot.buffer.asSlice(slot.offset - ipHeader, ipHeader + slot.length).toArray(ValueLayout.JAVA_BYTE);
    }

    /** The same segment in a UDP datagram (docs/udp-encapsulation.md), for IPv4. */
    static byte[] encapsulated(byte[] packet) {
        ByteBuffer datagram = ByteBuffer.allocate(packet.length + 8);
        datagram.put(packet, 0, 20).put(packet, 20, 4).putShort((short) (packet.length - 12)).putShort((short) 0x1234).put(packet, 20, packet.length - 20);
        datagram.put(9, (byte) 17).putShort(2, (short) datagram.capacity()).putShort(28 + 16, (short) 0);
        return datagram.array();
    }

    static byte[] ethernet(byte[] packet, int... vlans) {
        ByteBuffer frame = ByteBuffer.allocate(14 + 4 * vlans.length + packet.length).put(new byte[12]);
        for (int vlan : vlans) {
            frame.putShort((short) 0x8100).putShort((short) vlan);
        }
        return frame.putShort(etherType(packet)).put(packet).array();
    }

    static byte[] sll(byte[] packet) {
        return ByteBuffer.allocate(16 + packet.length).put(new byte[14]).putShort(etherType(packet)).put(packet).array();
    }

    static byte[] sll2(byte[] packet) {
        return ByteBuffer.allocate(20 + packet.length).putShort(etherType(packet)).put(new byte[18]).put(packet).array();
    }

    static byte[] loopback(byte[] packet) {
        return ByteBuffer.allocate(4 + packet.length).putInt(2).put(packet).array();
    }

    private static short etherType(byte[] packet) {
        return (short) (packet[0] >> 4 == 4 ? 0x0800 : 0x86dd);
    }
}
