package io.mptcp.cli.perf;

import io.mptcp.cli.CommandFailure;
import io.mptcp.cli.ConnectionOptions;
import io.mptcp.cli.DefaultPaths;
import io.mptcp.cli.ExitCodes;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** The event loop and the uplinks of one {@code mptcp perf}, and their end, also by Ctrl-C. */
final class PerfRun implements AutoCloseable {
    private static final long CLOSE_SECONDS = 5;
    /** The last acknowledgments get their answers, instead of the kernel's resets. */
    private static final long LINGER_MILLIS = 100;

    private final ConnectionOptions options;
    private final PrintWriter out;
    private final boolean json;
    private final double intervalSeconds;
    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final IoEventLoop loop = (IoEventLoop) group.next();
    private final Thread interruptHook = new Thread(this::interrupt, "interrupt");
    private Uplinks uplinks;
    private Runnable onClose = () -> { };

    PerfRun(ConnectionOptions options, PrintWriter out, boolean json, double intervalSeconds) {
        this.options = options;
        this.out = out;
        this.json = json;
        this.intervalSeconds = intervalSeconds;
        Runtime.getRuntime().addShutdownHook(interruptHook);
    }

    private PerfReport report() {
        return new PerfReport(out, json, intervalSeconds);
    }

    /** Tries the addresses in turn. @return exit code */
    int measure(List<IpAddress> addresses, int port, PerfParameters parameters, long connectTimeoutMillis) throws InterruptedException, ExecutionException {
        PerfReport report = report();
        CommandFailure failure = null;
        for (IpAddress address : addresses) {
            IpEndpoint server = new IpEndpoint(address, port);
            open(options.paths().isEmpty() ? List.of(DefaultPaths.towards(address)) : options.paths(), 0);
            report.say("Connecting to host " + address + ", port " + port);
            PerfClient client = new PerfClient(uplinks, server, parameters, report, connectTimeoutMillis);
            onClose = client::close;
            loop.execute(client::start);
            try {
                client.done().get();
                return ExitCodes.OK;
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof PerfException reason)) {
                    throw e;
                }
                failure = CommandFailure.failed(reason.getMessage(), reason);
            }
            closeUplinks();
        }
        throw failure;
    }

    /** @return exit code */
    int serve(List<PathSpec> paths, IpEndpoint local, boolean oneOff) throws InterruptedException, ExecutionException {
        open(paths, local.port());
        CompletableFuture<Void> done = new CompletableFuture<>();
        PerfServer server = new PerfServer(uplinks.driver(), this::report, (client, failure) -> {
            if (failure != null) {
                System.err.println("mptcp perf: " + client + ": " + failure.getMessage());
            }
            if (oneOff && failure == null) {
                done.complete(null);
            } else if (oneOff) {
                done.completeExceptionally(CommandFailure.silent());
            }
        });
        onClose = server::close;
        ConnectOptions connect = ConnectOptions.DEFAULT.withMptcp(options.mptcp()).withScheduler(() -> Schedulers.create(options.scheduler()))
                .withSocket(SocketOptions.NO_DELAY);
        loop.submit(() -> uplinks.driver().stack().listen(local, false, connect, server)).get();
        report().say("Server listening on " + local.port());
        try {
            done.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof CommandFailure failure) {
                throw failure;
            }
            throw e;
        }
        return ExitCodes.OK;
    }

    private synchronized void open(List<PathSpec> paths, int listenPort) {
        try {
            uplinks = Uplinks.open(loop, paths, options.settings(listenPort));
        } catch (SetupException e) {
            throw CommandFailure.failed(e.getMessage(), e);
        }
    }

    private synchronized void closeUplinks() {
        if (uplinks == null) {
            return;
        }
        loop.submit(onClose).awaitUninterruptibly(1, TimeUnit.SECONDS);
        onClose = () -> { };
        CompletableFuture<Void> lingered = new CompletableFuture<>();
        loop.schedule(() -> lingered.complete(null), LINGER_MILLIS, TimeUnit.MILLISECONDS);
        lingered.join();
        uplinks.close();
        uplinks = null;
    }

    private void interrupt() {
        closeUplinks();
        out.flush();
    }

    @Override
    public void close() {
        closeUplinks();
        try {
            Runtime.getRuntime().removeShutdownHook(interruptHook);
        } catch (IllegalStateException _) {
            // The process is ending already, and the hook runs.
        }
        group.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly(CLOSE_SECONDS, TimeUnit.SECONDS);
    }
}
