package io.mptcp.examples;

import io.mptcp.netty.channel.MptcpServerSocketChannel;
import io.mptcp.netty.channel.MptcpSocketChannel;
import io.mptcp.netty.channel.SubflowEvent;
import io.mptcp.netty.host.MptcpStack;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;

/** HTTP/2 with prior knowledge over MPTCP: a server that streams as many bytes as the path of a request says, and a client that counts them. */
public final class Http2Streaming {
    private static final int CHUNK_BYTES = 16 * 1024;

    private Http2Streaming() {
    }

    /** A stream over two paths, of which one is taken away and given back. */
    public static void main(String[] args) throws Exception {
        long bytes = args.length > 0 ? Long.parseLong(args[0]) : 64 << 20;
        try (Loopback loopback = new Loopback()) {
            Channel server = serve(loopback.server);
            CompletableFuture<Void> quarter = new CompletableFuture<>();
            CompletableFuture<Void> half = new CompletableFuture<>();
            MptcpSocketChannel connection = connect(loopback.client, (InetSocketAddress) server.localAddress(), Throwable::printStackTrace);
            CompletableFuture<Long> done = request(connection, bytes, received -> {
                if (received >= bytes / 4) {
                    quarter.complete(null);
                }
                if (received >= bytes / 2) {
                    half.complete(null);
                }
            });
            quarter.join();
            loopback.paths.get(0).setUp(false);
            half.join();
            System.out.print("half of it, one path is down: " + SubflowStatistics.of(connection));
            loopback.paths.get(0).setUp(true);
            System.out.println(done.get() + " bytes streamed: " + SubflowStatistics.of(connection));
        }
    }

    /** Listens on a port the stack chooses. */
    static Channel serve(MptcpStack stack) throws InterruptedException {
        return new ServerBootstrap().group(stack.group()).channelFactory(() -> new MptcpServerSocketChannel(stack))
                .childHandler(new ChannelInitializer<MptcpSocketChannel>() {
                    @Override
                    protected void initChannel(MptcpSocketChannel channel) {
                        channel.pipeline().addLast(Http2FrameCodecBuilder.forServer().build(), new Http2MultiplexHandler(new ChannelInitializer<>() {
                            @Override
                            protected void initChannel(Channel stream) {
                                stream.pipeline().addLast(new Responder());
                            }
                        }));
                    }
                }).bind(0).sync().channel();
    }

    /** @param onFailure gets every exception that reaches the application */
    static MptcpSocketChannel connect(MptcpStack stack, InetSocketAddress server, java.util.function.Consumer<Throwable> onFailure)
            throws InterruptedException {
        InetSocketAddress remote = new InetSocketAddress("127.0.0.1", server.getPort());
        return (MptcpSocketChannel) new Bootstrap().group(stack.group()).channelFactory(() -> new MptcpSocketChannel(stack))
                .handler(new ChannelInitializer<MptcpSocketChannel>() {
                    @Override
                    protected void initChannel(MptcpSocketChannel channel) {
                        channel.pipeline().addLast(Http2FrameCodecBuilder.forClient().build(),
                                new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()), new Watcher(onFailure));
                    }
                }).connect(remote).sync().channel();
    }

    /** Asks for a number of bytes. @param progress hears, on the loop, how many have come so far @return how many came in the end */
    static CompletableFuture<Long> request(MptcpSocketChannel connection, long bytes, LongConsumer progress) {
        CompletableFuture<Long> done = new CompletableFuture<>();
        new Http2StreamChannelBootstrap(connection).handler(new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel stream) {
                stream.pipeline().addLast(new Counting(done, progress));
            }
        }).open().addListener(opened -> {
            if (opened.isSuccess()) {
                Http2StreamChannel stream = (Http2StreamChannel) opened.getNow();
                stream.writeAndFlush(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().method("GET").scheme("http").authority("example.org")
                        .path("/" + bytes), true));
            } else {
                done.completeExceptionally(opened.cause());
            }
        });
        return done;
    }

    /** Writes while the stream takes it: HTTP/2's window and the connection's slow it down. */
    private static final class Responder extends ChannelInboundHandlerAdapter {
        private long left;

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (message instanceof Http2HeadersFrame request) {
                left = Long.parseLong(request.headers().path().subSequence(1, request.headers().path().length()).toString());
                context.write(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("200")));
                more(context);
            }
            ReferenceCountUtil.release(message);
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            more(context);
        }

        private void more(ChannelHandlerContext context) {
            while (left > 0 && context.channel().isWritable()) {
                int length = (int) Math.min(CHUNK_BYTES, left);
                ByteBuf chunk = context.alloc().buffer(length).writeZero(length);
                left -= length;
                context.writeAndFlush(new DefaultHttp2DataFrame(chunk, left == 0));
            }
        }
    }

    private static final class Counting extends SimpleChannelInboundHandler<Http2StreamFrame> {
        private final CompletableFuture<Long> done;
        private final LongConsumer progress;
        private long received;

        Counting(CompletableFuture<Long> done, LongConsumer progress) {
            this.done = done;
            this.progress = progress;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, Http2StreamFrame frame) {
            if (frame instanceof Http2DataFrame data) {
                received += data.content().readableBytes();
                progress.accept(received);
                if (data.isEndStream()) {
                    done.complete(received);
                }
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            done.completeExceptionally(new IllegalStateException("the stream ended after " + received + " bytes"));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            done.completeExceptionally(cause);
        }
    }

    /** The end of the client's pipeline: subflows coming and going are news, exceptions are failures. */
    private static final class Watcher extends ChannelInboundHandlerAdapter {
        private final java.util.function.Consumer<Throwable> onFailure;

        Watcher(java.util.function.Consumer<Throwable> onFailure) {
            this.onFailure = onFailure;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof SubflowEvent subflow) {
                System.out.println("subflow over " + subflow.subflow().local() + ": " + subflow.type());
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            onFailure.accept(cause);
        }
    }
}
