package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Counter;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Readiness;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How long a silent peer is waited for: R1 and R2, user timeout, keep-alive (RFC 9293 sections 3.8.3 and 3.8.4, RFC 5482). */
class LivenessTest {
    private Script script;
    private FakePeer peer;
    private MptcpConnection connection;

    @BeforeEach
    void connect() {
        script = Script.tcp().listen();
        peer = FakePeer.client(script).openPlain();
        connection = script.accepted();
        connection.takeReadiness();
    }

    private static SocketOptions.Builder options() {
        return SocketOptions.DEFAULT.toBuilder();
    }

    private List<Long> secondsOfSegments() {
        List<Long> seconds = new ArrayList<>();
        long start = script.nowNanos() - script.millis() * Script.MS;
        for (Segment segment = peer.poll(); segment != null; segment = peer.poll()) {
            seconds.add((segment.atNanos - start) / (1000 * Script.MS));
        }
        return seconds;
    }

    // ---- R1, R2, user timeout ----

    @Test
    void theApplicationIsToldAfterThreeRetransmissions() {
        Script.write(connection, "unanswered");
        script.advance(1000); // after 200, 600 ms; the third comes at 1400
        assertEquals(0, connection.takeReadiness() & Readiness.UNRESPONSIVE);
        script.advance(1000);
        assertNotEquals(0, connection.takeReadiness() & Readiness.UNRESPONSIVE);
        assertEquals(CloseReason.NONE, connection.closeReason(), "R1 advises, R2 ends");
    }

    @Test
    void byDefaultDataIsSentAgainForMoreThanAHundredSeconds() {
        Script.write(connection, "unanswered");
        script.advance(100_000);
        assertEquals(CloseReason.NONE, connection.closeReason());
        script.advance(2_000_000);
        assertEquals(CloseReason.TIMED_OUT, connection.closeReason());
    }

    @Test
    void aSynIsTriedForMoreThanThreeMinutes() {
        Script client = Script.tcp();
        MptcpConnection active = client.connect();
        client.advance(180_000);
        assertEquals(CloseReason.NONE, active.closeReason());
        client.advance(120_000);
        assertEquals(CloseReason.TIMED_OUT, active.closeReason());
    }

    @Test
    void theApplicationMayChooseHowOftenASynIsSent() {
        Script client = Script.tcp();
        ConnectOptions twice = ConnectOptions.DEFAULT.withSocket(options().synRetries(1).build());
        MptcpConnection active = client.stack.connect(0, new IpEndpoint(Script.STACK.address(), 0), new IpEndpoint(IpAddress.parse("10.1.0.1"), 80),
                twice, null);
        client.advance(2999);
        assertEquals(CloseReason.NONE, active.closeReason());
        client.advance(1);
        assertEquals(CloseReason.TIMED_OUT, active.closeReason());
    }

    @Test
    void theUserTimeoutEndsTheConnectionWhenItIsOver() {
        connection.setSocketOptions(options().userTimeoutMillis(5000).build());
        script.advance(60_000);
        Script.write(connection, "unanswered");
        script.advance(4900);
        assertEquals(CloseReason.NONE, connection.closeReason());
        peer.skip();
        script.advance(200);
        assertEquals(CloseReason.TIMED_OUT, connection.closeReason());
        peer.expect().flags("R.");
    }

    @Test
    void aLongUserTimeoutOutlastsTheRetransmissions() {
        connection.setSocketOptions(options().userTimeoutMillis(4_000_000).build());
        Script.write(connection, "unanswered");
        script.advance(3_900_000);
        assertEquals(CloseReason.NONE, connection.closeReason());
        script.advance(101_000);
        assertEquals(CloseReason.TIMED_OUT, connection.closeReason());
    }

    @Test
    void anAcknowledgmentBeginsTheUserTimeoutAnew() {
        connection.setSocketOptions(options().userTimeoutMillis(5000).build());
        for (int i = 0; i < 5; i++) {
            Script.write(connection, "x");
            script.advance(4000);
            peer.skip();
            peer.ack();
        }
        assertEquals(CloseReason.NONE, connection.closeReason());
    }

    // ---- keep-alive ----

    @Test
    void byDefaultAnIdleConnectionIsLeftAlone() {
        script.advance(30L * 24 * 3600 * 1000);
        peer.expectNothing();
        assertEquals(CloseReason.NONE, connection.closeReason());
        assertEquals(7200, SocketOptions.DEFAULT.keepAliveIdleSeconds(), "RFC 9293 MUST-28");
    }

    @Test
    void anIdlePeerIsProbedBelowTheNextNumberWithoutData() {
        connection.setSocketOptions(options().keepAlive(true).build());
        script.advance(7_199_000);
        peer.expectNothing();
        script.advance(1_000);
        peer.expect().flags(".").seq(0).ack(1).noData();
        assertEquals(1, script.count(Counter.TCPKeepAlive));
        peer.ack();
        script.advance(7_199_000);
        peer.expectNothing();
    }

    @Test
    void oneLostProbeIsNotDeathButNineAre() {
        connection.setSocketOptions(options().keepAlive(true).keepAliveIdleSeconds(100).keepAliveIntervalSeconds(10).keepAliveProbes(3).build());
        script.advance(115_000);
        assertEquals(List.of(100L, 110L), secondsOfSegments());
        peer.ack();
        script.advance(120_000);
        assertEquals(List.of(215L, 225L, 235L), secondsOfSegments());
        assertEquals(CloseReason.NONE, connection.closeReason());
        script.advance(10_000);
        peer.expect().flags("R.");
        assertEquals(CloseReason.TIMED_OUT, connection.closeReason());
    }

    @Test
    void whileDataIsOutstandingThereAreNoProbes() {
        connection.setSocketOptions(options().keepAlive(true).keepAliveIdleSeconds(1).build());
        Script.write(connection, "outstanding");
        script.advance(30_000);
        assertEquals(0, script.count(Counter.TCPKeepAlive));
    }

    @Test
    void anOrdinarySegmentPutsTheProbeOff() {
        connection.setSocketOptions(options().keepAlive(true).keepAliveIdleSeconds(10).build());
        for (int i = 0; i < 10; i++) {
            script.advance(9000);
            peer.send("x");
            peer.skip();
        }
        assertEquals(0, script.count(Counter.TCPKeepAlive));
    }

    @Test
    void theUserTimeoutHoldsForProbesToo() {
        connection.setSocketOptions(options().keepAlive(true).keepAliveIdleSeconds(10).keepAliveIntervalSeconds(1).userTimeoutMillis(13_000).build());
        script.advance(12_500);
        assertEquals(CloseReason.NONE, connection.closeReason());
        script.advance(1_000);
        assertEquals(CloseReason.TIMED_OUT, connection.closeReason());
    }

    @Test
    void everySubflowIsProbed() {
        Script multi = new Script(StackConfig.defaults()).listen();
        FakePeer first = FakePeer.client(multi).openMptcp();
        first.send("x");
        MptcpConnection both = multi.accepted();
        FakePeer second = first.joining(1).openJoin(1);
        first.skip();
        both.setSocketOptions(options().keepAlive(true).keepAliveIdleSeconds(10).build());
        multi.advance(10_500);
        assertTrue(first.skip() != null, "initial subflow");
        assertTrue(second.skip() != null, "joined subflow");
        assertEquals(2, multi.count(Counter.TCPKeepAlive));
    }
}
