package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import org.junit.jupiter.api.Test;

/** RFC 9293 section 3.5 and the options that are settled by the SYNs (RFC 7323, RFC 2018). */
class HandshakeTest {
    private static final StackConfig TCP = StackConfig.defaults().withMptcp(false);

    @Test
    void synOffersMssScaleSackAndTimestamps() {
        Script script = Script.tcp();
        script.connect();
        Segment syn = FakePeer.server(script).expectSyn();
        assertEquals(1460, syn.options.mss);
        assertTrue(syn.options.sackPermitted);
        assertTrue(syn.options.hasTimestamps);
        assertEquals(9, syn.options.windowScale, "16 MB need 2^9 times the 16-bit field");
        syn.noData().noMptcp();
    }

    @Test
    void synAckEchoesOnlyWhatTheSynOffered() {
        Script script = Script.tcp().listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(packet("S").seq(0).mss(1460).withoutTimestamps());
        Segment synAck = peer.expect().flags("S.").ack(1);
        assertEquals(1460, synAck.options.mss);
        assertFalse(synAck.options.sackPermitted);
        assertFalse(synAck.options.hasTimestamps);
        assertEquals(-1, synAck.options.windowScale);
    }

    @Test
    void windowScaleIsAnsweredEvenIfTheOfferedShiftIsZero() {
        Script script = Script.tcp().listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(packet("S").seq(0).mss(1460).windowScale(0));
        assertEquals(9, peer.expect().flags("S.").options.windowScale);
    }

    @Test
    void windowScaleIsAnsweredEvenIfBothShiftsAreZero() {
        Script script = new Script(TCP.withTcp(TcpConfig.defaults().withBuffers(8192, 8192))).listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(packet("S").seq(0).mss(1460).windowScale(0));
        assertEquals(0, peer.expect().flags("S.").options.windowScale);
    }

    @Test
    void synAckEchoesTheTimestamp() {
        Script script = Script.tcp().listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(peer.syn().tsVal(0x8123_4567));
        assertEquals(0x8123_4567, peer.expect().flags("S.").options.tsEcr);
    }

    @Test
    void windowsOfSynsAreNeverScaled() {
        Script script = Script.tcp();
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script);
        peer.expectSyn();
        peer.inject(peer.synAck().window(2000)); // would be 256000 if it were scaled
        peer.expect().flags(".");
        Script.write(connection, Script.pattern(10_000));
        peer.expect().data(1, FakePeer.MSS);
        assertTrue(script.nowNanos() > 0);
        long sent = FakePeer.MSS;
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            sent += s.payload.length;
        }
        assertTrue(sent <= 2000, () -> "more than the window");
    }

    @Test
    void laterWindowsAreScaled() {
        Script script = Script.tcp();
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script);
        peer.expectSyn();
        peer.inject(peer.synAck().window(0));
        peer.expect();
        Script.write(connection, Script.pattern(10_000));
        peer.expectNothing();
        peer.inject(packet(".").window(100)); // 12800
        assertEquals(10_000, received(peer));
    }

    private static long received(FakePeer peer) {
        long start = peer.rcvNxt;
        peer.skip();
        return peer.rcvNxt - start;
    }

    /** Its timer has expired while the link took nothing, and then the answer to the first one comes: the connection was closed for an internal error. */
    @Test
    void aSynThatWaitsToBeSentAgainIsOverWhenTheFirstIsAnswered() {
        Script script = Script.tcp();
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script);
        peer.expectSyn();
        script.stack.setLinkWritable(0, false);
        script.advance(1500);
        peer.inject(peer.synAck());
        script.stack.setLinkWritable(0, true);
        peer.expect().flags(".").ack(1);
        peer.expectNothing();
        assertTrue(connection.isConnected());
    }

    @Test
    void withoutMssOptionSegmentsAre536Bytes() {
        Script script = Script.tcp().listen();
        FakePeer peer = FakePeer.client(script);
        peer.offersMss = -1;
        peer.openPlain();
        Script.write(script.accepted(), Script.pattern(2000));
        peer.expect().data(1, 536 - 12);
    }

    @Test
    void mssLimitsPayloadAndOptionsTogether() {
        Script script = Script.tcp().listen();
        FakePeer peer = FakePeer.client(script);
        peer.offersMss = 1000;
        peer.openPlain();
        Script.write(script.accepted(), Script.pattern(2000));
        peer.expect().data(1, 1000 - 12);
    }

    @Test
    void anMssLargerThanOurOwnLinkIsNotUsed() {
        Script script = Script.tcp().listen();
        FakePeer peer = FakePeer.client(script);
        peer.offersMss = 9000;
        peer.openPlain();
        Script.write(script.accepted(), Script.pattern(5000));
        peer.expect().data(1, FakePeer.MSS);
    }

    @Test
    void initialSequenceNumbersDifferFromTupleToTuple() {
        Script script = Script.tcp().listen();
        FakePeer one = FakePeer.client(script);
        FakePeer two = FakePeer.client(script);
        one.inject(one.syn());
        two.inject(two.syn());
        assertNotEquals(one.expect().rawSeq, two.expect().rawSeq);
    }

    @Test
    void initialSequenceNumberOfOneTupleGrowsWithTheClock() {
        Script script = Script.tcp().listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(peer.syn());
        int first = peer.expect().rawSeq;
        peer.inject(packet("R").seq(1));
        script.advance(1000);
        FakePeer again = peer.again(5);
        again.inject(again.syn());
        assertEquals(250_000, again.expect().rawSeq - first, "a tick every 4 microseconds (RFC 6528)");
    }

    @Test
    void repeatedSynIsAnsweredByTheSameSynAck() {
        Script script = Script.tcp().listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(peer.syn());
        int isn = peer.expect().flags("S.").rawSeq;
        peer.inject(peer.syn());
        assertEquals(isn, peer.expect().flags("S.").ack(1).rawSeq);
        peer.expectNothing();
    }

    @Test
    void lostSynAckIsSentAgainAfterOneSecondThenTwo() {
        Script script = Script.tcp().listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(peer.syn());
        peer.expect().flags("S.");
        script.at(999);
        peer.expectNothing();
        script.at(1000);
        peer.expect().flags("S.").ack(1);
        script.at(2999);
        peer.expectNothing();
        script.at(3000);
        peer.expect().flags("S.");
    }

    @Test
    void synIsGivenUpAfterItsRetries() {
        Script script = new Script(TCP.withTcp(TcpConfig.defaults().withRetries(2, 15)));
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script);
        peer.expectSyn();
        script.advance(100_000);
        assertEquals(CloseReason.TIMED_OUT, connection.closeReason());
        assertEquals(1 + 2, 1 + countSegments(peer));
        assertEquals(0, script.stack.connectionCount());
    }

    private static int countSegments(FakePeer peer) {
        int count = 0;
        while (peer.poll() != null) {
            count++;
        }
        return count;
    }

    @Test
    void lostThirdAckIsMadeGoodByData() {
        Script script = Script.tcp().listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(peer.syn());
        peer.expect().flags("S.");
        peer.inject(packet("P.").data("hello"));
        assertEquals("hello", Script.read(script.accepted()));
        peer.expect().flags(".").ack(6);
    }

    @Test
    void repeatedSynAckIsAcknowledgedAgain() {
        Script script = Script.tcp();
        script.connect();
        FakePeer peer = FakePeer.server(script).acceptPlain();
        peer.inject(peer.synAck());
        peer.expect().flags(".").seq(1).ack(1);
    }

    @Test
    void aResetThatAcknowledgesTheSynRefuses() {
        Script script = Script.tcp();
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script);
        peer.expectSyn();
        peer.inject(packet("R.").seq(0).ack(1));
        assertEquals(CloseReason.REFUSED, connection.closeReason());
        peer.expectNothing();
    }

    @Test
    void aResetThatDoesNotAcknowledgeTheSynIsIgnored() {
        Script script = Script.tcp();
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script);
        peer.expectSyn();
        peer.inject(packet("R.").seq(0).ack(2));
        peer.inject(packet("R").seq(1));
        assertEquals(CloseReason.NONE, connection.closeReason());
        peer.expectNothing();
    }

    /** RFC 9293 section 3.5.1, figure 9: how a half-open connection of an earlier life is found and cleared. */
    @Test
    void anAckOfSomethingElseInSynSentIsReset() {
        Script script = Script.tcp();
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script);
        peer.expectSyn();
        peer.inject(packet(".").seq(300).ack(100));
        Segment reset = peer.expect().flags("R");
        assertEquals(100, reset.seq);
        assertEquals(CloseReason.NONE, connection.closeReason());
        peer.inject(packet("S.").seq(0).ack(100));
        peer.expect().flags("R").seq(100);
        assertEquals(CloseReason.NONE, connection.closeReason());
    }

    @Test
    void anAckOfSomethingElseInSynReceivedIsReset() {
        Script script = Script.tcp().listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(peer.syn());
        peer.expect().flags("S.");
        peer.inject(packet(".").ack(77));
        peer.expect().flags("R").seq(77);
        peer.inject(packet("."));
        assertTrue(script.accepted().isConnected(), "the right ACK still completes the handshake");
    }

    @Test
    void aResetInSynReceivedEndsTheAttempt() {
        Script script = Script.tcp().listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(peer.syn());
        peer.expect().flags("S.");
        peer.inject(packet("R").seq(1));
        peer.expectNothing();
        assertEquals(0, script.stack.connectionCount());
        assertNull(script.stack.nextReady(), "the application never saw it and must not hear of its end");
    }

    @Test
    void afterALostSynTheTimeoutBeginsAtThreeSecondsUntilThereIsASample() {
        Script script = Script.tcp();
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script);
        peer.offersTimestamps = false;
        peer.expectSyn();
        script.at(1000);
        peer.expect().flags("S");
        peer.inject(peer.synAck());
        peer.expect().flags(".");
        Script.write(connection, "x");
        peer.expect().data(1, "x");
        // A loss probe may come before, the timeout itself not.
        assertEquals(3000, connection.subflows().getFirst().rtoNanos() / Script.MS, "RFC 6298 (5.7)");
    }

    @Test
    void oneLostSynDoesNotShrinkTheInitialWindow() {
        Script script = Script.tcp();
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script);
        peer.expectSyn();
        script.at(1000);
        peer.expect().flags("S");
        peer.inject(peer.synAck());
        peer.expect().flags(".");
        Script.write(connection, Script.pattern(100_000));
        assertTrue(received(peer) >= 10 * FakePeer.MSS, "RFC 6928 section 2");
    }
}
