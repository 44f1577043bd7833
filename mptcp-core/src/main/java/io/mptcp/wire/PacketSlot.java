package io.mptcp.wire;

import java.lang.foreign.MemorySegment;

/**
 * One TCP segment crossing the border of the engine, in either direction; inwards also an ICMP message, which {@link #protocol} tells.
 *
 * <p>The driver owns the slot and reuses it for every packet; the engine keeps no reference to it or to its
 * memory after {@code receive} or {@code transmit} returns. The IP header is not part of it: links take it off
 * and put it on, and the addresses travel as longs (IPv4 as v4-mapped, see {@link IpAddress}).
 *
 * <p>A segment may be a <em>super-segment</em> of several MSS (GSO out, GRO in) with one TCP header; on output
 * {@link #segmentSize} then tells the link how much payload each packet on the wire may carry.
 */
public final class PacketSlot {
    /** The TCP checksum is not known to be right (in) or has to be filled in by the link (out). */
    public static final int CHECKSUM_UNVERIFIED = 0;
    /** In: some layer below has verified the TCP checksum, or the packet never left this host. */
    public static final int CHECKSUM_VERIFIED = 1;

    /** Most pieces of memory a payload may lie in. With the header that makes eight, for which Linux needs no memory of its own (UIO_FASTIOV). */
    public static final int MAX_PIECES = 7;

    /** The link the segment came in by, or has to leave by. */
    public int linkId;
    public long sourceHi;
    public long sourceLo;
    public long destinationHi;
    public long destinationLo;
    /** {@link IpHeaders#PROTOCOL_TCP}; in: also {@link IpHeaders#PROTOCOL_ICMP} or {@link IpHeaders#PROTOCOL_ICMPV6}, the message taking the segment's place. */
    public int protocol = IpHeaders.PROTOCOL_TCP;
    /** The IPv4 type of service or IPv6 traffic class octet with the two ECN bits left zero. In: 0 where the link sees no IP header. */
    public int trafficClass;
    /** Out: IPv4 time to live, IPv6 hop limit. In: not looked at. */
    public int hopLimit = IpHeaders.DEFAULT_HOP_LIMIT;
    /** The two ECN bits of the IP header (RFC 3168): 0 Not-ECT, 1 ECT(1), 2 ECT(0), 3 CE. */
    public int ecn;
    /** {@link #CHECKSUM_UNVERIFIED} or {@link #CHECKSUM_VERIFIED}. */
    public int checksumState;

    /** Memory that holds the TCP header and, but for {@link #pieces}, the payload behind it. */
    public MemorySegment buffer;
    /** Where the TCP header starts in {@link #buffer}; links keep headroom before it for their own headers. */
    public int offset;
    /** Bytes from {@link #offset}: TCP header (or ICMP message) plus the payload that lies in {@link #buffer}. */
    public int length;

    /** In: payload bytes of each packet this segment was merged from, 0 if unknown. Out: MSS if larger payload has to be cut, else 0. */
    public int segmentSize;

    /** Out, set by the driver: the link can gather payload from memory outside {@link #buffer}. */
    public boolean gather;
    /** Out: payload given by reference, see {@link #addPiece}; it was copied behind the header when there is none. Made when first needed. */
    private MemorySegment[] pieceMemory;
    private long[] pieceOffset;
    private int[] pieceLength;
    private int pieces;
    private int referencedLength;

    /** Takes over what another slot says of the IP header. */
    public void copyIpFields(PacketSlot from) {
        sourceHi = from.sourceHi;
        sourceLo = from.sourceLo;
        destinationHi = from.destinationHi;
        destinationLo = from.destinationLo;
        protocol = from.protocol;
        trafficClass = from.trafficClass;
        hopLimit = from.hopLimit;
        ecn = from.ecn;
    }

    /** Whether source and destination are IPv4 (v4-mapped) addresses. */
    public boolean isIpv4() {
        return IpAddress.isIpv4(destinationHi, destinationLo);
    }

    /** Length of the whole TCP segment in bytes, wherever its payload lies. */
    public int totalLength() {
        return length + referencedLength;
    }

    // ---- payload by reference ----

    /** How many pieces of memory follow what is in {@link #buffer}. */
    public int pieces() {
        return pieces;
    }

    /** Bytes in all pieces. */
    public int referencedLength() {
        return referencedLength;
    }

    public MemorySegment pieceMemory(int piece) {
        return pieceMemory[piece];
    }

    public long pieceOffset(int piece) {
        return pieceOffset[piece];
    }

    public int pieceLength(int piece) {
        return pieceLength[piece];
    }

    /** Adds memory that holds the payload's next bytes. At most {@link #MAX_PIECES}; one without bytes is left out. */
    public void addPiece(MemorySegment memory, long memoryOffset, int bytes) {
        if (bytes == 0) {
            return;
        }
        if (pieceMemory == null) {
            pieceMemory = new MemorySegment[MAX_PIECES];
            pieceOffset = new long[MAX_PIECES];
            pieceLength = new int[MAX_PIECES];
        }
        pieceMemory[pieces] = memory;
        pieceOffset[pieces] = memoryOffset;
        pieceLength[pieces] = bytes;
        pieces++;
        referencedLength += bytes;
    }

    public void clearPayloadReference() {
        pieces = 0;
        referencedLength = 0;
    }

    /** Copies {@code bytes} of what is given by reference, from its byte {@code from} on. */
    public void copyReferenced(int from, int bytes, MemorySegment target, long targetOffset) {
        int pieceStart = 0;
        int done = 0;
        for (int i = 0; done < bytes; i++) {
            int skipped = from + done - pieceStart;
            int count = Math.min(pieceLength[i] - skipped, bytes - done);
            if (count > 0) {
                MemorySegment.copy(pieceMemory[i], pieceOffset[i] + skipped, target, targetOffset + done, count);
                done += count;
            }
            pieceStart += pieceLength[i];
        }
    }
}
