package io.mptcp.netty.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The header in front of a packet by which checksums and segmentation are left to the kernel (virtio 1.2 section 5.1.6, legacy form without
 * num_buffers), used by packet sockets and TUN devices. 10 bytes in native byte order: flags u8 @0, gso_type u8 @1, hdr_len u16 @2,
 * gso_size u16 @4, csum_start u16 @6, csum_offset u16 @8.
 */
public final class VirtioNetHeader {
    public static final int LENGTH = 10;
    /** The checksum field holds the sum of the pseudo-header; the rest is still to be added. */
    public static final int FLAG_NEEDS_CSUM = 1;
    /** The checksum was verified. */
    public static final int FLAG_DATA_VALID = 2;
    public static final int GSO_NONE = 0;
    public static final int GSO_TCPV4 = 1;
    public static final int GSO_TCPV6 = 4;
    /** Added to the type when the segment has CWR set. */
    public static final int GSO_ECN = 0x80;

    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final int TCP_CHECKSUM_OFFSET = 16;

    private VirtioNetHeader() {
    }

    /**
     * Writes the header of a TCP packet whose checksum field holds the folded sum of the pseudo-header.
     *
     * @param tcpOffset    where the TCP header starts, counted from the end of this header
     * @param headerLength bytes before the payload, counted from the end of this header
     * @param segmentSize  payload of each packet it is to be cut into; 0 when it is not to be cut
     */
    public static void encodeTcp(MemorySegment buffer, long offset, int tcpOffset, int headerLength, int segmentSize, boolean ipv4,
            boolean cwr) {
        int type = GSO_NONE;
        if (segmentSize > 0) {
            type = (ipv4 ? GSO_TCPV4 : GSO_TCPV6) | (cwr ? GSO_ECN : 0);
        }
        buffer.set(BYTE, offset, (byte) FLAG_NEEDS_CSUM);
        buffer.set(BYTE, offset + 1, (byte) type);
        buffer.set(SHORT, offset + 2, (short) headerLength);
        buffer.set(SHORT, offset + 4, (short) segmentSize);
        buffer.set(SHORT, offset + 6, (short) tcpOffset);
        buffer.set(SHORT, offset + 8, (short) TCP_CHECKSUM_OFFSET);
    }

    /** Whether the checksum of a received packet need not be looked at. */
    public static boolean isChecksumTrusted(MemorySegment buffer, long offset) {
        return (buffer.get(BYTE, offset) & (FLAG_NEEDS_CSUM | FLAG_DATA_VALID)) != 0;
    }

    /** Payload of each packet a received one was merged from, 0 when it was not. */
    public static int segmentSize(MemorySegment buffer, long offset) {
        return buffer.get(BYTE, offset + 1) == GSO_NONE ? 0 : buffer.get(SHORT, offset + 4) & 0xffff;
    }
}
