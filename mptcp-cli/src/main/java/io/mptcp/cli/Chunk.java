package io.mptcp.cli;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** A piece of a stream on its way between the event loop and a thread that does blocking I/O; owned by one of them at a time. */
final class Chunk {
    static final int CAPACITY_BYTES = 256 << 10;

    /** For channels. */
    final ByteBuffer buffer;
    /** The same memory, for connections. */
    final MemorySegment memory;
    /** First byte not yet used up. */
    int from;
    /** Behind the last byte. */
    int to;

    Chunk(int capacityBytes) {
        buffer = ByteBuffer.allocateDirect(capacityBytes);
        memory = MemorySegment.ofBuffer(buffer.duplicate());
    }
}
