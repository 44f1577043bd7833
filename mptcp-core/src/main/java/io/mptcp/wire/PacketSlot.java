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

    /** Memory that holds the TCP header and, unless {@link #payload} is set, the payload behind it. */
    public MemorySegment buffer;
    /** Where the TCP header starts in {@link #buffer}; links keep headroom before it for their own headers. */
    public int offset;
    /** Bytes from {@link #offset}: TCP header (or ICMP message) plus the payload that lies in {@link #buffer}. */
    public int length;

    /** In: payload bytes of each packet this segment was merged from, 0 if unknown. Out: MSS if larger payload has to be cut, else 0. */
    public int segmentSize;

    /** Out, set by the driver: the link can gather payload from memory outside {@link #buffer}. */
    public boolean gather;
    /** Out: payload given by reference in up to two pieces of this memory; null when it was copied behind the header. */
    public MemorySegment payload;
    public long payloadOffset0;
    public int payloadLength0;
    public long payloadOffset1;
    public int payloadLength1;

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
        return length + payloadLength0 + payloadLength1;
    }

    public void clearPayloadReference() {
        payload = null;
        payloadLength0 = 0;
        payloadLength1 = 0;
    }
}
