package io.mptcp.netty.socket;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.host.ListenOptions;
import io.mptcp.netty.host.MptcpListener;
import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.wire.IpEndpoint;
import java.io.IOException;
import java.net.BindException;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A listener of the stack for threads that block in accept. */
final class StackListener implements ListeningSocket {
    private final StackSockets sockets;
    private final Queue<StackStream> arrived = new ConcurrentLinkedQueue<>();
    private final Waiter acceptor = new Waiter();
    private volatile IpEndpoint local;
    private volatile SocketOptions options;
    private volatile MptcpListener listener;
    private volatile boolean closed;
    private volatile boolean stackClosed;

    StackListener(StackSockets sockets) {
        this.sockets = sockets;
        this.options = sockets.options().socket();
    }

    @Override
    public void bind(IpEndpoint wanted) {
        local = wanted; // The port is taken by listen, which ServerSocket calls next.
    }

    @Override
    public void listen(int backlog) throws IOException {
        for (SocketStack shard : sockets.shards()) {
            shard.call(() -> shard.add(this));
        }
        try {
            listener = sockets.stack().listen(local, new ListenOptions(sockets.options().withSocket(options), backlog), this::arrived);
            local = listener.local();
        } catch (SetupException e) {
            forget();
            BindException failure = new BindException(e.getMessage());
            failure.initCause(e);
            throw failure;
        }
    }

    @Override
    public StreamSocket accept(long timeoutNanos) throws IOException {
        while (true) {
            if (closed || stackClosed) {
                throw new SocketException(closed ? "Socket closed" : "the stack has been closed");
            }
            StackStream stream = arrived.poll();
            if (stream != null) {
                stream.looked();
                return stream;
            }
            for (SocketStack shard : sockets.shards()) {
                shard.checkMayBlock();
            }
            if (!acceptor.await(() -> closed || stackClosed || !arrived.isEmpty(), timeoutNanos)) {
                throw new SocketTimeoutException("Accept timed out");
            }
        }
    }

    private ConnectionHandler arrived(Uplinks uplinks, MptcpConnection connection) {
        StackStream stream = StackStream.accepted(sockets.on(uplinks), connection, options);
        if (closed) {
            stream.reset();
        } else {
            arrived.add(stream);
            acceptor.signal();
        }
        return stream;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        acceptor.signal();
        if (listener == null) {
            return;
        }
        listener.close();
        forget(); // Which waits for the loops: who connects from now on is refused.
        for (StackStream stream = arrived.poll(); stream != null; stream = arrived.poll()) {
            stream.resetFromOutside();
        }
    }

    private void forget() {
        for (SocketStack shard : sockets.shards()) {
            shard.runOnLoop(() -> shard.remove(this));
        }
    }

    /** On the loop. */
    void stackClosing() {
        stackClosed = true;
        acceptor.signal();
    }

    @Override
    public IpEndpoint local() {
        return local;
    }

    @Override
    public <T> void setOption(SocketOption<T> option, T value) {
        options = StackOptions.with(options, option, value);
    }

    @Override
    public <T> T getOption(SocketOption<T> option) {
        return StackOptions.get(options, sockets.shards().getFirst().tcpConfig(), option);
    }
}
