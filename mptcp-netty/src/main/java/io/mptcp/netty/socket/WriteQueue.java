package io.mptcp.netty.socket;

import io.mptcp.stack.MptcpConnection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a thread has written and the event loop has not taken yet, bounded and without locks. The thread copies it to pieces of native memory, from which
 * the connection sends: large ones are not copied again. One thread writes, the loop takes.
 */
final class WriteQueue {
    /** Most bytes on the way. */
    static final int MAX_BYTES = 128 << 10;
    private static final int MAX_PIECE_BYTES = 64 << 10;
    /** Of a large write no smaller piece is made to fill the last room. */
    private static final int MIN_PIECE_BYTES = 16 << 10;
    /** What a piece counts for beside its bytes: those of one byte must not become a hundred thousand. */
    private static final int PIECE_OVERHEAD_BYTES = 256;

    private final ByteBufAllocator allocator;
    private final Queue<ByteBuf> pieces = new ConcurrentLinkedQueue<>();
    private final AtomicInteger heldBytes = new AtomicInteger();
    /** Of the loop: the piece it is at. */
    private ByteBuf current;

    WriteQueue() {
        this(ByteBufAllocator.DEFAULT);
    }

    WriteQueue(ByteBufAllocator allocator) {
        this.allocator = allocator;
    }

    boolean isEmpty() {
        return heldBytes.get() == 0;
    }

    /** Whether a thread that had no room should go on: not for every byte. */
    boolean hasRoom() {
        return heldBytes.get() <= MAX_BYTES / 2;
    }

    // ---- the thread that writes ----

    /** Copies as much of the bytes as there is room for. @return how many */
    int put(byte[] source, int offset, int length) {
        int done = 0;
        while (done < length) {
            int left = length - done;
            int room = MAX_BYTES - PIECE_OVERHEAD_BYTES - heldBytes.get();
            if (room < Math.min(left, MIN_PIECE_BYTES)) {
                break;
            }
            int bytes = Math.min(Math.min(left, room), MAX_PIECE_BYTES);
            ByteBuf piece = allocator.directBuffer(bytes, bytes).writeBytes(source, offset + done, bytes);
            heldBytes.addAndGet(PIECE_OVERHEAD_BYTES + bytes);
            pieces.add(piece);
            done += bytes;
        }
        return done;
    }

    /** Throws away what the loop has not begun with: there is no loop any more. */
    void abandon() {
        for (ByteBuf piece = pieces.poll(); piece != null; piece = pieces.poll()) {
            finish(piece);
        }
    }

    // ---- the loop ----

    /** Moves as much as the connection takes. */
    void moveTo(MptcpConnection connection) {
        for (current = next(); current != null; current = next()) {
            int taken = write(connection, current);
            if (taken <= 0) {
                return;
            }
            current.skipBytes(taken);
        }
    }

    /** The piece to go on with, null when there is none. */
    private ByteBuf next() {
        if (current != null && current.isReadable()) {
            return current;
        }
        if (current != null) {
            finish(current);
        }
        return pieces.poll();
    }

    private static int write(MptcpConnection connection, ByteBuf piece) {
        ByteBuffer bytes = piece.internalNioBuffer(piece.readerIndex(), piece.readableBytes());
        MemorySegment memory = MemorySegment.ofBuffer(bytes);
        if (bytes.remaining() < MptcpConnection.MIN_HANDED_OVER_BYTES) {
            return connection.write(memory, 0, bytes.remaining());
        }
        int taken = connection.handOver(memory, 0, bytes.remaining(), piece.retain()::release);
        if (taken <= 0) {
            piece.release();
        }
        return taken;
    }

    /** Throws away what there is. */
    void clear() {
        if (current != null) {
            finish(current);
            current = null;
        }
        abandon();
    }

    private void finish(ByteBuf piece) {
        heldBytes.addAndGet(-PIECE_OVERHEAD_BYTES - piece.capacity());
        piece.release();
    }
}
