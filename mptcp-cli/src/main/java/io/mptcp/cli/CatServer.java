package io.mptcp.cli;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Listener;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;

/** Takes connections and gives the standard streams to one after the other. */
final class CatServer {
    /** Connections that may wait for their turn. */
    private static final int BACKLOG = 16;

    private final CatIo io;
    private final ConnectionOptions options;
    private final boolean keepOpen;
    private final BlockingQueue<MptcpConnection> waiting = new ArrayBlockingQueue<>(BACKLOG);
    private Uplinks uplinks;
    /** Used on the loop only. */
    private Listener listener;

    CatServer(CatIo io, ConnectionOptions options, boolean keepOpen) {
        this.io = io;
        this.options = options;
        this.keepOpen = keepOpen;
    }

    /** @param local address to listen on, null for every one @return exit code */
    int run(IpAddress local, int port) throws InterruptedException, ExecutionException {
        DefaultPaths.checkOwn(local);
        List<PathSpec> paths = options.paths().isEmpty() ? DefaultPaths.listeningOn(local) : options.paths();
        IpEndpoint endpoint = new IpEndpoint(local == null ? IpAddress.ANY : local, port);
        uplinks = io.openUplinks(paths, options.settings(port));
        io.loop().submit(() -> listen(endpoint)).get();
        io.note("listening on " + (local == null ? "port " + port : endpoint.toString()));
        do {
            MptcpConnection connection = waiting.take();
            CatStream stream = io.loop().submit(() -> serve(connection)).get();
            CatStream.Outcome outcome = stream.outcome().get();
            if (!keepOpen) {
                return io.endOf(connection.remote(), outcome);
            }
            io.reportEndOf(connection.remote(), outcome);
        } while (!io.isInterrupted());
        return ExitCodes.OK;
    }

    private void listen(IpEndpoint endpoint) {
        ConnectOptions connect = ConnectOptions.DEFAULT.withMptcp(options.mptcp())
                .withScheduler(() -> Schedulers.create(options.scheduler()))
                .withSocket(SocketOptions.NO_DELAY); // what was typed is sent
        ConnectionHandler handler = this::arrived;
        listener = uplinks.driver().stack().listen(endpoint, false, connect, handler);
    }

    private void arrived(MptcpConnection connection, int readiness) {
        if ((readiness & Readiness.ACCEPTED) == 0) {
            return; // Bytes may come while it waits for its turn: they are held back by its window.
        }
        if (!waiting.offer(connection)) {
            connection.abort();
        } else if (!keepOpen) {
            // As with ncat: one connection, and others are refused. Subflows of this one are not: they come by token.
            uplinks.driver().stack().close(listener);
        }
    }

    private CatStream serve(MptcpConnection connection) {
        io.note("connection from " + connection.remote() + (connection.isFallback() && options.mptcp() ? " by plain TCP" : ""));
        CatStream stream = new CatStream(io, uplinks.driver(), connection, !keepOpen, io.loop().ticker().nanoTime());
        stream.start();
        return stream;
    }
}
