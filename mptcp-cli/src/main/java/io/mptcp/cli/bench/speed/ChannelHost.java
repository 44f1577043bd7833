package io.mptcp.cli.bench.speed;

import io.mptcp.cli.lab.LabException;
import io.mptcp.netty.channel.MptcpSocketChannel;
import io.mptcp.netty.host.MptcpStack;
import io.mptcp.wire.IpEndpoint;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.util.ReferenceCountUtil;

/** Applications with a Netty channel each, as programs of Netty's users are: buffers of Netty's default allocator, handlers on the event loop. */
final class ChannelHost extends BulkOnlyHost {
    private static final int CONNECT_TIMEOUT_MILLIS = 10_000;

    private final MptcpStack stack;

    ChannelHost(MptcpStack stack) {
        this.stack = stack;
    }

    @Override
    public Bulk bulk(IpEndpoint server, Service service) {
        ChannelFuture connecting = new Bootstrap().group(stack.group()).channelFactory(() -> new MptcpSocketChannel(stack))
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS).option(ChannelOption.SO_LINGER, 0)
                .handler(service == Service.SINK ? new Source() : new Sink()).connect(server.address().toString(), server.port());
        if (!connecting.awaitUninterruptibly().isSuccess()) {
            throw new LabException("the channel cannot connect: " + connecting.cause().getMessage(), connecting.cause());
        }
        return () -> connecting.channel().close().awaitUninterruptibly();
    }

    private static void writeLetter(ChannelHandlerContext context, Service service) {
        context.writeAndFlush(context.alloc().buffer().writeByte(service.letter()));
    }

    /** Writes while the channel takes it. */
    private static final class Source extends ChannelInboundHandlerAdapter {
        private static final int BLOCKS_A_TURN = 32;
        private boolean due;

        @Override
        public void channelActive(ChannelHandlerContext context) {
            writeLetter(context, Service.SINK);
            write(context);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            if (!due) {
                write(context);
            }
        }

        private void write(ChannelHandlerContext context) {
            due = true; // A write may fill the channel and empty it again.
            for (int i = 0; i < BLOCKS_A_TURN && context.channel().isWritable(); i++) {
                ByteBuf block = context.alloc().directBuffer(Service.BLOCK_BYTES).writerIndex(Service.BLOCK_BYTES);
                context.writeAndFlush(block, context.voidPromise());
            }
            due = context.channel().isWritable() && context.channel().isActive();
            if (due) {
                context.executor().execute(() -> write(context)); // links have their turn
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    /** Counts and releases. */
    private final class Sink extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext context) {
            writeLetter(context, Service.SOURCE);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            received.add(((ByteBuf) message).readableBytes());
            ReferenceCountUtil.release(message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
