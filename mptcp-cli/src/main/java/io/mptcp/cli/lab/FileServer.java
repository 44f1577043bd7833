package io.mptcp.cli.lab;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpChunkedInput;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.stream.ChunkedInput;
import io.netty.handler.stream.ChunkedWriteHandler;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * A small HTTP/1.1 server on an already listening socket, whatever its protocol is: a kernel MPTCP socket looks like a TCP one from here.
 *
 * <p>{@code GET /file?bytes=N} answers with the first N bytes of {@link PseudoRandomFile}, {@code GET /sha256?bytes=N} with their SHA-256 in
 * hexadecimal.
 */
public final class FileServer implements AutoCloseable {
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final Channel listener;

    /** @param listeningFd bound and listening; it belongs to the server from now on */
    public FileServer(int listeningFd) {
        listener = new EpollServerSocketChannel(listeningFd);
        listener.pipeline().addLast(new Acceptor());
        loops.register(listener).syncUninterruptibly();
    }

    @Override
    public void close() {
        listener.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        loops.shutdownGracefully(0, 500, TimeUnit.MILLISECONDS).awaitUninterruptibly(1, TimeUnit.SECONDS);
    }

    /** Does what a bootstrap does, for a listener that was opened elsewhere. */
    private final class Acceptor extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object accepted) {
            Channel channel = (Channel) accepted;
            channel.pipeline().addLast(new ChannelInitializer<>() {
                @Override
                protected void initChannel(Channel created) {
                    created.pipeline().addLast(new HttpServerCodec(), new ChunkedWriteHandler(), new RequestHandler());
                }
            });
            loops.register(channel);
        }
    }

    private static final class RequestHandler extends SimpleChannelInboundHandler<HttpObject> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
            if (message instanceof HttpRequest request) {
                answer(context, request);
            }
        }

        private static void answer(ChannelHandlerContext context, HttpRequest request) {
            FileRequest file = FileRequest.of(request.uri());
            if (file.isForFile()) {
                sendFile(context, request, file.bytes());
            } else {
                sendText(context, request, HttpResponseStatus.valueOf(file.status()), file.text());
            }
        }

        private static void sendFile(ChannelHandlerContext context, HttpRequest request, long bytes) {
            HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/octet-stream").set(HttpHeaderNames.CONTENT_LENGTH, bytes);
            context.write(response);
            var sent = context.writeAndFlush(new HttpChunkedInput(new FileContent(bytes)));
            if (!HttpUtil.isKeepAlive(request)) {
                sent.addListener(ChannelFutureListener.CLOSE);
            }
        }

        private static void sendText(ChannelHandlerContext context, HttpRequest request, HttpResponseStatus status, String text) {
            ByteBuf body = Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.US_ASCII));
            FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
            response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
            var sent = context.writeAndFlush(response);
            if (!HttpUtil.isKeepAlive(request)) {
                sent.addListener(ChannelFutureListener.CLOSE);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // A client that goes away in the middle of a file is nothing to report.
            context.close();
        }
    }

    /** The file in chunks, made as the socket takes them. */
    private static final class FileContent implements ChunkedInput<ByteBuf> {
        private static final int CHUNK_BYTES = 64 << 10;

        private final long lengthBytes;
        private long position;

        FileContent(long lengthBytes) {
            this.lengthBytes = lengthBytes;
        }

        @Override
        public boolean isEndOfInput() {
            return position >= lengthBytes;
        }

        @Override
        public ByteBuf readChunk(ByteBufAllocator allocator) {
            if (isEndOfInput()) {
                return null;
            }
            int bytes = (int) Math.min(CHUNK_BYTES, lengthBytes - position);
            ByteBuf chunk = allocator.directBuffer(bytes, bytes);
            PseudoRandomFile.fill(chunk.nioBuffer(0, bytes), position);
            chunk.writerIndex(bytes);
            position += bytes;
            return chunk;
        }

        @Override
        @Deprecated
        public ByteBuf readChunk(ChannelHandlerContext context) {
            return readChunk(context.alloc());
        }

        @Override
        public long length() {
            return lengthBytes;
        }

        @Override
        public long progress() {
            return position;
        }

        @Override
        public void close() {
            // Nothing is held between chunks.
        }
    }
}
