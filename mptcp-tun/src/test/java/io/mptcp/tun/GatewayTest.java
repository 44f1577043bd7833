package io.mptcp.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.MptcpDriver;
import io.mptcp.netty.StackStatistics;
import io.mptcp.netty.host.ConnectListener;
import io.mptcp.netty.host.PendingConnect;
import io.mptcp.netty.host.UplinkSettings;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Stack;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import io.netty.channel.ManualIoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * An application and a server with the gateway between them, all on one loop in virtual time: application — tun — gateway — two paths — server.
 */
@Timeout(120)
class GatewayTest {
    private static final String SERVER_ADDRESS = "10.99.0.1";
    private static final IpEndpoint SERVER = new IpEndpoint(IpAddress.parse(SERVER_ADDRESS), 80);
    private static final IpEndpoint NOBODY = new IpEndpoint(IpAddress.parse(SERVER_ADDRESS), 81);
    private static final IpAddress APPLICATION = IpAddress.parse("10.255.0.1");
    private static final int BUFFER_BYTES = 128 << 10;
    private static final int MAX_FLOWS = 3;
    private static final int CONNECT_TIMEOUT_SECONDS = 30;
    private static final long PATIENCE_MILLIS = 600_000;

    private final MockTicker clock = Ticker.newMockTicker();
    private final ManualIoEventLoop loop = new ManualIoEventLoop(null, Thread.currentThread(), EpollIoHandler.newFactory(), clock);
    private final StackConfig config = StackConfig.defaults().withTcp(TcpConfig.defaults().withBuffers(BUFFER_BYTES, BUFFER_BYTES));
    private final Wire[] tun = Wire.pair(0, "tun", "10.255.0.1", SERVER_ADDRESS, 0, false);
    private final Wire[] path1 = Wire.pair(0, "p1", "10.1.0.2", SERVER_ADDRESS, 10, false);
    private final Wire[] path2 = Wire.pair(1, "p2", "10.2.0.2", SERVER_ADDRESS, 20, false);
    private final MptcpDriver host = new MptcpDriver(loop, new Stack(config.withMptcp(false), random(1)::nextLong));
    private final MptcpDriver inner = new MptcpDriver(loop, new Stack(config.withMptcp(false), random(2)::nextLong));
    private final MptcpDriver server = new MptcpDriver(loop, new Stack(config, random(3)::nextLong));
    private final Uplinks uplinks = Uplinks.over(loop, UplinkSettings.of(config), random(4)::nextLong, List.of(path1[0], path2[0]), () -> { });
    private final FlowTable flows = new FlowTable(MAX_FLOWS);
    private final Gateway gateway = new Gateway(inner, uplinks, flows,
            new FlowRouting(List.of(FlowRule.DIRECT), null, uplinks), new TunConfig.GatewayLimits(MAX_FLOWS, BUFFER_BYTES, CONNECT_TIMEOUT_SECONDS));
    private final List<Endpoint> accepted = new ArrayList<>();
    private long serverSends = 1000;
    private boolean serverHoldsOpen;

    GatewayTest() {
        host.addLink(tun[0]);
        inner.addLink(tun[1]);
        server.addLink(path1[1]);
        server.addLink(path2[1]);
        gateway.start();
        server.stack().listen(SERVER, false, ConnectOptions.DEFAULT.withScheduler(() -> Schedulers.create("roundrobin")), (io.mptcp.netty.ConnectionHandler) (connection, readiness) -> {
            Endpoint endpoint = new Endpoint(77, serverSends);
            endpoint.holdOpen = serverHoldsOpen;
            accepted.add(endpoint);
            connection.attach(endpoint);
            endpoint.ready(connection, readiness);
        });
    }

    @AfterEach
    void close() {
        host.close();
        inner.close();
        uplinks.close();
        server.close();
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        while (!loop.isTerminated()) {
            loop.runNow();
            clock.advance(1, TimeUnit.SECONDS);
        }
    }

    @Test
    void bytesPassBothWaysAndBothEndsCloseInOrder() {
        serverSends = 3_000_000;
        Endpoint application = connect(SERVER, 2_000_000);
        runUntil(() -> application.isClosed() && !accepted.isEmpty() && accepted.getFirst().isClosed());
        Endpoint served = accepted.getFirst();
        assertEquals(3_000_000, application.received);
        assertEquals(2_000_000, served.received);
        assertEquals(served.sentChecksum.getValue(), application.receivedChecksum.getValue());
        assertEquals(application.sentChecksum.getValue(), served.receivedChecksum.getValue());
        assertEquals(CloseReason.CLOSED, application.reason());
        assertEquals(CloseReason.CLOSED, served.reason());
        runUntil(() -> flows.active() == 0);
        assertEquals(1, flows.accepted());
    }

    @Test
    void theOutwardSideIsMptcpOverBothPathsAndTheApplicationSideIsNot() {
        serverSends = 2_000_000;
        Endpoint application = connect(SERVER, 10);
        runUntil(application::isClosed);
        assertTrue(application.connection.isFallback());
        assertFalse(accepted.getFirst().connection.isFallback());
        assertEquals(2, accepted.getFirst().connection.subflows().size());
        assertTrue(uplinks.links().get(0).receivedBytes() > 500_000, "path 1 carried " + uplinks.links().get(0).receivedBytes());
        assertTrue(uplinks.links().get(1).receivedBytes() > 500_000, "path 2 carried " + uplinks.links().get(1).receivedBytes());
    }

    @Test
    void theApplicationIsConnectedOnlyAfterTheDestinationAnswered() {
        Endpoint application = connect(SERVER, 10);
        runUntil(() -> path1[0].sentSegments == 1);
        clock.advance(5, TimeUnit.MILLISECONDS);
        runDue();
        assertFalse(application.wasConnected());
        runUntil(application::wasConnected);
        assertTrue(path1[0].sentSegments >= 2, "handshake of the outward side");
    }

    @Test
    void aRefusalOfTheDestinationIsOneForTheApplication() {
        Endpoint application = connect(NOBODY, 10);
        runUntil(application::isClosed);
        assertEquals(CloseReason.REFUSED, application.reason());
        assertFalse(application.wasConnected());
        assertEquals(1, flows.failed());
        assertEquals(0, flows.active());
    }

    /** No socket sends such a thing, a scanner does. */
    @Test
    void aSynToPortZeroIsRefusedAndLeavesNothing() {
        for (int i = 0; i < MAX_FLOWS + 1; i++) {
            tun[0].send(synToPortZero(1000 + i));
        }
        runUntil(() -> flows.failed() + flows.rejected() == MAX_FLOWS + 1);
        run(1000);
        assertEquals(MAX_FLOWS + 1, inner.stack().counters().get(Counter.OutRsts));
        assertEquals(0, flows.active());
        assertEquals(0, inner.stack().connectionCount());
        assertEquals(0, path1[0].sentSegments + path2[0].sentSegments);
        flows.close();
    }

    private static PacketSlot synToPortZero(int sourcePort) {
        PacketSlot slot = new PacketSlot();
        slot.sourceHi = APPLICATION.hi();
        slot.sourceLo = APPLICATION.lo();
        slot.destinationHi = SERVER.address().hi();
        slot.destinationLo = SERVER.address().lo();
        slot.length = TcpSegment.MIN_HEADER_LENGTH;
        slot.buffer = Arena.ofAuto().allocate(slot.length);
        TcpSegment.encode(slot.buffer, 0, sourcePort, 0, 1, 0, slot.length, TcpSegment.SYN, 65_535);
        return slot;
    }

    @Test
    void withEveryPathDownConnectionsAreRefusedAtOnce() {
        runDue();
        path1[0].setUp(false);
        path2[0].setUp(false);
        long before = clock.nanoTime();
        Endpoint application = connect(SERVER, 10);
        runUntil(application::isClosed);
        assertEquals(CloseReason.REFUSED, application.reason());
        assertTrue(clock.nanoTime() - before < TimeUnit.MILLISECONDS.toNanos(100));
    }

    @Test
    void aSilentDestinationIsGivenUpAfterTheTimeout() {
        path1[0].cut(true);
        path2[0].cut(true);
        long before = clock.nanoTime();
        Endpoint application = connect(SERVER, 10);
        runUntil(application::isClosed);
        assertEquals(CloseReason.REFUSED, application.reason());
        assertEquals(CONNECT_TIMEOUT_SECONDS, TimeUnit.NANOSECONDS.toSeconds(clock.nanoTime() - before));
    }

    /** It is the destination itself that has answered; the silence of another path says nothing about it. */
    @Test
    void aRefusalOverOnePathIsTheReasonThoughAnotherIsSilent() {
        path2[0].cut(true);
        List<CloseReason> reasons = new ArrayList<>();
        uplinks.connect(NOBODY, TimeUnit.SECONDS.toMillis(CONNECT_TIMEOUT_SECONDS), new ConnectListener() {
            @Override
            public void connected(io.mptcp.stack.MptcpConnection connection) {
                throw new AssertionError("connected to nobody");
            }

            @Override
            public void failed(CloseReason reason) {
                reasons.add(reason);
            }
        });
        runUntil(() -> !reasons.isEmpty());
        assertEquals(List.of(CloseReason.REFUSED), reasons);
    }

    @Test
    void whenTheFirstPathIsSilentTheSecondIsTakenAndRemembered() {
        path1[0].cut(true);
        long before = clock.nanoTime();
        Endpoint first = connect(SERVER, 10);
        runUntil(first::wasConnected);
        long firstMillis = TimeUnit.NANOSECONDS.toMillis(clock.nanoTime() - before);
        assertTrue(firstMillis >= PendingConnect.ATTEMPT_DELAY_MILLIS && firstMillis < 400, firstMillis + " ms");
        before = clock.nanoTime();
        Endpoint second = connect(SERVER, 10);
        runUntil(second::wasConnected);
        assertTrue(clock.nanoTime() - before < TimeUnit.MILLISECONDS.toNanos(100));
        runUntil(() -> first.isClosed() && second.isClosed());
        assertEquals(1000, first.received);
    }

    @Test
    void eachDirectionEndsOnItsOwn() {
        serverHoldsOpen = true;
        Endpoint application = connect(SERVER, 5000);
        runUntil(() -> !accepted.isEmpty() && accepted.getFirst().endOfStream);
        Endpoint served = accepted.getFirst();
        assertEquals(5000, served.received);
        runUntil(() -> application.received == 1000);
        assertFalse(application.endOfStream);
        served.holdOpen = false;
        served.advance();
        server.wake();
        runUntil(application::isClosed);
        assertTrue(application.endOfStream);
        assertEquals(CloseReason.CLOSED, application.reason());
    }

    @Test
    void aResetFromTheServerReachesTheApplication() {
        serverHoldsOpen = true;
        Endpoint application = connect(SERVER, 10);
        runUntil(() -> application.received == 1000);
        accepted.getFirst().connection.abort();
        server.wake();
        runUntil(application::isClosed);
        assertEquals(CloseReason.RESET, application.reason());
        runUntil(() -> flows.active() == 0);
    }

    @Test
    void aResetFromTheApplicationReachesTheServer() {
        serverHoldsOpen = true;
        Endpoint application = connect(SERVER, 10);
        runUntil(() -> application.received == 1000);
        application.connection.abort();
        host.wake();
        runUntil(accepted.getFirst()::isClosed);
        assertEquals(CloseReason.RESET, accepted.getFirst().reason());
        runUntil(() -> flows.active() == 0);
    }

    /** A TCP that gives up in SYN-SENT says nothing (RFC 9293 section 3.10.4): it is found out by the SYN/ACK. */
    @Test
    void anApplicationThatGaveUpWhileConnectingLeavesNothing() {
        path1[0].cut(true);
        path2[0].cut(true);
        serverHoldsOpen = true;
        Endpoint application = connect(SERVER, 10);
        runUntil(() -> flows.active() == 1 && path1[0].sentSegments > 0);
        application.connection.abort();
        host.wake();
        path1[0].cut(false);
        runUntil(() -> flows.accepted() == 1 && flows.active() == 0);
        runUntil(() -> uplinks.driver().stack().connectionCount() == 0 && server.stack().connectionCount() == 0);
        assertTrue(accepted.stream().allMatch(Endpoint::isClosed));
    }

    @Test
    void moreConnectionsThanAllowedAreRefusedUntilOneEnds() {
        serverHoldsOpen = true;
        List<Endpoint> applications = new ArrayList<>();
        for (int i = 0; i < MAX_FLOWS; i++) {
            applications.add(connect(SERVER, 10));
        }
        runUntil(() -> applications.stream().allMatch(Endpoint::wasConnected));
        Endpoint tooMuch = connect(SERVER, 10);
        runUntil(tooMuch::isClosed);
        assertEquals(CloseReason.REFUSED, tooMuch.reason());
        assertEquals(1, flows.rejected());
        applications.getFirst().connection.abort();
        host.wake();
        runUntil(() -> flows.active() == MAX_FLOWS - 1);
        Endpoint another = connect(SERVER, 10);
        runUntil(another::wasConnected);
    }

    @Test
    void aSlowReaderHoldsTheSenderBackAndLosesNothing() {
        serverSends = 5_000_000;
        Endpoint application = connect(SERVER, 10);
        application.paused = true;
        runUntil(() -> !accepted.isEmpty() && accepted.getFirst().sent > 0);
        Endpoint served = accepted.getFirst();
        run(20_000);
        // Four buffers lie between the two: the server's, two of the gateway, and the application's.
        assertTrue(served.sent <= 5 * BUFFER_BYTES, "the server got rid of " + served.sent);
        assertEquals(0, application.received);
        application.paused = false;
        application.advance();
        host.wake();
        runUntil(application::isClosed);
        assertEquals(5_000_000, application.received);
        assertEquals(served.sentChecksum.getValue(), application.receivedChecksum.getValue());
    }

    @Test
    void aTransferSurvivesTheCutAndReturnOfAPath() {
        serverSends = 6_000_000;
        Endpoint application = connect(SERVER, 10);
        runUntil(() -> application.received > 1_000_000);
        path1[0].cut(true);
        runUntil(() -> application.received > 3_000_000);
        path1[0].cut(false);
        runUntil(application::isClosed);
        assertEquals(6_000_000, application.received);
        assertEquals(accepted.getFirst().sentChecksum.getValue(), application.receivedChecksum.getValue());
    }

    @Test
    void aPathThatWasDownAtTheStartJoinsWhenItComesUp() {
        runDue();
        path2[0].setUp(false);
        serverHoldsOpen = true;
        Endpoint application = connect(SERVER, 10);
        runUntil(() -> application.received == 1000);
        assertEquals(0, path2[0].sentSegments);
        path2[0].setUp(true);
        runUntil(() -> accepted.getFirst().connection.subflows().size() == 2);
    }

    @Test
    void theFirstSubflowGoesOverAnOrdinaryPathRatherThanABackup() {
        Wire[] backup = Wire.pair(0, "b", "10.1.0.2", SERVER_ADDRESS, 1, true);
        Wire[] ordinary = Wire.pair(1, "o", "10.2.0.2", SERVER_ADDRESS, 1, false);
        MptcpDriver peer = new MptcpDriver(loop, new Stack(config, random(5)::nextLong));
        peer.addLink(backup[1]);
        peer.addLink(ordinary[1]);
        peer.stack().listen(SERVER, false, ConnectOptions.DEFAULT, new Endpoint(1, 0));
        try (Uplinks two = Uplinks.over(loop, UplinkSettings.of(config), random(6)::nextLong, List.of(backup[0], ordinary[0]), () -> { })) {
            List<Integer> startedOver = new ArrayList<>();
            two.connect(SERVER, 1000, new ConnectListener() {
                @Override
                public void connected(io.mptcp.stack.MptcpConnection connection) {
                    startedOver.add(connection.linkId());
                    connection.attach(new Endpoint(2, 0));
                }

                @Override
                public void failed(CloseReason reason) {
                    throw new AssertionError(reason);
                }
            });
            runUntil(() -> !startedOver.isEmpty());
            assertEquals(List.of(1), startedOver);
        } finally {
            peer.close();
        }
    }

    @Test
    void closingTheGatewayResetsBothSides() {
        serverHoldsOpen = true;
        Endpoint application = connect(SERVER, 10);
        runUntil(() -> application.received == 1000);
        flows.close();
        runUntil(() -> application.isClosed() && accepted.getFirst().isClosed());
        assertEquals(CloseReason.RESET, application.reason());
        assertEquals(CloseReason.RESET, accepted.getFirst().reason());
        assertEquals(0, flows.active());
    }

    @Test
    void manyShortConnectionsLeaveNothingBehind() {
        for (int i = 0; i < 100; i++) {
            Endpoint application = connect(SERVER, 100);
            runUntil(application::isClosed);
            assertEquals(1000, application.received);
        }
        runUntil(() -> flows.active() == 0);
        runUntil(() -> inner.stack().connectionCount() == 0 && uplinks.driver().stack().connectionCount() == 0);
        assertEquals(100, flows.accepted());
        assertEquals(0, inner.stack().counters().get(Counter.InternalErrors) + uplinks.driver().stack().counters().get(Counter.InternalErrors));
    }

    @Test
    void theReportCountsConnectionsAndBytesPerPath() {
        StatusReport before = StatusReport.take("mptcp0", 0, flows, uplinks, null);
        serverSends = 1_000_000;
        Endpoint application = connect(SERVER, 500);
        runUntil(application::isClosed);
        Endpoint refused = connect(NOBODY, 500);
        runUntil(refused::isClosed);
        StatusReport report = StatusReport.take("mptcp0", 2_000_000_000L, flows, uplinks, null);
        assertEquals(1, report.accepted());
        assertEquals(1, report.failed());
        assertTrue(report.paths().stream().mapToLong(StatusReport.PathStatus::bytesReceived).sum() >= 1_000_000);
        assertTrue(report.json().startsWith("{\"device\":\"mptcp0\",\"uptime_seconds\":2,\"scheduler\":\"default\",\"congestion\":\"cubic\",\"connections\":{\"active\":"), report.json());
        assertTrue(report.json().contains("{\"device\":\"p1\",\"up\":true,\"backup\":false,\"bytes_sent\":"), report.json());
        assertTrue(report.line(before).contains("1 so far, 1 failed; p1 in "), report.line(before));
    }

    @Test
    void theReportNamesWhereMptcpIsLost() {
        var known = new StackStatistics.KnownBlackhole("p2", SERVER.address(), 1, 3_000_000_000L);
        StatusReport quiet = StatusReport.take("mptcp0", 0, flows, uplinks, null);
        StatusReport report = new StatusReport("mptcp0", 0, "default", "cubic", 0, 0, 0, 0, quiet.paths(), Map.of(), List.of(known), null);
        assertFalse(quiet.line(quiet).contains("MPTCP"), quiet.line(quiet));
        assertTrue(report.line(quiet).endsWith("; MPTCP is lost on the way to " + SERVER.address() + " over p2"), report.line(quiet));
        assertTrue(report.json().contains("\"blackholes\":[{\"link\":\"p2\",\"remote\":\"" + SERVER.address() + "\",\"times\":1,\"seconds_left\":3}]"),
                report.json());
    }

    private static Random random(long seed) {
        return new Random(seed);
    }

    private Endpoint connect(IpEndpoint remote, long bytes) {
        Endpoint endpoint = new Endpoint(bytes, bytes);
        endpoint.connection = host.stack().connect(0, new IpEndpoint(APPLICATION, 0), remote, ConnectOptions.DEFAULT, endpoint);
        host.wake();
        return endpoint;
    }

    private void runUntil(BooleanSupplier condition) {
        for (int i = 0; i < PATIENCE_MILLIS; i++) {
            runDue();
            if (condition.getAsBoolean()) {
                return;
            }
            clock.advance(1, TimeUnit.MILLISECONDS);
        }
        throw new AssertionError("nothing after " + PATIENCE_MILLIS + " ms of virtual time");
    }

    private void run(long millis) {
        for (long i = 0; i < millis; i++) {
            runDue();
            clock.advance(1, TimeUnit.MILLISECONDS);
        }
    }

    private void runDue() {
        while (loop.runNow() > 0) {
            // Again: tasks make tasks.
        }
    }
}
