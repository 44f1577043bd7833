package io.mptcp.cli.dump;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.Ipv4Packet;
import io.mptcp.wire.Ipv6Packet;
import io.mptcp.wire.MptcpOptionFaults;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Finds the TCP segment in a captured frame. More patient than the links of the stack: a capture may hold only the beginning of a packet, and
 * what was captured on the sending host has no checksums yet and may be a super-segment without a length in its IP header.
 */
final class PacketDecoder {
    private static final int PROTOCOL_UDP = 17;
    private static final int UDP_HEADER_BYTES = 8;
    private static final int HOP_BY_HOP = 0;
    private static final int JUMBO_OPTION_BYTES = 8;

    /** What became of the packets so far. */
    long notIp;
    long otherProtocols;
    long fragments;
    long tooShort;
    long unknownLinkType;
    /** The first link type nothing is known about, or -1. */
    int firstUnknownLinkType = -1;

    private final MptcpOptionFaults faults = new MptcpOptionFaults();
    private final byte[] header = new byte[TcpSegment.MAX_HEADER_LENGTH];
    private final MemorySegment cutHeader = MemorySegment.ofArray(header);

    // The IP packet at hand.
    private int protocol;
    private int offset;
    private int length;
    private IpAddress source;
    private IpAddress destination;

    /** @return false, after counting it, for whatever is not a TCP segment with at least the fixed part of its header captured */
    boolean decode(CapturedPacket packet, Segment segment) {
        if (!LinkLayer.isKnown(packet.linkType)) {
            unknownLinkType++;
            firstUnknownLinkType = firstUnknownLinkType < 0 ? packet.linkType : firstUnknownLinkType;
            return false;
        }
        int ip = LinkLayer.ipOffset(packet);
        if (ip < 0 || ip >= packet.length) {
            notIp++;
            return false;
        }
        int version = packet.bytes[ip] >> 4 & 0x0f;
        if (version != 4 && version != 6) {
            notIp++;
            return false;
        }
        if (!(version == 4 ? ipv4(packet, ip, segment) : ipv6(packet, ip, segment))) {
            return false;
        }
        segment.encapsulated = protocol == PROTOCOL_UDP;
        if (segment.encapsulated) {
            offset += UDP_HEADER_BYTES;
            length -= UDP_HEADER_BYTES;
        } else if (protocol != IpHeaders.PROTOCOL_TCP) {
            otherProtocols++;
            return false;
        }
        return tcp(packet, segment);
    }

    private boolean ipv4(CapturedPacket packet, int ip, Segment segment) {
        MemorySegment buffer = packet.buffer;
        int headerLength = Ipv4Packet.headerLength(buffer, ip);
        if (ip + headerLength > packet.length || headerLength < Ipv4Packet.MIN_HEADER_LENGTH) {
            tooShort++;
            return false;
        }
        if (Ipv4Packet.isFragment(buffer, ip)) {
            fragments++;
            return false;
        }
        protocol = Ipv4Packet.protocol(buffer, ip);
        offset = ip + headerLength;
        int total = Ipv4Packet.totalLength(buffer, ip);
        length = (total == 0 ? packet.originalLength - ip : total) - headerLength;
        source = new IpAddress(0, Ipv4Packet.sourceLo(buffer, ip));
        destination = new IpAddress(0, Ipv4Packet.destinationLo(buffer, ip));
        segment.identification = Ipv4Packet.identification(buffer, ip);
        return true;
    }

    private boolean ipv6(CapturedPacket packet, int ip, Segment segment) {
        MemorySegment buffer = packet.buffer;
        if (ip + Ipv6Packet.HEADER_LENGTH > packet.length) {
            tooShort++;
            return false;
        }
        int payload = Ipv6Packet.totalLength(buffer, ip) - Ipv6Packet.HEADER_LENGTH;
        int headerLength = Ipv6Packet.HEADER_LENGTH;
        protocol = Ipv6Packet.nextHeader(buffer, ip);
        if (payload > 0) {
            headerLength = Ipv6Packet.headerLength(buffer, ip);
            protocol = Ipv6Packet.protocol(buffer, ip);
        } else {
            payload = packet.originalLength - ip - Ipv6Packet.HEADER_LENGTH;
            if (protocol == HOP_BY_HOP) {
                // A jumbogram (RFC 2675), as Linux makes them of super-segments: its one option is in the 8 bytes passed over.
                headerLength += JUMBO_OPTION_BYTES;
                protocol = packet.bytes[ip + Ipv6Packet.HEADER_LENGTH];
            }
        }
        if (ip + headerLength > packet.length) {
            tooShort++;
            return false;
        }
        if (Ipv6Packet.isFragment(buffer, ip)) {
            fragments++;
            return false;
        }
        offset = ip + headerLength;
        length = payload - (headerLength - Ipv6Packet.HEADER_LENGTH);
        source = new IpAddress(Ipv6Packet.sourceHi(buffer, ip), Ipv6Packet.sourceLo(buffer, ip));
        destination = new IpAddress(Ipv6Packet.destinationHi(buffer, ip), Ipv6Packet.destinationLo(buffer, ip));
        segment.identification = 0;
        return true;
    }

    private boolean tcp(CapturedPacket packet, Segment segment) {
        int captured = Math.min(packet.length - offset, length);
        int headerLength = captured < TcpSegment.MIN_HEADER_LENGTH ? 0 : TcpSegment.headerLength(packet.buffer, offset);
        if (headerLength < TcpSegment.MIN_HEADER_LENGTH || headerLength > length) {
            count(segment);
            return false;
        }
        // Datagrams of something else are told from encapsulated segments by the checksum, which those leave 0, and later by their flow.
        if (segment.encapsulated && TcpSegment.checksum(packet.buffer, offset) != 0) {
            otherProtocols++;
            return false;
        }
        segment.timeNanos = packet.timeNanos;
        segment.origin = LinkLayer.origin(packet);
        segment.source = new IpEndpoint(source, TcpSegment.sourcePort(packet.buffer, offset));
        segment.destination = new IpEndpoint(destination, TcpSegment.destinationPort(packet.buffer, offset));
        segment.sequenceNumber = TcpSegment.sequenceNumber(packet.buffer, offset);
        segment.acknowledgmentNumber = TcpSegment.acknowledgmentNumber(packet.buffer, offset);
        segment.flags = TcpSegment.flags(packet.buffer, offset);
        segment.window = TcpSegment.window(packet.buffer, offset);
        segment.payloadLength = length - headerLength;
        segment.capturedPayloadLength = Math.max(0, captured - headerLength);
        segment.buffer = packet.buffer;
        segment.payloadOffset = offset + headerLength;
        segment.optionsCut = captured < headerLength;
        if (segment.optionsCut) {
            parseCut(packet, segment, captured);
        } else {
            segment.options.parse(packet.buffer, offset, segment.payloadLength);
            segment.faults = faults.of(packet.buffer, offset, segment.payloadLength);
        }
        return true;
    }

    private void count(Segment segment) {
        if (segment.encapsulated) {
            otherProtocols++;
        } else {
            tooShort++;
        }
    }

    /** The options that are whole, under a header that ends with them. */
    private void parseCut(CapturedPacket packet, Segment segment, int captured) {
        int kept = captured & ~3;
        System.arraycopy(packet.bytes, offset, header, 0, kept);
        header[12] = (byte) (kept << 2);
        segment.options.parse(cutHeader, 0, segment.payloadLength);
        segment.faults = List.of();
    }
}
