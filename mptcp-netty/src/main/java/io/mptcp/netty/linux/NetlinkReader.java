package io.mptcp.netty.linux;

import io.mptcp.wire.IpAddress;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Walks over received netlink messages and their attributes ({@link NetlinkRequest} has the layout). Lengths are checked against what was
 * received: a message or attribute that does not fit ends the walk, and a value too short for what is asked reads as 0 or empty.
 */
final class NetlinkReader {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfInt INT_BE = INT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final int TYPE_MASK = 0x3fff;

    private final MemorySegment memory;
    private int next;
    private int end;
    private int body;
    private int bodyEnd;
    private int type;
    private int sequence;

    NetlinkReader(MemorySegment memory) {
        this.memory = memory;
    }

    /** Starts anew with so many received bytes. */
    void reset(int length) {
        next = 0;
        end = (int) Math.min(length, memory.byteSize());
    }

    boolean nextMessage() {
        if (next > end - NetlinkRequest.HEADER_BYTES) {
            return false;
        }
        int length = memory.get(INT, next);
        if (length < NetlinkRequest.HEADER_BYTES || length > end - next) {
            return false;
        }
        type = memory.get(SHORT, next + 4) & 0xffff;
        sequence = memory.get(INT, next + 8);
        body = next + NetlinkRequest.HEADER_BYTES;
        bodyEnd = next + length;
        next = aligned(bodyEnd);
        return true;
    }

    /** Of the current message. */
    int type() {
        return type;
    }

    int sequence() {
        return sequence;
    }

    int body8(int offset) {
        return body + offset <= bodyEnd - 1 ? memory.get(ValueLayout.JAVA_BYTE, body + offset) & 0xff : 0;
    }

    int body16(int offset) {
        return body + offset <= bodyEnd - 2 ? memory.get(SHORT, body + offset) & 0xffff : 0;
    }

    int body32(int offset) {
        return body + offset <= bodyEnd - 4 ? memory.get(INT, body + offset) : 0;
    }

    /** The attributes behind a fixed header of so many bytes. */
    Attributes attributes(int fixedHeaderBytes) {
        return new Attributes(body + aligned(fixedHeaderBytes), bodyEnd);
    }

    private static int aligned(int length) {
        return length + 3 & ~3;
    }

    /** A walk over attributes; value accessors are about the current one. */
    final class Attributes {
        private final int limit;
        private int following;
        private int attributeType;
        private int value;
        private int length;

        private Attributes(int from, int limit) {
            this.following = from;
            this.limit = limit;
        }

        boolean next() {
            if (following > limit - NetlinkRequest.ATTRIBUTE_HEADER_BYTES) {
                return false;
            }
            int total = memory.get(SHORT, following) & 0xffff;
            if (total < NetlinkRequest.ATTRIBUTE_HEADER_BYTES || total > limit - following) {
                return false;
            }
            attributeType = memory.get(SHORT, following + 2) & TYPE_MASK;
            value = following + NetlinkRequest.ATTRIBUTE_HEADER_BYTES;
            length = total - NetlinkRequest.ATTRIBUTE_HEADER_BYTES;
            following += aligned(total);
            return true;
        }

        int type() {
            return attributeType;
        }

        int length() {
            return length;
        }

        int as8() {
            return length >= 1 ? memory.get(ValueLayout.JAVA_BYTE, value) & 0xff : 0;
        }

        int as32() {
            return length >= 4 ? memory.get(INT, value) : 0;
        }

        int as32BigEndian() {
            return length >= 4 ? memory.get(INT_BE, value) : 0;
        }

        byte[] asBytes() {
            return memory.asSlice(value, length).toArray(ValueLayout.JAVA_BYTE);
        }

        /** Without the zero at its end. */
        String asString() {
            byte[] bytes = asBytes();
            int count = 0;
            while (count < bytes.length && bytes[count] != 0) {
                count++;
            }
            return new String(bytes, 0, count, StandardCharsets.UTF_8);
        }

        /** Null when it has neither 4 nor 16 bytes. */
        IpAddress asAddress() {
            return length == 4 || length == 16 ? IpAddress.of(asBytes()) : null;
        }

        /** A hardware address of 6 bytes as 48 bits; -1 when it is none. */
        long asMac() {
            if (length != 6) {
                return -1;
            }
            long mac = 0;
            for (int i = 0; i < 6; i++) {
                mac = mac << 8 | memory.get(ValueLayout.JAVA_BYTE, value + i) & 0xff;
            }
            return mac;
        }

        Attributes nested() {
            return new Attributes(value, value + length);
        }
    }
}
