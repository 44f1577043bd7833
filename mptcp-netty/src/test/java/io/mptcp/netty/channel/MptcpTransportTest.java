package io.mptcp.netty.channel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.stack.MptcpInfo;
import io.mptcp.wire.IpAddress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.NetUtil;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The same program over channels of a stack and over the kernel's Multipath TCP. */
@Timeout(60)
class MptcpTransportTest {
    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(NetUtil.LOCALHOST4, 0);

    private EventLoopGroup group;

    @BeforeEach
    void open() {
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    }

    @AfterEach
    void close() {
        group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
    }

    @Test
    void automaticIsTheStackWhereThereIsOne() throws Exception {
        try (MptcpStack server = MptcpStack.builder().udpPath("lo", IpAddress.parse("127.0.0.1")).build();
                MptcpStack client = MptcpStack.builder().udpPath("lo", IpAddress.parse("127.0.0.2")).build()) {
            MptcpTransport servers = MptcpTransport.auto(server, null);
            MptcpTransport clients = MptcpTransport.auto(client, null);
            assertEquals(client.group(), clients.group());
            Channel listening = servers.serverBootstrap().childHandler(new Echo()).bind(ANY_PORT).sync().channel();
            assertInstanceOf(MptcpServerSocketChannel.class, listening);
            Channel channel = echo(clients, listening);
            assertInstanceOf(MptcpSocketChannel.class, channel);
            assertEquals(0, MptcpTransport.mptcpInfo(channel).sync().getNow().flags() & MptcpInfo.FLAG_FALLBACK);
        }
    }

    @Test
    void automaticIsTheKernelWhereThereIsNoStack() throws Exception {
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        MptcpTransport transport = MptcpTransport.auto(null, group);
        assertEquals(group, transport.group());
        Channel listening = transport.serverBootstrap().childHandler(new Echo()).bind(ANY_PORT).sync().channel();
        assertInstanceOf(EpollServerSocketChannel.class, listening);
        EpollSocketChannel channel = assertInstanceOf(EpollSocketChannel.class, echo(transport, listening));
        assertTrue(channel.config().isTcpNoDelay());
        MptcpInfo info = MptcpTransport.mptcpInfo(channel).sync().getNow();
        assertEquals(0, info.flags() & MptcpInfo.FLAG_FALLBACK);
        assertNotEquals(0, info.token());
        channel.close().sync();
        assertInstanceOf(ClosedChannelException.class, MptcpTransport.mptcpInfo(channel).await().cause());
    }

    @Test
    void aClientOfTheKernelIsNotActiveBeforeItIsConnected() throws Exception {
        assumeTrue(KernelMptcp.available(), "this kernel has no MPTCP");
        MptcpTransport transport = MptcpTransport.kernel(group);
        Channel gone = transport.serverBootstrap().childHandler(new Echo()).bind(ANY_PORT).sync().channel();
        gone.close().sync();
        AtomicBoolean active = new AtomicBoolean();
        ChannelFuture refused = transport.bootstrap().handler(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelActive(ChannelHandlerContext context) {
                active.set(true);
            }

            @Override
            public void channelRegistered(ChannelHandlerContext context) {
                active.compareAndSet(false, context.channel().isActive());
            }
        }).connect(gone.localAddress()).await();
        assertInstanceOf(ConnectException.class, refused.cause());
        refused.channel().closeFuture().sync();
        assertFalse(active.get());
    }

    @Test
    void whatIsNoneOfTheseHasNoSuchInformation() {
        assertThrows(IllegalArgumentException.class, () -> MptcpTransport.mptcpInfo(new EmbeddedChannel()));
    }

    /** Several buffers' worth there and back, then the end of the stream in both directions. */
    private static Channel echo(MptcpTransport transport, Channel listening) throws Exception {
        byte[] content = new byte[600_000];
        new Random(1).nextBytes(content);
        CompletableFuture<byte[]> answer = new CompletableFuture<>();
        Channel channel = transport.bootstrap().handler(new SimpleChannelInboundHandler<ByteBuf>() {
            private final ByteBuf all = Unpooled.buffer();

            @Override
            protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
                all.writeBytes(message);
                if (all.readableBytes() == content.length) {
                    answer.complete(all.array());
                }
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                answer.completeExceptionally(cause);
            }
        }).connect(listening.localAddress()).sync().channel();
        channel.writeAndFlush(Unpooled.wrappedBuffer(content));
        assertArrayEquals(content, Arrays.copyOf(answer.get(30, TimeUnit.SECONDS), content.length));
        assertFalse(((DuplexChannel) channel).isInputShutdown());
        return channel;
    }

    @ChannelHandler.Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.write(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }
    }
}
