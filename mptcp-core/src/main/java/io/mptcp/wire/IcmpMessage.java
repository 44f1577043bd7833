package io.mptcp.wire;

import java.lang.foreign.MemorySegment;

/**
 * One received ICMP or ICMPv6 error about a TCP segment this host has sent (RFC 792, RFC 1191, RFC 4443), taken apart; reused for the next.
 * Anybody can send such a message: what is in it is a claim, to be checked against the connection it names (RFC 5927).
 */
public final class IcmpMessage {
    private static final int HEADER_BYTES = 8;
    /** RFC 792: at least so much of the segment is quoted, which covers ports and sequence number. */
    private static final int QUOTED_TCP_BYTES = 8;
    private static final int TYPE = 0;
    private static final int CODE = 1;
    private static final int IPV4_MTU = 6;
    private static final int IPV6_MTU = 4;
    private static final int TCP_SEQUENCE_NUMBER = 4;
    /** RFC 1191 section 7.1: what to try when a router does not say how much it can forward. */
    private static final int[] PLATEAUS = {32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68};

    /** How {@link #read} may end. */
    public enum Result {
        /** The fields describe an error about a TCP segment. */
        ERROR,
        /** Something else that is none of TCP's business: an echo, a redirect, neighbour discovery, a source quench. */
        IGNORED,
        MALFORMED,
        BAD_CHECKSUM
    }

    public PathError error = PathError.NONE;
    /** Of {@link PathError#PACKET_TOO_BIG}: largest IP packet the next hop takes, less than {@link #packetBytes} or the message is no use. */
    public int mtuBytes;
    /** Length of the IP packet that was not delivered, as far as it is told. */
    public int packetBytes;
    /** Where that packet came from: an address and port of this host. */
    public long sourceHi;
    public long sourceLo;
    public int sourcePort;
    public long destinationHi;
    public long destinationLo;
    public int destinationPort;
    /** Its TCP sequence number. */
    public int sequenceNumber;

    /** Takes apart the message in the slot. Never throws; on anything but {@link Result#ERROR} the fields mean nothing. */
    public Result read(PacketSlot in) {
        if (in.length < HEADER_BYTES || in.offset < 0 || in.offset > in.buffer.byteSize() - in.length) {
            return Result.MALFORMED;
        }
        boolean ipv4 = in.protocol == IpHeaders.PROTOCOL_ICMP;
        long sum = Checksum.sum(in.buffer, in.offset, in.length);
        if (!ipv4) {
            sum += Checksum.pseudoHeader(IpHeaders.PROTOCOL_ICMPV6, in.sourceHi, in.sourceLo, in.destinationHi, in.destinationLo, in.length);
        }
        if (Checksum.fold(sum) != 0xffff) {
            return Result.BAD_CHECKSUM;
        }
        int type = Bytes.get8(in.buffer, in.offset + TYPE);
        int code = Bytes.get8(in.buffer, in.offset + CODE);
        error = ipv4 ? ipv4Error(type, code) : ipv6Error(type, code);
        if (error == PathError.NONE) {
            return Result.IGNORED;
        }
        int quoted = in.length - HEADER_BYTES;
        Result result = ipv4 ? readIpv4(in.buffer, in.offset, quoted) : readIpv6(in.buffer, in.offset, quoted);
        // RFC 5927 section 4: an error about a packet of ours is sent to where that packet came from.
        boolean toSender = sourceHi == in.destinationHi && sourceLo == in.destinationLo;
        return result == Result.ERROR && !toSender ? Result.MALFORMED : result;
    }

    /** RFC 9293 section 3.9.2.2, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1. Source quench is dropped (RFC 6633). */
    private static PathError ipv4Error(int type, int code) {
        return switch (type) {
            case 3 -> switch (code) {
                case 0, 6, 11 -> PathError.NET_UNREACHABLE;
                case 1, 7, 8, 12 -> PathError.HOST_UNREACHABLE;
                case 2 -> PathError.PROTOCOL_UNREACHABLE;
                case 3 -> PathError.PORT_UNREACHABLE;
                case 4 -> PathError.PACKET_TOO_BIG;
                case 5 -> PathError.SOURCE_ROUTE_FAILED;
                case 9, 10, 13, 14, 15 -> PathError.PROHIBITED;
                default -> PathError.NONE;
            };
            case 11 -> PathError.TIME_EXCEEDED;
            case 12 -> PathError.PARAMETER_PROBLEM;
            default -> PathError.NONE;
        };
    }

    /** RFC 4443 section 3. */
    private static PathError ipv6Error(int type, int code) {
        return switch (type) {
            case 1 -> switch (code) {
                case 0 -> PathError.NET_UNREACHABLE;
                case 1, 5, 6 -> PathError.PROHIBITED;
                case 2, 3 -> PathError.HOST_UNREACHABLE;
                case 4 -> PathError.PORT_UNREACHABLE;
                default -> PathError.NONE;
            };
            case 2 -> PathError.PACKET_TOO_BIG;
            case 3 -> PathError.TIME_EXCEEDED;
            case 4 -> PathError.PARAMETER_PROBLEM;
            default -> PathError.NONE;
        };
    }

    private Result readIpv4(MemorySegment buffer, long offset, int quoted) {
        long ip = offset + HEADER_BYTES;
        if (quoted < Ipv4Packet.MIN_HEADER_LENGTH + QUOTED_TCP_BYTES || Ipv4Packet.version(buffer, ip) != 4) {
            return Result.MALFORMED;
        }
        int headerLength = Ipv4Packet.headerLength(buffer, ip);
        if (headerLength < Ipv4Packet.MIN_HEADER_LENGTH || quoted < headerLength + QUOTED_TCP_BYTES) {
            return Result.MALFORMED;
        }
        if (Ipv4Packet.protocol(buffer, ip) != IpHeaders.PROTOCOL_TCP || Ipv4Packet.isFragment(buffer, ip)) {
            return Result.IGNORED;
        }
        sourceHi = 0;
        sourceLo = Ipv4Packet.sourceLo(buffer, ip);
        destinationHi = 0;
        destinationLo = Ipv4Packet.destinationLo(buffer, ip);
        packetBytes = Ipv4Packet.totalLength(buffer, ip);
        mtuBytes = Bytes.get16(buffer, offset + IPV4_MTU);
        if (mtuBytes == 0) {
            mtuBytes = plateauBelow(packetBytes);
        }
        readTcp(buffer, ip + headerLength);
        return Result.ERROR;
    }

    /** A segment of ours has no extension headers, so its quotation has none. */
    private Result readIpv6(MemorySegment buffer, long offset, int quoted) {
        long ip = offset + HEADER_BYTES;
        if (quoted < Ipv6Packet.HEADER_LENGTH + QUOTED_TCP_BYTES || Ipv6Packet.version(buffer, ip) != 6) {
            return Result.MALFORMED;
        }
        if (Ipv6Packet.nextHeader(buffer, ip) != IpHeaders.PROTOCOL_TCP) {
            return Result.IGNORED;
        }
        sourceHi = Ipv6Packet.sourceHi(buffer, ip);
        sourceLo = Ipv6Packet.sourceLo(buffer, ip);
        destinationHi = Ipv6Packet.destinationHi(buffer, ip);
        destinationLo = Ipv6Packet.destinationLo(buffer, ip);
        if (IpAddress.isIpv4(sourceHi, sourceLo) || IpAddress.isIpv4(destinationHi, destinationLo)) {
            return Result.MALFORMED; // as in IpHeaders: it would pass for the IPv4 address
        }
        packetBytes = Ipv6Packet.totalLength(buffer, ip);
        int mtu = Bytes.get32(buffer, offset + IPV6_MTU);
        mtuBytes = mtu < 0 ? Integer.MAX_VALUE : mtu;
        readTcp(buffer, ip + Ipv6Packet.HEADER_LENGTH);
        return Result.ERROR;
    }

    private void readTcp(MemorySegment buffer, long offset) {
        sourcePort = TcpSegment.sourcePort(buffer, offset);
        destinationPort = TcpSegment.destinationPort(buffer, offset);
        sequenceNumber = Bytes.get32(buffer, offset + TCP_SEQUENCE_NUMBER);
    }

    private static int plateauBelow(int packetBytes) {
        for (int plateau : PLATEAUS) {
            if (plateau < packetBytes) {
                return plateau;
            }
        }
        return packetBytes;
    }
}
