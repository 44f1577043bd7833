package io.mptcp.sim;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.Consumer;

/** Cuts super-segments as generic segmentation offload does: options repeated, sequence numbers advanced, FIN and PSH on the last. */
final class Segmentation {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int SEQUENCE_NUMBER = 4;
    private static final int FLAGS = 13;

    private Segmentation() {
    }

    /** Hands out copies of the pieces, in order, with right TCP checksums. The payload lies behind the header in the slot's buffer. */
    static void cut(PacketSlot slot, SimPacket.Pool pool, Consumer<SimPacket> piece) {
        int headerLength = TcpSegment.headerLength(slot.buffer, slot.offset);
        int payload = slot.length - headerLength;
        int size = slot.segmentSize > 0 ? slot.segmentSize : Math.max(payload, 1);
        int flags = TcpSegment.flags(slot.buffer, slot.offset);
        int sequenceNumber = TcpSegment.sequenceNumber(slot.buffer, slot.offset);
        int at = 0;
        do {
            int length = Math.min(size, payload - at);
            boolean last = at + length == payload;
            SimPacket packet = pool.take(headerLength + length);
            packet.copyAddresses(slot);
            MemorySegment bytes = packet.slot.buffer;
            MemorySegment.copy(slot.buffer, slot.offset, bytes, 0, headerLength);
            MemorySegment.copy(slot.buffer, (long) slot.offset + headerLength + at, bytes, headerLength, length);
            bytes.set(INT, SEQUENCE_NUMBER, sequenceNumber + at);
            // CWR stays on the first piece only (RFC 3168 section 6.1.2).
            int cleared = (last ? 0 : TcpSegment.FIN | TcpSegment.PSH) | (at == 0 ? 0 : TcpSegment.CWR);
            bytes.set(ValueLayout.JAVA_BYTE, FLAGS, (byte) (flags & ~cleared));
            if (packet.slot.checksumState == PacketSlot.CHECKSUM_UNVERIFIED) {
                Checksum.fillTcp(packet.slot);
            }
            piece.accept(packet);
            at += length;
        } while (at < payload);
    }
}
