package io.mptcp.cli.perf;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.host.ConnectListener;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.wire.IpEndpoint;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The client's side of a test. Lives on the event loop. */
final class PerfClient implements ConnectionHandler {
    private static final long FINISH_POLL_MILLIS = 10;
    /** How long the server may take for a step. */
    private static final long STEP_SECONDS = 30;

    private final Uplinks uplinks;
    private final IpEndpoint server;
    private final PerfParameters parameters;
    private final PerfReport report;
    private final long connectTimeoutMillis;
    private final byte[] cookie = Cookie.random();
    private final Measurement measurement;
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private ControlChannel control;
    private PerfState state = PerfState.IPERF_START;
    private PerfResults own;
    private long step;

    PerfClient(Uplinks uplinks, IpEndpoint server, PerfParameters parameters, PerfReport report, long connectTimeoutMillis) {
        this.uplinks = uplinks;
        this.server = server;
        this.parameters = parameters;
        this.report = report;
        this.connectTimeoutMillis = connectTimeoutMillis;
        this.measurement = new Measurement(uplinks.driver(), parameters, report);
    }

    /** Completed on the loop, exceptionally with a {@link PerfException} when the test could not be made. */
    CompletableFuture<Void> done() {
        return done;
    }

    void start() {
        connect(connection -> {
            control = new ControlChannel(connection);
            connection.attach(this);
            control.send(cookie);
            nextStep();
        });
    }

    private void connect(Consumer<MptcpConnection> then) {
        uplinks.connect(server, connectTimeoutMillis, new ConnectListener() {
            @Override
            public void connected(MptcpConnection connection) {
                guarded(() -> then.accept(connection));
                uplinks.driver().wake();
            }

            @Override
            public void failed(CloseReason reason) {
                fail(new PerfException(server + ": " + reason, null));
            }
        });
    }

    @Override
    public void ready(MptcpConnection connection, int readiness) {
        guarded(() -> {
            control.flush();
            control.read(this::entered);
            if ((readiness & (Readiness.CLOSED | Readiness.READABLE)) != 0 && !done.isDone() && connection.isClosed()) {
                throw new PerfException("the server has gone (" + connection.closeReason() + ")", null);
            }
        });
    }

    private void guarded(Runnable action) {
        try {
            action.run();
        } catch (PerfException e) {
            fail(e);
        }
    }

    private void entered(PerfState next) {
        state = next;
        nextStep();
        switch (next) {
            case PARAM_EXCHANGE -> control.sendJson(parameters.json("3.12"));
            case CREATE_STREAMS -> openStream(0);
            case TEST_START -> {
                // TEST_RUNNING follows at once.
            }
            case TEST_RUNNING -> run();
            case EXCHANGE_RESULTS -> {
                control.sendJson(own.json());
                control.expectJson(this::results);
            }
            case DISPLAY_RESULTS -> {
                control.send(PerfState.IPERF_DONE);
                done.complete(null);
            }
            case ACCESS_DENIED -> throw new PerfException("the server is busy running a test, try again later", null);
            case SERVER_TERMINATE -> throw new PerfException("the server has been stopped", null);
            case SERVER_ERROR -> throw new PerfException("the server cannot do that", null);
            default -> throw new PerfException("the server is in state " + next + ", which is for clients", null);
        }
    }

    /** One after the other: their order is the order of their numbers. */
    private void openStream(int index) {
        if (index == parameters.parallel()) {
            return; // The server says when it has them all.
        }
        connect(connection -> {
            boolean sending = !parameters.reverse();
            long limit = parameters.totalBytes() > 0 ? Math.ceilDiv(parameters.totalBytes(), parameters.parallel()) : Long.MAX_VALUE;
            DataStream stream = new DataStream(PerfParameters.streamId(index), uplinks.driver(), connection, sending, parameters.blockBytes(), limit);
            connection.attach(stream);
            new ControlChannel(connection).send(cookie);
            measurement.add(stream);
            openStream(index + 1);
        });
    }

    private void run() {
        measurement.start();
        if (parameters.seconds() > 0) {
            uplinks.loop().schedule(this::end, parameters.seconds() + parameters.omitSeconds(), TimeUnit.SECONDS);
        }
        if (parameters.totalBytes() > 0) {
            pollFinished();
        }
    }

    private void pollFinished() {
        boolean finished = parameters.reverse()
                ? measurement.streams().stream().mapToLong(DataStream::bytes).sum() >= parameters.totalBytes() : measurement.isFinished();
        if (finished) {
            end();
        } else if (!done.isDone()) {
            uplinks.loop().schedule(this::pollFinished, FINISH_POLL_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void end() {
        if (state == PerfState.TEST_RUNNING && own == null && !done.isDone()) {
            own = measurement.stop();
            state = PerfState.TEST_END;
            nextStep();
            control.send(PerfState.TEST_END);
            uplinks.driver().wake();
        }
    }

    private void results(String json) {
        List<MptcpConnection> connections = measurement.streams().stream().map(DataStream::connection).toList();
        report.finished(!parameters.reverse(), own, PerfResults.parse(json), PerfReport.paths(uplinks.driver().links(), connections));
    }

    /** A server that does not go on is not waited for forever; a running test takes as long as it takes. */
    private void nextStep() {
        long current = ++step;
        if (state != PerfState.TEST_RUNNING) {
            uplinks.loop().schedule(() -> {
                if (step == current && !done.isDone()) {
                    fail(new PerfException("the server does not go on after " + state, null));
                }
            }, STEP_SECONDS, TimeUnit.SECONDS);
        }
    }

    private void fail(PerfException e) {
        measurement.streams().forEach(DataStream::stop);
        done.completeExceptionally(e);
    }

    /** Closes everything: data streams by reset, as nobody waits for what is still on its way. */
    void close() {
        measurement.streams().forEach(stream -> {
            stream.stop();
            stream.connection().abort();
        });
        if (control != null) {
            control.connection().close();
        }
        uplinks.driver().wake();
    }
}
