package io.mptcp.netty.channel;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.host.ListenOptions;
import io.mptcp.netty.host.MptcpListener;
import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.stack.MptcpConnection;
import io.netty.channel.AbstractServerChannel;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ServerSocketChannel;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;

/**
 * Accepts connections on a {@link MptcpStack} for {@code ServerBootstrap}. Each connection stays on the loop of the stack that it came in by, which may
 * be another one than this channel's, and than the one the group of the children would choose.
 *
 * <pre>{@code
 * new ServerBootstrap().group(stack.group()).channelFactory(() -> new MptcpServerSocketChannel(stack)).childHandler(...).bind(443);
 * }</pre>
 */
public final class MptcpServerSocketChannel extends AbstractServerChannel implements ServerSocketChannel {
    private final MptcpStack stack;
    private final MptcpServerSocketChannelConfig config;
    private final Runnable stackClosing = () -> unsafe().close(voidPromise());
    private final Queue<MptcpSocketChannel> waiting = new ArrayDeque<>();
    private volatile MptcpListener listener;
    private volatile boolean open = true;
    private boolean readPending;
    private Uplinks home;

    /** @param stack whose paths connections are taken from; it has to outlive the channel */
    public MptcpServerSocketChannel(MptcpStack stack) {
        this.stack = stack;
        config = new MptcpServerSocketChannelConfig(this);
    }

    MptcpStack stack() {
        return stack;
    }

    @Override
    public MptcpServerSocketChannelConfig config() {
        return config;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public boolean isActive() {
        return open && listener != null;
    }

    @Override
    public InetSocketAddress localAddress() {
        return (InetSocketAddress) super.localAddress();
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return null;
    }

    @Override
    protected SocketAddress localAddress0() {
        MptcpListener current = listener;
        return current == null ? null : SocketAddresses.socketAddress(current.local());
    }

    @Override
    protected boolean isCompatible(EventLoop loop) {
        return stack.on(loop) != null;
    }

    @Override
    protected void doBind(SocketAddress localAddress) throws Exception {
        ListenOptions options = new ListenOptions(config.settings().over(stack.on(eventLoop())), config.getBacklog())
                .withFastOpen(config.fastOpenQueue(), !config.settings().fastOpenNoCookie());
        try {
            listener = stack.listen(SocketAddresses.endpoint(localAddress), options, this::accepted);
        } catch (SetupException e) {
            BindException failure = new BindException(e.getMessage());
            failure.initCause(e);
            throw failure;
        }
        home = stack.on(eventLoop());
        home.addCloseListener(stackClosing);
    }

    /** On the loop of the connection. */
    private ConnectionHandler accepted(Uplinks uplinks, MptcpConnection connection) {
        MptcpSocketChannel child = new MptcpSocketChannel(this, uplinks, connection, config.settings().copy());
        if (eventLoop().inEventLoop()) {
            arrived(child);
        } else {
            try {
                eventLoop().execute(() -> arrived(child));
            } catch (RejectedExecutionException _) {
                child.unsafe().closeForcibly();
            }
        }
        return (ConnectionHandler) connection.attachment();
    }

    private void arrived(MptcpSocketChannel child) {
        if (!open || waiting.size() > config.getBacklog()) {
            child.unsafe().closeForcibly();
            return;
        }
        waiting.add(child);
        if (readPending) {
            handOver();
        }
    }

    @Override
    protected void doBeginRead() {
        readPending = true;
        if (!waiting.isEmpty()) {
            eventLoop().execute(() -> {
                if (readPending && open) {
                    handOver();
                }
            });
        }
    }

    private void handOver() {
        ChannelPipeline pipeline = pipeline();
        boolean any = false;
        while (!waiting.isEmpty() && (config.isAutoRead() || readPending)) {
            readPending = false;
            any = true;
            pipeline.fireChannelRead(waiting.poll());
        }
        if (any) {
            pipeline.fireChannelReadComplete();
        }
    }

    @Override
    protected void doClose() {
        open = false;
        MptcpListener current = listener;
        if (current != null) {
            current.close();
            home.removeCloseListener(stackClosing);
        }
        while (!waiting.isEmpty()) {
            waiting.poll().unsafe().closeForcibly();
        }
    }
}
