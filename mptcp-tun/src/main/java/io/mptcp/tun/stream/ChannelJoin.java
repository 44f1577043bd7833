package io.mptcp.tun.stream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;

/**
 * Joins two channels on one event loop: what comes in by one goes out by the other. Neither side is read from faster than the other takes it; the end of a
 * stream is passed on as such, and what ends in any other way takes the other side with it.
 */
public final class ChannelJoin {
    /** Hears of the bytes that go one way, and may hold them up. On the loop. */
    @FunctionalInterface
    public interface Meter {
        /** Nothing is held up. */
        Meter NONE = _ -> 0;

        /** @return nanoseconds for which nothing more is to be read, 0 for none */
        long passed(int bytes);
    }

    private final Side a;
    private final Side b;
    private final Runnable onFinished;
    private boolean finished;

    /** @param onFinished called once, when it is over */
    public ChannelJoin(SocketChannel a, SocketChannel b, Runnable onFinished) {
        this(a, b, Meter.NONE, Meter.NONE, onFinished);
    }

    /**
     * As above.
     *
     * @param forward  of what the first channel sends to the second
     * @param backward of the other way
     */
    public ChannelJoin(SocketChannel a, SocketChannel b, Meter forward, Meter backward, Runnable onFinished) {
        this.a = new Side(a, forward);
        this.b = new Side(b, backward);
        this.a.other = this.b;
        this.b.other = this.a;
        this.onFinished = onFinished;
    }

    /** To be put last into the pipeline of the first channel; {@link #begin} when both handlers are in. */
    public ChannelHandler first() {
        return a;
    }

    public ChannelHandler second() {
        return b;
    }

    /** Begins to read, from both. */
    public void begin() {
        beginFirst();
        beginSecond();
    }

    /** From one alone: the other waits. */
    public void beginFirst() {
        a.readOn();
    }

    public void beginSecond() {
        b.readOn();
    }

    /** Bytes that the first channel has sent to the second, and the other way. */
    public long forwardBytes() {
        return a.bytes;
    }

    public long backwardBytes() {
        return b.bytes;
    }

    /** Resets both. */
    public void abort() {
        a.ends.reset();
        b.ends.reset();
        finish();
    }

    private void finish() {
        if (!finished) {
            finished = true;
            onFinished.run();
        }
    }

    private final class Side extends ChannelInboundHandlerAdapter {
        private final SocketChannel channel;
        private final StreamEnds ends;
        private final Meter meter;
        private Side other;
        /** The meter holds up what comes in here. */
        private boolean waiting;
        private boolean ended;
        private long bytes;

        Side(SocketChannel channel, Meter meter) {
            this.channel = channel;
            this.meter = meter;
            this.ends = new StreamEnds(channel);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (finished || ended || !(message instanceof ByteBuf data)) {
                ReferenceCountUtil.release(message);
                return;
            }
            bytes += data.readableBytes();
            waitFor(meter.passed(data.readableBytes()));
            other.channel.write(data);
            if (!other.channel.isWritable()) {
                other.channel.flush();
                channel.config().setAutoRead(other.channel.isWritable() && !waiting);
            }
        }

        private void waitFor(long nanos) {
            if (nanos > 0 && !waiting) {
                waiting = true;
                channel.config().setAutoRead(false);
                channel.eventLoop().schedule(() -> {
                    waiting = false;
                    readOn();
                }, nanos, TimeUnit.NANOSECONDS);
            }
        }

        /**
         * A channel that has ended has been read to its end, whatever it was told: before there was a join, too. Netty's epoll has nothing left to watch of it
         * then, and closes it when asked to.
         */
        private void readOn() {
            if (!ended && !finished && !waiting && other.channel.isWritable()) {
                channel.config().setAutoRead(true);
            }
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            other.channel.flush();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            if (channel.isWritable()) {
                other.readOn();
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            switch (ends.hear(event)) {
                case END -> {
                    ended = true;
                    other.ends.end();
                    closeIfDone();
                }
                case CUT_OFF -> abort();
                default -> {
                    // Handshakes and such.
                }
            }
        }

        /** Both when both have taken all: whoever hears of the end of one may close the other. */
        private void closeIfDone() {
            if (ended && other.ended) {
                finish();
                channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(_ -> other.channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(_ -> {
                    channel.close();
                    other.channel.close();
                }));
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (!finished) {
                abort();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            abort();
        }
    }
}
