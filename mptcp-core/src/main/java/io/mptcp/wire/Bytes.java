package io.mptcp.wire;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Unaligned fields in network byte order. Values narrower than an int are returned unsigned, and cut to their width on writing. */
final class Bytes {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private Bytes() {
    }

    static int get8(MemorySegment buffer, long offset) {
        return buffer.get(ValueLayout.JAVA_BYTE, offset) & 0xff;
    }

    static int get16(MemorySegment buffer, long offset) {
        return buffer.get(SHORT, offset) & 0xffff;
    }

    static int get32(MemorySegment buffer, long offset) {
        return buffer.get(INT, offset);
    }

    static long get64(MemorySegment buffer, long offset) {
        return buffer.get(LONG, offset);
    }

    static void put8(MemorySegment buffer, long offset, int value) {
        buffer.set(ValueLayout.JAVA_BYTE, offset, (byte) value);
    }

    static void put16(MemorySegment buffer, long offset, int value) {
        buffer.set(SHORT, offset, (short) value);
    }

    static void put32(MemorySegment buffer, long offset, int value) {
        buffer.set(INT, offset, value);
    }

    static void put64(MemorySegment buffer, long offset, long value) {
        buffer.set(LONG, offset, value);
    }
}
