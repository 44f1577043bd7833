package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.Counter;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.ResetReason;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.MptcpOption;
import io.mptcp.wire.TcpSegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two subflows of one connection: RFC 8684 sections 3.3.2 and 3.3.4 to 3.3.6. */
class MultipathTest {
    private static final int MSS = FakePeer.MPTCP_MSS;

    private Script script;
    private FakePeer first;
    private FakePeer second;
    private MptcpConnection connection;

    @BeforeEach
    void connect() {
        open(StackConfig.defaults());
    }

    /** The second subflow has the longer round trip, so the first is preferred. */
    private void open(StackConfig config) {
        script = new Script(config).listen();
        first = FakePeer.client(script);
        first.rttMillis = 20;
        first.openMptcp().confirm();
        first.skip();
        connection = script.accepted();
        second = first.joining(1);
        second.rttMillis = 40;
        second.openJoin(7);
        second.skip();
    }

    private static List<Segment> all(FakePeer peer) {
        List<Segment> segments = new ArrayList<>();
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            segments.add(s);
        }
        return segments;
    }

    private String state(int subflow) {
        return connection.subflows().get(subflow).state();
    }

    // ---- sending ----

    @Test
    void theFasterSubflowIsFilledFirst() {
        Script.write(connection, Script.pattern(5 * MSS));
        assertEquals(5, all(first).size());
        assertEquals(0, all(second).size());
    }

    @Test
    void whatDoesNotFitGoesOnTheOther() {
        Script.write(connection, Script.pattern(15 * MSS));
        List<Segment> overFirst = all(first);
        List<Segment> overSecond = all(second);
        assertEquals(10, overFirst.size(), "the initial window");
        assertEquals(5, overSecond.size());
        overSecond.getFirst().data(1, MSS).mapping(1 + 10 * MSS, 1, MSS);
    }

    @Test
    void aDataAckOverTheOtherSubflowCounts() {
        Script.write(connection, "hello");
        first.expect();
        second.ack();
        assertEquals(5, connection.bytesAcked());
    }

    @Test
    void bytesAreFreedOnlyWhenBothLevelsHaveAcknowledged() {
        open(StackConfig.defaults().withTcp(TcpConfig.defaults().withBuffers(10_000, 65_536)));
        Script.write(connection, Script.pattern(10_000));
        all(first);
        assertEquals(0, connection.writableBytes());
        second.inject(packet(".").option(second.dssAck(10_001)));
        assertEquals(10_000, connection.bytesAcked());
        assertEquals(0, connection.writableBytes(), "the first subflow may have to send them again");
        first.ack();
        assertEquals(10_000, connection.writableBytes());
    }

    @Test
    void theSubflowAckAloneFreesNothing() {
        open(StackConfig.defaults().withTcp(TcpConfig.defaults().withBuffers(10_000, 65_536)));
        Script.write(connection, Script.pattern(10_000));
        all(first);
        first.inject(packet(".").option(first.dssAck(1)));
        assertEquals(0, connection.writableBytes());
    }

    // ---- reinjection ----

    @Test
    void afterTwoSilentRoundTripsTheDataGoesOverTheOtherSubflowToo() {
        Script.write(connection, "hello");
        first.expect().mapping(1, 1, 5);
        script.advance(79); // 2 * 20, and 40 for a delayed acknowledgment
        assertEquals(0, all(second).size());
        script.advance(1);
        Segment copy = second.expect().data(1, "hello").mapping(1, 1, 5);
        assertEquals(1, copy.linkId);
        assertEquals("ESTABLISHED", state(0));
        script.advance(320);
        List<Segment> again = all(first);
        assertTrue(again.size() >= 2 && again.stream().allMatch(s -> s.seq == 1), "and is still sent again where it was");
        assertEquals("STALE", state(0), "after a timeout");
        assertEquals(0, all(second).stream().filter(s -> s.payload.length > 0 && s.seq > 1).count(), "one copy is enough");
        assertEquals(1, script.count(Counter.SubflowStale));
        assertEquals(1, script.count(Counter.MPTCPRetrans));
    }

    @Test
    void theOriginalSubflowKeepsItsHoleFilledWithTheSameBytesAndMapping() {
        Script.write(connection, "hello");
        first.expect();
        script.advance(400);
        second.expect();
        second.ack();
        assertEquals(5, connection.bytesAcked());
        all(first);
        script.advance(3000);
        List<Segment> again = all(first).stream().filter(s -> s.payload.length > 0).toList();
        assertTrue(!again.isEmpty(), "section 3.3.6: until acknowledged there");
        again.forEach(s -> s.data(1, "hello").mapping(1, 1, 5));
    }

    @Test
    void newDataStaysAwayFromAStaleSubflow() {
        Script.write(connection, "hello");
        script.advance(400);
        all(first);
        all(second);
        Script.write(connection, "more");
        second.expect().data(6, "more");
        assertNull(first.poll());
    }

    @Test
    void aStaleSubflowThatIsHeardIsUsedAgain() {
        Script.write(connection, "hello");
        script.advance(400);
        all(first);
        all(second);
        first.ack();
        assertEquals("ESTABLISHED", state(0));
        assertEquals(1, script.count(Counter.SubflowRecover));
        second.ack();
        Script.write(connection, "back");
        first.expect().data(6, "back");
    }

    @Test
    void aStaleSubflowIsUsedWhenItIsTheOnlyOneLeft() {
        Script.write(connection, "hello");
        script.advance(400);
        all(first);
        second.expect();
        second.inject(packet("R"));
        Script.write(connection, "more");
        script.advance(10_000);
        assertTrue(all(first).stream().anyMatch(s -> s.seq == 6 && s.payload.length == 4));
    }

    /** After so long its timer is backed off to a minute and more. */
    @Test
    void theOnlyOneLeftIsTriedAtOnceAndThenEverySecond() {
        Script.write(connection, "hello");
        script.advance(400);
        second.skip();
        for (int i = 0; i < 60; i++) {
            second.ack();
            script.advance(1_000);
        }
        assertEquals("STALE", state(0));
        all(first);
        second.inject(packet("R"));
        assertEquals(1, script.count(Counter.SubflowStale));
        assertEquals(1, script.count(Counter.SubflowRecover));
        script.advance(1_500);
        assertTrue(all(first).stream().anyMatch(s -> s.seq == 1 && s.payload.length == 5), "sent again");
        script.advance(60_000);
        all(first);
        script.advance(2_500);
        assertTrue(all(first).size() >= 2, "a path that comes back is found within a second or so");
        assertEquals("ESTABLISHED", state(0));
    }

    @Test
    void reinjectedDataThatWasAcknowledgedMeanwhileIsNotSent() {
        Script.write(connection, Script.pattern(12 * MSS));
        all(first);
        all(second);
        // The data level has everything, only the first subflow's acknowledgments are lost.
        second.inject(packet(".").ack(1 + 2 * MSS).option(second.dssAck(1 + 12 * MSS)));
        script.advance(5000);
        assertEquals(0, all(second).stream().filter(s -> s.payload.length > 0).count());
    }

    @Test
    void aSubflowThatDiesHandsOverWhatItCarried() {
        Script.write(connection, Script.pattern(15 * MSS));
        all(first);
        all(second);
        first.inject(packet("R"));
        List<Segment> moved = all(second);
        assertTrue(!moved.isEmpty());
        moved.getFirst().mapping(1, 1 + 5 * MSS, MSS);
        assertEquals("CLOSED", state(0));
    }

    @Test
    void aLinkThatGoesDownMovesItsDataAtOnce() {
        Script.write(connection, "hello");
        first.expect();
        script.stack.setLinkUp(0, false);
        second.expect().data(1, "hello").mapping(1, 1, 5);
        assertEquals("CLOSED", state(0));
    }

    // ---- back-pressure ----

    @Test
    void aLinkThatIsNotWritableHoldsUpOnlyItself() {
        script.stack.setLinkWritable(0, false);
        Script.write(connection, "hello");
        second.expect().data(1, "hello");
        first.expectNothing();
        script.stack.setLinkWritable(0, true);
        first.expectNothing();
    }

    @Test
    void whatWaitedForALinkGoesWhenItIsWritable() {
        script.stack.setLinkWritable(0, false);
        script.stack.setLinkWritable(1, false);
        Script.write(connection, "hello");
        script.expectNothing();
        script.stack.setLinkWritable(0, true);
        first.expect().data(1, "hello");
    }

    // ---- windows ----

    @Test
    void theWindowIsThatOfTheConnectionOnEverySubflow() {
        open(StackConfig.defaults().withTcp(TcpConfig.defaults().withBuffers(1 << 20, 65_536)));
        first.send(Script.pattern(10_000));
        int afterFirst = first.expect().window;
        second.inject(packet("P.").seq(1).data(Script.pattern(10_000)).option(second.dss(second.map(10_001, 1, 10_000))));
        Segment afterSecond = second.expect().dataAck(20_001);
        assertTrue(afterSecond.window < afterFirst, "what the first has brought counts here too");
        assertTrue((afterSecond.window << 1) <= 65_536 - 20_000);
    }

    @Test
    void readingOpensTheWindowOnEverySubflow() {
        open(StackConfig.defaults().withTcp(TcpConfig.defaults().withBuffers(1 << 20, 65_536)));
        for (int i = 0; i < 50; i++) {
            first.send(Script.pattern(1200));
        }
        first.skip();
        second.skip();
        Script.read(connection);
        assertTrue(first.expect().window > 20_000);
        assertTrue(second.expect().window > 20_000);
    }

    @Test
    void aWindowUpdateHeardOnOneSubflowLetsTheOtherSend() {
        first.inject(packet(".").window(0).option(first.dssAck(1)));
        second.inject(packet(".").window(0).option(second.dssAck(1)));
        Script.write(connection, Script.pattern(100));
        // The handshake's window was larger, and the largest right edge counts; the subflows' own windows are closed.
        script.expectNothing();
        second.inject(packet(".").option(second.dssAck(1)));
        second.expect().data(1, 100);
    }

    @Test
    void theRightEdgeIsTheSameOnAllSubflowsAndNeverMovesLeft() {
        open(StackConfig.defaults().withTcp(TcpConfig.defaults().withBuffers(1 << 20, 65_536)));
        long edge = 0;
        for (int i = 0; i < 40; i++) {
            FakePeer from = i % 3 == 0 ? second : first;
            from.send(Script.pattern(700));
            script.advance(40);
            for (FakePeer peer : List.of(first, second)) {
                for (Segment s : all(peer)) {
                    long newEdge = s.dataAck + ((long) s.window << 1);
                    assertTrue(newEdge >= edge, "from " + edge + " to " + newEdge);
                    edge = newEdge;
                }
            }
            if (i % 5 == 4) {
                Script.read(connection);
            }
        }
    }

    // ---- identities ----

    @Test
    void subflowsHaveSequenceNumbersOfTheirOwn() {
        Script.write(connection, Script.pattern(15 * MSS));
        Segment a = first.expect();
        Segment b = second.expect();
        assertNotEquals(a.rawSeq, b.rawSeq);
        assertEquals(a.seq, b.seq);
    }

    @Test
    void theEndpointsOfTheConnectionStayThoseOfTheFirstSubflow() {
        first.inject(packet("R"));
        assertEquals(first.local, connection.remote());
        assertEquals(Script.STACK, connection.local());
    }

    // ---- subflows that are not worth having ----

    /** Not before: a peer that has nothing to say there, as Linux, is not to be bothered. */
    @Test
    void aSubflowWithNothingOutstandingIsAskedForASignOfLifeAfterTwoSilentSeconds() {
        for (int i = 0; i < 19; i++) {
            first.send("x");
            script.advance(100);
        }
        second.expectNothing();
        first.send("x");
        script.advance(200);
        second.expect().flags(".").seq(0).noData();
    }

    @Test
    void aSubflowThatStaysSilentWhileOthersAreHeardIsResetForItsPerformance() {
        Segment reset = null;
        for (int i = 0; i < 200 && reset == null; i++) {
            first.send("x");
            script.advance(1_000);
            for (Segment s = second.poll(); s != null; s = second.poll()) {
                reset = s.has(TcpSegment.RST) ? s : null;
            }
        }
        assertEquals(ResetReason.UNACCEPTABLE_PERFORMANCE, reset.option(MptcpOption.MpTcpRst.class).reason());
        assertEquals("ESTABLISHED", connection.subflows().getFirst().state());
    }

    @Test
    void aSilentSubflowThatHoldsHalfOfTheSendBufferIsResetForOutstandingData() {
        connection.setSocketOptions(connection.socketOptions().toBuilder().sendBufferBytes(4 * FakePeer.MPTCP_MSS).build());
        first.inject(packet(".").option(new MptcpOption.MpPrio(true)));
        Script.write(connection, Script.pattern(3 * FakePeer.MPTCP_MSS));
        second.expect().data(1, FakePeer.MPTCP_MSS);
        second.skip();
        script.advance(1_000);
        first.skip();
        first.ack();
        Segment last = second.skip();
        assertEquals(ResetReason.OUTSTANDING_DATA, last.flags("R.").option(MptcpOption.MpTcpRst.class).reason());
        assertEquals(0, connection.unacknowledgedBytes());
    }

    // ---- socket options ----

    @Test
    void socketOptionsHoldForAllSubflowsAndThoseToCome() {
        connection.setSocketOptions(connection.socketOptions().toBuilder().trafficClass(0x28).hopLimit(33).keepAlive(true).keepAliveIdleSeconds(5).build());
        Script.write(connection, Script.pattern(30 * FakePeer.MPTCP_MSS));
        first.expect().trafficClass(0x28).hopLimit(33);
        second.expect().trafficClass(0x28).hopLimit(33);
        FakePeer third = first.joining(2);
        third.inject(third.syn().option(new MptcpOption.MpJoinSyn(false, 9, first.stackToken(), 1)));
        third.expect().flags("S.").trafficClass(0x28).hopLimit(33);
    }
}
