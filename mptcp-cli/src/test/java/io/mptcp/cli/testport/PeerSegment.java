package io.mptcp.cli.testport;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** IP packets of the peer of a test port: what it sends, and what it reads in those it gets. */
final class PeerSegment {
    static final int PEER_PORT = 8080;
    private static final byte[] SYN_OPTIONS = {2, 4, 3, (byte) 0xe8, 1, 3, 3, 0};

    final int sourcePort;
    final int destinationPort;
    final int sequence;
    final int acknowledgment;
    final int flags;
    final int payloadLength;

    private PeerSegment(byte[] packet) {
        ByteBuffer buffer = ByteBuffer.wrap(packet);
        int tcp = (packet[0] & 0xf) * 4;
        sourcePort = buffer.getShort(tcp) & 0xffff;
        destinationPort = buffer.getShort(tcp + 2) & 0xffff;
        sequence = buffer.getInt(tcp + 4);
        acknowledgment = buffer.getInt(tcp + 8);
        flags = packet[tcp + 13] & 0x3f;
        payloadLength = packet.length - tcp - (packet[tcp + 12] >> 4 & 0xf) * 4;
    }

    /** From the data of a NETRECV reply. */
    static PeerSegment parse(byte[] netrecv) {
        return new PeerSegment(Arrays.copyOfRange(netrecv, 8, netrecv.length));
    }

    /** From 192.0.2.1:8080 to 192.168.0.2; a SYN carries an MSS of 1000 and a window scale of 0. */
    static byte[] encode(int destinationPort, int sequence, int acknowledgment, int flags, int payloadLength) {
        boolean syn = (flags & TcpSegment.SYN) != 0;
        int headerLength = syn ? 28 : 20;
        PacketSlot slot = new PacketSlot();
        slot.buffer = Arena.ofAuto().allocate(2000);
        slot.offset = 100;
        slot.length = headerLength + payloadLength;
        IpAddress source = IpAddress.parse("192.0.2.1");
        IpAddress destination = IpAddress.parse("192.168.0.2");
        slot.sourceHi = source.hi();
        slot.sourceLo = source.lo();
        slot.destinationHi = destination.hi();
        slot.destinationLo = destination.lo();
        TcpSegment.encode(slot.buffer, slot.offset, PEER_PORT, destinationPort, sequence, acknowledgment, headerLength, flags, 60_000);
        if (syn) {
            MemorySegment.copy(SYN_OPTIONS, 0, slot.buffer, ValueLayout.JAVA_BYTE, slot.offset + 20, SYN_OPTIONS.length);
        }
        Checksum.fillTcp(slot);
        int ipLength = IpHeaders.encodeHeader(slot, 0);
        return slot.buffer.asSlice(slot.offset - ipLength, ipLength + slot.length).toArray(ValueLayout.JAVA_BYTE);
    }
}
