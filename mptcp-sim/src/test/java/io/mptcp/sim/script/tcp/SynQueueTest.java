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
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Limits;
import io.mptcp.stack.Listener;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.MptcpOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Half-open connections, few and many: the SYN queue, SYN cookies (RFC 4987) and the listener's backlog. */
class SynQueueTest {
    private static Script script(boolean mptcp, int maxHalfOpen) {
        return new Script(StackConfig.defaults().withMptcp(mptcp).withLimits(Limits.defaults().toBuilder().maxHalfOpen(maxHalfOpen).build()));
    }

    private static FakePeer syn(Script script) {
        FakePeer peer = FakePeer.client(script);
        return peer.inject(peer.syn());
    }

    private static Script flooded(boolean mptcp) {
        Script script = script(mptcp, 1).listen();
        syn(script);
        return script;
    }

    // ---- the queue ----

    @Test
    void aSynMakesNoConnectionBeforeTheThirdAck() {
        Script script = script(false, 10).listen();
        FakePeer peer = syn(script);
        peer.expect().flags("S.");
        assertEquals(0, script.stack.connectionCount());
        assertEquals(1, script.stack.synQueueSize());
        peer.inject(packet("."));
        assertEquals(1, script.stack.connectionCount());
        assertEquals(0, script.stack.synQueueSize());
        assertTrue(script.accepted().isConnected());
    }

    @Test
    void theSynAckIsGivenUpAfterItsRetries() {
        Script script = new Script(StackConfig.defaults().withMptcp(false)
                .withTcp(TcpConfig.defaults().toBuilder().synAckRetries(3).build())).listen();
        FakePeer peer = syn(script);
        List<Long> times = new ArrayList<>();
        script.advance(200_000);
        for (Segment segment = peer.poll(); segment != null; segment = peer.poll()) {
            times.add(segment.atNanos / Script.MS);
        }
        long first = times.getFirst();
        assertEquals(List.of(first, first + 1000, first + 3000, first + 7000), times);
        assertEquals(0, script.stack.synQueueSize());
    }

    @Test
    void aRepeatedSynIsAnsweredAtOnceAndDoesNotCountTwice() {
        Script script = script(false, 10).listen();
        FakePeer peer = syn(script);
        int number = peer.expect().rawSeq;
        peer.inject(peer.syn());
        assertEquals(number, peer.expect().flags("S.").rawSeq);
        assertEquals(1, script.stack.synQueueSize());
    }

    @Test
    void aResetReturnsToListenAndTheApplicationHearsNothing() {
        Script script = script(false, 10).listen();
        FakePeer peer = syn(script);
        peer.expect();
        peer.inject(packet("R").seq(2));
        peer.expect().flags(".").seq(1).ack(1); // in the window, but not the next number (RFC 5961)
        assertEquals(1, script.stack.synQueueSize());
        peer.inject(packet("R").seq(1));
        assertEquals(0, script.stack.synQueueSize());
        assertNull(script.stack.nextReady());
        FakePeer again = peer.again(12_345);
        again.inject(again.syn());
        again.expect().flags("S.");
    }

    @Test
    void segmentsThatDoNotFitAreAcknowledgedAtALimitedRate() {
        Script script = script(false, 10).listen();
        FakePeer peer = syn(script);
        peer.expect();
        for (int i = 0; i < 5; i++) {
            peer.inject(packet(".").seq(100_000));
        }
        peer.expect().flags(".").seq(1).ack(1);
        peer.expectNothing();
        script.advance(600);
        peer.inject(packet("S").seq(3));
        peer.expect().flags(".").seq(1).ack(1);
        peer.inject(packet(".").seq(1));
        assertTrue(script.accepted().isConnected());
    }

    /** RFC 7323 section 2.2: only the window of a SYN is not scaled. Found by FuzzTest: four times the window was promised. */
    @Test
    void theWindowOfSuchAnAcknowledgmentIsScaled() {
        Script script = script(false, 10).listen();
        FakePeer peer = syn(script);
        int window = peer.expect().flags("S.").window;
        peer.inject(packet(".").seq(100_000));
        int shift = TcpConfig.defaults().windowShift();
        assertTrue(shift > 0);
        peer.expect().flags(".").window(window >> shift);
    }

    @Test
    void whatCannotBeAnsweredIsForgottenAsWell() {
        Script script = script(false, 10).listen();
        script.stack.setLinkWritable(0, false);
        FakePeer late = syn(script);
        late.expectNothing();
        script.advance(2000);
        script.stack.setLinkWritable(0, true);
        late.expect().flags("S.").ack(1);
        late.expectNothing();
        script.stack.setLinkWritable(0, false);
        syn(script);
        script.advance(200_000);
        assertEquals(0, script.stack.synQueueSize());
        script.stack.setLinkWritable(0, true);
        late.expectNothing();
    }

    @Test
    void ecnIsAnsweredAndTakenBackByASynWithout() {
        Script script = script(false, 10).listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(packet("SEW").seq(0).mss(1460));
        peer.expect().flags("S.E");
        peer.inject(packet("S").seq(0).mss(1460));
        peer.expect().flags("S.");
        peer.inject(packet("SEW").seq(0).mss(1460));
        peer.expect().flags("S."); // RFC 3168 section 6.1.1.1
    }

    @Test
    void aCookieKeepsEcnWhereThereIsATimestamp() {
        Script script = flooded(false);
        FakePeer peer = FakePeer.client(script);
        peer.inject(packet("SEW").seq(0).mss(1460));
        assertTrue(peer.expect().flags("S.E").options.hasTimestamps);
        FakePeer without = FakePeer.client(script);
        without.inject(packet("SEW").seq(0).mss(1460).withoutTimestamps());
        without.expect().flags("S.");
    }

    @Test
    void theThirdAckMayBringDataAndFin() {
        Script script = script(false, 10).listen();
        FakePeer peer = syn(script);
        peer.expect();
        peer.inject(packet("F.").data("all of it"));
        MptcpConnection connection = script.accepted();
        assertEquals("all of it", Script.read(connection));
        assertTrue(connection.isEndOfStream());
        peer.expect().flags(".").ack(11);
    }

    @Test
    void aClosedListenerResetsWhoHadBeenAnswered() {
        Script script = script(false, 10);
        Listener listener = script.stack.listen(new IpEndpoint(IpAddress.ANY, Script.PORT), false, ConnectOptions.DEFAULT, null);
        FakePeer peer = syn(script);
        peer.expect();
        script.stack.close(listener);
        peer.inject(packet("."));
        peer.expect().flags("R").seq(1);
    }

    // ---- the backlog ----

    @Test
    void aFullAcceptQueueDropsSynsAndHoldsThirdAcksBack() {
        Script script = script(false, 10);
        Listener listener = script.stack.listen(new IpEndpoint(IpAddress.ANY, Script.PORT), false, ConnectOptions.DEFAULT, null);
        listener.setBacklog(1);
        FakePeer early = syn(script); // its handshake is not complete when the queue fills
        early.expect();
        FakePeer.client(script).openPlain();
        FakePeer.client(script).openPlain();
        syn(script).expectNothing();
        assertEquals(1, script.count(Counter.ListenDrops));
        early.inject(packet("."));
        assertEquals(2, script.count(Counter.ListenOverflows));
        assertEquals(2, script.stack.connectionCount());
        script.accepted(); // takes them all
        script.advance(1000);
        early.expect().flags("S.");
        early.inject(packet("."));
        assertTrue(script.accepted().isConnected());
    }

    // ---- cookies ----

    @Test
    void underFloodTheSynAckIsACookieAndItsAnswerAConnection() {
        Script script = flooded(false);
        FakePeer peer = syn(script);
        Segment synAck = peer.expect().flags("S.").ack(1);
        assertEquals(1460, synAck.options.mss);
        assertEquals(1, script.stack.synQueueSize(), "nothing is kept");
        assertEquals(1, script.count(Counter.TCPReqQFullDoCookies));
        assertEquals(1, script.count(Counter.SyncookiesSent));
        script.advance(20_000);
        peer.skip();
        peer.inject(packet("P.").data("hello"));
        assertEquals(1, script.count(Counter.SyncookiesRecv));
        assertEquals("hello", Script.read(script.accepted()));
        peer.expect().flags(".").seq(1).ack(6);
    }

    @Test
    void aCookieKeepsMssWindowScaleAndSackOfTheSyn() {
        Script script = flooded(false);
        FakePeer peer = FakePeer.client(script);
        peer.offersMss = 1400;
        peer.offersWindowScale = 9;
        peer.inject(peer.syn());
        peer.expect();
        peer.inject(packet(".").window(1000));
        MptcpConnection connection = script.accepted();
        assertEquals(1400 - 12, connection.subflows().getFirst().mssBytes());
        assertEquals(60_000, Script.write(connection, Script.pattern(60_000)));
        assertEquals(1388, peer.expect().payload.length, "the window of 1000 was scaled by 2^9");
        peer.inject(packet("P.").seq(11).data("behind a hole"));
        peer.inject(packet("P.").seq(31).data("another"));
        int blocks = 0;
        for (Segment segment = peer.poll(); segment != null; segment = peer.poll()) {
            blocks = Math.max(blocks, segment.sack.length / 2);
        }
        assertEquals(2, blocks);
    }

    @Test
    void withoutTimestampsACookieHasRoomForTheMssOnly() {
        Script script = flooded(false);
        FakePeer peer = FakePeer.client(script);
        peer.offersTimestamps = false;
        peer.offersMss = 1300;
        peer.inject(peer.syn());
        Segment synAck = peer.expect();
        assertFalse(synAck.options.sackPermitted);
        assertEquals(-1, synAck.options.windowScale);
        peer.inject(packet(".").window(5000));
        MptcpConnection connection = script.accepted();
        assertEquals(1220, connection.subflows().getFirst().mssBytes(), "rounded down to what three bits can say");
    }

    @Test
    void aCookieIsValidForTwoMinutesAndOnceOnly() {
        Script script = flooded(false);
        FakePeer peer = syn(script);
        peer.expect();
        script.advance(120_000);
        peer.inject(packet("."));
        peer.expect().flags("R").seq(1);
        assertEquals(0, script.stack.connectionCount());
    }

    @Test
    void aGuessedCookieIsRefused() {
        Script script = flooded(false);
        FakePeer peer = syn(script);
        peer.expect();
        for (int i = 0; i < 50; i++) {
            peer.inject(packet(".").ack(2 + 8 + i * 1_000_003L));
        }
        FakePeer other = FakePeer.client(script);
        other.inject(packet(".").seq(1).ack(peer.rcvNxt));
        assertEquals(0, script.stack.connectionCount());
        assertEquals(51, script.count(Counter.SyncookiesFailed));
    }

    @Test
    void withoutAFloodNoAckIsTakenForTheAnswerToACookie() {
        Script script = script(false, 10).listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(packet(".").seq(1).ack(77));
        peer.expect().flags("R");
        assertEquals(0, script.count(Counter.SyncookiesFailed));
    }

    /** RFC 8684 section 3.1: the third ACK repeats both keys, so that the responder may be stateless. */
    @Test
    void aConnectionFromACookieSpeaksMptcp() {
        Script script = flooded(true);
        FakePeer peer = FakePeer.client(script).openMptcp();
        MptcpConnection connection = script.accepted();
        assertFalse(connection.isFallback());
        peer.send("mapped");
        assertEquals("mapped", Script.read(connection));
        assertEquals(peer.stackToken(), connection.token());
        FakePeer join = peer.joining(1);
        join.openJoin(1);
        assertEquals(2, connection.subflows().size());
    }

    @Test
    void theChecksumFlagComesFromTheThirdAckOfACookie() {
        Script script = flooded(true);
        FakePeer peer = FakePeer.client(script).mptcp();
        peer.session.checksum = true;
        peer.openMptcp();
        peer.send("verified");
        assertEquals("verified", Script.read(script.accepted()));
    }

    @Test
    void aThirdAckWithAForgedKeyIsTcpOnly() {
        Script script = flooded(true);
        FakePeer peer = FakePeer.client(script).mptcp();
        peer.inject(peer.syn().option(peer.mpCapableSyn()));
        peer.learnKey(peer.expect().flags("S."));
        assertNotEquals(0, peer.session.remoteKey);
        peer.session.remoteKey++;
        peer.inject(packet(".").option(peer.mpCapableAck()));
        assertTrue(script.accepted().isFallback());
    }

    @Test
    void aPeerWithoutMptcpGetsTcpFromACookie() {
        Script script = flooded(true);
        FakePeer peer = syn(script);
        peer.expect().flags("S.").noMptcp();
        peer.inject(packet("."));
        assertTrue(script.accepted().isFallback());
    }

    @Test
    void afterAFloodTheListenerIsAsOpenAsBefore() {
        Script script = script(false, 1024).listen();
        for (int i = 0; i < 5000; i++) {
            syn(script);
        }
        assertEquals(1024, script.stack.synQueueSize());
        FakePeer honest = FakePeer.client(script).openPlain();
        assertTrue(script.accepted().isConnected());
        honest.send("x");
        honest.expect().ack(2);
    }

    @Test
    void keysOfHalfOpenConnectionsAreUnique() {
        Script script = script(true, 10).listen();
        FakePeer peer = FakePeer.client(script).mptcp();
        peer.inject(peer.syn().option(peer.mpCapableSyn()));
        long first = peer.expect().option(MptcpOption.MpCapableSynAck.class).senderKey();
        peer.inject(peer.syn().option(peer.mpCapableSyn()));
        assertEquals(first, peer.expect().option(MptcpOption.MpCapableSynAck.class).senderKey(), "a repeated SYN/ACK repeats the key");
    }
}
