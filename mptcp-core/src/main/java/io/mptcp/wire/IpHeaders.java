package io.mptcp.wire;

import java.lang.foreign.MemorySegment;

/** How links take the IP header off a packet with TCP in it, and put one in front of a segment. */
public final class IpHeaders {
    public static final int PROTOCOL_TCP = 6;
    /** Headroom that is enough for the header {@link #encodeHeader} writes. */
    public static final int MAX_ENCODED_LENGTH = Ipv6Packet.HEADER_LENGTH;

    private IpHeaders() {
    }

    /**
     * Takes the IP header off: on true the slot's buffer, offset, length, addresses and ECN bits describe the TCP segment, which itself
     * is not looked at, and no payload reference is left. Link, checksum state and segment size stay as the caller sets them.
     *
     * @param length bytes at {@code offset}; what follows behind the packet's own length is cut off
     * @return false, with the slot unchanged, for what is no valid IP packet, is a fragment, or carries something else than TCP
     */
    public static boolean toSlot(MemorySegment buffer, long offset, int length, PacketSlot slot) {
        if (Ipv4Packet.validate(buffer, offset, length)) {
            return ipv4ToSlot(buffer, offset, slot);
        }
        return Ipv6Packet.validate(buffer, offset, length) && ipv6ToSlot(buffer, offset, slot);
    }

    private static boolean ipv4ToSlot(MemorySegment buffer, long offset, PacketSlot slot) {
        if (Ipv4Packet.isFragment(buffer, offset) || Ipv4Packet.protocol(buffer, offset) != PROTOCOL_TCP) {
            return false;
        }
        int headerLength = Ipv4Packet.headerLength(buffer, offset);
        slot.sourceHi = 0;
        slot.sourceLo = Ipv4Packet.sourceLo(buffer, offset);
        slot.destinationHi = 0;
        slot.destinationLo = Ipv4Packet.destinationLo(buffer, offset);
        slot.ecn = Ipv4Packet.ecn(buffer, offset);
        setSegment(slot, buffer, offset + headerLength, Ipv4Packet.totalLength(buffer, offset) - headerLength);
        return true;
    }

    private static boolean ipv6ToSlot(MemorySegment buffer, long offset, PacketSlot slot) {
        if (Ipv6Packet.protocol(buffer, offset) != PROTOCOL_TCP) {
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
        slot.sourceHi = sourceHi;
        slot.sourceLo = sourceLo;
        slot.destinationHi = destinationHi;
        slot.destinationLo = destinationLo;
        slot.ecn = Ipv6Packet.ecn(buffer, offset);
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
     * @param hopLimit       TTL or hop limit
     * @param identification IPv4 only, 16 bits
     * @return the header's length in bytes: the packet starts that much before {@link PacketSlot#offset}
     * @throws IllegalArgumentException if the segment is too long for one IP packet
     */
    public static int encodeHeader(PacketSlot slot, int hopLimit, int identification) {
        int headerLength = encodedLength(slot);
        long offset = slot.offset - headerLength;
        if (slot.isIpv4()) {
            Ipv4Packet.encode(slot.buffer, offset, headerLength + slot.totalLength(), slot.ecn, identification, hopLimit, PROTOCOL_TCP,
                    slot.sourceLo, slot.destinationLo);
        } else {
            Ipv6Packet.encode(slot.buffer, offset, slot.totalLength(), slot.ecn, hopLimit, PROTOCOL_TCP,
                    slot.sourceHi, slot.sourceLo, slot.destinationHi, slot.destinationLo);
        }
        return headerLength;
    }
}
