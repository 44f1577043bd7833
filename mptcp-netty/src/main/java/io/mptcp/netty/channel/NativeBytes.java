package io.mptcp.netty.channel;

import io.mptcp.stack.MptcpConnection;
import io.netty.buffer.ByteBuf;
import io.netty.channel.unix.Buffer;
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
        if (source.isDirect() && source.nioBufferCount() == 1) {
            return write(connection, source.internalNioBuffer(from, length));
        }
        if (source.hasArray()) {
            return connection.write(MemorySegment.ofArray(source.array()), source.arrayOffset() + from, length);
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

    /** Hands readable bytes of one piece of direct memory over, and releases the buffer once when they are not needed. @return bytes taken */
    static int handOver(MptcpConnection connection, ByteBuf source) {
        int from = source.readerIndex();
        int length = source.readableBytes();
        long address = source.hasMemoryAddress() ? source.memoryAddress() + from : address(source.internalNioBuffer(from, length));
        return connection.handOver(MEMORY, address, length, source::release);
    }

    /** Writes what remains, without changing the buffer. @return bytes taken */
    static int write(MptcpConnection connection, ByteBuffer source) {
        if (!source.hasRemaining()) {
            return 0;
        }
        return source.isDirect() ? connection.write(MEMORY, address(source), source.remaining())
                : connection.write(MemorySegment.ofBuffer(source), 0, source.remaining());
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
            count = connection.read(MEMORY, address(destination.internalNioBuffer(at, room)), room);
        }
        if (count > 0) {
            destination.writerIndex(at + count);
        }
        return count;
    }

    /** Where the bytes of a direct buffer are. Netty has no address for its own buffers where it may not use sun.misc.Unsafe, but can find it out. */
    private static long address(ByteBuffer direct) {
        return Buffer.memoryAddress(direct) + direct.position();
    }
}
