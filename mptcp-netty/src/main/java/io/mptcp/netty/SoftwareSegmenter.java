package io.mptcp.netty;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Cuts a super-segment into the segments that go on the wire, for links that have nothing below them to do it (no GSO).
 *
 * <p>Every piece repeats the header with all its options, as segmentation in kernels and network cards does: a DSS mapping covers the whole
 * super-segment, and RFC 8684 section 3.3.1 lets several segments carry the same mapping. Stateless; nothing is allocated.
 */
public final class SoftwareSegmenter {
    private static final ValueLayout.OfInt INT_BE = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int SEQUENCE_OFFSET = 4;
    private static final int FLAGS_OFFSET = 13;

    private SoftwareSegmenter() {
    }

    /** How many segments the slot becomes: 1 unless it holds more payload than {@link PacketSlot#segmentSize}. */
    public static int count(PacketSlot slot) {
        int payloadLength = slot.totalLength() - TcpSegment.headerLength(slot.buffer, slot.offset);
        if (slot.segmentSize <= 0 || payloadLength <= slot.segmentSize) {
            return 1;
        }
        return (payloadLength + slot.segmentSize - 1) / slot.segmentSize;
    }

    /**
     * Writes segment {@code index} of {@code count} to {@code target}: header with sequence number, flags adapted and checksum 0, and payload
     * behind it. The slot is not changed.
     *
     * @return length of the segment in bytes
     */
    public static int cut(PacketSlot slot, int index, int count, MemorySegment target, long offset) {
        int headerLength = TcpSegment.headerLength(slot.buffer, slot.offset);
        MemorySegment.copy(slot.buffer, slot.offset, target, offset, headerLength);
        TcpSegment.setChecksum(target, offset, 0);
        int payloadLength = slot.totalLength() - headerLength;
        int from = 0;
        int length = payloadLength;
        if (count > 1) {
            from = index * slot.segmentSize;
            length = Math.min(slot.segmentSize, payloadLength - from);
            target.set(INT_BE, offset + SEQUENCE_OFFSET, TcpSegment.sequenceNumber(slot.buffer, slot.offset) + from);
            int flags = TcpSegment.flags(slot.buffer, slot.offset);
            if (index < count - 1) {
                flags &= ~(TcpSegment.FIN | TcpSegment.PSH);
            }
            if (index > 0) {
                flags &= ~TcpSegment.CWR; // RFC 3168 section 6.1.2: CWR once per window reduction
            }
            target.set(ValueLayout.JAVA_BYTE, offset + FLAGS_OFFSET, (byte) flags);
        }
        copyPayload(slot, headerLength, from, length, target, offset + headerLength);
        return headerLength + length;
    }

    /** As {@link #cut}, with the TCP checksum (RFC 9293 section 3.1) filled in. */
    public static int cutWithChecksum(PacketSlot slot, int index, int count, MemorySegment target, long offset) {
        int length = cut(slot, index, count, target, offset);
        long sum = Checksum.pseudoHeader(slot.sourceHi, slot.sourceLo, slot.destinationHi, slot.destinationLo, length)
                + Checksum.sum(target, offset, length);
        TcpSegment.setChecksum(target, offset, Checksum.complement(sum));
        return length;
    }

    /** Copies a range of the slot's payload, wherever it lies, to {@code target}. */
    static void copyPayload(PacketSlot slot, int headerLength, int from, int length, MemorySegment target, long offset) {
        int inline = slot.length - headerLength;
        int done = copyPart(slot.buffer, slot.offset + headerLength, inline, from, length, target, offset);
        if (done < length && slot.pieces() > 0) {
            slot.copyReferenced(Math.max(0, from - inline), length - done, target, offset + done);
        }
    }

    private static int copyPart(MemorySegment source, long sourceOffset, int available, int from, int wanted, MemorySegment target, long offset) {
        int length = Math.min(available - from, wanted);
        if (length <= 0) {
            return 0;
        }
        MemorySegment.copy(source, sourceOffset + from, target, offset, length);
        return length;
    }
}
