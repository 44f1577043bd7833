package io.mptcp.wire;

import java.lang.foreign.MemorySegment;

/** Internet checksum (RFC 1071). Partial sums are unfolded longs that may be added; {@link #fold} makes 16 bits of them. */
public final class Checksum {
    private Checksum() {
    }

    /** Sum of {@code length} bytes as big-endian 16-bit words, an odd last byte padded with zero. The result is below 2^48. */
    public static long sum(MemorySegment buffer, long offset, int length) {
        throw new UnsupportedOperationException();
    }

    /** Adds a piece that starts at an odd position of the whole: its folded sum with bytes swapped. */
    public static long swap(long sum) {
        throw new UnsupportedOperationException();
    }

    /** Folds to 16 bits, not complemented. */
    public static int fold(long sum) {
        throw new UnsupportedOperationException();
    }

    /** Unfolded sum of the TCP pseudo-header for IPv4 or IPv6 (RFC 9293 section 3.1). */
    public static long pseudoHeader(long sourceHi, long sourceLo, long destinationHi, long destinationLo, int tcpLength) {
        throw new UnsupportedOperationException();
    }

    /** Whether the TCP checksum of the segment in the slot (all in its buffer) is right. */
    public static boolean verifyTcp(PacketSlot slot) {
        throw new UnsupportedOperationException();
    }

    /** Computes and stores the TCP checksum of the segment in the slot, payload pieces included. */
    public static void fillTcp(PacketSlot slot) {
        throw new UnsupportedOperationException();
    }

    /** Unfolded sum of the DSS pseudo-header: 64-bit DSN, relative SSN, data-level length, two zero bytes (RFC 8684 section 3.3.1). */
    public static long dssPseudoHeader(long dsn, int ssn, int dataLevelLength) {
        throw new UnsupportedOperationException();
    }
}
