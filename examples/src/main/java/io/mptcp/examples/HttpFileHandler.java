package io.mptcp.examples;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpChunkedInput;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.stream.ChunkedNioFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** Answers requests with the files of a folder, in pieces; a {@code ChunkedWriteHandler} stands before it. */
final class HttpFileHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private static final int CHUNK_BYTES = 64 * 1024;

    private final Path folder;

    HttpFileHandler(Path folder) {
        this.folder = folder.toAbsolutePath().normalize();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) throws IOException {
        Path file = folder.resolve(request.uri().substring(1)).normalize();
        if (!file.startsWith(folder) || !Files.isRegularFile(file)) {
            context.writeAndFlush(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.NOT_FOUND))
                    .addListener(ChannelFutureListener.CLOSE);
            return;
        }
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        HttpUtil.setContentLength(response, Files.size(file));
        context.write(response);
        context.writeAndFlush(new HttpChunkedInput(new ChunkedNioFile(FileChannel.open(file), CHUNK_BYTES)));
    }
}
