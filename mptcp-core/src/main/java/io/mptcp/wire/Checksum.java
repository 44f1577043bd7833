package io.mptcp.wire;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Internet checksum (RFC 1071). Partial sums are unfolded longs that may be added; {@link #fold} makes 16 bits of them. */
public final class Checksum {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
    private static final long LOW_32 = 0xffff_ffffL;

    private Checksum() {
    }

    /** Sum of {@code length} bytes as big-endian 16-bit words, an odd last byte padded with zero. The result is below 2^48. */
    public static long sum(MemorySegment buffer, long offset, int length) {
        // The one's complement sum does not depend on the byte order but for a swap of the result (RFC 1071 section 2 (B)), so words
        // are read as the machine has them. The compiler turns this plain loop into vector instructions, and it does so without an
        // object for a slice, as long as the process keeps to one kind of memory here: native.
        long total = 0;
        long at = offset;
        long end = offset + length;
        for (long wordsEnd = offset + (length & ~3); at < wordsEnd; at += 4) {
            total += buffer.get(INT, at) & LOW_32;
        }
        if (end - at >= 2) {
            total += buffer.get(SHORT, at) & 0xffff;
            at += 2;
        }
        if (at < end) {
            int last = buffer.get(ValueLayout.JAVA_BYTE, at) & 0xff;
            total += LITTLE_ENDIAN ? last : last << 8;
        }
        return LITTLE_ENDIAN ? swap(total) : fold(total);
    }

    /** Adds a piece that starts at an odd position of the whole: its folded sum with bytes swapped. */
    public static long swap(long sum) {
        int folded = fold(sum);
        return (folded & 0xff) << 8 | folded >>> 8;
    }

    /** Folds to 16 bits, not complemented. */
    public static int fold(long sum) {
        long folded = (sum >>> 32) + (sum & LOW_32);
        folded = (folded >>> 16) + (folded & 0xffff);
        folded = (folded >>> 16) + (folded & 0xffff);
        return (int) ((folded >>> 16) + (folded & 0xffff));
    }

    /** The value a checksum field takes for this sum: folded and complemented. A sum that includes a right checksum gives 0. */
    public static int complement(long sum) {
        return ~fold(sum) & 0xffff;
    }

    /** Unfolded sum of the TCP pseudo-header for IPv4 or IPv6 (RFC 9293 section 3.1). */
    public static long pseudoHeader(long sourceHi, long sourceLo, long destinationHi, long destinationLo, int tcpLength) {
        return pseudoHeader(IpHeaders.PROTOCOL_TCP, sourceHi, sourceLo, destinationHi, destinationLo, tcpLength);
    }

    /** As {@link #pseudoHeader(long, long, long, long, int)}, for any protocol. */
    public static long pseudoHeader(int protocol, long sourceHi, long sourceLo, long destinationHi, long destinationLo, int length) {
        // Lengths sum alike as the 16 bits of IPv4 and the 32 bits of IPv6.
        long sum = protocol + words(length & LOW_32);
        if (IpAddress.isIpv4(destinationHi, destinationLo)) {
            return sum + words(sourceLo & LOW_32) + words(destinationLo & LOW_32);
        }
        return sum + words(sourceHi) + words(sourceLo) + words(destinationHi) + words(destinationLo);
    }

    /** The four 16-bit words of a long. */
    private static long words(long value) {
        return (value >>> 48) + (value >>> 32 & 0xffff) + (value >>> 16 & 0xffff) + (value & 0xffff);
    }

    /** Whether the TCP checksum of the segment in the slot (all in its buffer) is right. */
    public static boolean verifyTcp(PacketSlot slot) {
        long sum = pseudoHeader(slot.sourceHi, slot.sourceLo, slot.destinationHi, slot.destinationLo, slot.length);
        return fold(sum + sum(slot.buffer, slot.offset, slot.length)) == 0xffff;
    }

    /** Computes and stores the TCP checksum of the segment in the slot, payload pieces included. */
    public static void fillTcp(PacketSlot slot) {
        TcpSegment.setChecksum(slot.buffer, slot.offset, 0);
        long sum = pseudoHeader(slot.sourceHi, slot.sourceLo, slot.destinationHi, slot.destinationLo, slot.totalLength());
        sum += sum(slot.buffer, slot.offset, slot.length);
        int position = slot.length;
        for (int i = 0; i < slot.pieces(); i++) {
            sum += piece(slot.pieceMemory(i), slot.pieceOffset(i), slot.pieceLength(i), position);
            position += slot.pieceLength(i);
        }
        TcpSegment.setChecksum(slot.buffer, slot.offset, complement(sum));
    }

    /** The sum of a piece that starts {@code position} bytes into the whole. */
    public static long piece(MemorySegment memory, long offset, int length, int position) {
        long sum = sum(memory, offset, length);
        return (position & 1) == 0 ? sum : swap(sum);
    }

    /** Unfolded sum of the DSS pseudo-header: 64-bit DSN, relative SSN, data-level length, two zero bytes (RFC 8684 section 3.3.1). */
    public static long dssPseudoHeader(long dsn, int ssn, int dataLevelLength) {
        return words(dsn) + words(ssn & LOW_32) + (dataLevelLength & 0xffff);
    }
}
