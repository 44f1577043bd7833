package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.LinkProperties;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** Small segments: Nagle's algorithm in Minshall's form (RFC 9293 section 3.7.4), cork, and what may be expected of PSH. */
class NagleTest {
    private static final SocketOptions CORK = SocketOptions.DEFAULT.toBuilder().cork(true).build();

    private Script script = new Script(StackConfig.defaults().withMptcp(false));
    private FakePeer peer;
    private MptcpConnection connection;

    private void connect() {
        script.options = ConnectOptions.DEFAULT;
        script.listen();
        peer = FakePeer.client(script).openPlain();
        connection = script.accepted();
    }

    private void connectMptcp() {
        script = new Script(StackConfig.defaults());
        script.options = ConnectOptions.DEFAULT;
        script.listen();
        peer = FakePeer.client(script).openMptcp().send("x");
        connection = script.accepted();
        peer.skip();
    }

    @Test
    void oneSmallSegmentMayBeUnacknowledgedAndNoMore() {
        connect();
        Script.write(connection, "a");
        peer.expect().data(1, "a");
        Script.write(connection, "b");
        Script.write(connection, "c");
        peer.expectNothing();
        peer.ack();
        peer.expect().data(2, "bc");
    }

    /** Minshall's form: after full segments the small end need not wait for their acknowledgment. */
    @Test
    void theEndOfALargeWriteIsSentAtOnce() {
        connect();
        Script.write(connection, Script.pattern(FakePeer.MSS + 10));
        peer.expect().data(1, FakePeer.MSS);
        peer.expect().data(1 + FakePeer.MSS, 10);
    }

    @Test
    void fullSegmentsAreSentWhileASmallOneIsUnacknowledged() {
        connect();
        Script.write(connection, "a");
        peer.expect();
        Script.write(connection, Script.pattern(FakePeer.MSS + 10));
        peer.expect().data(2, FakePeer.MSS);
        peer.expectNothing();
        peer.ack();
        peer.expect().data(2 + FakePeer.MSS, 10);
    }

    @Test
    void theEndOfASuperSegmentIsCutOffAndWaits() {
        script = new Script(StackConfig.defaults().withMptcp(false), new LinkProperties(1500, 65_000, 1, false));
        connect();
        Script.write(connection, "a");
        peer.expect();
        Script.write(connection, Script.pattern(3 * FakePeer.MSS + 10));
        peer.expect().data(2, 3 * FakePeer.MSS);
        peer.expectNothing();
    }

    @Test
    void noDelaySendsAllAtOnceFromTheMomentItIsChosen() {
        connect();
        Script.write(connection, "a");
        peer.expect();
        Script.write(connection, "b");
        peer.expectNothing();
        connection.setSocketOptions(SocketOptions.NO_DELAY);
        peer.expect().data(2, "b");
        Script.write(connection, "c");
        peer.expect().data(3, "c");
    }

    @Test
    void theEndOfTheStreamIsNotHeldBack() {
        connect();
        Script.write(connection, "a");
        peer.expect();
        Script.write(connection, "b");
        connection.shutdownOutput();
        peer.expect().data(2, "b");
        peer.expect().flags("F.").seq(3);
    }

    @Test
    void theQueueOfTheConnectionCountsAndNotThatOfASubflow() {
        connectMptcp();
        FakePeer second = peer.joining(1).openJoin(1);
        second.skip();
        Script.write(connection, "a");
        Segment first = peer.poll();
        FakePeer used = first != null ? peer : second;
        FakePeer other = first != null ? second : peer;
        if (first == null) {
            second.expect();
        }
        Script.write(connection, "b");
        peer.expectNothing();
        second.expectNothing();
        other.ack(); // says nothing new
        other.expectNothing();
        used.ack();
        Segment next = peer.poll();
        assertEquals("b", new String((next != null ? next : second.expect()).payload));
    }

    @Test
    void corkHoldsBackWhatDoesNotFillASegmentForAtMostAFifthOfASecond() {
        connect();
        connection.setSocketOptions(CORK);
        Script.write(connection, Script.pattern(FakePeer.MSS + 10));
        peer.expect().data(1, FakePeer.MSS);
        peer.ack();
        script.advance(199);
        peer.expectNothing();
        script.advance(1);
        peer.expect().data(1 + FakePeer.MSS, 10);
        peer.ack();
        Script.write(connection, "more");
        script.advance(199);
        peer.expectNothing();
    }

    @Test
    void takingTheCorkOutSendsTheRest() {
        connect();
        connection.setSocketOptions(CORK);
        Script.write(connection, "head");
        peer.expectNothing();
        Script.write(connection, "body");
        connection.setSocketOptions(SocketOptions.DEFAULT);
        peer.expect().data(1, "headbody");
    }

    @Test
    void corkAloneIsNoReasonToProbeTheWindow() {
        connect();
        connection.setSocketOptions(CORK);
        Script.write(connection, "head");
        script.advance(150);
        peer.expectNothing();
    }

    @Test
    void aWriteThatSaysMoreFollowsWaitsForIt() {
        connect();
        connection.write(MemorySegment.ofArray("head".getBytes()), 0, 4, true);
        peer.expectNothing();
        Script.write(connection, "body");
        peer.expect().data(1, "headbody");
    }

    @Test
    void thatMoreFollowsIsGoodUntilTheNextAcknowledgment() {
        connect();
        Script.write(connection, "a");
        peer.expect();
        connection.write(MemorySegment.ofArray("b".getBytes()), 0, 1, true);
        peer.expectNothing();
        peer.ack();
        assertFalse(peer.expect().data(2, "b").has(TcpSegment.PSH), "it is not the end of anything");
    }

    @Test
    void noDelayChosenAgainSendsWhatIsCorkedOnceAndTheCorkStays() {
        connect();
        SocketOptions both = CORK.toBuilder().noDelay(true).build();
        connection.setSocketOptions(both);
        Script.write(connection, "a");
        peer.expectNothing();
        connection.setSocketOptions(both);
        peer.expect().data(1, "a");
        Script.write(connection, "b");
        peer.expectNothing();
    }

    @Test
    void noSegmentHoldsBytesOfTwoRecords() {
        connect();
        Script.write(connection, "a");
        peer.expect();
        Script.write(connection, "b");
        connection.endRecord();
        peer.expectNothing();
        Script.write(connection, Script.pattern(FakePeer.MSS + 10));
        connection.endRecord();
        Script.write(connection, "c");
        assertTrue(peer.expect().data(2, "b").has(TcpSegment.PSH), "what can never grow need not wait");
        peer.expect().data(3, FakePeer.MSS);
        peer.expect().data(3 + FakePeer.MSS, 10);
        peer.expectNothing();
        peer.ack();
        peer.expect().data(13 + FakePeer.MSS, "c");
    }

    @Test
    void recordsStayApartWhenTheyAreSentAgain() {
        connect();
        Script.write(connection, "a");
        connection.endRecord();
        Script.write(connection, "b");
        connection.endRecord();
        Script.write(connection, "c");
        peer.skip();
        script.advance(41);
        peer.expect().data(2, "b");
        script.advance(200);
        peer.expect().data(1, "a");
        peer.expect().data(2, "b");
    }

    @Test
    void aSuperSegmentEndsWithTheRecord() {
        script = new Script(StackConfig.defaults().withMptcp(false), new LinkProperties(1500, 65_000, 1, false));
        connect();
        peer.inject(packet(".").window(1));
        Script.write(connection, Script.pattern(FakePeer.MSS + 10));
        connection.endRecord();
        Script.write(connection, Script.pattern(2 * FakePeer.MSS));
        peer.inject(packet(".").window(60_000));
        peer.expect().data(1, FakePeer.MSS + 10);
        peer.expect().data(11 + FakePeer.MSS, 2 * FakePeer.MSS);
    }

    /** RFC 9293 MUST-61. */
    @Test
    void theLastSegmentThereIsCarriesPushAlsoWhenItIsSentAgain() {
        connect();
        Script.write(connection, Script.pattern(2 * FakePeer.MSS));
        assertFalse(peer.expect().has(TcpSegment.PSH));
        assertTrue(peer.expect().has(TcpSegment.PSH));
        peer.inject(packet(".").ack(1 + FakePeer.MSS));
        script.advance(2000);
        Segment again = peer.expect().data(1 + FakePeer.MSS, FakePeer.MSS);
        assertTrue(again.has(TcpSegment.PSH));
    }
}
