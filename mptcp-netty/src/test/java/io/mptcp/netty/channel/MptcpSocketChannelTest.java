package io.mptcp.netty.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.host.MptcpStack;
import io.mptcp.stack.Counter;
import io.mptcp.stack.MptcpInfo;
import io.mptcp.stack.Stack;
import io.mptcp.stack.SubflowInfo;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.wire.IpAddress;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.util.concurrent.Future;
import java.net.BindException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What Netty's own tests do not look at: paths, subflows and options of MPTCP. Over UDP on the loopback interface. */
@Timeout(60)
class MptcpSocketChannelTest {
    private MptcpStack server;
    private MptcpStack client;
    private final BlockingQueue<SubflowEvent> events = new LinkedBlockingQueue<>();
    private final CompletableFuture<MptcpSocketChannel> accepted = new CompletableFuture<>();
    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();

    @BeforeEach
    void open() throws Exception {
        server = MptcpStack.builder().udpPath("lo", IpAddress.parse("127.0.0.1")).build();
        client = MptcpStack.builder().udpPath("lo", IpAddress.parse("127.0.0.2")).udpPath("lo", IpAddress.parse("127.0.0.3")).build();
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    @Test
    void subflowsComeAndGoAndTheApplicationHearsOfIt() throws Exception {
        Channel listening = echoServer().bind("127.0.0.1", 0).sync().channel();
        MptcpSocketChannel channel = connect(listening);
        channel.writeAndFlush(text("hello")).sync();
        assertEquals("hello", received.take());

        SubflowEvent first = events.take();
        SubflowEvent second = events.take();
        assertEquals(SubflowEvent.Type.ESTABLISHED, first.type());
        assertTrue(first.subflow().initial());
        assertEquals(SubflowEvent.Type.ESTABLISHED, second.type());
        assertEquals(1, second.subflow().linkId());

        MptcpInfo info = channel.mptcpInfo().sync().getNow();
        assertEquals(1, info.subflows());
        assertEquals(2, info.subflowsTotal());
        assertEquals(5, info.bytesSent());
        assertEquals(0, info.flags() & MptcpInfo.FLAG_FALLBACK);

        channel.control().setBackup(second.subflow().id(), true).sync();
        assertTrue(channel.subflows().sync().getNow().getLast().backup());

        channel.control().close(second.subflow().id()).sync();
        assertEquals(SubflowEvent.Type.CLOSED, events.take().type());
        channel.writeAndFlush(text("still")).sync();
        assertEquals("still", received.take());
        channel.close().sync();
    }

    @Test
    void aSubflowIsOpenedByHandWhereThePathManagerIsPassive() throws Exception {
        Channel listening = echoServer().bind("127.0.0.1", 0).sync().channel();
        connect(listening).writeAndFlush(text("x")).sync();
        received.take();
        MptcpSocketChannel other = accepted.get();
        Throwable failure = other.control().open(7, false).await().cause();
        assertEquals("there is no path 7: lo", assertInstanceOf(IllegalStateException.class, failure).getMessage());
    }

    @Test
    void optionsReachTheConnectionAndWhatComesTooLateIsRefused() throws Exception {
        Channel listening = echoServer().option(MptcpChannelOption.CONGESTION_CONTROL, "newreno").childOption(ChannelOption.TCP_NODELAY, false)
                .childOption(ChannelOption.SO_RCVBUF, 100_000).bind("127.0.0.1", 0).sync().channel();
        MptcpSocketChannel channel = connect(listening);
        MptcpSocketChannel child = accepted.get();
        child.eventLoop().submit(() -> {
            assertFalse(child.connection().socketOptions().noDelay());
            assertEquals(100_000, child.connection().socketOptions().receiveBufferBytes());
        }).sync();
        channel.config().setOption(MptcpChannelOption.SCHEDULER, "redundant");
        channel.config().setTrafficClass(0x20);
        channel.config().setKeepAlive(true).setSendBufferSize(200_000);
        channel.config().setOption(MptcpChannelOption.TCP_CORK, true);
        channel.config().setOption(MptcpChannelOption.TCP_CORK, false);
        channel.config().setOption(MptcpChannelOption.TCP_KEEPIDLE, 60);
        channel.config().setOption(MptcpChannelOption.TCP_KEEPINTVL, 7);
        channel.config().setOption(MptcpChannelOption.TCP_KEEPCNT, 3);
        channel.config().setOption(MptcpChannelOption.TCP_USER_TIMEOUT, 90_000);
        channel.config().setOption(MptcpChannelOption.TCP_NOTSENT_LOWAT, 50_000);
        channel.eventLoop().submit(() -> {
            SocketOptions expected = SocketOptions.NO_DELAY.toBuilder().trafficClass(0x20).keepAlive(true).sendBufferBytes(200_000).keepAliveIdleSeconds(60)
                    .keepAliveIntervalSeconds(7).keepAliveProbes(3).userTimeoutMillis(90_000).notSentLowatBytes(50_000).build();
            assertEquals(expected, channel.connection().socketOptions());
            assertEquals("Redundant", channel.connection().scheduler().getClass().getSimpleName());
        }).sync();
        assertThrows(IllegalArgumentException.class, () -> channel.config().setOption(MptcpChannelOption.SCHEDULER, "fastest"));
        assertThrows(IllegalStateException.class, () -> channel.config().setOption(MptcpChannelOption.CONGESTION_CONTROL, "cubic"));
        channel.writeAndFlush(text("both ways")).sync();
        assertEquals("both ways", received.take());
    }

    /** As far as Netty's buffers, the peer's window and its own go, and no further: the writer's promise waits for the reader. */
    @Test
    void whatIsNotReadHoldsTheWriterBack() throws Exception {
        int bufferBytes = 64 << 10;
        int bytes = 4 << 20;
        CompletableFuture<Integer> all = new CompletableFuture<>();
        Channel listening = server(new SimpleChannelInboundHandler<ByteBuf>() {
            private int read;

            @Override
            protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
                read += message.readableBytes();
                if (read == bytes) {
                    all.complete(read);
                }
            }
        }).option(ChannelOption.SO_RCVBUF, bufferBytes).childOption(ChannelOption.AUTO_READ, false).bind("127.0.0.1", 0).sync().channel();
        MptcpSocketChannel channel = (MptcpSocketChannel) bootstrap().option(ChannelOption.SO_SNDBUF, bufferBytes).connect(listening.localAddress()).sync().channel();
        Future<?> written = channel.writeAndFlush(Unpooled.buffer(bytes).writeZero(bytes));
        Stack engine = client.on(channel.eventLoop()).driver().stack();
        while (channel.eventLoop().submit(() -> engine.counters().get(Counter.WinProbe)).sync().getNow() == 0) {
            assertFalse(channel.isWritable()); // until the window has been closed for so long that the sender asks
        }
        assertFalse(written.isDone());
        long sent = channel.mptcpInfo().sync().getNow().bytesSent();
        assertTrue(sent > 0 && sent <= 2 * bufferBytes, sent + " bytes sent to who reads nothing");
        accepted.get().config().setAutoRead(true);
        assertEquals(bytes, all.get(20, TimeUnit.SECONDS));
        written.sync();
        assertTrue(channel.isWritable());
    }

    @Test
    void whoGetsNoAnswerIsToldAfterTheConnectTimeout() throws Exception {
        try (DatagramSocket silent = new DatagramSocket(0, InetAddress.getByName("127.0.0.1"))) {
            Throwable failure = bootstrap().option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 200).connect(silent.getLocalSocketAddress()).await().cause();
            assertInstanceOf(ConnectTimeoutException.class, failure);
        }
    }

    @Test
    void theProgramDecidesAboutSubflowsAndChecksumsOfOneConnection() throws Exception {
        Channel listening = echoServer().bind("127.0.0.1", 0).sync().channel();
        MptcpSocketChannel channel = (MptcpSocketChannel) bootstrap().option(MptcpChannelOption.PATH_MANAGER, "userspace")
                .option(MptcpChannelOption.CHECKSUM, true).connect(listening.localAddress()).sync().channel();
        channel.writeAndFlush(text("one path")).sync();
        assertEquals("one path", received.take());
        assertTrue(events.take().subflow().initial());
        assertTrue(accepted.get().mptcpInfo().sync().getNow().csumEnabled());
        channel.control().open(1, false).sync();
        assertEquals(1, events.take().subflow().linkId());
        channel.writeAndFlush(text("two paths")).sync();
        assertEquals("two paths", received.take());
        MptcpInfo info = channel.mptcpInfo().sync().getNow();
        assertTrue(info.csumEnabled());
        assertEquals(2, info.subflowsTotal());
        assertThrows(IllegalStateException.class, () -> channel.config().setOption(MptcpChannelOption.PATH_MANAGER, "kernel"));
        assertThrows(IllegalArgumentException.class, () -> new MptcpSocketChannel(client).config().setOption(MptcpChannelOption.PATH_MANAGER, "nobody"));

        MptcpSocketChannel other = connect(listening);
        other.writeAndFlush(text("as the stack does")).sync();
        assertEquals("as the stack does", received.take());
        assertFalse(other.mptcpInfo().sync().getNow().csumEnabled());
        events.take();
        assertEquals(1, events.take().subflow().linkId(), "the path manager joins");
    }

    /** Both paths are of one device here: it is all of them, or none. */
    @Test
    void aConnectionMayBeBoundToPathsByName() throws Exception {
        Channel listening = echoServer().bind("127.0.0.1", 0).sync().channel();
        Throwable failure = bootstrap().option(MptcpChannelOption.PATHS, List.of("eth99")).connect(listening.localAddress()).await().cause();
        assertInstanceOf(SocketException.class, failure);
        MptcpSocketChannel channel = (MptcpSocketChannel) bootstrap().option(MptcpChannelOption.PATHS, List.of("lo")).connect(listening.localAddress()).sync().channel();
        channel.writeAndFlush(text("both")).sync();
        assertEquals("both", received.take());
        assertTrue(events.take().subflow().initial());
        assertEquals(1, events.take().subflow().linkId());
        assertThrows(IllegalStateException.class, () -> channel.config().setOption(MptcpChannelOption.PATHS, List.of("lo")));
    }

    @Test
    void aListenerAsksForChecksumsOnTheConnectionsItAccepts() throws Exception {
        Channel listening = echoServer().option(MptcpChannelOption.CHECKSUM, true).bind("127.0.0.1", 0).sync().channel();
        MptcpSocketChannel channel = connect(listening);
        channel.writeAndFlush(text("verified")).sync();
        assertEquals("verified", received.take());
        assertTrue(channel.mptcpInfo().sync().getNow().csumEnabled());
        assertFalse(channel.eventLoop().submit(channel::isFallback).sync().getNow());
    }

    @Test
    void plainTcpIsAnOption() throws Exception {
        Channel listening = echoServer().bind("127.0.0.1", 0).sync().channel();
        MptcpSocketChannel channel = (MptcpSocketChannel) bootstrap().option(MptcpChannelOption.MPTCP, false).connect(listening.localAddress()).sync().channel();
        channel.writeAndFlush(text("plain")).sync();
        assertEquals("plain", received.take());
        assertTrue(channel.eventLoop().submit(channel::isFallback).sync().getNow());
        List<SubflowInfo> subflows = channel.subflows().sync().getNow();
        assertEquals(1, subflows.size());
    }

    @ParameterizedTest
    @MethodSource("io.mptcp.netty.Loops#kinds")
    void overLoopsOfTheProgramEveryConnectionStaysOnTheOneItCameInBy(IoHandlerFactory kind) throws Exception {
        MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, kind);
        server.close();
        server = MptcpStack.builder().udpPath("lo", IpAddress.parse("127.0.0.1")).group(loops).build();
        try {
            Channel listening = echoServer().bind("127.0.0.1", 0).sync().channel();
            for (int i = 0; i < 16; i++) {
                connect(listening).writeAndFlush(text("hello " + i)).sync();
                assertEquals("hello " + i, received.poll(20, TimeUnit.SECONDS));
            }
        } finally {
            server.close();
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
        }
    }

    /** As with Netty's own channels; the flush before the connection is there keeps what is written, too. */
    @Test
    void whatIsWrittenBeforeConnectingGoesWithTheSyn() throws Exception {
        Channel listening = echoServer().option(ChannelOption.TCP_FASTOPEN, 8).option(MptcpChannelOption.TCP_FASTOPEN_NO_COOKIE, true)
                .bind("127.0.0.1", 0).sync().channel();
        MptcpSocketChannel channel = connectWith(listening, "early ", "and soon");
        assertEquals("early and soon", receive("early and soon".length()));
        channel.eventLoop().submit(() -> {
            assertEquals("early ".length(), channel.connection().fastOpenBytes());
            assertTrue(channel.connection().isSynDataTaken());
            assertFalse(channel.connection().isSynDataIgnored());
        }).sync();
        assertTrue(accepted.get().eventLoop().submit(accepted.get().connection()::isOpenedFast).sync().getNow());
        channel.writeAndFlush(text(" and later")).sync();
        assertEquals(" and later", receive(" and later".length()));
    }

    @Test
    void whatAServerDoesNotTakeWithTheSynComesAfterIt() throws Exception {
        MptcpSocketChannel channel = connectWith(echoServer().bind("127.0.0.1", 0).sync().channel(), "early ", "and soon");
        assertEquals("early and soon", receive("early and soon".length()));
        assertTrue(channel.eventLoop().submit(channel.connection()::isSynDataIgnored).sync().getNow());
    }

    private MptcpSocketChannel connectWith(Channel listening, String early, String soon) throws InterruptedException {
        MptcpSocketChannel channel = (MptcpSocketChannel) bootstrap().option(ChannelOption.TCP_FASTOPEN_CONNECT, true)
                .option(MptcpChannelOption.TCP_FASTOPEN_NO_COOKIE, true).register().sync().channel();
        Future<?> written = channel.write(text(early));
        Future<?> connected = channel.connect(listening.localAddress());
        channel.writeAndFlush(text(soon));
        connected.sync();
        written.sync();
        return channel;
    }

    private String receive(int bytes) throws InterruptedException {
        StringBuilder all = new StringBuilder();
        while (all.length() < bytes) {
            all.append(received.take());
        }
        return all.toString();
    }

    @Test
    void aPortThatIsTakenIsNamed() throws Exception {
        Channel listening = echoServer().bind("127.0.0.1", 0).sync().channel();
        Throwable failure = echoServer().bind(listening.localAddress()).await().cause();
        int port = ((InetSocketAddress) listening.localAddress()).getPort();
        assertEquals("cannot listen on 127.0.0.1:" + port + ": port " + port + " has a listener already",
                assertInstanceOf(BindException.class, failure).getMessage());
    }

    @Test
    void whatIsOpenWhenTheStackIsClosedIsClosedWithIt() throws Exception {
        Channel listening = echoServer().bind("127.0.0.1", 0).sync().channel();
        MptcpSocketChannel channel = connect(listening);
        client.close();
        assertTrue(channel.closeFuture().isDone());
        accepted.get().closeFuture().sync();
        server.close();
        assertTrue(listening.closeFuture().await(5, TimeUnit.SECONDS));
    }

    private MptcpSocketChannel connect(Channel listening) throws InterruptedException {
        return (MptcpSocketChannel) bootstrap().connect(listening.localAddress()).sync().channel();
    }

    private Bootstrap bootstrap() {
        return new Bootstrap().group(client.group()).channelFactory(() -> new MptcpSocketChannel(client)).handler(new Client());
    }

    private ServerBootstrap echoServer() {
        return server(new Echo());
    }

    private ServerBootstrap server(ChannelHandler handler) {
        return new ServerBootstrap().group(server.group()).channelFactory(() -> new MptcpServerSocketChannel(server))
                .childHandler(new ChannelInitializer<MptcpSocketChannel>() {
                    @Override
                    protected void initChannel(MptcpSocketChannel child) {
                        accepted.complete(child);
                        child.pipeline().addLast(handler);
                    }
                });
    }

    private static ByteBuf text(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    @ChannelHandler.Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message);
        }
    }

    private final class Client extends SimpleChannelInboundHandler<ByteBuf> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
            received.add(message.toString(StandardCharsets.US_ASCII));
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            if (event instanceof SubflowEvent subflow) {
                events.add(subflow);
            }
        }
    }
}
