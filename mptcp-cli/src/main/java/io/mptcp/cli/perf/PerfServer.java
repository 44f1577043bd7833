package io.mptcp.cli.perf;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.MptcpDriver;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * The server's side: one test after the other. A connection says with its first bytes which test it belongs to: a new cookie begins one, unless
 * one is running, then it is denied; the cookie of the running test brings a data stream. Lives on the event loop.
 */
final class PerfServer implements ConnectionHandler {
    /** How long a connection may take for its cookie, and a client for a step. */
    private static final long STEP_SECONDS = 30;

    private final MptcpDriver driver;
    private final Supplier<PerfReport> reports;
    private final BiConsumer<String, PerfException> ended;
    private Test current;

    /**
     * @param reports makes a report for each test
     * @param ended   hears of the end of each test: from whom, and null or why it failed
     */
    PerfServer(MptcpDriver driver, Supplier<PerfReport> reports, BiConsumer<String, PerfException> ended) {
        this.driver = driver;
        this.reports = reports;
        this.ended = ended;
    }

    @Override
    public void ready(MptcpConnection connection, int readiness) {
        if ((readiness & Readiness.ACCEPTED) != 0) {
            new Greeting(connection).start();
        }
    }

    /** Stops the running test, if there is one. */
    void close() {
        if (current != null) {
            current.control.send(PerfState.SERVER_TERMINATE);
            current.fail(new PerfException("stopped", null));
        }
    }

    private void greeted(MptcpConnection connection, byte[] cookie) {
        if (current != null && Arrays.equals(cookie, current.cookie)) {
            current.addStream(connection);
        } else if (current != null) {
            connection.attach((ConnectionHandler) (closing, readiness) -> { });
            new ControlChannel(connection).send(PerfState.ACCESS_DENIED);
            connection.close();
        } else {
            current = new Test(connection, cookie);
            current.begin();
        }
    }

    /** A connection that has not said yet what it is for. */
    private final class Greeting implements ConnectionHandler {
        private final MptcpConnection connection;
        private final MemorySegment bytes = Arena.ofAuto().allocate(Cookie.LENGTH_BYTES);
        private int length;

        Greeting(MptcpConnection connection) {
            this.connection = connection;
        }

        void start() {
            connection.attach(this);
            driver.loop().schedule(() -> {
                if (length < Cookie.LENGTH_BYTES && !connection.isClosed()) {
                    connection.abort();
                    driver.wake();
                }
            }, STEP_SECONDS, TimeUnit.SECONDS);
            ready(connection, Readiness.READABLE);
        }

        @Override
        public void ready(MptcpConnection ready, int readiness) {
            if (length == Cookie.LENGTH_BYTES) {
                return;
            }
            int count = connection.read(bytes, length, Cookie.LENGTH_BYTES - length);
            if (count < 0) {
                connection.close();
                return;
            }
            length += count;
            if (length == Cookie.LENGTH_BYTES) {
                greeted(connection, bytes.toArray(ValueLayout.JAVA_BYTE));
            }
        }
    }

    /** One test, from the first cookie to the end of the control connection. */
    private final class Test implements ConnectionHandler {
        private final ControlChannel control;
        private final byte[] cookie;
        private final PerfReport report = reports.get();
        private Measurement measurement;
        private PerfParameters parameters;
        private PerfState state = PerfState.PARAM_EXCHANGE;
        private long step;

        Test(MptcpConnection connection, byte[] cookie) {
            this.control = new ControlChannel(connection);
            this.cookie = cookie;
        }

        void begin() {
            MptcpConnection connection = control.connection();
            connection.attach(this);
            report.say("Accepted connection from " + connection.remote().address() + ", port " + connection.remote().port());
            enter(PerfState.PARAM_EXCHANGE);
            control.expectJson(json -> {
                parameters = PerfParameters.parse(json);
                measurement = new Measurement(driver, parameters, report);
                enter(PerfState.CREATE_STREAMS);
            });
            ready(connection, Readiness.READABLE);
        }

        private void enter(PerfState next) {
            state = next;
            control.send(next);
            expectStep();
        }

        private void expectStep() {
            long now = ++step;
            driver.loop().schedule(() -> {
                if (step == now && current == this && state != PerfState.TEST_RUNNING) {
                    fail(new PerfException("the client does not go on after " + state, null));
                }
            }, STEP_SECONDS, TimeUnit.SECONDS);
        }

        void addStream(MptcpConnection connection) {
            if (state != PerfState.CREATE_STREAMS) {
                connection.abort();
                return;
            }
            int id = PerfParameters.streamId(measurement.streams().size());
            DataStream stream = new DataStream(id, driver, connection, parameters.reverse(), parameters.blockBytes(), Long.MAX_VALUE);
            connection.attach(stream);
            measurement.add(stream);
            if (measurement.streams().size() == parameters.parallel()) {
                enter(PerfState.TEST_START);
                enter(PerfState.TEST_RUNNING);
                measurement.start();
            }
        }

        @Override
        public void ready(MptcpConnection connection, int readiness) {
            if (current != this) {
                return;
            }
            try {
                control.flush();
                control.read(this::clientEntered);
                if (current == this && (connection.isClosed() || connection.readableBytes() == 0 && (readiness & Readiness.CLOSED) != 0)) {
                    throw new PerfException("the client has gone (" + connection.closeReason() + ")", null);
                }
            } catch (PerfException e) {
                fail(e);
            }
        }

        private void clientEntered(PerfState next) {
            switch (next) {
                case TEST_END -> {
                    PerfResults own = requireRunning().stop();
                    enter(PerfState.EXCHANGE_RESULTS);
                    control.expectJson(json -> {
                        List<MptcpConnection> connections = measurement.streams().stream().map(DataStream::connection).toList();
                        report.finished(parameters.reverse(), own, PerfResults.parse(json), PerfReport.paths(driver.links(), connections));
                        control.sendJson(own.json());
                        enter(PerfState.DISPLAY_RESULTS);
                    });
                }
                case IPERF_DONE -> end(null);
                case CLIENT_TERMINATE -> throw new PerfException("the client has been stopped", null);
                default -> throw new PerfException("the client is in state " + next + ", which is for servers", null);
            }
        }

        private Measurement requireRunning() {
            if (state != PerfState.TEST_RUNNING) {
                throw new PerfException("the client ends a test that is not running", null);
            }
            return measurement;
        }

        private void fail(PerfException e) {
            // Two numbers follow: iperf3's for "not implemented", and no system error.
            if (measurement == null && state == PerfState.PARAM_EXCHANGE) {
                control.send(new byte[] {PerfState.SERVER_ERROR.code(), 0, 0, 0, 13, 0, 0, 0, 0});
            }
            end(e);
        }

        private void end(PerfException failure) {
            if (current != this) {
                return;
            }
            current = null;
            if (measurement != null) {
                measurement.stop();
                measurement.streams().forEach(stream -> stream.connection().abort());
            }
            control.connection().close();
            driver.wake();
            ended.accept(control.connection().remote().toString(), failure);
        }
    }
}
