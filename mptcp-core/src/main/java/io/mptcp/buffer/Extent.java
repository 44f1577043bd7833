package io.mptcp.buffer;

import java.lang.foreign.MemorySegment;

/**
 * A part of a stream that lies together in memory: in a page, which other parts may share, or where an application has it. Linked in the order of
 * the stream; kept by the pool when it is not needed.
 */
final class Extent {
    long position;
    MemorySegment memory;
    /** Where the byte at {@link #position} lies in {@link #memory}. */
    long offset;
    int length;
    /** Null for memory of an application. */
    Ring page;
    /** What tells the application that its memory is not needed any more. */
    Runnable release;
    Extent next;

    long end() {
        return position + length;
    }

    /** Where the byte at {@code streamPosition} lies in {@link #memory}. */
    long offsetOf(long streamPosition) {
        return offset + (streamPosition - position);
    }

    /** How many bytes from {@code streamPosition} on it holds, at most {@code most}. */
    int lengthFrom(long streamPosition, int most) {
        return (int) Math.min(end() - streamPosition, most);
    }
}
