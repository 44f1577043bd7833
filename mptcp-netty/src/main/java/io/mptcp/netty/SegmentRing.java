package io.mptcp.netty;

import io.mptcp.wire.PacketSlot;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Segments on their way from the thread of one loop to the stack of another. Holds a fixed number; what does not fit is lost, as in any queue of a
 * network. Copies, and allocates nothing once its buffers have grown to the size of segments.
 */
final class SegmentRing {
    private static final int SLOTS = 512;

    private final MptcpDriver target;
    private final PacketSlot[] slots = new PacketSlot[SLOTS];
    private final int[] hints = new int[SLOTS];
    private final Runnable drainTask = this::drain;
    private final AtomicBoolean drainScheduled = new AtomicBoolean();
    /** Written by the sender, and by the receiver. */
    private final AtomicLong tail = new AtomicLong();
    private final AtomicLong head = new AtomicLong();

    SegmentRing(MptcpDriver target) {
        this.target = target;
    }

    /** On the thread of the sender. */
    void offer(PacketSlot segment, int replyHint) {
        long at = tail.getPlain();
        if (at - head.getAcquire() == SLOTS) {
            return;
        }
        int index = (int) (at % SLOTS);
        copy(segment, slot(index, segment.length));
        hints[index] = replyHint;
        tail.setRelease(at + 1);
        if (drainScheduled.compareAndSet(false, true)) {
            try {
                target.loop().execute(drainTask);
            } catch (RejectedExecutionException _) {
                return; // it has been closed, and will drain nothing any more
            }
        }
    }

    private PacketSlot slot(int index, int length) {
        PacketSlot slot = slots[index];
        if (slot == null) {
            slot = new PacketSlot();
            slots[index] = slot;
        }
        if (slot.buffer == null || slot.buffer.byteSize() < length) {
            slot.buffer = Arena.ofAuto().allocate(Math.max(2048, Integer.highestOneBit(length) * 2L), 8);
        }
        return slot;
    }

    private static void copy(PacketSlot from, PacketSlot to) {
        to.copyIpFields(from);
        to.linkId = from.linkId;
        to.checksumState = from.checksumState;
        to.segmentSize = from.segmentSize;
        to.offset = 0;
        to.length = from.length;
        MemorySegment.copy(from.buffer, from.offset, to.buffer, 0, from.length);
    }

    /** On the loop of the receiver. */
    private void drain() {
        drainScheduled.set(false); // first: what is offered from now on schedules again
        long at = head.getPlain();
        long end = tail.getAcquire();
        for (; at < end; at++) {
            int index = (int) (at % SLOTS);
            target.receivePassedOn(slots[index], hints[index]);
            head.setRelease(at + 1);
        }
        target.passedOn();
    }
}
