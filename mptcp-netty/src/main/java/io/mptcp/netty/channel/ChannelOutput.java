package io.mptcp.netty.channel;

import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.FileRegion;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * What a channel writes, on its way into the send buffer of the connection. A promise is kept when all of its bytes are in there, as with a kernel's. Large
 * buffers that nobody else refers to are not copied.
 */
final class ChannelOutput {
    private final MptcpConnection connection;
    private final WritableByteChannel sink = new Sink();
    private boolean shutdown;
    /** The send buffer was full, and there is more. */
    private boolean blocked;
    /** The message being written, when its first part has been handed over. */
    private ByteBuf partlyHandedOver;

    ChannelOutput(MptcpConnection connection) {
        this.connection = connection;
    }

    boolean isBlocked() {
        return blocked;
    }

    boolean mayGoOn() {
        return blocked && connection.isWritable();
    }

    void unblock() {
        blocked = false;
    }

    boolean isShutdown() {
        return shutdown;
    }

    void shutDown() {
        shutdown = true;
        if (!connection.isClosed()) {
            connection.shutdownOutput();
        }
    }

    /** @throws IOException when the connection is over */
    void write(ChannelOutboundBuffer outbound) throws IOException {
        for (Object message = outbound.current(); message != null; message = outbound.current()) {
            if (connection.isClosed()) {
                // Both ends of an orderly close are the peer's doing, too: nobody takes these bytes any more.
                throw MptcpSocketChannel.failure(connection.closeReason() == CloseReason.CLOSED ? CloseReason.RESET : connection.closeReason());
            }
            boolean whole = message instanceof ByteBuf buffer ? write(outbound, buffer) : write(outbound, (FileRegion) message);
            if (!whole) {
                blocked = true;
                return;
            }
        }
    }

    /** @return false when the send buffer is full */
    private boolean write(ChannelOutboundBuffer outbound, ByteBuf buffer) {
        int length = buffer.readableBytes();
        if (length == 0) {
            outbound.remove();
            return true;
        }
        boolean large = length >= MptcpConnection.MIN_HANDED_OVER_BYTES;
        int taken = large && (buffer == partlyHandedOver || isOursAlone(buffer)) ? handOver(buffer) : NativeBytes.write(connection, buffer);
        if (taken == length) {
            partlyHandedOver = null; // the same object may come again, as another buffer
        }
        if (taken > 0) {
            outbound.removeBytes(taken);
        }
        return taken == length;
    }

    /**
     * Nobody else has a reference to it, or to what it is a part of: nobody may change it when its promise has been kept. Memory that does not come from a
     * pool may have an owner who does not count references. Of little in a large buffer too much would be kept for too long.
     */
    private static boolean isOursAlone(ByteBuf buffer) {
        if (!buffer.isDirect() || !buffer.alloc().isDirectBufferPooled() || buffer.readableBytes() < buffer.capacity() / 2) {
            return false;
        }
        for (ByteBuf part = buffer; part != null; part = part.unwrap()) {
            if (part.refCnt() != 1 || part instanceof CompositeByteBuf) {
                return false;
            }
        }
        return true;
    }

    /** Keeps a reference until the bytes are acknowledged, or the connection is over. */
    private int handOver(ByteBuf buffer) {
        int before = buffer.refCnt();
        buffer.retain();
        int taken;
        if (buffer.refCnt() == before) {
            taken = NativeBytes.write(connection, buffer); // one that counts nothing (Unpooled.unreleasableBuffer)
        } else {
            taken = NativeBytes.handOver(connection, buffer);
            partlyHandedOver = buffer;
            if (taken == 0) {
                buffer.release();
            }
        }
        return taken;
    }

    private boolean write(ChannelOutboundBuffer outbound, FileRegion region) throws IOException {
        while (region.transferred() < region.count()) {
            long moved = region.transferTo(sink, region.transferred());
            if (moved > 0) {
                outbound.progress(moved);
            } else if (connection.writableBytes() == 0) {
                return false;
            } else {
                throw new IOException("a file region ended " + (region.count() - region.transferred()) + " bytes early: the file got shorter");
            }
        }
        outbound.remove();
        return true;
    }

    /** For what can only write into a channel. */
    private final class Sink implements WritableByteChannel {
        @Override
        public int write(ByteBuffer source) {
            int taken = NativeBytes.write(connection, source);
            source.position(source.position() + taken);
            return taken;
        }

        @Override
        public boolean isOpen() {
            return true;
        }

        @Override
        public void close() {
        }
    }
}
