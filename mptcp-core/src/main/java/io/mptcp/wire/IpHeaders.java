package io.mptcp.wire;

import java.lang.foreign.MemorySegment;

/** How links take the IP header off a packet with TCP or ICMP in it, and put one in front of a segment. */
public final class IpHeaders {
    public static final int PROTOCOL_ICMP = 1;
    public static final int PROTOCOL_TCP = 6;
    public static final int PROTOCOL_ICMPV6 = 58;
    /** RFC 1700, and what Linux uses. */
    public static final int DEFAULT_HOP_LIMIT = 64;
    /** Headroom that is enough for the header {@link #encodeHeader} writes. */
    public static final int MAX_ENCODED_LENGTH = Ipv6Packet.HEADER_LENGTH;

    private IpHeaders() {
    }

    /**
     * Takes the IP header off, options and all: on true the slot's buffer, offset, length, protocol, addresses and ECN bits describe the TCP
     * segment or ICMP message, which itself is not looked at, and no payload reference is left. Link, checksum state and segment size stay as
     * the caller sets them.
     *
     * @param length bytes at {@code offset}; what follows behind the packet's own length is cut off
     * @return false, with the slot unchanged, for what is no valid IP packet, is a fragment, or carries neither TCP nor ICMP
     */
    public static boolean toSlot(MemorySegment buffer, long offset, int length, PacketSlot slot) {
        if (Ipv4Packet.validate(buffer, offset, length)) {
            return ipv4ToSlot(buffer, offset, slot);
        }
        return Ipv6Packet.validate(buffer, offset, length) && ipv6ToSlot(buffer, offset, slot);
    }

    private static boolean ipv4ToSlot(MemorySegment buffer, long offset, PacketSlot slot) {
        int protocol = Ipv4Packet.protocol(buffer, offset);
        if (Ipv4Packet.isFragment(buffer, offset) || (protocol != PROTOCOL_TCP && protocol != PROTOCOL_ICMP)) {
            return false;
        }
        slot.protocol = protocol;
        int headerLength = Ipv4Packet.headerLength(buffer, offset);
        slot.sourceHi = 0;
        slot.sourceLo = Ipv4Packet.sourceLo(buffer, offset);
        slot.destinationHi = 0;
        slot.destinationLo = Ipv4Packet.destinationLo(buffer, offset);
        slot.ecn = Ipv4Packet.ecn(buffer, offset);
        slot.trafficClass = Ipv4Packet.dscp(buffer, offset) << 2;
        setSegment(slot, buffer, offset + headerLength, Ipv4Packet.totalLength(buffer, offset) - headerLength);
        return true;
    }

    private static boolean ipv6ToSlot(MemorySegment buffer, long offset, PacketSlot slot) {
        int protocol = Ipv6Packet.protocol(buffer, offset);
        if (protocol != PROTOCOL_TCP && protocol != PROTOCOL_ICMPV6) {
            return false;
        }
        long sourceHi = Ipv6Packet.sourceHi(buffer, offset);
        long sourceLo = Ipv6Packet.sourceLo(buffer, offset);
        long destinationHi = Ipv6Packet.destinationHi(buffer, offset);
        long destinationLo = Ipv6Packet.destinationLo(buffer, offset);
        if (IpAddress.isIpv4(sourceHi, sourceLo) || IpAddress.isIpv4(destinationHi, destinationLo)) {
            // A v4-mapped address never belongs on the wire (RFC 6890), and here it would pass for the IPv4 address.
            return false;
        }
        int headerLength = Ipv6Packet.headerLength(buffer, offset);
        slot.protocol = protocol;
        slot.sourceHi = sourceHi;
        slot.sourceLo = sourceLo;
        slot.destinationHi = destinationHi;
        slot.destinationLo = destinationLo;
        slot.ecn = Ipv6Packet.ecn(buffer, offset);
        slot.trafficClass = Ipv6Packet.dscp(buffer, offset) << 2;
        setSegment(slot, buffer, offset + headerLength, Ipv6Packet.totalLength(buffer, offset) - headerLength);
        return true;
    }

    private static void setSegment(PacketSlot slot, MemorySegment buffer, long offset, int length) {
        slot.buffer = buffer;
        slot.offset = Math.toIntExact(offset);
        slot.length = length;
        slot.clearPayloadReference();
    }

    /** Length in bytes of the header {@link #encodeHeader} writes for the slot's addresses: 20 or 40. */
    public static int encodedLength(PacketSlot slot) {
        return slot.isIpv4() ? Ipv4Packet.MIN_HEADER_LENGTH : Ipv6Packet.HEADER_LENGTH;
    }

    /**
     * Writes the IP header that ends where the slot's segment begins; the slot stays as it is.
     *
     * @param identification IPv4 only, 16 bits
     * @return the header's length in bytes: the packet starts that much before {@link PacketSlot#offset}
     * @throws IllegalArgumentException if the segment is too long for one IP packet
     */
    public static int encodeHeader(PacketSlot slot, int identification) {
        int headerLength = encodedLength(slot);
        long offset = slot.offset - headerLength;
        int trafficClass = slot.trafficClass & ~0x03 | slot.ecn & 0x03;
        if (slot.isIpv4()) {
            Ipv4Packet.encode(slot.buffer, offset, headerLength + slot.totalLength(), trafficClass, identification, slot.hopLimit, slot.protocol,
                    slot.sourceLo, slot.destinationLo);
        } else {
            Ipv6Packet.encode(slot.buffer, offset, slot.totalLength(), trafficClass, slot.hopLimit, slot.protocol,
                    slot.sourceHi, slot.sourceLo, slot.destinationHi, slot.destinationLo);
        }
        return headerLength;
    }
}
