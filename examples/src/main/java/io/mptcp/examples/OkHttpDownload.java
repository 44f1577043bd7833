package io.mptcp.examples;

import io.mptcp.netty.channel.MptcpTransport;
import io.mptcp.netty.socket.MptcpSocketFactory;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.stream.ChunkedWriteHandler;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/** A download with OkHttp over MPTCP: its builder gets a socket factory. */
public final class OkHttpDownload {
    private static final int MAX_REQUEST_BYTES = 64 * 1024;

    private OkHttpDownload() {
    }

    /** {@code URL FILE CONFIGURATION}, the last as {@link MptcpSocketFactory#MptcpSocketFactory(String)} takes it. */
    public static void main(String[] args) throws IOException {
        if (args.length != 3) {
            System.err.println("usage: OkHttpDownload URL FILE kernel|'PATH...'");
            System.exit(2);
        }
        System.out.println(download(args[0], Path.of(args[1]), new MptcpSocketFactory(args[2])) + " bytes downloaded");
    }

    /** @return how many bytes there were */
    static long download(String url, Path to, MptcpSocketFactory sockets) throws IOException {
        OkHttpClient client = new OkHttpClient.Builder().socketFactory(sockets).build();
        try (Response response = client.newCall(new Request.Builder().url(url).build()).execute(); InputStream body = response.body().byteStream()) {
            if (!response.isSuccessful()) {
                throw new IOException(url + ": " + response.code());
            }
            return Files.copy(body, to, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            client.connectionPool().evictAll();
            client.dispatcher().executorService().shutdown();
        }
    }

    /** The other side: serves the files of a folder. */
    static Channel serve(MptcpTransport transport, Path folder, SocketAddress address) throws InterruptedException {
        return transport.serverBootstrap().childHandler(new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                channel.pipeline().addLast(new HttpServerCodec(), new HttpObjectAggregator(MAX_REQUEST_BYTES), new ChunkedWriteHandler(),
                        new HttpFileHandler(folder));
            }
        }).bind(address).sync().channel();
    }
}
