package io.mptcp.buffer;

import io.mptcp.wire.PacketSlot;
import java.lang.foreign.MemorySegment;

/**
 * The one send ring of a connection, in data-sequence space (relative positions; the first byte written has position
 * {@code firstPosition}). Native memory, allocated at the first byte, grown on demand up to a maximum and given back
 * when everything is released: an idle connection owns no ring.
 */
public final class SendBuffer {
    public SendBuffer(long firstPosition, int initialCapacityBytes, int maxCapacityBytes) {
        throw new UnsupportedOperationException();
    }

    /** Position of the first byte still held. */
    public long head() {
        throw new UnsupportedOperationException();
    }

    /** Position behind the last byte written. */
    public long tail() {
        throw new UnsupportedOperationException();
    }

    /** Bytes that {@link #write} would take now. */
    public int writableBytes() {
        throw new UnsupportedOperationException();
    }

    /** Copies as much of {@code length} bytes as fits. @return bytes taken */
    public int write(MemorySegment source, long offset, int length) {
        throw new UnsupportedOperationException();
    }

    /** Copies {@code [position, position + length)}, which must lie in {@code [head, tail)}. */
    public void copyTo(long position, int length, MemorySegment destination, long offset) {
        throw new UnsupportedOperationException();
    }

    /** Describes {@code [position, position + length)} by reference in the payload fields of the slot, in one or two pieces. */
    public void reference(long position, int length, PacketSlot slot) {
        throw new UnsupportedOperationException();
    }

    /** Unfolded Internet checksum of a range, as if it began at an even position. */
    public long checksum(long position, int length) {
        throw new UnsupportedOperationException();
    }

    /** Gives up everything below {@code position}; moves only forward. */
    public void release(long position) {
        throw new UnsupportedOperationException();
    }

    /** Bytes of native memory now held. */
    public int allocatedBytes() {
        throw new UnsupportedOperationException();
    }

    /** Frees the memory. The buffer takes nothing more. */
    public void close() {
        throw new UnsupportedOperationException();
    }
}
