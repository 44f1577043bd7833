package io.mptcp.buffer;

import java.lang.foreign.MemorySegment;

/**
 * The one receive ring of a connection, in data-sequence space (relative positions). Payload is placed at its final
 * position at once, in any order; {@link #rcvNxt} is the end of the contiguous part. Native memory, allocated at the first
 * byte, grown on demand up to a maximum and given back when empty.
 */
public final class ReceiveBuffer {
    /** @param maxRanges bound on out-of-order intervals; data that would exceed it is refused and must be sent again */
    public ReceiveBuffer(long firstPosition, int initialCapacityBytes, int maxCapacityBytes, int maxRanges) {
        throw new UnsupportedOperationException();
    }

    /** Next position the application will read. */
    public long readPosition() {
        throw new UnsupportedOperationException();
    }

    /** End of the contiguous data: the next expected position. */
    public long rcvNxt() {
        throw new UnsupportedOperationException();
    }

    /** Bytes ready to read. */
    public int readableBytes() {
        throw new UnsupportedOperationException();
    }

    /** Bytes held out of order, beyond a hole. */
    public long outOfOrderBytes() {
        throw new UnsupportedOperationException();
    }

    /** Most bytes that may ever lie between readPosition and the end of the window. */
    public int maxCapacityBytes() {
        throw new UnsupportedOperationException();
    }

    /**
     * Places {@code length} bytes at {@code position}. What lies below {@link #rcvNxt} or beyond
     * {@code readPosition + maxCapacityBytes} is trimmed; bytes already held keep their first value (RFC 8684 section 3.3.1).
     *
     * @return the number of bytes that were new
     */
    public int insert(long position, MemorySegment source, long offset, int length) {
        throw new UnsupportedOperationException();
    }

    /** Copies up to {@code length} readable bytes out and frees their space. @return bytes read, 0 when there are none */
    public int read(MemorySegment destination, long offset, int length) {
        throw new UnsupportedOperationException();
    }

    public int allocatedBytes() {
        throw new UnsupportedOperationException();
    }

    public void close() {
        throw new UnsupportedOperationException();
    }
}
