package io.mptcp.cli;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.MptcpDriver;
import io.mptcp.netty.StackStatistics;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.SubflowInfo;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Moves bytes between the standard streams and one connection until both directions have ended. Lives on the event loop. */
final class CatStream implements ConnectionHandler {
    /**
     * How it ended.
     *
     * @param reason     why the connection is over; CLOSED when both directions ended in order
     * @param failure    what went wrong with a standard stream, or null
     * @param statistics of the connection, taken at its end
     */
    record Outcome(CloseReason reason, IOException failure, StackStatistics statistics) {
    }

    /** A connection that has ended stays for its last acknowledgments, which would otherwise be answered with resets, at most this long. */
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long LINGER_STEP_MILLIS = 5;

    private final CatIo io;
    private final MptcpDriver driver;
    private final MptcpConnection connection;
    private final boolean endsOutput;
    private final long startNanos;
    private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    private final InputPump.Sink sink;
    private final OutputPump.Source source;
    private boolean inputEnded;
    private boolean outputEnded;
    private boolean finished;

    /**
     * @param endsOutput whether the end of this connection is the end of standard output
     * @param startNanos when the connection began, in terms of the loop's clock
     */
    CatStream(CatIo io, MptcpDriver driver, MptcpConnection connection, boolean endsOutput, long startNanos) {
        this.io = io;
        this.driver = driver;
        this.connection = connection;
        this.endsOutput = endsOutput;
        this.startNanos = startNanos;
        this.sink = connection::write;
        this.source = connection::read;
    }

    /** Takes the standard streams over. On the loop. */
    void start() {
        io.setCurrent(this);
        connection.attach(this);
        io.input().start();
        streamsChanged();
    }

    /** Completed on the loop when nothing of this connection is left to move. */
    CompletableFuture<Outcome> outcome() {
        return outcome;
    }

    @Override
    public void ready(MptcpConnection ready, int readiness) {
        move();
    }

    /** A standard stream has more, or room again. */
    void streamsChanged() {
        move();
        driver.wake();
    }

    void abort() {
        if (!finished) {
            connection.abort();
            finish(CloseReason.ABORTED, null);
        }
    }

    private void move() {
        if (finished) {
            return;
        }
        boolean allRead = moveOutput();
        moveInput();
        IOException failure = io.output().failure() != null ? io.output().failure() : io.input().failure();
        if (failure != null) {
            connection.abort();
            finish(CloseReason.ABORTED, failure);
        } else if (connection.isClosed() && allRead) {
            finish(connection.closeReason(), null);
        }
    }

    /** @return whether the connection has nothing to read now */
    private boolean moveOutput() {
        long moved = io.output().moveFrom(source);
        while (moved > 0) {
            moved = io.output().moveFrom(source);
        }
        if (moved < 0 && !outputEnded) {
            outputEnded = true;
            if (endsOutput) {
                io.output().end();
            }
        }
        return connection.readableBytes() == 0;
    }

    private void moveInput() {
        if (inputEnded || connection.isClosed()) {
            return;
        }
        io.input().moveTo(sink);
        if (io.input().isAtEnd()) {
            inputEnded = true;
            connection.shutdownOutput();
        }
    }

    private void finish(CloseReason reason, IOException failure) {
        finished = true;
        io.setCurrent(null);
        long nowNanos = driver.loop().ticker().nanoTime();
        StackStatistics statistics = StackStatistics.capture(driver, connection, nowNanos - startNanos);
        connection.close();
        driver.wake();
        linger(new Outcome(reason, failure, statistics), nowNanos + LINGER_NANOS);
    }

    private void linger(Outcome result, long deadlineNanos) {
        boolean ended = result.reason() != CloseReason.CLOSED || connection.subflows().stream().allMatch(CatStream::isAtRest);
        if (ended || driver.loop().ticker().nanoTime() - deadlineNanos >= 0) {
            outcome.complete(result);
        } else {
            driver.loop().schedule(() -> linger(result, deadlineNanos), LINGER_STEP_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    /** Both FINs are acknowledged; all that may come is a FIN sent again. */
    private static boolean isAtRest(SubflowInfo subflow) {
        return subflow.state().equals("CLOSED") || subflow.state().equals("TIME_WAIT");
    }
}
