package io.mptcp.sim;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Merges consecutive packets of one flow as generic receive offload does: only when they differ in nothing but sequence number, PSH and
 * FIN. Holds one merged packet at a time; it goes on when something cannot be added or the waiting time is over.
 */
final class Merger {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int MAX_MERGED_BYTES = 65_000;
    private static final int ACKNOWLEDGMENT_NUMBER = 8;
    private static final int FLAGS = 13;
    private static final int WINDOW = 14;

    private final SimLink link;
    private final Simulation simulation;
    private SimPacket held;
    private long generation;

    Merger(SimLink link, Simulation simulation) {
        this.link = link;
        this.simulation = simulation;
    }

    /** Takes a packet that has arrived. */
    void offer(SimPacket packet, long nowNanos, long waitNanos) {
        if (held != null && canAppend(packet.slot)) {
            append(packet.slot);
            boolean complete = endsMerging(packet.slot, held.slot.segmentSize);
            simulation.packets().give(packet);
            if (complete) {
                flush(nowNanos);
            }
            return;
        }
        flush(nowNanos);
        int payload = payloadLength(packet.slot);
        if (payload == 0 || endsMerging(packet.slot, payload) || !isMergeable(packet.slot)) {
            link.deliver(packet, nowNanos);
            return;
        }
        hold(packet, payload, nowNanos, waitNanos);
    }

    private void hold(SimPacket packet, int payload, long nowNanos, long waitNanos) {
        held = simulation.packets().take(MAX_MERGED_BYTES);
        held.link = link;
        held.copyAddresses(packet.slot);
        MemorySegment.copy(packet.slot.buffer, 0, held.slot.buffer, 0, packet.slot.length);
        held.slot.length = packet.slot.length;
        held.slot.segmentSize = payload;
        held.slot.checksumState = PacketSlot.CHECKSUM_VERIFIED;
        simulation.packets().give(packet);
        long expected = ++generation;
        simulation.schedule(nowNanos + waitNanos, now -> {
            if (generation == expected) {
                flush(now);
            }
        });
    }

    private void flush(long nowNanos) {
        if (held != null) {
            SimPacket packet = held;
            held = null;
            generation++;
            link.deliver(packet, nowNanos);
        }
    }

    /** The checksum must be known to be right before packets are merged: nobody can tell afterwards. */
    private static boolean isMergeable(PacketSlot slot) {
        int flags = TcpSegment.flags(slot.buffer, 0);
        return (flags & ~(TcpSegment.PSH | TcpSegment.FIN)) == TcpSegment.ACK
                && (slot.checksumState == PacketSlot.CHECKSUM_VERIFIED || Checksum.verifyTcp(slot));
    }

    private boolean canAppend(PacketSlot slot) {
        MemorySegment a = held.slot.buffer;
        MemorySegment b = slot.buffer;
        int headerLength = TcpSegment.headerLength(b, 0);
        int payload = slot.length - headerLength;
        return payload > 0 && payload <= held.slot.segmentSize && held.slot.length + payload <= MAX_MERGED_BYTES
                && sameAddresses(slot) && a.get(INT, 0) == b.get(INT, 0)
                && TcpSegment.headerLength(a, 0) == headerLength
                && TcpSegment.sequenceNumber(b, 0) == TcpSegment.sequenceNumber(a, 0) + held.slot.length - headerLength
                && a.get(INT, ACKNOWLEDGMENT_NUMBER) == b.get(INT, ACKNOWLEDGMENT_NUMBER) && a.get(SHORT, WINDOW) == b.get(SHORT, WINDOW)
                && MemorySegment.mismatch(a, TcpSegment.MIN_HEADER_LENGTH, headerLength, b, TcpSegment.MIN_HEADER_LENGTH, headerLength) < 0
                && isMergeable(slot);
    }

    private boolean sameAddresses(PacketSlot slot) {
        return slot.sourceHi == held.slot.sourceHi && slot.sourceLo == held.slot.sourceLo
                && slot.destinationHi == held.slot.destinationHi && slot.destinationLo == held.slot.destinationLo && slot.ecn == held.slot.ecn;
    }

    private void append(PacketSlot slot) {
        int headerLength = TcpSegment.headerLength(slot.buffer, 0);
        int payload = slot.length - headerLength;
        MemorySegment.copy(slot.buffer, headerLength, held.slot.buffer, held.slot.length, payload);
        held.slot.length += payload;
        int flags = TcpSegment.flags(held.slot.buffer, 0) | TcpSegment.flags(slot.buffer, 0);
        held.slot.buffer.set(ValueLayout.JAVA_BYTE, FLAGS, (byte) flags);
    }

    private static boolean endsMerging(PacketSlot slot, int segmentSize) {
        return payloadLength(slot) < segmentSize || (TcpSegment.flags(slot.buffer, 0) & (TcpSegment.PSH | TcpSegment.FIN)) != 0;
    }

    private static int payloadLength(PacketSlot slot) {
        return slot.length - TcpSegment.headerLength(slot.buffer, 0);
    }
}
