package io.mptcp.netty;

import io.mptcp.stack.Stack;
import io.mptcp.wire.PacketSlot;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A link as the driver sees it: whether it has something to flush, and the one segment it would not take. */
final class LinkPort {
    private final SegmentLink link;
    private final Stack stack;
    private PacketSlot pending;
    private boolean hasPending;
    private boolean dirty;

    LinkPort(SegmentLink link, Stack stack) {
        this.link = link;
        this.stack = stack;
    }

    SegmentLink link() {
        return link;
    }

    /** Offers a segment; one that the link does not take is kept, and the stack told to hand out no more for this link. */
    void send(PacketSlot slot) {
        if (hasPending) {
            return; // The stack was told that this link takes nothing; whatever comes nevertheless is lost as in a full queue.
        }
        if (slot.pieces() > 0 && !link.gathers()) {
            linearize(slot);
        }
        dirty = true;
        if (link.send(slot) == SegmentLink.SendResult.AGAIN) {
            keep(slot);
            stack.setLinkWritable(link.id(), false);
        }
    }

    /** The link takes segments again: the kept one goes first. */
    void writable() {
        if (!hasPending) {
            return;
        }
        dirty = true;
        if (link.send(pending) != SegmentLink.SendResult.AGAIN) {
            release();
        }
    }

    /** The link came up or went down. What was kept for a link that is down is given up: its subflows are gone. */
    void stateChanged(boolean up) {
        if (!up && hasPending) {
            release();
        }
        stack.setLinkUp(link.id(), up);
    }

    void flush() {
        if (dirty) {
            dirty = false;
            link.flush();
        }
    }

    private void release() {
        hasPending = false;
        stack.setLinkWritable(link.id(), true);
    }

    /** Copies the segment: its header lies in the driver's one slot and its payload in memory that goes on changing. */
    private void keep(PacketSlot slot) {
        if (pending == null) {
            pending = new PacketSlot();
            pending.buffer = Arena.ofAuto().allocate(link.headroomBytes() + MptcpDriver.MAX_SEGMENT_BYTES);
        }
        pending.linkId = slot.linkId;
        pending.copyIpFields(slot);
        pending.checksumState = slot.checksumState;
        pending.segmentSize = slot.segmentSize;
        pending.offset = link.headroomBytes();
        pending.length = slot.length;
        MemorySegment.copy(slot.buffer, slot.offset, pending.buffer, pending.offset, slot.length);
        appendPayload(slot, pending);
        hasPending = true;
    }

    private static void linearize(PacketSlot slot) {
        appendPayload(slot, slot);
        slot.clearPayloadReference();
    }

    private static void appendPayload(PacketSlot from, PacketSlot to) {
        from.copyReferenced(0, from.referencedLength(), to.buffer, to.offset + to.length);
        to.length += from.referencedLength();
    }
}
