package io.mptcp.netty.channel;

import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;

/** What a channel reads, only when it is asked to: what is left in the receive buffer makes the peer's window smaller. */
final class ChannelInput {
    private final MptcpSocketChannel channel;
    private final MptcpConnection connection;
    private final Runnable readTask = this::readLater;
    private boolean readPending;
    private boolean readScheduled;
    private boolean shutdown;
    private boolean endSeen;

    ChannelInput(MptcpSocketChannel channel, MptcpConnection connection) {
        this.channel = channel;
        this.connection = connection;
    }

    boolean isShutdown() {
        return shutdown;
    }

    /** The application wants to read. */
    void begin() {
        readPending = true;
        if (hasNews()) {
            schedule();
        }
    }

    private boolean hasNews() {
        return connection.readableBytes() > 0 || isEndUnseen() || connection.isClosed();
    }

    /** All has been read, and the application does not know yet that it was all. */
    private boolean isEndUnseen() {
        return connection.isEndOfStream() && !endSeen;
    }

    private void schedule() {
        if (!readScheduled) {
            readScheduled = true;
            channel.eventLoop().execute(readTask);
        }
    }

    private void readLater() {
        readScheduled = false;
        if (channel.isOpen()) {
            ready(connection.isClosed());
        }
    }

    void autoReadCleared() {
        if (channel.isRegistered() && channel.eventLoop().inEventLoop()) {
            readPending = false;
        }
    }

    /** @param over the connection has ended, in whatever way */
    void ready(boolean over) {
        boolean failed = over && connection.closeReason() != CloseReason.CLOSED;
        if (readPending && (connection.readableBytes() > 0 || isEndUnseen())) {
            read();
        } else if (!readPending && isEndUnseen()) {
            ended(); // nothing is left that a read would have to be asked for
        }
        // Whoever reads hears of it behind the last byte; whoever does not would never.
        if (failed && channel.isOpen() && (!readPending || connection.readableBytes() == 0)) {
            channel.connectionFailed(connection.closeReason());
        }
    }

    private void read() {
        MptcpSocketChannelConfig config = channel.config();
        ChannelPipeline pipeline = channel.pipeline();
        RecvByteBufAllocator.Handle handle = channel.unsafe().recvBufAllocHandle();
        handle.reset(config);
        ByteBuf buffer = null;
        boolean end = false;
        try {
            do {
                buffer = handle.allocate(config.getAllocator());
                handle.attemptedBytesRead(buffer.writableBytes());
                int count = NativeBytes.read(connection, buffer);
                handle.lastBytesRead(count);
                if (count <= 0) {
                    buffer.release();
                    buffer = null;
                    end = count < 0;
                    break;
                }
                readPending = false;
                handle.incMessagesRead(1);
                ByteBuf message = buffer;
                buffer = null;
                if (shutdown) {
                    message.release(); // nobody wants it, but the peer is to be able to go on
                } else {
                    pipeline.fireChannelRead(message);
                }
            } while (channel.isOpen() && handle.continueReading());
            if (end) {
                readPending = false;
            }
            handle.readComplete();
            channel.windowMayHaveOpened();
            pipeline.fireChannelReadComplete();
            if (end && channel.isOpen()) {
                ended();
            }
        } catch (Throwable failure) {
            if (buffer != null) {
                buffer.release();
            }
            handle.readComplete();
            pipeline.fireChannelReadComplete();
            pipeline.fireExceptionCaught(failure);
        } finally {
            if (channel.isOpen() && ((readPending || config.isAutoRead()) && hasNews() || isEndUnseen())) {
                schedule();
            }
        }
    }

    /** The peer has ended its stream. */
    private void ended() {
        endSeen = true;
        if (!channel.config().isAllowHalfClosure()) {
            channel.unsafe().close(channel.voidPromise());
            return;
        }
        if (!shutdown) {
            shutdown = true;
            channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        }
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
    }

    /** This side does not want to read any more: what comes is thrown away. */
    void shutDown() {
        if (!shutdown) {
            shutdown = true;
            channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        }
    }
}
