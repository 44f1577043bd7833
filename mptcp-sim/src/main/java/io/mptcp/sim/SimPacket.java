package io.mptcp.sim;

import io.mptcp.wire.PacketSlot;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/** A TCP segment on its way, with its addresses and a copy of its bytes. Pooled; whoever takes it off a link gives it back. */
final class SimPacket implements EventQueue.Event {
    /** Room for a packet of the usual MTU. */
    private static final int SMALL_BYTES = 2048;
    /** Room for the largest merged segment: 64 KiB and a header. */
    private static final int LARGE_BYTES = 65_535 + 64;

    /** Addresses, ECN and bytes; offset 0, payload never by reference. */
    final PacketSlot slot = new PacketSlot();
    /** The link it travels on: where {@link #happen} takes it. */
    SimLink link;

    private final boolean large;

    private SimPacket(Arena arena, boolean large) {
        this.large = large;
        slot.buffer = arena.allocate(large ? LARGE_BYTES : SMALL_BYTES, 8);
    }

    @Override
    public void happen(long nowNanos) {
        link.arrive(this, nowNanos);
    }

    void copyAddresses(PacketSlot from) {
        slot.copyIpFields(from);
        slot.checksumState = from.checksumState;
    }

    /** Packets not in use. Native memory, kept for the life of the simulation. */
    static final class Pool {
        private static final int PACKETS_PER_BLOCK = 64;

        private final Arena arena = Arena.ofAuto();
        private final ArrayDeque<SimPacket> small = new ArrayDeque<>();
        private final ArrayDeque<SimPacket> large = new ArrayDeque<>();

        SimPacket take(int lengthBytes) {
            if (lengthBytes > LARGE_BYTES) {
                throw new IllegalArgumentException("no link carries a segment of " + lengthBytes + " bytes");
            }
            boolean isLarge = lengthBytes > SMALL_BYTES;
            ArrayDeque<SimPacket> free = isLarge ? large : small;
            if (free.isEmpty()) {
                for (int i = 0; i < (isLarge ? 1 : PACKETS_PER_BLOCK); i++) {
                    free.addLast(new SimPacket(arena, isLarge));
                }
            }
            SimPacket packet = free.pollLast();
            packet.slot.offset = 0;
            packet.slot.length = lengthBytes;
            packet.slot.segmentSize = 0;
            return packet;
        }

        SimPacket copy(SimPacket original) {
            return copy(original.slot);
        }

        /** @param original without payload by reference */
        SimPacket copy(PacketSlot original) {
            SimPacket copy = take(original.length);
            copy.copyAddresses(original);
            copy.slot.linkId = original.linkId;
            copy.slot.segmentSize = original.segmentSize;
            MemorySegment.copy(original.buffer, original.offset, copy.slot.buffer, 0, original.length);
            return copy;
        }

        void give(SimPacket packet) {
            packet.link = null;
            (packet.large ? large : small).addLast(packet);
        }
    }
}
