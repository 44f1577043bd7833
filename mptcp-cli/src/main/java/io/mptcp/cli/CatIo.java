package io.mptcp.cli;

import io.mptcp.netty.StackStatistics;
import io.mptcp.netty.StatsJson;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.host.UplinkSettings;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.stack.CloseReason;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What a {@code mptcp cat} process has once: an event loop, the standard streams, the uplinks, and the one connection that has the streams now.
 * Ctrl-C comes in here: the connection is reset and everything closed before the process ends.
 */
final class CatIo implements AutoCloseable {
    private static final long STREAM_END_SECONDS = 5;

    private final boolean stats;
    private final boolean verbose;
    private final PrintWriter err;
    private final String name;
    private final MultiThreadIoEventLoopGroup group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final IoEventLoop loop = (IoEventLoop) group.next();
    private final InputPump input;
    private final OutputPump output;
    private final Thread interruptHook = new Thread(this::interrupt, "interrupt");
    private Uplinks uplinks;
    private volatile boolean interrupted;
    /** Used on the loop only. */
    private CatStream current;

    CatIo(boolean stats, boolean verbose, PrintWriter err, String name) {
        this.stats = stats;
        this.verbose = verbose;
        this.err = err;
        this.name = name;
        this.input = new InputPump(new FileInputStream(FileDescriptor.in).getChannel(), loop, this::streamsChanged);
        this.output = new OutputPump(new FileOutputStream(FileDescriptor.out).getChannel(), loop, this::streamsChanged);
        Runtime.getRuntime().addShutdownHook(interruptHook);
        output.start();
    }

    IoEventLoop loop() {
        return loop;
    }

    InputPump input() {
        return input;
    }

    OutputPump output() {
        return output;
    }

    /** Whether Ctrl-C or SIGTERM ends the process. */
    boolean isInterrupted() {
        return interrupted;
    }

    /** @throws CommandFailure with the one line of the reason when the paths cannot be used */
    synchronized Uplinks openUplinks(List<PathSpec> paths, UplinkSettings settings) {
        try {
            uplinks = Uplinks.open(loop, paths, settings);
            return uplinks;
        } catch (SetupException e) {
            throw CommandFailure.failed(e.getMessage(), e);
        }
    }

    synchronized void closeUplinks() {
        if (uplinks != null) {
            uplinks.close();
            uplinks = null;
        }
    }

    /** Gives the standard streams to a connection; null for none. On the loop. */
    void setCurrent(CatStream stream) {
        current = stream;
    }

    void note(String text) {
        if (verbose) {
            complain(text);
        }
    }

    /** One line on standard error. */
    void complain(String text) {
        err.println(name + ": " + text);
        err.flush();
    }

    private void printStats(StackStatistics statistics) {
        if (stats) {
            err.println(StatsJson.line(statistics));
            err.flush();
        }
    }

    /**
     * The end of the only connection: waits until standard output has taken everything.
     *
     * @return exit code
     * @throws CommandFailure when it did not end in order
     */
    int endOf(IpEndpoint remote, CatStream.Outcome outcome) throws InterruptedException {
        if (outcome.failure() == null) {
            loop.execute(output::end);
            output.awaitFinished();
        }
        printStats(outcome.statistics());
        IOException failure = outcome.failure() != null ? outcome.failure() : output.failure();
        if (failure != null) {
            throw streamFailure(failure);
        }
        if (outcome.reason() != CloseReason.CLOSED) {
            throw interrupted ? CommandFailure.silent() : CommandFailure.failed(remote + ": " + outcome.reason());
        }
        return ExitCodes.OK;
    }

    /** The end of one connection of several: says what went wrong with it, and goes on unless a standard stream is lost. */
    void reportEndOf(IpEndpoint remote, CatStream.Outcome outcome) {
        printStats(outcome.statistics());
        if (outcome.failure() != null) {
            throw streamFailure(outcome.failure());
        }
        if (outcome.reason() != CloseReason.CLOSED && !interrupted) {
            complain(remote + ": " + outcome.reason());
        }
    }

    private CommandFailure streamFailure(IOException failure) {
        if (failure != output.failure()) {
            return CommandFailure.failed("standard input cannot be read: " + failure.getMessage(), failure);
        }
        // As with programs that SIGPIPE ends: whoever closed the pipe knows.
        boolean closedByReader = "Broken pipe".equals(failure.getMessage());
        return closedByReader ? CommandFailure.silent() : CommandFailure.failed("standard output cannot be written: " + failure.getMessage(), failure);
    }

    private void streamsChanged() {
        if (current != null) {
            current.streamsChanged();
        }
    }

    /** The process has been told to end: the peer hears of it, and nothing stays behind on the host. */
    private void interrupt() {
        interrupted = true;
        loop.submit(() -> {
            if (current != null) {
                current.abort();
            }
        }).awaitUninterruptibly(1, TimeUnit.SECONDS);
        closeUplinks();
    }

    @Override
    public void close() {
        closeUplinks();
        try {
            Runtime.getRuntime().removeShutdownHook(interruptHook);
        } catch (IllegalStateException _) {
            // The process is ending already, and the hook runs.
        }
        group.shutdownGracefully(0, STREAM_END_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly(STREAM_END_SECONDS, TimeUnit.SECONDS);
    }
}
