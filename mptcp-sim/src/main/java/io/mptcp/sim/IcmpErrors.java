package io.mptcp.sim;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.Ipv4Packet;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Makes the ICMP and ICMPv6 errors that routers and hosts send about TCP segments (RFC 792, RFC 1191, RFC 4443). */
public final class IcmpErrors {
    public static final int IPV4_UNREACHABLE = 3;
    public static final int IPV4_FRAGMENTATION_NEEDED = 4;
    public static final int IPV6_PACKET_TOO_BIG = 2;
    /** Room for any message made here. */
    public static final int MAX_BYTES = 8 + 40 + TcpSegment.MAX_HEADER_LENGTH;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int HEADER_BYTES = 8;
    private static final int CHECKSUM = 2;
    private static final int REST = 4;

    private IcmpErrors() {
    }

    /** The router's complaint that a packet is larger than the next link takes, in {@code out} at its offset. */
    public static void packetTooBig(PacketSlot packet, int mtuBytes, PacketSlot out) {
        if (packet.isIpv4()) {
            write(packet, IPV4_UNREACHABLE, IPV4_FRAGMENTATION_NEEDED, mtuBytes, out);
        } else {
            write(packet, IPV6_PACKET_TOO_BIG, 0, mtuBytes, out);
        }
    }

    /**
     * Writes a message to the sender of a packet, from where that packet was bound to.
     *
     * @param packet what the message quotes: IP header and TCP header
     * @param rest   the second word of the header: an MTU, or 0
     * @param out    gets addresses, protocol and length; buffer and offset are the caller's
     */
    public static void write(PacketSlot packet, int type, int code, int rest, PacketSlot out) {
        MemorySegment buffer = out.buffer;
        long at = out.offset;
        int ipBytes = IpHeaders.encodedLength(packet);
        int tcpBytes = TcpSegment.headerLength(packet.buffer, packet.offset);
        PacketSlot quoted = new PacketSlot();
        quoted.copyIpFields(packet);
        quoted.buffer = buffer;
        quoted.offset = (int) at + HEADER_BYTES + ipBytes;
        quoted.length = packet.totalLength();
        IpHeaders.encodeHeader(quoted, 1);
        MemorySegment.copy(packet.buffer, packet.offset, buffer, quoted.offset, tcpBytes);
        buffer.set(ValueLayout.JAVA_BYTE, at, (byte) type);
        buffer.set(ValueLayout.JAVA_BYTE, at + 1, (byte) code);
        buffer.set(SHORT, at + CHECKSUM, (short) 0);
        buffer.set(INT, at + REST, rest);
        boolean ipv4 = ipBytes == Ipv4Packet.MIN_HEADER_LENGTH;
        out.protocol = ipv4 ? IpHeaders.PROTOCOL_ICMP : IpHeaders.PROTOCOL_ICMPV6;
        out.sourceHi = packet.destinationHi;
        out.sourceLo = packet.destinationLo;
        out.destinationHi = packet.sourceHi;
        out.destinationLo = packet.sourceLo;
        out.length = HEADER_BYTES + ipBytes + tcpBytes;
        out.clearPayloadReference();
        long sum = Checksum.sum(buffer, at, out.length);
        if (!ipv4) {
            sum += Checksum.pseudoHeader(out.protocol, out.sourceHi, out.sourceLo, out.destinationHi, out.destinationLo, out.length);
        }
        buffer.set(SHORT, at + CHECKSUM, (short) Checksum.complement(sum));
    }
}
