package io.mptcp.netty.channel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.host.MptcpStack;
import io.mptcp.wire.IpAddress;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import java.io.ByteArrayOutputStream;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Large buffers are sent from where they are, and released when they have been acknowledged: what is written on the event loop is looked at there, before
 * any acknowledgment can have come.
 */
@Timeout(60)
class ChannelHandOverTest {
    private static final int LENGTH = 32 << 10;

    private final byte[] content = new byte[LENGTH];
    private final CompletableFuture<byte[]> received = new CompletableFuture<>();
    private MptcpStack server;
    private MptcpStack client;
    private Channel channel;

    @BeforeEach
    void open() throws Exception {
        new Random(7).nextBytes(content);
        server = MptcpStack.builder().udpPath("lo", IpAddress.parse("127.0.0.1")).build();
        client = MptcpStack.builder().udpPath("lo", IpAddress.parse("127.0.0.2")).build();
        Channel listening = new ServerBootstrap().group(server.group()).channelFactory(() -> new MptcpServerSocketChannel(server))
                .childHandler(new Collector()).bind("127.0.0.1", 0).sync().channel();
        channel = new Bootstrap().group(client.group()).channelFactory(() -> new MptcpSocketChannel(client)).handler(new ChannelInboundHandlerAdapter())
                .connect(listening.localAddress()).sync().channel();
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
    }

    private final class Collector extends SimpleChannelInboundHandler<ByteBuf> {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf buffer) {
            byte[] piece = new byte[buffer.readableBytes()];
            buffer.readBytes(piece);
            bytes.writeBytes(piece);
            if (bytes.size() >= LENGTH) {
                received.complete(bytes.toByteArray());
            }
        }
    }

    private ByteBuf pooled() {
        return ByteBufAllocator.DEFAULT.directBuffer(LENGTH).writeBytes(content);
    }

    /** Writes on the loop, and looks at what is counted before anything can have been acknowledged. */
    private int referencesAfterWriting(ByteBuf buffer) throws Exception {
        return channel.eventLoop().submit(() -> {
            ChannelFuture written = channel.writeAndFlush(buffer);
            assertTrue(written.isSuccess(), "the promise is kept at once");
            return buffer.refCnt();
        }).get();
    }

    private static void awaitReleased(ByteBuf buffer) throws InterruptedException {
        while (buffer.refCnt() > 0) {
            Thread.sleep(1);
        }
    }

    @Test
    void aPooledBufferIsKeptUntilItHasBeenAcknowledged() throws Exception {
        ByteBuf buffer = pooled();
        assertEquals(1, referencesAfterWriting(buffer), "the connection's");
        assertArrayEquals(content, received.get());
        awaitReleased(buffer);
    }

    @Test
    void aPartOfABufferThatIsWrittenWithTheLastReferenceIsKept() throws Exception {
        ByteBuf whole = ByteBufAllocator.DEFAULT.directBuffer(2 * LENGTH).writeZero(LENGTH).writeBytes(content);
        ByteBuf part = whole.retainedSlice(LENGTH, LENGTH);
        whole.release();
        assertEquals(1, referencesAfterWriting(part));
        assertArrayEquals(content, received.get());
        awaitReleased(whole);
    }

    @Test
    void aBufferThatSomebodyElseRefersToIsCopied() throws Exception {
        ByteBuf buffer = pooled().retain();
        assertEquals(1, referencesAfterWriting(buffer), "ours");
        buffer.setZero(0, LENGTH);
        assertArrayEquals(content, received.get());
        buffer.release();
    }

    @Test
    void aPartOfABufferThatSomebodyElseRefersToIsCopied() throws Exception {
        ByteBuf buffer = pooled();
        ByteBuf part = buffer.retainedSlice();
        referencesAfterWriting(part);
        assertEquals(1, buffer.refCnt(), "ours");
        buffer.setZero(0, LENGTH);
        assertArrayEquals(content, received.get());
        buffer.release();
    }

    @Test
    void memoryThatIsOfNoPoolIsCopied() throws Exception {
        ByteBuf wrapped = Unpooled.directBuffer(LENGTH).writeBytes(content);
        assertEquals(0, referencesAfterWriting(wrapped));
        assertArrayEquals(content, received.get());
    }

    @Test
    void aBufferThatCountsNoReferencesIsCopied() throws Exception {
        ByteBuf buffer = pooled();
        assertEquals(1, referencesAfterWriting(Unpooled.unreleasableBuffer(buffer)), "ours");
        buffer.setZero(0, LENGTH);
        assertArrayEquals(content, received.get());
        buffer.release();
    }

    @Test
    void whatIsNotAcknowledgedIsReleasedWhenTheChannelIsClosed() throws Exception {
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
        ByteBuf buffer = pooled();
        channel.eventLoop().submit(() -> {
            channel.writeAndFlush(buffer);
            channel.close();
            assertEquals(1, buffer.refCnt());
        }).get();
        awaitReleased(buffer);
    }

    @Test
    void nothingIsKeptWhenTheStackIsClosed() throws Exception {
        ByteBuf buffer = pooled();
        assertEquals(1, referencesAfterWriting(buffer));
        client.close();
        awaitReleased(buffer);
    }
}
