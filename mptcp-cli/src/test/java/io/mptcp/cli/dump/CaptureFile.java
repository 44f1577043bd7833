package io.mptcp.cli.dump;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A capture made by hand, in every dialect the reader should understand. */
final class CaptureFile {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final ByteArrayOutputStream content = new ByteArrayOutputStream();
    private final ByteOrder order;
    private final boolean blocks;
    private final boolean nanoseconds;

    private CaptureFile(ByteOrder order, boolean blocks, boolean nanoseconds) {
        this.order = order;
        this.blocks = blocks;
        this.nanoseconds = nanoseconds;
    }

    static CaptureFile pcap(ByteOrder order, boolean nanoseconds, int linkType) {
        CaptureFile file = new CaptureFile(order, false, nanoseconds);
        file.put(file.buffer(24).putInt(nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4).putShort((short) 2).putShort((short) 4).putInt(0).putInt(0)
                .putInt(262_144).putInt(linkType));
        return file;
    }

    /** A section with one interface for each link type; times in nanoseconds. */
    static CaptureFile pcapng(ByteOrder order, int... linkTypes) {
        CaptureFile file = new CaptureFile(order, true, true);
        file.section();
        for (int linkType : linkTypes) {
            file.describe(linkType, 9);
        }
        return file;
    }

    CaptureFile section() {
        return block(0x0a0d0d0a, buffer(16).putInt(0x1a2b3c4d).putShort((short) 1).putShort((short) 0).putLong(-1));
    }

    /** @param resolution as if_tsresol has it */
    CaptureFile describe(int linkType, int resolution) {
        return block(1, buffer(20).putShort((short) linkType).putShort((short) 0).putInt(0)
                .putShort((short) 9).putShort((short) 1).put((byte) resolution).put(new byte[3]).putInt(0));
    }

    CaptureFile add(long timeNanos, byte[] frame) {
        return add(0, timeNanos, frame, frame.length);
    }

    /** @param snapshotBytes how much of the frame is in the file */
    CaptureFile add(int interfaceNumber, long timeNanos, byte[] frame, int snapshotBytes) {
        int captured = Math.min(frame.length, snapshotBytes);
        if (blocks) {
            return block(6, buffer(20 + padded(captured)).putInt(interfaceNumber).putInt((int) (timeNanos >>> 32)).putInt((int) timeNanos)
                    .putInt(captured).putInt(frame.length).put(frame, 0, captured));
        }
        long fraction = timeNanos % NANOS_PER_SECOND / (nanoseconds ? 1 : 1000);
        put(buffer(16 + captured).putInt((int) (timeNanos / NANOS_PER_SECOND)).putInt((int) fraction).putInt(captured).putInt(frame.length)
                .put(frame, 0, captured));
        return this;
    }

    CaptureFile block(int type, ByteBuffer body) {
        int length = body.capacity() + 12;
        put(buffer(length).putInt(type).putInt(length).put(body.array()).putInt(length));
        return this;
    }

    ByteBuffer buffer(int length) {
        return ByteBuffer.allocate(length).order(order);
    }

    private void put(ByteBuffer buffer) {
        content.writeBytes(buffer.array());
    }

    static int padded(int length) {
        return length + 3 & ~3;
    }

    byte[] bytes() {
        return content.toByteArray();
    }
}
