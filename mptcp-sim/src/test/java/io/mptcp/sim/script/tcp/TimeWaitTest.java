package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Limits;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** TIME-WAIT as a table beside the connections (RFC 9293 sections 3.6.1 and 3.10.7.4, RFC 1337, RFC 6191). */
class TimeWaitTest {
    private Script script;
    private FakePeer peer;

    @BeforeEach
    void intoTimeWait() {
        script = Script.tcp().listen();
        peer = closed(script);
    }

    private static FakePeer closed(Script script) {
        FakePeer peer = FakePeer.client(script).openPlain();
        script.accepted().close();
        peer.expect().flags("F.");
        peer.inject(packet("F."));
        peer.expect().flags(".").seq(2).ack(2);
        return peer;
    }

    private static FakePeer closedByClient(Script client) {
        MptcpConnection active = client.connect();
        FakePeer server = FakePeer.server(client).acceptPlain();
        active.close();
        server.expect();
        server.inject(packet("F."));
        server.skip();
        return server;
    }

    @Test
    void whatWaitsIsNoConnectionAnyMore() {
        assertEquals(0, script.stack.connectionCount());
        assertEquals(1, script.stack.timeWaitCount());
        script.advance(59_999);
        assertEquals(1, script.stack.timeWaitCount());
        script.advance(1);
        assertEquals(0, script.stack.timeWaitCount());
        assertEquals(Long.MAX_VALUE, script.stack.deadlineNanos());
    }

    @Test
    void itTakesNoPlaceAmongTheConnections() {
        Script small = new Script(StackConfig.defaults().withMptcp(false)
                .withLimits(Limits.defaults().toBuilder().maxConnections(1).build())).listen();
        for (int i = 0; i < 100; i++) {
            closed(small);
        }
        assertEquals(100, small.stack.timeWaitCount());
    }

    @Test
    void itIsBoundedAndTheOldestGoesFirst() {
        Script small = new Script(StackConfig.defaults().withMptcp(false)
                .withLimits(Limits.defaults().toBuilder().maxTimeWait(2).build())).listen();
        FakePeer first = closed(small);
        FakePeer second = closed(small);
        closed(small);
        assertEquals(2, small.stack.timeWaitCount());
        assertEquals(1, small.count(Counter.TCPTimeWaitOverflow));
        second.inject(packet("F.").seq(1));
        second.expect().flags(".").seq(2).ack(2);
        first.inject(packet("F.").seq(1));
        first.expect().flags("R");
    }

    @Test
    void theAnswerToALateFinCarriesOurTimestampAndItsLast() {
        script.advance(5000);
        peer.inject(packet("F.").seq(1));
        Segment ack = peer.expect().flags(".").seq(2).ack(2);
        assertTrue(ack.options.hasTimestamps);
        assertNotEquals(0, ack.options.tsEcr);
    }

    /** RFC 1337: or an old duplicate RST ends the wait, and old data gets into the next connection. */
    @Test
    void aResetDoesNotEndTheWait() {
        peer.inject(packet("R").seq(2));
        peer.inject(packet("R.").seq(2));
        peer.expectNothing();
        assertEquals(1, script.stack.timeWaitCount());
    }

    @Test
    void oldDataIsAcknowledgedAtALimitedRateAndABareAckNotAtAll() {
        peer.inject(packet("."));
        peer.expectNothing();
        for (int i = 0; i < 10; i++) {
            peer.inject(packet("P.").seq(1).data("old"));
        }
        peer.expect().flags(".").seq(2).ack(2);
        peer.expectNothing();
    }

    @Test
    void theNextConnectionBeginsAboveAllNumbersOfTheOld() {
        script.advance(10);
        FakePeer again = peer.again(peer.rawSndNxt() + 10_000);
        int old = peer.rawRcvNxt();
        again.inject(again.syn());
        int iss = again.expect().flags("S.").rawSeq;
        assertTrue(iss - old > 0x1_0000, "behind the window of the old connection");
        again.inject(packet("."));
        assertTrue(script.accepted().isConnected());
        assertEquals(0, script.stack.timeWaitCount());
    }

    @Test
    void anOutgoingPortIsReusedAfterASecondWhereTimestampsTellOldFromNew() {
        Script client = Script.tcp();
        client.stack.setPortRange(50_000, 50_000);
        FakePeer server = closedByClient(client);
        client.advance(999);
        client.expectNothing();
        assertThrows(IllegalStateException.class, client::connect);
        client.advance(1);
        client.expectNothing(); // and so the stack knows how late it is
        int old = server.rawRcvNxt();
        client.connect();
        assertEquals(0, client.stack.timeWaitCount());
        assertTrue(FakePeer.server(client).expectSyn().rawSeq - old > 0x1_0000);
    }

    @Test
    void withoutTimestampsAnOutgoingPortWaitsTheWholeTime() {
        Script client = new Script(StackConfig.defaults().withMptcp(false).withTcp(TcpConfig.defaults().withTimestamps(false)));
        client.stack.setPortRange(50_000, 50_000);
        closedByClient(client);
        client.advance(59_000);
        client.expectNothing();
        assertThrows(IllegalStateException.class, client::connect);
        client.advance(1_000);
        client.connect();
    }
}
