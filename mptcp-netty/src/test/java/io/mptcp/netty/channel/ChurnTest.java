package io.mptcp.netty.channel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.stack.Limits;
import io.mptcp.stack.Stack;
import io.mptcp.wire.IpAddress;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Connections opened and closed by the thousands leave nothing behind, in the heap or outside. {@code -Dchurn.connections=100000} is the number that was
 * asked for; these are enough to see a leak of each.
 */
@Timeout(1200)
class ChurnTest {
    private static final int CONNECTIONS = Integer.getInteger("churn.connections", 10_000);
    private static final int ROUNDS = 3;
    private static final int AT_ONCE = 32;
    /** What a heap may differ by without a meaning, in bytes; a leak of one object of 200 bytes for each connection would be more. */
    private static final long HEAP_SLACK_BYTES = 2 << 20;
    private static final int TOUCHED_BYTES = 64 << 10;
    /** As {@link #HEAP_SLACK_BYTES}, outside of the heap: the JIT compiler and malloc have theirs. */
    private static final long NATIVE_SLACK_BYTES = 32 << 20;

    private static volatile byte[] blackhole;

    @Test
    void connectionsOpenedAndClosedLeaveNothing() throws Exception {
        Set<Thread> threadsBefore = threads();
        Limits limits = Limits.defaults().toBuilder().maxTimeWait(1000).build();
        try (MptcpStack server = stack("127.0.0.1", limits); MptcpStack client = stack("127.0.0.2", limits)) {
            Channel listening = new ServerBootstrap().group(server.group()).channelFactory(() -> new MptcpServerSocketChannel(server))
                    .childHandler(new Echo()).bind("127.0.0.1", 0).sync().channel();
            churn(client, listening, Math.max(1000, CONNECTIONS / 10)); // classes, pools and tables have grown to their size
            settle(server, client);
            long ringsBefore = rings(server) + rings(client);
            Growth growth = null;
            // What leaks grows every time; what the JVM makes for itself does not.
            for (int round = 0; round < ROUNDS && (growth == null || !growth.isNone()); round++) {
                Memory before = Memory.now();
                churn(client, listening, CONNECTIONS);
                settle(server, client);
                growth = Memory.now().since(before);
                System.out.println(CONNECTIONS + " connections: " + growth);
            }
            assertTrue(growth.isNone(), "each of " + ROUNDS + " times memory grew, at last: " + growth);
            assertTrue(rings(server) + rings(client) <= ringsBefore, "rings grew from " + ringsBefore);
            Set<Thread> begun = threads();
            begun.removeAll(threadsBefore);
            assertEquals(Set.of(loopThread(server), loopThread(client)), begun, "one thread for each event loop");
        }
    }

    /** But for the one on which Netty tells that loops have ended, those of other tests before this one. */
    private static Set<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> !thread.getName().startsWith("globalEventExecutor")).collect(Collectors.toSet());
    }

    private static Thread loopThread(MptcpStack stack) throws Exception {
        return engine(stack, ignored -> Thread.currentThread());
    }

    private static MptcpStack stack(String address, Limits limits) throws Exception {
        return MptcpStack.builder().udpPath("lo", IpAddress.parse(address)).limits(limits).build();
    }

    /** As many as asked for, some at a time: each writes, reads the echo, and closes. */
    private static void churn(MptcpStack client, Channel listening, int connections) {
        AtomicInteger left = new AtomicInteger(connections);
        CompletableFuture<?>[] workers = new CompletableFuture<?>[AT_ONCE];
        Bootstrap bootstrap = new Bootstrap().group(client.group()).channelFactory(() -> new MptcpSocketChannel(client));
        for (int i = 0; i < AT_ONCE; i++) {
            workers[i] = new CompletableFuture<>();
            next(bootstrap, listening, left, workers[i]);
        }
        CompletableFuture.allOf(workers).join();
    }

    private static void next(Bootstrap bootstrap, Channel listening, AtomicInteger left, CompletableFuture<?> done) {
        if (left.getAndDecrement() <= 0) {
            done.complete(null);
            return;
        }
        bootstrap.clone().handler(new Once()).option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 20_000).connect(listening.localAddress()).addListener(connected -> {
            if (!connected.isSuccess()) {
                done.completeExceptionally(connected.cause());
            }
        }).channel().closeFuture().addListener(closed -> next(bootstrap, listening, left, done));
    }

    /** Both ends are through with all of them; those in TIME-WAIT are bounded by the limit. */
    private static void settle(MptcpStack... stacks) throws Exception {
        for (MptcpStack stack : stacks) {
            while (engine(stack, Stack::connectionCount) > 0) {
                Thread.onSpinWait();
            }
        }
    }

    private static long rings(MptcpStack stack) throws Exception {
        return engine(stack, Stack::bufferBytes);
    }

    private static <T> T engine(MptcpStack stack, Function<Stack, T> question) throws Exception {
        Uplinks uplinks = stack.shards().getFirst();
        return uplinks.loop().submit(() -> question.apply(uplinks.driver().stack())).get();
    }

    private static long heapBytes() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** Bytes in use: in the heap, in direct buffers, and resident otherwise. */
    private record Memory(long heap, long direct, long other) {
        static Memory now() throws IOException {
            return new Memory(heapBytes(), directBytes(), nativeBytes());
        }

        Growth since(Memory before) {
            return new Growth(before, this);
        }
    }

    private record Growth(Memory before, Memory after) {
        boolean isNone() {
            return after.heap - before.heap < HEAP_SLACK_BYTES && after.direct - before.direct < HEAP_SLACK_BYTES
                    && after.other - before.other < NATIVE_SLACK_BYTES;
        }
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream().mapToLong(BufferPoolMXBean::getMemoryUsed).sum();
    }

    /** Anonymous resident memory less the heap's, all of which is touched before: else its pages would be counted as they come into use. */
    private static long nativeBytes() throws IOException {
        long committed = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getCommitted();
        for (long touched = 0; touched < 2 * committed; touched += TOUCHED_BYTES) {
            blackhole = new byte[TOUCHED_BYTES];
        }
        long resident = Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("RssAnon"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst().orElse(0) * 1024;
        return resident - ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getCommitted();
    }

    @ChannelHandler.Sharable
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.writeAndFlush(message);
        }
    }

    private static final class Once extends ChannelInboundHandlerAdapter {
        @Override
        public void channelActive(ChannelHandlerContext context) {
            context.writeAndFlush(context.alloc().buffer(8).writeLong(42));
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ((ByteBuf) message).release();
            context.close();
        }
    }
}
