package io.mptcp.examples;

import io.mptcp.netty.channel.MptcpServerSocketChannel;
import io.mptcp.netty.channel.MptcpSocketChannel;
import io.mptcp.netty.host.MptcpStack;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.stream.ChunkedWriteHandler;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;

/** Files by HTTPS over MPTCP: {@code SslHandler} and the HTTP/1.1 codec as over any other channel. */
public final class HttpsFiles {
    private static final int MAX_REQUEST_BYTES = 64 * 1024;
    private static final String HOST = "localhost";

    private HttpsFiles() {
    }

    /** Serves the folder given, and downloads the file given from it over two paths, one of which is cut on the way. */
    public static void main(String[] args) throws Exception {
        if (args.length != 3) {
            System.err.println("usage: HttpsFiles FOLDER FILE COPY");
            System.exit(2);
        }
        X509Bundle certificate = selfSigned();
        Path folder = Path.of(args[0]);
        long cutAt = Files.size(folder.resolve(args[1])) / 4;
        try (Loopback loopback = new Loopback(); OutputStream copy = Files.newOutputStream(Path.of(args[2]))) {
            Channel server = serve(loopback.server, folder, certificate);
            long bytes = download(loopback.client, (InetSocketAddress) server.localAddress(), args[1], certificate, copy, received -> {
                if (received > cutAt) {
                    loopback.paths.get(0).setSilent(true);
                }
            }).get();
            System.out.println(bytes + " bytes, the first path was cut on the way");
        }
    }

    static X509Bundle selfSigned() throws Exception {
        return new CertificateBuilder().subject("CN=" + HOST).addSanDnsName(HOST).setIsCertificateAuthority(true).buildSelfSigned();
    }

    /** Serves the files of a folder on a port the stack chooses. */
    static Channel serve(MptcpStack stack, Path folder, X509Bundle certificate) throws Exception {
        SslContext tls = SslContextBuilder.forServer(certificate.getKeyPair().getPrivate(), certificate.getCertificatePath()).build();
        return new ServerBootstrap().group(stack.group()).channelFactory(() -> new MptcpServerSocketChannel(stack))
                .childHandler(new ChannelInitializer<MptcpSocketChannel>() {
                    @Override
                    protected void initChannel(MptcpSocketChannel channel) {
                        channel.pipeline().addLast(tls.newHandler(channel.alloc()), new HttpServerCodec(), new HttpObjectAggregator(MAX_REQUEST_BYTES),
                                new ChunkedWriteHandler(), new HttpFileHandler(folder));
                    }
                }).bind(0).sync().channel();
    }

    /** Downloads a file. @param progress hears, on the loop, how many bytes have come so far @return the number of bytes */
    static CompletableFuture<Long> download(MptcpStack stack, InetSocketAddress server, String file, X509Bundle trusted, OutputStream to,
                                            LongConsumer progress) throws Exception {
        SslContext tls = SslContextBuilder.forClient().trustManager(trusted.getCertificate()).build();
        CompletableFuture<Long> done = new CompletableFuture<>();
        new Bootstrap().group(stack.group()).channelFactory(() -> new MptcpSocketChannel(stack))
                .handler(new ChannelInitializer<MptcpSocketChannel>() {
                    @Override
                    protected void initChannel(MptcpSocketChannel channel) {
                        channel.pipeline().addLast(tls.newHandler(channel.alloc(), HOST, server.getPort()), new HttpClientCodec(),
                                new DownloadHandler(to, progress, done));
                    }
                }).connect("127.0.0.1", server.getPort()).addListener((ChannelFutureListener) connected -> {
                    if (!connected.isSuccess()) {
                        done.completeExceptionally(connected.cause());
                        return;
                    }
                    FullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/" + file);
                    request.headers().set(HttpHeaderNames.HOST, HOST);
                    connected.channel().writeAndFlush(request);
                });
        return done;
    }

    private static final class DownloadHandler extends SimpleChannelInboundHandler<HttpObject> {
        private final OutputStream to;
        private final LongConsumer progress;
        private final CompletableFuture<Long> done;
        private long received;

        DownloadHandler(OutputStream to, LongConsumer progress, CompletableFuture<Long> done) {
            this.to = to;
            this.progress = progress;
            this.done = done;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpObject part) throws IOException {
            if (part instanceof HttpResponse response && !response.status().equals(HttpResponseStatus.OK)) {
                done.completeExceptionally(new IOException("the server says " + response.status()));
            }
            if (part instanceof HttpContent content) {
                int length = content.content().readableBytes();
                content.content().readBytes(to, length);
                received += length;
                progress.accept(received);
            }
            if (part instanceof LastHttpContent) {
                done.complete(received);
                context.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            done.completeExceptionally(new IOException("the connection ended after " + received + " bytes"));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            done.completeExceptionally(cause);
            context.close();
        }
    }
}
