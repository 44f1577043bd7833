package io.mptcp.cli.dump;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** The classic format of libpcap (draft-ietf-opsawg-pcap), with microseconds or nanoseconds. */
final class PcapReader extends CaptureReader {
    static final int MAGIC_MICROSECONDS = 0xa1b2c3d4;
    static final int MAGIC_NANOSECONDS = 0xa1b23c4d;

    private static final int FILE_HEADER_BYTES = 24;
    private static final int MAGIC_BYTES = 4;
    /** The bits above tell of frame check sequences. */
    private static final int LINK_TYPE_MASK = 0xffff;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final ByteBuffer record;
    private final int nanosPerFraction;
    private final int linkType;

    PcapReader(InputStream in, ByteOrder order, boolean nanoseconds) throws IOException {
        super(in, MAGIC_BYTES);
        nanosPerFraction = nanoseconds ? 1 : 1000;
        ByteBuffer header = ByteBuffer.allocate(FILE_HEADER_BYTES - MAGIC_BYTES).order(order);
        read(header);
        linkType = header.getInt(16) & LINK_TYPE_MASK;
        record = ByteBuffer.allocate(16).order(order);
    }

    @Override
    boolean next(CapturedPacket packet) throws IOException {
        if (!readOrEnd(record)) {
            return false;
        }
        int captured = record.getInt(8);
        checkPacketLength(captured);
        packet.timeNanos = Integer.toUnsignedLong(record.getInt(0)) * NANOS_PER_SECOND
                + Integer.toUnsignedLong(record.getInt(4)) * nanosPerFraction;
        packet.linkType = linkType;
        packet.length = captured;
        packet.originalLength = Math.max(captured, record.getInt(12));
        readExactly(packet.bytes, captured);
        return true;
    }
}
