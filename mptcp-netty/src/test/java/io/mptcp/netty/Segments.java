package io.mptcp.netty;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Makes segments for tests. */
final class Segments {
    static final int HEADROOM = 128;

    private Segments() {
    }

    static PacketSlot slot(String source, String destination, int flags, int sequence, byte[] payload) {
        return slot(source, destination, flags, sequence, payload, 0);
    }

    static PacketSlot slot(String source, String destination, int flags, int sequence, byte[] payload, int optionWords) {
        int header = 20 + 4 * optionWords;
        PacketSlot slot = new PacketSlot();
        slot.buffer = Arena.ofAuto().allocate(HEADROOM + header + payload.length);
        slot.offset = HEADROOM;
        slot.length = header + payload.length;
        addresses(slot, source, destination);
        TcpSegment.encode(slot.buffer, slot.offset, 1234, 5678, sequence, 99, header, flags, 500);
        for (int i = 20; i < header; i++) {
            slot.buffer.set(ValueLayout.JAVA_BYTE, slot.offset + i, (byte) 1);
        }
        MemorySegment.copy(payload, 0, slot.buffer, ValueLayout.JAVA_BYTE, slot.offset + header, payload.length);
        return slot;
    }

    static void addresses(PacketSlot slot, String source, String destination) {
        IpAddress from = IpAddress.parse(source);
        IpAddress to = IpAddress.parse(destination);
        slot.sourceHi = from.hi();
        slot.sourceLo = from.lo();
        slot.destinationHi = to.hi();
        slot.destinationLo = to.lo();
    }

    /** Leaves the first bytes of the payload behind the header and gives the rest by reference, in two pieces in the wrong order in memory. */
    static void byReference(PacketSlot slot, int inline, int firstPiece) {
        int header = TcpSegment.headerLength(slot.buffer, slot.offset);
        int rest = slot.length - header - inline;
        int first = Math.min(firstPiece, rest);
        MemorySegment ring = Arena.ofAuto().allocate(rest + 32L);
        MemorySegment.copy(slot.buffer, slot.offset + header + inline, ring, 16L + rest - first, first);
        MemorySegment.copy(slot.buffer, slot.offset + header + inline + first, ring, 8, rest - first);
        slot.addPiece(ring, 16L + rest - first, first);
        slot.addPiece(ring, 8, rest - first);
        slot.length = header + inline;
    }

    /** The whole TCP segment of the slot, payload pieces included. */
    static byte[] bytes(PacketSlot slot) {
        byte[] bytes = new byte[slot.totalLength()];
        MemorySegment.copy(slot.buffer, ValueLayout.JAVA_BYTE, slot.offset, bytes, 0, slot.length);
        slot.copyReferenced(0, slot.referencedLength(), MemorySegment.ofArray(bytes), slot.length);
        return bytes;
    }
}
