package io.mptcp.netty.channel;

import io.mptcp.stack.MptcpConnection;
import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Moves bytes between buffers of Netty and connections, where possible without making an object for it. */
final class NativeBytes {
    /** All of memory: a buffer is an offset in it. */
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private NativeBytes() {
    }

    /** Writes readable bytes of the first component there is, without changing the buffer. @return bytes taken */
    static int write(MptcpConnection connection, ByteBuf source) {
        int from = source.readerIndex();
        int length = source.readableBytes();
        if (source.hasMemoryAddress()) {
            return connection.write(MEMORY, source.memoryAddress() + from, length);
        }
        if (source.hasArray()) {
            return connection.write(MemorySegment.ofArray(source.array()), source.arrayOffset() + from, length);
        }
        if (source.nioBufferCount() == 1) {
            return write(connection, source.internalNioBuffer(from, length));
        }
        int written = 0;
        for (ByteBuffer piece : source.nioBuffers(from, length)) {
            int remaining = piece.remaining();
            int taken = write(connection, piece);
            written += taken;
            if (taken < remaining) {
                break;
            }
        }
        return written;
    }

    /** Writes what remains, without changing the buffer. @return bytes taken */
    static int write(MptcpConnection connection, ByteBuffer source) {
        return source.hasRemaining() ? connection.write(MemorySegment.ofBuffer(source), 0, source.remaining()) : 0;
    }

    /** Reads as much as there is room for, and moves the writer index. @return as {@link MptcpConnection#read} */
    static int read(MptcpConnection connection, ByteBuf destination) {
        int at = destination.writerIndex();
        int room = destination.writableBytes();
        int count;
        if (destination.hasMemoryAddress()) {
            count = connection.read(MEMORY, destination.memoryAddress() + at, room);
        } else if (destination.hasArray()) {
            count = connection.read(MemorySegment.ofArray(destination.array()), destination.arrayOffset() + at, room);
        } else {
            count = connection.read(MemorySegment.ofBuffer(destination.internalNioBuffer(at, room)), 0, room);
        }
        if (count > 0) {
            destination.writerIndex(at + count);
        }
        return count;
    }
}
