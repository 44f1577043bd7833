package io.mptcp.cli.bench.speed;

import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.NamespaceLoop;
import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.MptcpDriver;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.ReadSink;
import io.mptcp.stack.Readiness;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.netty.host.ConnectListener;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.host.UplinkSettings;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Applications on this stack, set up as {@code mptcp perf} does it; all on one event loop. */
public final class StackSpeedHost implements SpeedHost {
    private static final long CONNECT_TIMEOUT_MILLIS = 10_000;
    /** Beyond the time that was asked for. */
    private static final long PATIENCE_NANOS = 10_000_000_000L;
    /** A turn of the loop is shared with links. */
    private static final long TURN_BYTES = 4 << 20;
    /** Each connection that is opened and closed holds a port for a while. */
    private static final int PORT_SLOTS = 4;

    /** The bytes have been copied once in this process, from where the link received them. */
    private static final ReadSink DROP = (memory, offset, length) -> length;

    private final MultiThreadIoEventLoopGroup loops;
    private final Uplinks uplinks;
    private final MemorySegment block = Arena.ofAuto().allocate(Service.BLOCK_BYTES, 64);
    /** Written on the loop. */
    private volatile long received;

    private StackSpeedHost(MultiThreadIoEventLoopGroup loops, Uplinks uplinks) {
        this.loops = loops;
        this.uplinks = uplinks;
    }

    /**
     * @param listenPort where the services are, 0 for none
     * @throws LabException when the devices cannot be used
     */
    public static StackSpeedHost start(LabNamespace namespace, List<String> devices, boolean mptcp, int listenPort) {
        MultiThreadIoEventLoopGroup loops = NamespaceLoop.in(namespace, "stack");
        UplinkSettings settings = new UplinkSettings(StackConfig.defaults().withMptcp(mptcp), "default", listenPort, null, PORT_SLOTS);
        try {
            IoEventLoop loop = loops.next();
            StackSpeedHost host = new StackSpeedHost(loops, Uplinks.open(loop, devices.stream().map(PathSpec::of).toList(), settings));
            if (listenPort != 0) {
                ConnectionHandler accepted = (connection, readiness) -> connection.attach(host.new Server(connection));
                ConnectOptions options = ConnectOptions.DEFAULT.withSocket(SocketOptions.NO_DELAY);
                loop.submit(() -> host.uplinks.driver().stack().listen(new IpEndpoint(IpAddress.ANY, listenPort), false, options, accepted)).get();
            }
            return host;
        } catch (SetupException | ExecutionException | InterruptedException e) {
            loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            throw new LabException("this stack cannot start: " + e.getMessage(), e);
        }
    }

    @Override
    public Bulk bulk(IpEndpoint server, Service service) {
        return bulk(server, service, null);
    }

    /** @param blocks to be handed over, null to have what is sent copied */
    Bulk bulk(IpEndpoint server, Service service, HandedOverBlocks blocks) {
        BulkClient client = new BulkClient(service, blocks);
        uplinks.loop().execute(() -> client.connect(server));
        await(client.connected, PATIENCE_NANOS);
        return () -> uplinks.loop().submit(client::abort).awaitUninterruptibly();
    }

    @Override
    public long[] echo(IpEndpoint server, long durationNanos) {
        EchoClient client = new EchoClient(durationNanos);
        uplinks.loop().execute(() -> client.connect(server));
        return await(client.times, durationNanos + PATIENCE_NANOS);
    }

    @Override
    public long exchanges(IpEndpoint server, long durationNanos) {
        ExchangeClient client = new ExchangeClient(server, System.nanoTime() + durationNanos);
        uplinks.loop().execute(client::next);
        return await(client.done, durationNanos + PATIENCE_NANOS);
    }

    private static <T> T await(CompletableFuture<T> future, long nanos) {
        try {
            return future.get(nanos, TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new LabException(e.getCause().getMessage(), e);
        } catch (TimeoutException e) {
            throw new LabException("this stack did not finish in time", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
    }

    MptcpDriver driver() {
        return uplinks.driver();
    }

    @Override
    public long receivedBytes() {
        return received;
    }

    @Override
    public void close() {
        uplinks.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(1, TimeUnit.SECONDS);
    }

    // What applications do; all of it on the loop.

    private void writeBulk(MptcpConnection connection, HandedOverBlocks blocks, Runnable again) {
        for (long turn = 0; turn < TURN_BYTES; ) {
            int taken = blocks == null ? connection.write(block, 0, Service.BLOCK_BYTES) : blocks.handOver(connection);
            if (taken <= 0) {
                return; // WRITABLE will tell
            }
            turn += taken;
        }
        uplinks.loop().execute(again);
    }

    private void readBulk(MptcpConnection connection, Runnable again) {
        for (long turn = 0; turn < TURN_BYTES; ) {
            int count = connection.read(DROP, Service.BLOCK_BYTES);
            if (count <= 0) {
                return;
            }
            received += count;
            turn += count;
        }
        uplinks.loop().execute(again);
    }

    /** A connection of a server. */
    private final class Server implements ConnectionHandler {
        private final MptcpConnection connection;
        private final Runnable again = this::goOn;
        private Service service;

        Server(MptcpConnection connection) {
            this.connection = connection;
        }

        @Override
        public void ready(MptcpConnection ignored, int readiness) {
            if ((readiness & Readiness.CLOSED) != 0) {
                connection.close();
                return;
            }
            if (service == null && !choose()) {
                return;
            }
            switch (service) {
                case SINK -> readBulk(connection, again);
                case SOURCE -> writeBulk(connection, null, again);
                case ECHO -> {
                    for (int count = read(); count > 0; count = read()) {
                        connection.write(block, 0, count);
                    }
                }
                case ONCE -> { }
            }
            if (connection.isEndOfStream()) {
                connection.close();
            }
        }

        private void goOn() {
            ready(connection, Readiness.READABLE);
            uplinks.driver().wake();
        }

        private int read() {
            return connection.read(block, 0, Service.BLOCK_BYTES);
        }

        /** Reads what tells the service. @return whether it did */
        private boolean choose() {
            int count = connection.read(block, 0, Service.MESSAGE_BYTES);
            if (count <= 0) {
                return false;
            }
            service = Service.of(block.get(ValueLayout.JAVA_BYTE, 0));
            if (service == Service.ECHO || service == Service.ONCE) {
                connection.write(block, 0, count); // short messages come whole
            }
            if (service == Service.ONCE) {
                connection.shutdownOutput();
            }
            return service != null;
        }
    }

    private abstract class Client implements ConnectionHandler, ConnectListener {
        MptcpConnection connection;

        void connect(IpEndpoint server) {
            uplinks.connect(server, CONNECT_TIMEOUT_MILLIS, this);
        }

        @Override
        public void connected(MptcpConnection opened) {
            connection = opened;
            opened.attach(this);
            begin();
            uplinks.driver().wake();
        }

        abstract void begin();

        @Override
        public void failed(CloseReason reason) {
            fail("this stack cannot connect: " + reason);
        }

        abstract void fail(String why);

        void write(Service service, int length) {
            block.set(ValueLayout.JAVA_BYTE, 0, service.letter());
            connection.write(block, 0, length);
        }
    }

    private final class BulkClient extends Client {
        private final Service service;
        private final HandedOverBlocks blocks;
        private final Runnable again = this::goOn;
        private final CompletableFuture<Void> connected = new CompletableFuture<>();

        BulkClient(Service service, HandedOverBlocks blocks) {
            this.service = service;
            this.blocks = blocks;
        }

        @Override
        void begin() {
            write(service, 1);
            connected.complete(null);
            ready(connection, Readiness.WRITABLE);
        }

        @Override
        void fail(String why) {
            connected.completeExceptionally(new LabException(why));
        }

        @Override
        public void ready(MptcpConnection ignored, int readiness) {
            if ((readiness & Readiness.CLOSED) != 0) {
                return;
            }
            if (service == Service.SINK) {
                writeBulk(connection, blocks, again);
            } else {
                readBulk(connection, again);
            }
        }

        private void goOn() {
            ready(connection, Readiness.READABLE);
            uplinks.driver().wake();
        }

        void abort() {
            connection.abort();
            uplinks.driver().wake();
        }
    }

    private final class EchoClient extends Client {
        private final CompletableFuture<long[]> times = new CompletableFuture<>();
        private final long durationNanos;
        private long[] taken = new long[1 << 16];
        private int count;
        private int missing;
        private long startNanos;
        private long sentNanos;

        EchoClient(long durationNanos) {
            this.durationNanos = durationNanos;
        }

        @Override
        void begin() {
            startNanos = System.nanoTime();
            ping(startNanos);
        }

        private void ping(long nowNanos) {
            sentNanos = nowNanos;
            missing = Service.MESSAGE_BYTES;
            write(Service.ECHO, Service.MESSAGE_BYTES);
        }

        @Override
        void fail(String why) {
            times.completeExceptionally(new LabException(why));
        }

        @Override
        public void ready(MptcpConnection ignored, int readiness) {
            if ((readiness & Readiness.CLOSED) != 0 && !times.isDone()) {
                fail("the echo connection is over: " + connection.closeReason());
            }
            missing -= Math.max(0, connection.read(block, 0, missing));
            if (missing > 0 || times.isDone()) {
                return;
            }
            long nowNanos = System.nanoTime();
            taken = count == taken.length ? Arrays.copyOf(taken, 2 * count) : taken;
            taken[count++] = nowNanos - sentNanos;
            if (nowNanos - startNanos < durationNanos) {
                ping(nowNanos);
            } else {
                connection.close();
                times.complete(Arrays.copyOf(taken, count));
            }
        }
    }

    /** One connection after the other. */
    private final class ExchangeClient extends Client {
        private final IpEndpoint server;
        private final long deadlineNanos;
        private final CompletableFuture<Long> done = new CompletableFuture<>();
        private long count;

        ExchangeClient(IpEndpoint server, long deadlineNanos) {
            this.server = server;
            this.deadlineNanos = deadlineNanos;
        }

        void next() {
            connection = null;
            connect(server);
        }

        @Override
        void begin() {
            write(Service.ONCE, Service.MESSAGE_BYTES);
        }

        @Override
        void fail(String why) {
            done.completeExceptionally(new LabException(why + " after " + count + " connections"));
        }

        @Override
        public void ready(MptcpConnection ready, int readiness) {
            if (ready != connection) {
                return; // what becomes of one that has been closed
            }
            for (int read = 1; read > 0; ) {
                read = ready.read(block, 0, Service.MESSAGE_BYTES);
            }
            if (!ready.isEndOfStream()) {
                return;
            }
            ready.close();
            count++;
            if (System.nanoTime() < deadlineNanos) {
                next();
            } else {
                connection = null;
                done.complete(count);
            }
        }
    }
}
