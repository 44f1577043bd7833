package io.mptcp.tun.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.SocketChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ChannelJoinTest {
    /** More than a channel takes before it is not writable, and less than a socket buffers. */
    private static final int BYTES = 100_000;

    private MultiThreadIoEventLoopGroup group;

    @BeforeEach
    void makeLoop() {
        assumeTrue(Epoll.isAvailable(), "no epoll here");
        group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    }

    @AfterEach
    void removeLoop() {
        if (group != null) {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
        }
    }

    @Test
    void whatAServiceSaidBeforeItWentAwayArrivesAtAReaderWhoIsSlow() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        try (ServerSocket service = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket reader = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            SocketChannel toReader = connect(reader);
            SocketChannel toService = connect(service);
            ChannelJoin join = new ChannelJoin(toReader, toService, () -> { });
            FlushGate gate = new FlushGate();
            group.submit(() -> { // on the loop: what is added from elsewhere may miss a FIN, which epoll tells of at once
                toService.pipeline().addLast(new EndLatch(ended), join.second());
                toReader.pipeline().addLast(gate, join.first());
                toReader.config().setAutoRead(true);
                toService.config().setAutoRead(true);
            }).sync();
            try (Socket serviceEnd = service.accept(); Socket readerEnd = reader.accept()) {
                serviceEnd.getOutputStream().write(new byte[BYTES]);
                serviceEnd.close();
                ended.await();
                assertFalse(toReader.isWritable(), "the join should have been held up");
                toReader.eventLoop().submit(() -> gate.open(toReader)).sync();
                toReader.eventLoop().submit(() -> { }).sync();
                assertTrue(toReader.isActive(), "the join should not have been broken off");
                assertEquals(BYTES, readerEnd.getInputStream().readAllBytes().length); // would throw on a reset
            }
            toService.closeFuture().sync();
        }
    }

    /** Whoever closes one with the other, as a relay does when a client has gone, must not take away what is on its way. */
    @Test
    void bothStayOpenUntilBothHaveTakenAll() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        try (ServerSocket service = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket reader = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            SocketChannel toReader = connect(reader);
            SocketChannel toService = connect(service);
            ChannelJoin join = new ChannelJoin(toReader, toService, ended::countDown);
            FlushGate gate = new FlushGate();
            group.submit(() -> {
                toService.pipeline().addLast(join.second());
                toReader.pipeline().addLast(gate, join.first());
                join.begin();
            }).sync();
            try (Socket serviceEnd = service.accept(); Socket readerEnd = reader.accept()) {
                readerEnd.shutdownOutput();
                serviceEnd.getOutputStream().write(new byte[1000]);
                serviceEnd.shutdownOutput();
                ended.await();
                toService.eventLoop().submit(() -> { }).sync();
                assertTrue(toService.isOpen(), "closed while the other had not taken all");
                toReader.eventLoop().submit(() -> gate.open(toReader)).sync();
                assertEquals(1000, readerEnd.getInputStream().readAllBytes().length);
            }
            toService.closeFuture().sync();
            toReader.closeFuture().sync();
        }
    }

    /** A meter makes it wait; everything arrives all the same, and in order. */
    @Test
    void whatAMeterHoldsUpGoesOnLater() throws Exception {
        AtomicInteger waits = new AtomicInteger();
        byte[] sent = new byte[10 * BYTES];
        new Random(1).nextBytes(sent);
        byte[] got = download(sent, bytes -> {
            waits.incrementAndGet();
            return TimeUnit.MILLISECONDS.toNanos(1);
        });
        assertArrayEquals(sent, got);
        assertTrue(waits.get() > 1, "one read was enough");
    }

    @Test
    void nothingIsReadWhileItWaits() throws Exception {
        try (ServerSocket service = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket reader = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            SocketChannel toReader = connect(reader);
            SocketChannel toService = connect(service);
            CountDownLatch passed = new CountDownLatch(1);
            ChannelJoin join = new ChannelJoin(toReader, toService, ChannelJoin.Meter.NONE, _ -> {
                passed.countDown();
                return TimeUnit.HOURS.toNanos(1);
            }, () -> { });
            begin(join, toReader, toService);
            try (Socket serviceEnd = service.accept(); Socket readerEnd = reader.accept()) {
                serviceEnd.getOutputStream().write(1);
                passed.await();
                toService.eventLoop().submit(() -> assertFalse(toService.config().isAutoRead())).sync();
                readerEnd.getOutputStream().write(2); // the other way is not held up
                assertEquals(2, serviceEnd.getInputStream().read());
                assertEquals(1, readerEnd.getInputStream().read());
                toReader.pipeline().fireChannelWritabilityChanged(); // which is no reason to go on
                toService.eventLoop().submit(() -> assertFalse(toService.config().isAutoRead())).sync();
            }
        }
    }

    private byte[] download(byte[] content, ChannelJoin.Meter meter) throws Exception {
        try (ServerSocket service = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ServerSocket reader = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            SocketChannel toReader = connect(reader);
            SocketChannel toService = connect(service);
            begin(new ChannelJoin(toReader, toService, ChannelJoin.Meter.NONE, meter, () -> { }), toReader, toService);
            try (Socket serviceEnd = service.accept(); Socket readerEnd = reader.accept()) {
                Thread writer = Thread.ofVirtual().start(() -> {
                    try {
                        serviceEnd.getOutputStream().write(content);
                        serviceEnd.shutdownOutput();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                });
                byte[] got = readerEnd.getInputStream().readAllBytes();
                writer.join();
                return got;
            }
        }
    }

    private void begin(ChannelJoin join, SocketChannel toReader, SocketChannel toService) throws InterruptedException {
        group.submit(() -> {
            toService.pipeline().addLast(join.second());
            toReader.pipeline().addLast(join.first());
            join.begin();
        }).sync();
    }

    @Test
    void whatCameBeforeThereWasAJoinIsKeptForItInOrder() {
        List<Object> seen = new ArrayList<>();
        HeldInput held = new HeldInput();
        EmbeddedChannel channel = new EmbeddedChannel(held, new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                seen.add(message);
            }

            @Override
            public void userEventTriggered(ChannelHandlerContext context, Object event) {
                seen.add(event);
            }
        });
        ByteBuf request = Unpooled.copiedBuffer(new byte[] {1, 2, 3});
        channel.writeInbound(request);
        channel.pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        assertTrue(seen.isEmpty());
        channel.pipeline().remove(held);
        assertArrayEquals(new Object[] {request, ChannelInputShutdownEvent.INSTANCE}, seen.toArray());
        request.release();
    }

    @Test
    void whatIsHeldOfAChannelThatClosesIsReleased() {
        HeldInput held = new HeldInput();
        EmbeddedChannel channel = new EmbeddedChannel(held);
        ByteBuf request = Unpooled.buffer(1);
        channel.writeInbound(request);
        channel.close();
        assertEquals(0, request.refCnt());
    }

    private SocketChannel connect(ServerSocket to) {
        return (SocketChannel) new Bootstrap().group(group).channel(EpollSocketChannel.class).option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.ALLOW_HALF_CLOSURE, true).option(ChannelOption.SO_RCVBUF, 2 * BYTES).handler(new ChannelInboundHandlerAdapter())
                .connect(to.getLocalSocketAddress()).syncUninterruptibly().channel();
    }

    /** A reader who does not read: nothing is flushed until it is opened. */
    private static final class FlushGate extends ChannelOutboundHandlerAdapter {
        private boolean isOpen;

        void open(SocketChannel channel) {
            isOpen = true;
            channel.flush();
        }

        @Override
        public void flush(ChannelHandlerContext context) {
            if (isOpen) {
                context.flush();
            }
        }
    }

    /** Opens when the service's end of stream has been seen and all handlers behind have heard of it. */
    private static final class EndLatch extends ChannelInboundHandlerAdapter {
        private final CountDownLatch ended;

        EndLatch(CountDownLatch ended) {
            this.ended = ended;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            context.fireUserEventTriggered(event);
            ended.countDown();
        }
    }
}
