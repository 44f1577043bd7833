package io.mptcp.netty.linux;

import io.mptcp.wire.IpAddress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Builds one netlink message or several in a row (a batch). Each is nlmsghdr 16 bytes {length u32 @0, type u16 @4, flags u16 @6, sequence
 * u32 @8, port u32 @12}, the fixed header of its type, and attributes {length u16, type u16, value}, each padded to 4 bytes.
 */
final class NetlinkRequest {
    static final int NLM_F_REQUEST = 0x001;
    static final int NLM_F_ACK = 0x004;
    /** The answer tells what was made, in full. */
    static final int NLM_F_ECHO = 0x008;
    static final int NLM_F_DUMP = 0x300;
    static final int NLM_F_REPLACE = 0x100;
    static final int NLM_F_EXCL = 0x200;
    static final int NLM_F_CREATE = 0x400;
    static final int NLM_F_APPEND = 0x800;

    static final int HEADER_BYTES = 16;
    static final int ATTRIBUTE_HEADER_BYTES = 4;

    private static final int NLA_F_NESTED = 0x8000;
    private static final int CAPACITY_BYTES = 8192;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfInt INT_BE = INT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private final MemorySegment memory = Arena.ofAuto().allocate(CAPACITY_BYTES, 8);
    private int start;
    private int end;
    private int sequence;
    private int firstSequence;
    private int awaitedSequence;

    /** Forgets the messages, keeps counting sequence numbers. */
    NetlinkRequest clear() {
        start = 0;
        end = 0;
        firstSequence = sequence + 1;
        return this;
    }

    /** Starts a message; NLM_F_REQUEST is added. */
    NetlinkRequest begin(int type, int flags) {
        finish();
        start = end;
        zero(HEADER_BYTES);
        memory.set(SHORT, start + 4, (short) type);
        memory.set(SHORT, start + 6, (short) (flags | NLM_F_REQUEST));
        memory.set(INT, start + 8, ++sequence);
        if ((flags & (NLM_F_ACK | NLM_F_DUMP)) != 0) {
            awaitedSequence = sequence;
        }
        return this;
    }

    NetlinkRequest put8(int value) {
        memory.set(ValueLayout.JAVA_BYTE, end, (byte) value);
        end++;
        return this;
    }

    NetlinkRequest put16(int value) {
        memory.set(SHORT, end, (short) value);
        end += 2;
        return this;
    }

    NetlinkRequest put32(int value) {
        memory.set(INT, end, value);
        end += 4;
        return this;
    }

    NetlinkRequest zero(int bytes) {
        memory.asSlice(end, bytes).fill((byte) 0);
        end += bytes;
        return this;
    }

    NetlinkRequest attribute(int type, byte[] value) {
        int length = ATTRIBUTE_HEADER_BYTES + value.length;
        put16(length).put16(type);
        MemorySegment.copy(value, 0, memory, ValueLayout.JAVA_BYTE, end, value.length);
        end += value.length;
        return zero(-length & 3);
    }

    NetlinkRequest attribute(int type, int value) {
        return put16(ATTRIBUTE_HEADER_BYTES + 4).put16(type).put32(value);
    }

    /** Netfilter keeps its numbers in network byte order. */
    NetlinkRequest attributeBigEndian(int type, int value) {
        put16(ATTRIBUTE_HEADER_BYTES + 4).put16(type);
        memory.set(INT_BE, end, value);
        end += 4;
        return this;
    }

    /** A text with the zero behind it. */
    NetlinkRequest attribute(int type, String value) {
        return attribute(type, (value + '\0').getBytes(StandardCharsets.UTF_8));
    }

    NetlinkRequest attribute(int type, IpAddress value) {
        return attribute(type, value.toBytes());
    }

    /** Starts an attribute that consists of attributes. @return what {@link #endNest} wants */
    int beginNest(int type) {
        int position = end;
        put16(0).put16(type | NLA_F_NESTED);
        return position;
    }

    NetlinkRequest endNest(int position) {
        memory.set(SHORT, position, (short) (end - position));
        return this;
    }

    private void finish() {
        if (end > start) {
            memory.set(INT, start, end - start);
        }
    }

    /** The finished messages. */
    MemorySegment messages() {
        finish();
        return memory.asSlice(0, end);
    }

    int firstSequence() {
        return firstSequence;
    }

    /** Of the last message that will be acknowledged. */
    int awaitedSequence() {
        return awaitedSequence;
    }
}
