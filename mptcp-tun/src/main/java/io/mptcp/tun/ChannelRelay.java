package io.mptcp.tun;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.MptcpDriver;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.tun.stream.StreamEnds;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;

/**
 * Joins a channel and a connection, as {@link Relay} joins two connections: a program's socket and what carries it on over the paths, or a program's connection by
 * the device and what carries it on to a relay. Neither side is read from faster than the other
 * takes it; the end of a stream is passed on as such, and what ends in any other way takes the other side with it. On the loop of both.
 */
final class ChannelRelay extends ChannelInboundHandlerAdapter implements ConnectionHandler {
    private final SocketChannel channel;
    private final StreamEnds ends;
    private final MptcpConnection connection;
    private final MptcpDriver driver;
    private final MemorySegment scratch;
    private final Runnable onFinished;
    /** Read from the program and not yet taken by the connection. */
    private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>(2);
    private boolean begun;
    private boolean programEnded;
    private boolean outputEnded;
    private boolean peerEnded;
    private boolean connectionClosed;
    private boolean finished;

    /** To be put into the channel's pipeline. @param scratch memory used while copying; shared by all relays of the loop */
    ChannelRelay(SocketChannel channel, MptcpConnection connection, MptcpDriver driver, MemorySegment scratch, Runnable onFinished) {
        this.channel = channel;
        this.ends = new StreamEnds(channel);
        this.connection = connection;
        this.driver = driver;
        this.scratch = scratch;
        this.onFinished = onFinished;
        connection.attach(this);
    }

    // ---- from the program ----

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (finished || !(message instanceof ByteBuf bytes)) {
            ReferenceCountUtil.release(message);
            return;
        }
        waiting.add(bytes);
        push();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        switch (ends.hear(event)) {
            case END -> {
                programEnded = true;
                push();
            }
            case CUT_OFF -> abort();
            default -> {
                // of no concern here
            }
        }
    }

    /** Begins to read from the program. When all is in its pipeline, and what came before has been handed on: it may have ended already. */
    void begin() {
        begun = true;
        push();
    }

    private void push() {
        boolean moved = false;
        while (!waiting.isEmpty() && !connectionClosed) {
            ByteBuf bytes = waiting.peek();
            int count = (int) Math.min(Math.min(bytes.readableBytes(), connection.writableBytes()), scratch.byteSize());
            if (count > 0) {
                bytes.readBytes(scratch.asByteBuffer().limit(count));
                connection.write(scratch, 0, count);
                moved = true;
            } else if (bytes.isReadable()) {
                break; // WRITABLE will tell
            }
            if (!bytes.isReadable()) {
                waiting.remove().release();
            }
        }
        if (begun && !programEnded) { // Netty's epoll fails when asked to read on from what has ended
            channel.config().setAutoRead(waiting.isEmpty());
        }
        if (programEnded && waiting.isEmpty() && !outputEnded && !connectionClosed) {
            outputEnded = true;
            connection.shutdownOutput();
            moved = true;
        }
        if (moved) {
            driver.wake();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (!(outputEnded && peerEnded) && !connectionClosed) {
            connection.abort();
            driver.wake();
        }
        finish();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }

    // ---- to the program ----

    @Override
    public void ready(MptcpConnection ignored, int readiness) {
        if ((readiness & Readiness.CLOSED) != 0) {
            connectionClosed = true;
            if (connection.closeReason() != CloseReason.CLOSED) {
                abort();
                return;
            }
        }
        pull();
        if ((readiness & (Readiness.WRITABLE | Readiness.CONNECTED)) != 0) {
            push();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        pull();
    }

    private void pull() {
        boolean moved = false;
        while (!finished && !peerEnded && channel.isWritable()) {
            int count = connection.read(scratch, 0, (int) scratch.byteSize());
            if (count > 0) {
                channel.write(channel.alloc().buffer(count).writeBytes(scratch.asByteBuffer().limit(count)));
            } else if (connection.isEndOfStream()) {
                peerEnded = true;
                ends.end();
            } else {
                break;
            }
            moved = true;
        }
        if (moved) {
            channel.flush();
            driver.wake(); // a window has opened
        }
        if (connectionClosed && peerEnded) {
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
    }

    /** Resets both sides. */
    void abort() {
        if (!connectionClosed) {
            connection.abort();
            driver.wake();
        }
        connectionClosed = true;
        ends.reset();
        finish();
    }

    private void finish() {
        if (!finished) {
            finished = true;
            waiting.forEach(ByteBuf::release);
            waiting.clear();
            connection.close();
            driver.wake();
            onFinished.run();
        }
    }
}
