package io.mptcp.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.channel.MptcpSocketChannel;
import io.mptcp.netty.channel.MptcpTransport;
import io.mptcp.stack.SubflowInfo;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketClientProtocolHandler;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.pkitesting.X509Bundle;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every example runs, as its user would run it, and does what it says. */
@Timeout(60)
class ExamplesTest {
    @TempDir
    private Path directory;

    /** One path goes, twice: each time the stream goes on over the other, and the application never hears of it. */
    @Test
    void anHttp2StreamGoesFromTwoPathsToOneAndBackWithoutAnError() throws Exception {
        long bytes = 48L << 20;
        Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
        try (Loopback loopback = new Loopback()) {
            Channel server = Http2Streaming.serve(loopback.server);
            MptcpSocketChannel connection = Http2Streaming.connect(loopback.client, (InetSocketAddress) server.localAddress(), failures::add);
            CompletableFuture<Void> down = new CompletableFuture<>();
            CompletableFuture<Void> up = new CompletableFuture<>();
            CompletableFuture<Void> otherDown = new CompletableFuture<>();
            CompletableFuture<Long> done = Http2Streaming.request(connection, bytes, received -> {
                if (received > bytes / 4 && down.complete(null)) {
                    loopback.paths.get(0).setUp(false);
                } else if (received > bytes / 2 && up.complete(null)) {
                    loopback.paths.get(0).setUp(true);
                } else if (received > bytes / 4 * 3 && otherDown.complete(null)) {
                    loopback.paths.get(1).setSilent(true);
                }
            });
            assertEquals(bytes, done.get(50, TimeUnit.SECONDS));
            assertTrue(otherDown.isDone());
            List<SubflowInfo> subflows = connection.subflows().sync().getNow();
            assertTrue(subflows.size() >= 3, "the first path has had a second subflow: " + subflows);
            assertTrue(connection.isActive());
            assertEquals(List.of(), List.copyOf(failures));
            String statistics = SubflowStatistics.of(connection);
            assertTrue(statistics.contains("subflows_total") && statistics.contains("ESTABLISHED"), statistics);
        }
    }

    @Test
    void aFileComesByHttpsOverTwoPathsOneOfWhichIsCut() throws Exception {
        byte[] content = new byte[8 << 20];
        new Random(1).nextBytes(content);
        Files.write(directory.resolve("a.bin"), content);
        X509Bundle certificate = HttpsFiles.selfSigned();
        Path copy = directory.resolve("copy");
        try (Loopback loopback = new Loopback(); OutputStream to = Files.newOutputStream(copy)) {
            Channel server = HttpsFiles.serve(loopback.server, directory, certificate);
            long received = HttpsFiles.download(loopback.client, (InetSocketAddress) server.localAddress(), "a.bin", certificate, to, bytes -> {
                if (bytes > content.length / 4) {
                    loopback.paths.get(0).setSilent(true);
                }
            }).get(50, TimeUnit.SECONDS);
            assertEquals(content.length, received);
        }
        assertEquals(-1, Files.mismatch(directory.resolve("a.bin"), copy));
    }

    @Test
    void theStatisticsSayWhatEachSubflowHasReceived() throws Exception {
        try (Loopback loopback = new Loopback()) {
            String[] lines = SubflowStatistics.download(loopback, 8 << 20).lines().toArray(String[]::new);
            assertEquals(3, lines.length, () -> String.join("\n", lines));
            assertTrue(lines[0].contains("subflows_total 2"), lines[0]);
            long received = 0;
            for (String line : List.of(lines[1], lines[2])) {
                assertTrue(line.contains("ESTABLISHED"), line);
                received += Long.parseLong(line.replaceAll(".*received (\\d+),.*", "$1"));
            }
            assertTrue(received >= 8 << 20, "all of it came over one of the two: " + received);
        }
    }

    /** No example of its own: a codec that begins as one protocol and goes on as another needs no more of a channel than the others do. */
    @Test
    void aWebSocketIsOpenedAndClosedAsOverAnyChannel() throws Exception {
        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        CompletableFuture<Void> open = new CompletableFuture<>();
        try (Loopback loopback = new Loopback()) {
            Channel server = MptcpTransport.over(loopback.server).serverBootstrap().childHandler(new ChannelInitializer<>() {
                @Override
                protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new HttpServerCodec(), new HttpObjectAggregator(1 << 20), new WebSocketServerProtocolHandler("/"),
                            new SimpleChannelInboundHandler<TextWebSocketFrame>() {
                                @Override
                                protected void channelRead0(ChannelHandlerContext context, TextWebSocketFrame frame) {
                                    context.writeAndFlush(frame.retain());
                                }
                            });
                }
            }).bind("127.0.0.1", 0).sync().channel();
            URI uri = URI.create("ws://127.0.0.1:" + ((InetSocketAddress) server.localAddress()).getPort() + "/");
            WebSocketClientProtocolConfig config = WebSocketClientProtocolConfig.newBuilder().webSocketUri(uri).build();
            Channel client = MptcpTransport.over(loopback.client).bootstrap().handler(new ChannelInitializer<>() {
                @Override
                protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new HttpClientCodec(), new HttpObjectAggregator(1 << 20), new WebSocketClientProtocolHandler(config),
                            new SimpleChannelInboundHandler<TextWebSocketFrame>() {
                                @Override
                                public void userEventTriggered(ChannelHandlerContext context, Object event) {
                                    if (event == WebSocketClientProtocolHandler.ClientHandshakeStateEvent.HANDSHAKE_COMPLETE) {
                                        open.complete(null);
                                    }
                                }

                                @Override
                                protected void channelRead0(ChannelHandlerContext context, TextWebSocketFrame frame) {
                                    received.add(frame.text());
                                }
                            });
                }
            }).connect(server.localAddress()).sync().channel();
            open.get(20, TimeUnit.SECONDS);
            client.writeAndFlush(new TextWebSocketFrame("hello")).sync();
            assertEquals("hello", received.poll(20, TimeUnit.SECONDS));
            client.writeAndFlush(new CloseWebSocketFrame(WebSocketCloseStatus.NORMAL_CLOSURE)).sync();
            assertTrue(client.closeFuture().await(20, TimeUnit.SECONDS));
        }
    }

    @Test
    void whatOneSaysInTheChatAllHear() throws Exception {
        BlockingQueue<String> anna = new LinkedBlockingQueue<>();
        BlockingQueue<String> bert = new LinkedBlockingQueue<>();
        try (Loopback loopback = new Loopback()) {
            int port = ((InetSocketAddress) UdpChat.serve(loopback.server, 0).localAddress()).getPort();
            Channel first = UdpChat.join(loopback.client, "127.0.0.1", port, anna::add);
            Channel second = UdpChat.join(loopback.client, "127.0.0.1", port, bert::add);
            first.writeAndFlush("anna: is anybody there?\n").sync();
            assertEquals("anna: is anybody there?", anna.take());
            second.writeAndFlush("bert: yes\n").sync();
            assertEquals("bert: yes", anna.take());
            while (!bert.take().equals("bert: yes")) {
                Thread.onSpinWait(); // what anna said comes before, if bert was in by then
            }
        }
    }
}
