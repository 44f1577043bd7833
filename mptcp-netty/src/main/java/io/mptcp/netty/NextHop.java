package io.mptcp.netty;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.PacketSlot;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A neighbour that frames are sent to, and the one segment that waits until its hardware address is known. */
final class NextHop {
    static final long UNKNOWN_MAC = -1;

    /** Enough for a SYN, and for a first segment of data on Ethernet. */
    private static final int PENDING_BYTES = 2048;

    final IpAddress address;
    /** 48 bits, {@link #UNKNOWN_MAC} while it is not resolved. */
    long mac = UNKNOWN_MAC;
    /** Whether the kernel was asked to find it and has not answered yet. */
    boolean provoked;
    boolean usedSinceRefresh;

    private PacketSlot pending;
    private boolean hasPending;

    NextHop(IpAddress address) {
        this.address = address;
    }

    boolean isResolved() {
        return mac != UNKNOWN_MAC;
    }

    /** Keeps a copy in place of the one kept before, as the newest is what the peer is to get. @return false when it is too long */
    boolean keep(PacketSlot slot, int headroomBytes) {
        if (slot.totalLength() > PENDING_BYTES) {
            return false;
        }
        if (pending == null) {
            pending = new PacketSlot();
            pending.buffer = Arena.ofAuto().allocate(headroomBytes + PENDING_BYTES);
            pending.offset = headroomBytes;
        }
        pending.copyIpFields(slot);
        pending.segmentSize = slot.segmentSize;
        pending.length = slot.totalLength();
        MemorySegment.copy(slot.buffer, slot.offset, pending.buffer, pending.offset, slot.length);
        long end = (long) pending.offset + slot.length;
        SoftwareSegmenter.copyPayload(slot, slot.length, 0, slot.totalLength() - slot.length, pending.buffer, end);
        hasPending = true;
        return true;
    }

    /** The segment that was kept, valid until the next call of {@link #keep}; null when there is none. */
    PacketSlot takePending() {
        PacketSlot taken = hasPending ? pending : null;
        hasPending = false;
        return taken;
    }
}
