package io.mptcp.wire;

import java.lang.foreign.MemorySegment;

/**
 * RFC 8200 section 3: accessors on (memory, offset of the IPv6 header). Call {@link #validate} once, then everything else is total.
 */
public final class Ipv6Packet {
    public static final int HEADER_LENGTH = 40;
    public static final int MAX_PAYLOAD_LENGTH = 0xffff;

    private static final int VERSION_CLASS_AND_FLOW = 0;
    private static final int PAYLOAD_LENGTH = 4;
    private static final int NEXT_HEADER = 6;
    private static final int HOP_LIMIT = 7;
    private static final int SOURCE = 8;
    private static final int DESTINATION = 24;

    private static final int NEXT_HEADER_HOP_BY_HOP = 0;
    private static final int NEXT_HEADER_FRAGMENT = 44;
    private static final int NEXT_HEADER_DESTINATION_OPTIONS = 60;
    /** RFC 8200 section 4.3: extension headers come in units of 8 bytes, the first not counted. */
    private static final int EXTENSION_UNIT = 8;

    private Ipv6Packet() {
    }

    /**
     * Whether {@code length} bytes at {@code offset} hold a whole IPv6 packet. More bytes than the packet's own may follow
     * (an Ethernet frame pads short packets). A jumbogram (RFC 2675) counts as a packet without payload.
     */
    public static boolean validate(MemorySegment buffer, long offset, int length) {
        if (length < HEADER_LENGTH || offset < 0 || offset > buffer.byteSize() - length) {
            return false;
        }
        return version(buffer, offset) == 6 && totalLength(buffer, offset) <= length;
    }

    public static int version(MemorySegment buffer, long offset) {
        return Bytes.get8(buffer, offset + VERSION_CLASS_AND_FLOW) >> 4;
    }

    /** Fixed header, extension headers and payload in bytes. */
    public static int totalLength(MemorySegment buffer, long offset) {
        return HEADER_LENGTH + Bytes.get16(buffer, offset + PAYLOAD_LENGTH);
    }

    /** The two ECN bits (RFC 3168 section 5), as in {@link PacketSlot#ecn}. */
    public static int ecn(MemorySegment buffer, long offset) {
        return Bytes.get32(buffer, offset + VERSION_CLASS_AND_FLOW) >>> 20 & 0x03;
    }

    /** The six DSCP bits (RFC 2474). */
    public static int dscp(MemorySegment buffer, long offset) {
        return Bytes.get32(buffer, offset + VERSION_CLASS_AND_FLOW) >>> 22 & 0x3f;
    }

    /** 20 bits (RFC 6437). */
    public static int flowLabel(MemorySegment buffer, long offset) {
        return Bytes.get32(buffer, offset + VERSION_CLASS_AND_FLOW) & 0xf_ffff;
    }

    /** Of the fixed header: the protocol, or the first extension header. */
    public static int nextHeader(MemorySegment buffer, long offset) {
        return Bytes.get8(buffer, offset + NEXT_HEADER);
    }

    public static int hopLimit(MemorySegment buffer, long offset) {
        return Bytes.get8(buffer, offset + HOP_LIMIT);
    }

    public static long sourceHi(MemorySegment buffer, long offset) {
        return Bytes.get64(buffer, offset + SOURCE);
    }

    public static long sourceLo(MemorySegment buffer, long offset) {
        return Bytes.get64(buffer, offset + SOURCE + 8);
    }

    public static long destinationHi(MemorySegment buffer, long offset) {
        return Bytes.get64(buffer, offset + DESTINATION);
    }

    public static long destinationLo(MemorySegment buffer, long offset) {
        return Bytes.get64(buffer, offset + DESTINATION + 8);
    }

    /**
     * The next-header value behind hop-by-hop and destination options, with the number of bytes in front of what it names:
     * {@code protocol << 32 | headerLength}. Another extension header is not looked behind but named itself, as is one that does
     * not end inside the packet.
     */
    private static long skipOptions(MemorySegment buffer, long offset) {
        int end = totalLength(buffer, offset);
        int next = nextHeader(buffer, offset);
        int at = HEADER_LENGTH;
        while ((next == NEXT_HEADER_HOP_BY_HOP || next == NEXT_HEADER_DESTINATION_OPTIONS) && at + EXTENSION_UNIT <= end) {
            int extensionLength = (Bytes.get8(buffer, offset + at + 1) + 1) * EXTENSION_UNIT;
            if (at + extensionLength > end) {
                break;
            }
            next = Bytes.get8(buffer, offset + at);
            at += extensionLength;
        }
        return (long) next << 32 | at;
    }

    /** The protocol behind hop-by-hop and destination options, or the extension header that stands in the way. */
    public static int protocol(MemorySegment buffer, long offset) {
        return (int) (skipOptions(buffer, offset) >>> 32);
    }

    /** Bytes in front of what {@link #protocol} names: 40, and the options skipped. */
    public static int headerLength(MemorySegment buffer, long offset) {
        return (int) skipOptions(buffer, offset);
    }

    /** Whether this is a piece of a packet, or wrapped as one (RFC 6946). */
    public static boolean isFragment(MemorySegment buffer, long offset) {
        return protocol(buffer, offset) == NEXT_HEADER_FRAGMENT;
    }

    /**
     * Writes the 40 bytes of the fixed header; flow label 0.
     *
     * @param payloadLength bytes behind the header, at most 65535
     * @param trafficClass  DSCP, and ECN in the two low bits
     */
    public static void encode(MemorySegment buffer, long offset, int payloadLength, int trafficClass, int hopLimit, int nextHeader,
                              long sourceHi, long sourceLo, long destinationHi, long destinationLo) {
        if (payloadLength < 0 || payloadLength > MAX_PAYLOAD_LENGTH) {
            throw new IllegalArgumentException("an IPv6 packet carries 0 to 65535 bytes, not " + payloadLength);
        }
        Bytes.put32(buffer, offset + VERSION_CLASS_AND_FLOW, 6 << 28 | (trafficClass & 0xff) << 20);
        Bytes.put16(buffer, offset + PAYLOAD_LENGTH, payloadLength);
        Bytes.put8(buffer, offset + NEXT_HEADER, nextHeader);
        Bytes.put8(buffer, offset + HOP_LIMIT, hopLimit);
        Bytes.put64(buffer, offset + SOURCE, sourceHi);
        Bytes.put64(buffer, offset + SOURCE + 8, sourceLo);
        Bytes.put64(buffer, offset + DESTINATION, destinationHi);
        Bytes.put64(buffer, offset + DESTINATION + 8, destinationLo);
    }
}
