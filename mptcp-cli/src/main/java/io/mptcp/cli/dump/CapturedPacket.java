package io.mptcp.cli.dump;

import java.lang.foreign.MemorySegment;

/** One record of a capture, reused for the next. */
final class CapturedPacket {
    /** Longer records than any capture program makes are taken for damage. */
    static final int MAX_PACKET_BYTES = 1 << 20;
    /** Behind the longest record: header accessors look no further than an IP packet can reach, though a record may end before. */
    private static final int SLACK_BYTES = 1 << 17;

    final byte[] bytes = new byte[MAX_PACKET_BYTES + SLACK_BYTES];
    final MemorySegment buffer = MemorySegment.ofArray(bytes);
    /** Nanoseconds since 1970. */
    long timeNanos;
    /** LINKTYPE of the registry of tcpdump.org. */
    int linkType;
    /** Number of the interface in the file, 0 where there is only one. */
    int interfaceNumber;
    /** Bytes in the file. */
    int length;
    /** Bytes on the wire: more than {@link #length} when cut by the snapshot length. */
    int originalLength;
}
