package io.mptcp.wire;

import java.lang.foreign.MemorySegment;

/**
 * RFC 791 section 3.1: accessors on (memory, offset of the IPv4 header). Call {@link #validate} once, then everything else is total.
 * Addresses are the {@code lo} longs of their v4-mapped form; {@code hi} is 0 (see {@link IpAddress}).
 */
public final class Ipv4Packet {
    public static final int MIN_HEADER_LENGTH = 20;
    public static final int MAX_HEADER_LENGTH = 60;
    public static final int MAX_TOTAL_LENGTH = 0xffff;

    private static final int VERSION_AND_IHL = 0;
    private static final int TRAFFIC_CLASS = 1;
    private static final int TOTAL_LENGTH = 2;
    private static final int IDENTIFICATION = 4;
    private static final int FLAGS_AND_FRAGMENT_OFFSET = 6;
    private static final int TTL = 8;
    private static final int PROTOCOL = 9;
    private static final int HEADER_CHECKSUM = 10;
    private static final int SOURCE = 12;
    private static final int DESTINATION = 16;

    private static final int DONT_FRAGMENT = 0x4000;
    private static final int MORE_FRAGMENTS = 0x2000;
    private static final int FRAGMENT_OFFSET_MASK = 0x1fff;

    private Ipv4Packet() {
    }

    /**
     * Whether {@code length} bytes at {@code offset} hold a whole IPv4 packet with a right header checksum. More bytes than the
     * packet's total length may follow (an Ethernet frame pads short packets).
     */
    public static boolean validate(MemorySegment buffer, long offset, int length) {
        if (length < MIN_HEADER_LENGTH || offset < 0 || offset > buffer.byteSize() - length) {
            return false;
        }
        int headerLength = headerLength(buffer, offset);
        int totalLength = totalLength(buffer, offset);
        return version(buffer, offset) == 4 && headerLength >= MIN_HEADER_LENGTH && headerLength <= totalLength && totalLength <= length
                && Checksum.fold(headerSum(buffer, offset, headerLength)) == 0xffff;
    }

    public static int version(MemorySegment buffer, long offset) {
        return Bytes.get8(buffer, offset + VERSION_AND_IHL) >> 4;
    }

    /** Header length in bytes, options included: 20..60. */
    public static int headerLength(MemorySegment buffer, long offset) {
        return (Bytes.get8(buffer, offset + VERSION_AND_IHL) & 0x0f) << 2;
    }

    /** Header and payload in bytes. */
    public static int totalLength(MemorySegment buffer, long offset) {
        return Bytes.get16(buffer, offset + TOTAL_LENGTH);
    }

    /** The two ECN bits (RFC 3168 section 5), as in {@link PacketSlot#ecn}. */
    public static int ecn(MemorySegment buffer, long offset) {
        return Bytes.get8(buffer, offset + TRAFFIC_CLASS) & 0x03;
    }

    /** The six DSCP bits (RFC 2474). */
    public static int dscp(MemorySegment buffer, long offset) {
        return Bytes.get8(buffer, offset + TRAFFIC_CLASS) >> 2;
    }

    public static int identification(MemorySegment buffer, long offset) {
        return Bytes.get16(buffer, offset + IDENTIFICATION);
    }

    /** Whether routers must not fragment this packet (DF). */
    public static boolean dontFragment(MemorySegment buffer, long offset) {
        return (Bytes.get16(buffer, offset + FLAGS_AND_FRAGMENT_OFFSET) & DONT_FRAGMENT) != 0;
    }

    /** Whether this is a piece of a packet, first and last pieces included. */
    public static boolean isFragment(MemorySegment buffer, long offset) {
        return (Bytes.get16(buffer, offset + FLAGS_AND_FRAGMENT_OFFSET) & (MORE_FRAGMENTS | FRAGMENT_OFFSET_MASK)) != 0;
    }

    /** Time to live in hops. */
    public static int ttl(MemorySegment buffer, long offset) {
        return Bytes.get8(buffer, offset + TTL);
    }

    public static int protocol(MemorySegment buffer, long offset) {
        return Bytes.get8(buffer, offset + PROTOCOL);
    }

    public static int headerChecksum(MemorySegment buffer, long offset) {
        return Bytes.get16(buffer, offset + HEADER_CHECKSUM);
    }

    public static long sourceLo(MemorySegment buffer, long offset) {
        return IpAddress.mapped(Bytes.get32(buffer, offset + SOURCE));
    }

    public static long destinationLo(MemorySegment buffer, long offset) {
        return IpAddress.mapped(Bytes.get32(buffer, offset + DESTINATION));
    }

    /**
     * Writes a header of 20 bytes with DF set and its checksum filled in.
     *
     * @param totalLength    header and payload in bytes, at most 65535
     * @param trafficClass   the type of service octet: DSCP, and ECN in the two low bits
     * @param identification 16 bits; of no meaning to others as long as DF is set (RFC 6864 section 4.1)
     */
    public static void encode(MemorySegment buffer, long offset, int totalLength, int trafficClass, int identification, int ttl, int protocol,
                              long sourceLo, long destinationLo) {
        if (totalLength < MIN_HEADER_LENGTH || totalLength > MAX_TOTAL_LENGTH) {
            throw new IllegalArgumentException("an IPv4 packet has 20 to 65535 bytes, not " + totalLength);
        }
        Bytes.put8(buffer, offset + VERSION_AND_IHL, 4 << 4 | MIN_HEADER_LENGTH >> 2);
        Bytes.put8(buffer, offset + TRAFFIC_CLASS, trafficClass);
        Bytes.put16(buffer, offset + TOTAL_LENGTH, totalLength);
        Bytes.put16(buffer, offset + IDENTIFICATION, identification);
        Bytes.put16(buffer, offset + FLAGS_AND_FRAGMENT_OFFSET, DONT_FRAGMENT);
        Bytes.put8(buffer, offset + TTL, ttl);
        Bytes.put8(buffer, offset + PROTOCOL, protocol);
        Bytes.put16(buffer, offset + HEADER_CHECKSUM, 0);
        Bytes.put32(buffer, offset + SOURCE, (int) sourceLo);
        Bytes.put32(buffer, offset + DESTINATION, (int) destinationLo);
        fillHeaderChecksum(buffer, offset);
    }

    /** Computes and stores the header checksum, after the header was changed. */
    public static void fillHeaderChecksum(MemorySegment buffer, long offset) {
        Bytes.put16(buffer, offset + HEADER_CHECKSUM, 0);
        Bytes.put16(buffer, offset + HEADER_CHECKSUM, Checksum.complement(headerSum(buffer, offset, headerLength(buffer, offset))));
    }

    /** As {@link Checksum#sum}, without its cost of setting up for what are five words nearly always. */
    private static long headerSum(MemorySegment buffer, long offset, int headerLength) {
        long sum = 0;
        for (int i = 0; i < headerLength; i += 4) {
            sum += Bytes.get32(buffer, offset + i) & 0xffff_ffffL;
        }
        return sum;
    }
}
