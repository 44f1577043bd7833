package io.mptcp.netty.channel;

import io.mptcp.netty.host.ConnectListener;
import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.host.PendingConnect;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.MptcpInfo;
import io.mptcp.stack.SubflowInfo;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.AbstractChannel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ConnectTimeoutException;
import io.netty.channel.EventLoop;
import io.netty.channel.FileRegion;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.internal.EmptyArrays;
import io.netty.util.internal.StringUtil;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * A connection over a {@link MptcpStack} as a Netty channel. It behaves as Netty's own TCP channels do; beyond that it tells of its subflows, by
 * {@link #subflows()}, {@link #mptcpInfo()} and {@link SubflowEvent}s in its pipeline, and lets them be opened and closed ({@link #control}).
 *
 * <pre>{@code
 * new Bootstrap().group(stack.group()).channelFactory(() -> new MptcpSocketChannel(stack)).handler(...).connect(host, port);
 * }</pre>
 *
 * <p>With {@link ChannelOption#TCP_FASTOPEN_CONNECT} the first buffer written before {@code connect()} goes with the SYN (RFC 7413), up to {@link #MAX_EARLY_BYTES} of it, as with
 * Netty's own channels. It may be delivered more than once: by each path that is tried.
 *
 * <p>It lives on one of the stack's event loops. What is not read stays in the receive buffer, and the window of the peer gets smaller.
 */
public final class MptcpSocketChannel extends AbstractChannel implements SocketChannel, MptcpStack.LoopBound {
    /** About as much as a segment has room for. */
    static final int MAX_EARLY_BYTES = 1400;

    private static final ChannelMetadata METADATA = new ChannelMetadata(false, 16);
    private static final String EXPECTED_TYPES = " (expected: " + StringUtil.simpleClassName(ByteBuf.class) + ", "
            + StringUtil.simpleClassName(FileRegion.class) + ')';

    private final MptcpStack stack;
    private final MptcpSocketChannelConfig config;
    private final SubflowWatch subflowWatch = new SubflowWatch(this);
    /** Where the connection lives; null while any loop of the stack will do. */
    private volatile Uplinks uplinks;
    private volatile MptcpConnection connection;
    private volatile boolean open = true;
    private volatile boolean active;
    private IpEndpoint bound;
    private ChannelInput input;
    private ChannelOutput output;
    private Runnable stackClosing;
    private boolean readBeforeActive;

    /** To be connected over that stack. */
    public MptcpSocketChannel(MptcpStack stack) {
        super(null);
        this.stack = stack;
        config = new MptcpSocketChannelConfig(this, new ConnectionSettings());
    }

    /** A connection that has been accepted. On its loop. */
    MptcpSocketChannel(MptcpServerSocketChannel parent, Uplinks uplinks, MptcpConnection connection, ConnectionSettings settings) {
        super(parent);
        this.stack = parent.stack();
        this.uplinks = uplinks;
        config = new MptcpSocketChannelConfig(this, settings);
        attach(connection);
    }

    private void attach(MptcpConnection established) {
        connection = established;
        input = new ChannelInput(this, established);
        output = new ChannelOutput(established);
        established.attach(new ChannelEvents(this));
        stackClosing = () -> unsafe().close(voidPromise());
        uplinks.addCloseListener(stackClosing);
        active = true;
    }

    // ==== about the connection ====

    /** {@code MPTCP_INFO}, under the kernel's names. On any thread. @throws java.nio.channels.NotYetConnectedException before there is a connection */
    public Future<MptcpInfo> mptcpInfo() {
        MptcpConnection current = requireConnection();
        EventLoop loop = uplinks.loop();
        return loop.submit(() -> current.mptcpInfo(uplinks.loop().ticker().nanoTime()));
    }

    /** The subflows there are, and the last of those that have closed (state CLOSED). On any thread. */
    public Future<List<SubflowInfo>> subflows() {
        return uplinks().loop().submit(requireConnection()::subflows);
    }

    /** Opens and closes subflows. @throws java.nio.channels.NotYetConnectedException before there is a connection */
    public SubflowControl control() {
        return new SubflowControl(uplinks(), requireConnection());
    }

    /** Whether this connection runs as plain TCP: never negotiated, or fallen back. On the loop. */
    public boolean isFallback() {
        return requireConnection().isFallback();
    }

    /** The engine's connection: to be used on the loop only. Null before there is one. */
    public MptcpConnection connection() {
        return connection;
    }

    private Uplinks uplinks() {
        requireConnection();
        return uplinks;
    }

    private MptcpConnection requireConnection() {
        MptcpConnection current = connection;
        if (current == null) {
            throw new NotYetConnectedException();
        }
        return current;
    }

    // ==== Channel ====

    @Override
    public MptcpSocketChannelConfig config() {
        return config;
    }

    @Override
    public ServerSocketChannel parent() {
        return (ServerSocketChannel) super.parent();
    }

    @Override
    public InetSocketAddress localAddress() {
        return (InetSocketAddress) super.localAddress();
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return (InetSocketAddress) super.remoteAddress();
    }

    @Override
    protected SocketAddress localAddress0() {
        MptcpConnection current = connection;
        if (current != null) {
            return SocketAddresses.socketAddress(current.local());
        }
        return bound == null ? null : SocketAddresses.socketAddress(bound);
    }

    @Override
    protected SocketAddress remoteAddress0() {
        MptcpConnection current = connection;
        return current == null ? null : SocketAddresses.socketAddress(current.remote());
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public boolean isActive() {
        return open && active;
    }

    @Override
    public ChannelMetadata metadata() {
        return METADATA;
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        EventLoop only = boundLoop();
        return only != null ? loop == only : stack.on(loop) != null;
    }

    /** With one difference from Netty's: an accepted channel is registered on the loop its connection came in by, whatever group its bootstrap has. */
    @Override
    public Unsafe unsafe() {
        return mptcpUnsafe().onOwnLoop;
    }

    private MptcpUnsafe mptcpUnsafe() {
        return (MptcpUnsafe) super.unsafe();
    }

    @Override
    public EventLoop boundLoop() {
        Uplinks current = uplinks;
        return current == null ? null : current.loop();
    }

    @Override
    protected void doRegister() {
        if (uplinks == null) {
            uplinks = stack.on(eventLoop());
        }
        if (connection != null) {
            // What came before anybody could hear of it; a task, to come after channelActive.
            eventLoop().execute(() -> ready(ChannelEvents.ANYTHING));
        }
    }

    /** The address, and the port if one is given, that connecting starts from. */
    @Override
    protected void doBind(SocketAddress localAddress) throws BindException {
        IpEndpoint wanted = SocketAddresses.endpoint(localAddress);
        if (!uplinks.mayConnectFrom(wanted.port())) {
            throw new BindException("the local port cannot be chosen over packet sockets: bind to port 0");
        }
        bound = wanted;
    }

    @Override
    protected void doBeginRead() {
        if (input == null) {
            readBeforeActive = true;
        } else {
            input.begin();
        }
    }

    void autoReadCleared() {
        if (input != null) {
            input.autoReadCleared();
        }
    }

    /** What has been written since the last flush goes into the send buffer as far as there is room. */
    @Override
    protected void doWrite(ChannelOutboundBuffer outbound) throws Exception {
        output.write(outbound);
        uplinks.driver().wake();
    }

    @Override
    protected Object filterOutboundMessage(Object msg) {
        if (msg instanceof ByteBuf || msg instanceof FileRegion) {
            return msg;
        }
        throw new UnsupportedOperationException("unsupported message type: " + StringUtil.simpleClassName(msg) + EXPECTED_TYPES);
    }

    @Override
    protected void doDisconnect() {
        doClose();
    }

    @Override
    protected void doClose() {
        open = false;
        active = false;
        mptcpUnsafe().abandonConnect();
        MptcpConnection current = connection;
        if (current != null) {
            onLoop(() -> end(current));
        }
    }

    /**
     * As the kernel: unread data, or SO_LINGER 0, makes it a reset. What has been written before has had its chance to leave by then: by another turn of
     * the driver, if need be.
     */
    private void end(MptcpConnection ended) {
        uplinks.removeCloseListener(stackClosing);
        int lingerSeconds = config.getSoLinger();
        if (lingerSeconds == 0 && !ended.isClosed()) {
            uplinks.driver().wake();
            uplinks.loop().execute(() -> abort(ended));
            return;
        }
        ended.close();
        if (lingerSeconds > 0 && !ended.isClosed()) {
            uplinks.loop().schedule(() -> abort(ended), lingerSeconds, TimeUnit.SECONDS);
        }
        uplinks.driver().wake();
    }

    private void abort(MptcpConnection ended) {
        ended.abort();
        uplinks.driver().wake();
    }

    /** A child that was never registered is closed by the thread of its parent. */
    private void onLoop(Runnable task) {
        EventLoop loop = uplinks.loop();
        if (loop.inEventLoop()) {
            task.run();
            return;
        }
        try {
            loop.execute(task);
        } catch (RejectedExecutionException _) {
            return; // with its loop all its connections have ended
        }
    }

    /** An option has got another value. */
    void settingsChanged(ChannelOption<?> option) {
        MptcpConnection current = connection;
        if (current == null) {
            return;
        }
        onLoop(() -> {
            if (option == MptcpChannelOption.SCHEDULER) {
                current.setScheduler(Schedulers.create(config.settings().scheduler()));
            } else if (!current.isClosed()) {
                current.setSocketOptions(config.settings().socket());
            }
            uplinks.driver().wake();
        });
    }

    // ==== what the connection tells ====

    /** @param readiness bits of {@link io.mptcp.stack.Readiness} */
    void ready(int readiness) {
        if (!isRegistered() || !open) {
            return;
        }
        boolean over = connection.isClosed();
        if (over && output.isBlocked() || output.mayGoOn()) {
            mptcpUnsafe().flushBlocked();
        }
        subflowWatch.look(connection, readiness);
        if (open) {
            input.ready(over);
        }
    }

    /** Bytes have been read. */
    void windowMayHaveOpened() {
        uplinks.driver().wake();
    }

    void connectionFailed(CloseReason reason) {
        pipeline().fireExceptionCaught(failure(reason));
        if (open) {
            unsafe().close(voidPromise());
        }
    }

    static IOException failure(CloseReason reason) {
        return new SocketException(reason.toString());
    }

    // ==== DuplexChannel ====

    @Override
    public boolean isInputShutdown() {
        return !isActive() || input.isShutdown();
    }

    @Override
    public boolean isOutputShutdown() {
        return !isActive() || output.isShutdown();
    }

    @Override
    public boolean isShutdown() {
        return isInputShutdown() && isOutputShutdown();
    }

    @Override
    public ChannelFuture shutdownInput() {
        return shutdownInput(newPromise());
    }

    @Override
    public ChannelFuture shutdownInput(ChannelPromise promise) {
        inLoop(promise, () -> {
            requireConnection();
            input.shutDown();
        });
        return promise;
    }

    @Override
    public ChannelFuture shutdownOutput() {
        return shutdownOutput(newPromise());
    }

    @Override
    public ChannelFuture shutdownOutput(ChannelPromise promise) {
        EventLoop loop = eventLoop();
        if (loop.inEventLoop()) {
            mptcpUnsafe().shutdownOutput(promise);
        } else {
            loop.execute(() -> mptcpUnsafe().shutdownOutput(promise));
        }
        return promise;
    }

    /** DATA_FIN, or FIN in plain TCP. */
    @Override
    protected void doShutdownOutput() throws Exception {
        requireConnection();
        output.shutDown();
        uplinks.driver().wake();
    }

    @Override
    public ChannelFuture shutdown() {
        return shutdown(newPromise());
    }

    @Override
    public ChannelFuture shutdown(ChannelPromise promise) {
        shutdownOutput().addListener(outputDone -> shutdownInput().addListener(inputDone -> {
            Throwable cause = outputDone.cause() != null ? outputDone.cause() : inputDone.cause();
            if (cause == null) {
                promise.trySuccess();
            } else {
                promise.tryFailure(cause);
            }
        }));
        return promise;
    }

    private void inLoop(ChannelPromise promise, Runnable task) {
        Runnable guarded = () -> {
            if (!isOpen()) {
                promise.tryFailure(new ClosedChannelException());
                return;
            }
            try {
                task.run();
                promise.trySuccess();
            } catch (RuntimeException e) {
                promise.tryFailure(e);
            }
        };
        if (eventLoop().inEventLoop()) {
            guarded.run();
        } else {
            eventLoop().execute(guarded);
        }
    }

    // ==== connecting ====

    @Override
    protected AbstractUnsafe newUnsafe() {
        return new MptcpUnsafe();
    }

    private final class MptcpUnsafe extends AbstractUnsafe implements ConnectListener {
        private final Unsafe onOwnLoop = new OwnLoopUnsafe(MptcpSocketChannel.this, this);
        private ChannelPromise connectPromise;
        private PendingConnect pending;
        private InetSocketAddress requested;
        private int earlyBytes;

        @Override
        public void connect(SocketAddress remoteAddress, SocketAddress localAddress, ChannelPromise promise) {
            if (promise.isDone() || !ensureOpen(promise)) {
                return;
            }
            try {
                if (connectPromise != null) {
                    throw new ConnectionPendingException();
                }
                if (connection != null) {
                    throw new AlreadyConnectedException();
                }
                IpEndpoint remote = SocketAddresses.remote(remoteAddress);
                if (localAddress != null) {
                    doBind(localAddress);
                }
                connectPromise = promise;
                requested = (InetSocketAddress) remoteAddress;
                start(remote);
            } catch (RuntimeException e) {
                refuse(promise, annotateConnectException(e, remoteAddress));
            } catch (BindException e) {
                refuse(promise, e);
            }
        }

        private void refuse(ChannelPromise promise, Throwable failure) {
            connectPromise = null;
            promise.tryFailure(failure);
            closeIfClosed();
        }

        private void start(IpEndpoint remote) {
            int timeoutMillis = config.getConnectTimeoutMillis();
            IpEndpoint local = bound == null || bound.address().isAny() && bound.port() == 0 ? null : bound;
            ConnectOptions options = config.settings().over(uplinks);
            byte[] early = options.fastOpen() ? early() : EmptyArrays.EMPTY_BYTES;
            earlyBytes = early.length;
            pending = uplinks.connect(remote, local, options, early,
                    timeoutMillis > 0 ? timeoutMillis : PendingConnect.NO_TIMEOUT_MILLIS, this);
            connectPromise.addListener(future -> {
                if (future.isCancelled()) {
                    abandonConnect();
                    close(voidPromise());
                }
            });
        }

        /** What has been written before there is a connection; it stays until there is one. */
        private byte[] early() {
            ChannelOutboundBuffer outbound = outboundBuffer();
            outbound.addFlush();
            return outbound.current() instanceof ByteBuf first
                    ? ByteBufUtil.getBytes(first, first.readerIndex(), Math.min(first.readableBytes(), MAX_EARLY_BYTES)) : EmptyArrays.EMPTY_BYTES;
        }

        @Override
        public void connected(MptcpConnection established) {
            ChannelPromise promise = connectPromise;
            connectPromise = null;
            pending = null;
            attach(established);
            if (earlyBytes > 0) {
                outboundBuffer().removeBytes(earlyBytes);
            }
            boolean alive = promise.trySuccess(); // whose listeners may close the channel: it has been active all the same
            pipeline().fireChannelActive();
            if (readBeforeActive && isOpen()) {
                input.begin();
            }
            if (!alive) {
                close(voidPromise());
            } else if (earlyBytes > 0 && isOpen()) {
                flush0();
            }
        }

        @Override
        public void failed(CloseReason reason) {
            ChannelPromise promise = connectPromise;
            connectPromise = null;
            pending = null;
            promise.tryFailure(connectFailure(reason));
            close(voidPromise());
        }

        private Throwable connectFailure(CloseReason reason) {
            String where = requested + " over " + uplinks.pathNames();
            return switch (reason) {
                case TIMED_OUT -> new ConnectTimeoutException("connection timed out after " + config.getConnectTimeoutMillis() + " ms: " + where);
                case UNREACHABLE -> new NoRouteToHostException("no path leads there: " + where);
                case LIMIT -> new ConnectException("limit of connections or ports reached: " + where);
                default -> new ConnectException(reason + ": " + where);
            };
        }

        void abandonConnect() {
            PendingConnect abandoned = pending;
            ChannelPromise promise = connectPromise;
            pending = null;
            connectPromise = null;
            if (abandoned != null) {
                abandoned.cancel();
            }
            if (promise != null) {
                promise.tryFailure(new ClosedChannelException());
            }
        }

        /** While the send buffer is full there is nothing to be gained: WRITABLE tells. */
        @Override
        protected void flush0() {
            boolean waitsForConnection = output == null && earlyBytes > 0 && connectPromise != null;
            if (!waitsForConnection && (output == null || !output.isBlocked())) {
                super.flush0();
            }
        }

        void flushBlocked() {
            output.unblock();
            super.flush0();
        }
    }
}
