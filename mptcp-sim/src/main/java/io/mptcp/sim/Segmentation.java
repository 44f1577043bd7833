package io.mptcp.sim;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.function.Consumer;

/** Cuts super-segments as generic segmentation offload does: options repeated, sequence numbers advanced, FIN and PSH on the last. */
public final class Segmentation {
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
        int at = 0;
        do {
            int length = Math.min(size, payload - at);
            SimPacket packet = pool.take(headerLength + length);
            packet.copyAddresses(slot);
            copyPiece(slot, at, length, packet.slot.buffer, 0);
            if (packet.slot.checksumState == PacketSlot.CHECKSUM_UNVERIFIED) {
                Checksum.fillTcp(packet.slot);
            }
            piece.accept(packet);
            at += length;
        } while (at < payload);
    }

    /**
     * Copies the piece of a super-segment that carries its payload from {@code at} on, header and all. The checksum is left as it was.
     *
     * @return bytes copied
     */
    public static int copyPiece(PacketSlot slot, int at, int length, MemorySegment to, long offset) {
        int headerLength = TcpSegment.headerLength(slot.buffer, slot.offset);
        boolean last = headerLength + at + length == slot.length;
        MemorySegment.copy(slot.buffer, slot.offset, to, offset, headerLength);
        MemorySegment.copy(slot.buffer, (long) slot.offset + headerLength + at, to, offset + headerLength, length);
        to.set(INT, offset + SEQUENCE_NUMBER, TcpSegment.sequenceNumber(slot.buffer, slot.offset) + at);
        // CWR stays on the first piece only (RFC 3168 section 6.1.2).
        int cleared = (last ? 0 : TcpSegment.FIN | TcpSegment.PSH) | (at == 0 ? 0 : TcpSegment.CWR);
        to.set(ValueLayout.JAVA_BYTE, offset + FLAGS, (byte) (TcpSegment.flags(slot.buffer, slot.offset) & ~cleared));
        return headerLength + length;
    }
}
