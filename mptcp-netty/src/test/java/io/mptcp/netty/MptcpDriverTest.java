package io.mptcp.netty;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.mptcp.netty.linux.UdpSocket;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Counter;
import io.mptcp.stack.LinkProperties;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.stack.Stack;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Two stacks on one loop in virtual time, joined by wires in memory. */
@Timeout(60)
class MptcpDriverTest {
    private static final IpEndpoint SERVER = new IpEndpoint(IpAddress.parse("10.0.0.2"), 5000);
    private static final IpAddress LOOPBACK = IpAddress.parse("127.0.0.1");
    private static final LinkProperties ONE_SEGMENT = LinkProperties.ofMtu(1500);
    private static final LinkProperties SUPER = new LinkProperties(1500, 60_000, 1, false);
    /** Virtual; far more than anything below needs. */
    private static final long PATIENCE_MILLIS = 600_000;

    private final MockTicker clock = Ticker.newMockTicker();
    private final ManualIoEventLoop loop = new ManualIoEventLoop(null, Thread.currentThread(), EpollIoHandler.newFactory(), clock);
    private final MptcpDriver client = driver(1);
    private final MptcpDriver server = driver(2);
    private final Logger logger = (Logger) LoggerFactory.getLogger(MptcpDriver.class);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private PipeLink near;
    private PipeLink far;

    @BeforeEach
    void captureLog() {
        log.start();
        logger.addAppender(log);
        logger.setAdditive(false);
        logger.setLevel(Level.WARN);
    }

    @AfterEach
    void close() {
        client.close();
        server.close();
        logger.detachAppender(log);
        logger.setAdditive(true);
        Loops.close(loop);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void carriesBothDirectionsToAnOrderlyEnd(boolean gathers) {
        connectLinks(gathers, SUPER);
        StreamHandler accepted = new StreamHandler(2, 3_000_000);
        StreamHandler connected = new StreamHandler(1, 2_000_000);
        listen(accepted);
        connect(connected);
        runUntil(() -> connected.isClosed() && accepted.isClosed());
        assertEquals(CloseReason.CLOSED, connected.connection.closeReason());
        assertEquals(CloseReason.CLOSED, accepted.connection.closeReason());
        assertEquals(3_000_000, connected.received);
        assertEquals(2_000_000, accepted.received);
        assertEquals(accepted.sentDigest(), connected.receivedDigest());
        assertEquals(connected.sentDigest(), accepted.receivedDigest());
        assertEquals(List.of(), log.list);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFullLinkDelaysSegmentsButLosesAndReordersNone(boolean gathers) {
        connectLinks(gathers, ONE_SEGMENT);
        near.capacity = 3;
        StreamHandler accepted = new StreamHandler(2, 0);
        StreamHandler connected = new StreamHandler(1, 1_000_000);
        listen(accepted);
        connect(connected);
        runUntil(() -> connected.isClosed() && accepted.isClosed());
        assertTrue(near.refusals > 10, near.refusals + " refusals");
        assertEquals(connected.sentDigest(), accepted.receivedDigest());
        assertEquals(0, connected.connection.subflows().getFirst().retransmits());
        List<PipeLink.Sent> data = near.sent.stream().filter(sent -> sent.payloadLength() > 0).toList();
        for (int i = 1; i < data.size(); i++) {
            PipeLink.Sent before = data.get(i - 1);
            assertEquals(before.sequence() + before.payloadLength(), data.get(i).sequence());
        }
    }

    @Test
    void linksAreFlushedOncePerBurstNotPerSegment() {
        connectLinks(true, ONE_SEGMENT);
        StreamHandler accepted = new StreamHandler(2, 0);
        StreamHandler connected = new StreamHandler(1, 1_000_000);
        listen(accepted);
        connect(connected);
        runUntil(() -> connected.isClosed() && accepted.isClosed());
        assertTrue(near.flushes > 0 && near.flushes < near.sent.size(), near.flushes + " flushes for " + near.sent.size() + " segments");
    }

    @Test
    void theTimerRetransmitsALostSyn() {
        connectLinks(true, ONE_SEGMENT);
        int[] syns = {0};
        near.drop = slot -> (TcpSegment.flags(slot.buffer, slot.offset) & TcpSegment.SYN) != 0 && syns[0]++ == 0;
        StreamHandler connected = new StreamHandler(1, 10);
        listen(new StreamHandler(2, 10));
        connect(connected);
        loop.runNow();
        assertEquals(0, near.sent.size());
        clock.advance(900, TimeUnit.MILLISECONDS);
        loop.runNow();
        assertEquals(0, near.sent.size());
        runUntil(connected::isClosed);
        assertEquals(10, connected.received);
        assertTrue(clock.nanoTime() >= 1_000_000_000L);
    }

    @Test
    void aFailingHandlerEndsItsConnectionAndNoOther() {
        connectLinks(true, SUPER);
        List<MptcpConnection> broken = new ArrayList<>();
        StreamHandler good = new StreamHandler(3, 500_000);
        listen((connection, readiness) -> connection.attach(broken.isEmpty() ? failing(broken) : good));
        StreamHandler first = new StreamHandler(1, 100_000);
        connect(first);
        runUntil(first::isClosed);
        assertEquals(CloseReason.RESET, first.connection.closeReason());
        assertEquals(CloseReason.ABORTED, broken.getFirst().closeReason());

        StreamHandler second = new StreamHandler(2, 100_000);
        connect(second);
        runUntil(() -> second.isClosed() && good.isClosed());
        assertEquals(second.sentDigest(), good.receivedDigest());
        assertEquals(1, log.list.size());
        String line = log.list.getFirst().getFormattedMessage();
        assertTrue(line.matches("connection 10\\.0\\.0\\.2:5000 -> 10\\.0\\.0\\.1:\\d+ was aborted because its handler failed: "
                + "java\\.lang\\.IllegalStateException: on purpose"), line);
    }

    private static ConnectionHandler failing(List<MptcpConnection> broken) {
        return (connection, readiness) -> {
            if ((readiness & Readiness.CLOSED) == 0) {
                broken.add(connection);
                throw new IllegalStateException("on purpose");
            }
        };
    }

    @Test
    void aConnectionWithoutHandlerIsAborted() {
        connectLinks(true, ONE_SEGMENT);
        server.stack().listen(SERVER, false, ConnectOptions.DEFAULT, "not a handler");
        StreamHandler connected = new StreamHandler(1, 10);
        connect(connected);
        runUntil(connected::isClosed);
        assertEquals(CloseReason.RESET, connected.connection.closeReason());
        assertTrue(log.list.getFirst().getFormattedMessage().endsWith("has no ConnectionHandler attached and was aborted"));
    }

    @Test
    void closingSendsTheResetsOfAbortedConnectionsAndClosesTheLinks() {
        connectLinks(true, ONE_SEGMENT);
        StreamHandler accepted = new StreamHandler(2, 0);
        listen(accepted);
        MptcpConnection connected = connect((connection, readiness) -> { });
        runUntil(connected::isConnected);
        connected.abort();
        client.close();
        assertTrue(near.closed);
        runUntil(accepted::isClosed);
        assertEquals(CloseReason.RESET, accepted.connection.closeReason());
    }

    @Test
    void closingFromWithinAHandlerWaitsForTheEndOfTheTurn() {
        connectLinks(true, ONE_SEGMENT);
        StreamHandler accepted = new StreamHandler(2, 0);
        listen(accepted);
        connect((connection, readiness) -> {
            if ((readiness & Readiness.CONNECTED) != 0) {
                connection.abort();
                client.close();
                assertFalse(near.closed);
            }
        });
        runUntil(() -> near.closed);
        runUntil(() -> server.stack().connectionCount() == 0); // the reset was sent before the links were closed
        assertEquals(List.of(), log.list);
    }

    @Test
    void aLinkThatGoesDownWhileItOwesASegmentWorksAgainAfterwards() {
        connectLinks(true, ONE_SEGMENT);
        StreamHandler accepted = new StreamHandler(2, 0);
        listen(accepted);
        near.capacity = 0;
        StreamHandler lost = new StreamHandler(1, 10);
        connect(lost);
        loop.runNow();
        assertEquals(1, near.refusals);
        near.receiver().linkStateChanged(near, false);
        loop.runNow();
        near.capacity = Integer.MAX_VALUE;
        near.receiver().linkStateChanged(near, true);
        StreamHandler connected = new StreamHandler(1, 10);
        connect(connected);
        runUntil(connected::isClosed);
        assertEquals(10, accepted.received);
    }

    @Test
    void aTurnLeavesRoomForOtherTasksOfTheLoop() {
        connectLinks(true, ONE_SEGMENT);
        StreamHandler accepted = new StreamHandler(2, 0);
        StreamHandler connected = new StreamHandler(1, 30_000_000);
        listen(accepted);
        connect(connected);
        int[] longest = {0};
        loop.execute(new Runnable() {
            private int before;

            @Override
            public void run() {
                int sinceThen = near.sent.size() - before;
                before = near.sent.size();
                longest[0] = Math.max(longest[0], sinceThen);
                if (sinceThen > 0) {
                    loop.execute(this);
                } else if (!connected.isClosed()) {
                    loop.schedule(this, 1, TimeUnit.MILLISECONDS);
                }
            }
        });
        runUntil(() -> connected.isClosed() && accepted.isClosed());
        // Several turns may come between two runs of the task, each with a budget of 128 segments; a window is thousands of them.
        assertTrue(longest[0] > 0 && longest[0] <= 4 * 128, longest[0] + " segments at a time");
        assertEquals(connected.sentDigest(), accepted.receivedDigest());
    }

    @Test
    void aTurnThatHasMoreToSendLetsLinksBeReadFirst() throws IOException {
        connectLinks(true, ONE_SEGMENT);
        int[] offered = {0};
        int[] offeredWhenRead = {0};
        try (UdpSocket socket = UdpSocket.open(LOOPBACK, 0, null)) {
            FdPoll poll = FdPoll.on(loop, socket.fd(), () -> offeredWhenRead[0] = offered[0], () -> { });
            loop.runNow();
            near.drop = slot -> {
                if (offered[0]++ == 0) {
                    FdPollTest.sendToItself(socket);
                }
                return true;
            };
            for (int i = 0; i < 1000; i++) {
                client.stack().connect(0, new IpEndpoint(IpAddress.parse("10.0.0.1"), 0), SERVER, ConnectOptions.DEFAULT, new StreamHandler(i, 0));
            }
            client.wake();
            while (offered[0] < 1000) {
                loop.runNow();
            }
            poll.close();
        }
        assertTrue(offeredWhenRead[0] > 0 && offeredWhenRead[0] <= 2 * 128, "read after " + offeredWhenRead[0] + " segments");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1000})
    void aThreadThatWasHeldUpReadsWhatHasArrivedBeforeItsTimersFire(int segmentsBefore) {
        connectLinks(true, ONE_SEGMENT);
        listen(new StreamHandler(2, 0));
        MptcpConnection connection = connect((ready, readiness) -> { });
        runUntil(connection::isConnected);
        clock.advance(10, TimeUnit.MILLISECONDS);
        loop.runNow();

        near.unread = true;
        connection.write(MemorySegment.ofArray(new byte[10_000]), 0, 10_000);
        client.wake();
        loop.runNow();
        assertFalse(near.arrived.isEmpty(), "the peer has acknowledged");
        PacketSlot first = near.arrived.getFirst();
        IntStream.range(0, segmentsBefore).forEach(i -> near.arrived.addFirst(first));
        clock.advance(300, TimeUnit.MILLISECONDS);
        loop.runNow();

        assertEquals(10_000, connection.subflows().getFirst().bytesAcked());
        assertEquals(0, client.stack().counters().get(Counter.TCPTimeouts));
        assertEquals(0, client.stack().counters().get(Counter.TCPLossProbes));
    }

    /** As after the other end's acknowledgments have come by two links while the thread did not run. */
    @Test
    void aThreadThatWasHeldUpReadsAllLinksBeforeItSends() {
        connectLinks(true, ONE_SEGMENT);
        PipeLink[] others = PipeLink.pair(1, "10.1.0.1", "10.1.0.2", true, ONE_SEGMENT);
        client.addLink(others[0]);
        listen((ready, readiness) -> { });
        MptcpConnection connection = connect((ready, readiness) -> { });
        runUntil(connection::isConnected);
        clock.advance(1, TimeUnit.SECONDS);
        others[0].arrived.add(Segments.slot("10.1.0.2", "10.1.0.1", TcpSegment.ACK, 1, new byte[0]));

        MptcpConnection accepted = server.stack().connections().getFirst();
        accepted.write(MemorySegment.ofArray(new byte[10_000]), 0, 10_000);
        server.wake();
        int before = near.sent.size();
        List<Integer> waiting = new ArrayList<>();
        near.drop = slot -> {
            waiting.add(others[0].arrived.size());
            return false;
        };
        runUntil(() -> near.sent.size() > before);
        assertEquals(0, waiting.getFirst(), "segments that waited when an acknowledgment was sent");
    }

    @Test
    void twoLinksOfOneNumberAreRefused() {
        connectLinks(true, ONE_SEGMENT);
        PipeLink[] more = PipeLink.pair(0, "10.0.1.1", "10.0.1.2", true, ONE_SEGMENT);
        assertThrows(IllegalStateException.class, () -> client.addLink(more[0]));
    }

    @Test
    void callsFromAnotherThreadAreRefused() {
        CompletableFuture.runAsync(() -> {
            assertThrows(IllegalStateException.class, client::wake);
            assertThrows(IllegalStateException.class, client::close);
        }).join();
    }

    @Test
    void statisticsShowTheSubflowsAndCounters() {
        connectLinks(true, SUPER);
        StreamHandler accepted = new StreamHandler(2, 5);
        StreamHandler connected = new StreamHandler(1, 1_000);
        listen(accepted);
        connect(connected);
        runUntil(() -> connected.isClosed() && accepted.isClosed());
        StackStatistics statistics = StackStatistics.capture(client, connected.connection, 1_500_000_000L);
        assertEquals(1_000, statistics.bytesSent());
        assertEquals(5, statistics.bytesReceived());
        assertEquals("pipe0", statistics.subflows().getFirst().link());
        assertEquals(1, client.stack().counters().get(Counter.MPCapableSYNTX));
        String line = StatsJson.line(statistics);
        assertTrue(line.startsWith("{\"bytes_sent\":1000,\"bytes_received\":5,\"duration_seconds\":1.5,\"fallback\":false,\"fallback_reason\":null,"), line);
        assertTrue(line.contains("\"subflows\":[{\"id\":"), line);
        assertTrue(line.contains("\"remote\":\"10.0.0.2:5000\""), line);
        assertTrue(line.contains("\"MPCapableSYNTX\":1"), line);
        assertFalse(line.contains("\n"));
    }

    @Test
    void closingFreesWhatConnectionsHoldAndLeavesTheirStatistics() {
        connectLinks(true, SUPER);
        ConnectionHandler idle = (connection, readiness) -> { };
        listen(idle);
        MptcpConnection connection = connect(idle);
        runUntil(connection::isConnected);
        assertEquals(1000, connection.write(MemorySegment.ofArray(new byte[1000]), 0, 1000));
        assertTrue(client.stack().bufferBytes() > 0);
        client.close();
        assertEquals(0, client.stack().bufferBytes());
        assertEquals(0, client.stack().spareBufferBytes());
        StackStatistics statistics = StackStatistics.capture(client, connection, 1);
        assertEquals(1000, statistics.subflows().getFirst().info().bytesSent(), "what was written before still went out");
        assertEquals(1, client.stack().counters().get(Counter.MPCapableSYNTX));
    }

    private MptcpDriver driver(long seed) {
        Random random = new Random(seed);
        return new MptcpDriver(loop, new Stack(StackConfig.defaults(), random::nextLong));
    }

    private void connectLinks(boolean gathers, LinkProperties properties) {
        PipeLink[] ends = PipeLink.pair(0, "10.0.0.1", "10.0.0.2", gathers, properties);
        near = ends[0];
        far = ends[1];
        client.addLink(near);
        server.addLink(far);
    }

    private void listen(ConnectionHandler handler) {
        server.stack().listen(SERVER, false, ConnectOptions.DEFAULT, handler);
        server.wake();
    }

    private MptcpConnection connect(ConnectionHandler handler) {
        MptcpConnection connection = client.stack().connect(0, new IpEndpoint(IpAddress.parse("10.0.0.1"), 0), SERVER, ConnectOptions.DEFAULT, handler);
        client.wake();
        return connection;
    }

    private void runUntil(BooleanSupplier condition) {
        for (int i = 0; i < PATIENCE_MILLIS; i++) {
            while (loop.runNow() > 0) {
                Loops.checkInterrupt();
                if (condition.getAsBoolean()) {
                    return;
                }
            }
            if (condition.getAsBoolean()) {
                return;
            }
            clock.advance(1, TimeUnit.MILLISECONDS);
        }
        throw new AssertionError("nothing after " + PATIENCE_MILLIS + " ms of virtual time");
    }
}
