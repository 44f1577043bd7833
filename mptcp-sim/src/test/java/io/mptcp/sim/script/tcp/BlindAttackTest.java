package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RFC 5961: what somebody who can guess a window, but not a number, must not achieve. PAWS (RFC 7323 section 5) belongs here too. */
class BlindAttackTest {
    private Script script;
    private FakePeer peer;
    private MptcpConnection connection;

    @BeforeEach
    void connect() {
        script = Script.tcp().listen();
        peer = FakePeer.client(script).openPlain();
        connection = script.accepted();
    }

    @Test
    void aResetAtExactlyTheNextNumberResets() {
        peer.inject(packet("R").seq(1));
        assertEquals(CloseReason.RESET, connection.closeReason());
        script.expectNothing();
    }

    @Test
    void aResetElsewhereInTheWindowIsChallenged() {
        peer.inject(packet("R").seq(2));
        peer.expect().flags(".").seq(1).ack(1).noData();
        assertEquals(CloseReason.NONE, connection.closeReason());
    }

    @Test
    void aResetOutsideTheWindowIsDropped() {
        peer.inject(packet("R").seq(100_000_000));
        peer.inject(packet("R").seq(-100));
        peer.expectNothing();
        assertEquals(CloseReason.NONE, connection.closeReason());
    }

    @Test
    void aTimestampBesideAnAcknowledgmentOfWhatWasNeverSentMeansNothing() {
        peer.inject(packet(".").ack(9999).tsVal(0x2000_0000));
        peer.skip();
        peer.send("still there");
        assertEquals("still there", Script.read(connection));
    }

    /** RFC 7323 section 4.3: the SYN/ACK has acknowledged the SYN, so that what follows it is at Last.ACK.sent. */
    @Test
    void theTimestampOfTheThirdAckIsEchoed() {
        script = Script.tcp().listen();
        peer = FakePeer.client(script);
        peer.inject(peer.syn());
        peer.expect();
        peer.inject(packet(".").tsVal(78_000));
        Script.write(script.accepted(), "x");
        assertEquals(78_000, peer.expect().options.tsEcr);
    }

    @Test
    void aSynInTheWindowIsChallenged() {
        peer.inject(packet("S").seq(10).mss(1460));
        peer.expect().flags(".").seq(1).ack(1);
        assertEquals(CloseReason.NONE, connection.closeReason());
    }

    @Test
    void aSynOutsideTheWindowIsChallengedToo() {
        peer.inject(packet("S").seq(1_000_000_000).mss(1460));
        peer.expect().flags(".").seq(1).ack(1);
        assertEquals(CloseReason.NONE, connection.closeReason());
    }

    @Test
    void anAckOfWhatWasNeverSentIsChallengedAndItsDataDropped() {
        peer.inject(packet("P.").ack(2).data("evil"));
        peer.expect().flags(".").seq(1).ack(1);
        assertEquals("", Script.read(connection));
    }

    /** As Linux does it: what is forged gets no answer that could be counted. */
    @Test
    void anAckOfWhatWasNeverSentMayBeDroppedSilently() {
        TcpConfig silent = TcpConfig.defaults().toBuilder().answerUnsentAck(false).build();
        script = new Script(StackConfig.defaults().withMptcp(false).withTcp(silent)).listen();
        peer = FakePeer.client(script).openPlain();
        connection = script.accepted();
        peer.inject(packet("P.").ack(2).data("evil"));
        peer.expectNothing();
        assertEquals("", Script.read(connection));
        peer.inject(packet("P.").seq(1).data("good"));
        assertEquals("good", Script.read(connection));
    }

    @Test
    void anAckFarBelowTheWindowIsChallengedAndItsDataDropped() {
        peer.inject(packet("P.").ack(-1_000_000_000L).data("evil"));
        peer.expect().flags(".").seq(1).ack(1);
        assertEquals("", Script.read(connection));
    }

    @Test
    void anOldAckWithinTheLargestWindowIsAcceptable() {
        Script.write(connection, "abc");
        peer.expect();
        peer.inject(packet("."));
        peer.inject(packet("P.").ack(1).data("late"));
        assertEquals("late", Script.read(connection));
    }

    /** RFC 9293 section 3.5.3: text that explains it, of no use to TCP. */
    @Test
    void aResetMayCarryData() {
        peer.inject(packet("R").data("gone"));
        assertEquals(CloseReason.RESET, connection.closeReason());
        assertEquals(0, connection.bytesReceived());
    }

    @Test
    void dataWithoutAckFlagIsDropped() {
        peer.inject(packet("P").data("evil"));
        assertEquals("", Script.read(connection));
    }

    @Test
    void dataOutsideTheWindowIsDroppedAndAcknowledged() {
        peer.inject(packet("P.").seq(20_000_000).data("far"));
        peer.expect().flags(".").ack(1);
        assertEquals("", Script.read(connection));
    }

    @Test
    void aTimestampFromThePastIsAcknowledgedAndDropped() {
        script.advance(10);
        peer.inject(packet("P.").tsVal(76_000).data("old")); // the handshake had 77000
        peer.expect().flags(".").ack(1);
        assertEquals("", Script.read(connection));
    }

    @Test
    void aTimestampFromThePastDoesNotProtectAgainstAReset() {
        peer.inject(packet("R").seq(1).tsVal(5));
        assertEquals(CloseReason.RESET, connection.closeReason());
    }

    @Test
    void aTimestampMayWrap() {
        Script other = Script.tcp().listen();
        FakePeer wrapping = FakePeer.client(other);
        wrapping.inject(wrapping.syn().tsVal(-5));
        wrapping.expect().flags("S.");
        wrapping.inject(packet(".").tsVal(-2));
        wrapping.inject(packet("P.").tsVal(3).data("new"));
        assertEquals("new", Script.read(other.accepted()));
    }

    @Test
    void afterTwentyFourIdleDaysTimestampsSayNothing() {
        script.advance(25L * 24 * 3600 * 1000);
        peer.inject(packet("P.").tsVal(76_000).data("back again"));
        assertEquals("back again", Script.read(connection));
    }

    /** RFC 7323 section 5.5: and it is not checked against ever after, which would be as good as no protection at all. */
    @Test
    void theFirstTimestampAfterTwentyFourIdleDaysIsEchoedAndProtectsAgain() {
        script.advance(25L * 24 * 3600 * 1000);
        peer.inject(packet("P.").tsVal(5_000).data("back again"));
        assertEquals(5_000, peer.expect().flags(".").ack(11).options.tsEcr);
        peer.inject(packet("P.").tsVal(4_000).data("old"));
        assertEquals(5_000, peer.expect().flags(".").ack(11).options.tsEcr);
    }

    @Test
    void theEchoedTimestampIsThatOfTheEarliestUnacknowledgedSegment() {
        for (int i = 0; i < 20; i++) { // beyond the quick acknowledgments of the start
            peer.send("x");
            script.advance(50);
        }
        peer.skip();
        peer.inject(packet("P.").tsVal(90_000).data("a"));
        peer.inject(packet("P.").tsVal(90_010).data("b"));
        script.advance(50);
        assertEquals(90_000, peer.expect().options.tsEcr, "RFC 7323 section 4.3");
    }

    @Test
    void anOutOfOrderSegmentDoesNotMoveTheEchoedTimestamp() {
        peer.inject(packet("P.").seq(10).tsVal(90_000).data("later"));
        assertEquals(77_000, peer.expect().options.tsEcr);
    }

    @Test
    void aSegmentWithoutTheTimestampAgreedOnIsDroppedSilently() {
        peer.inject(packet("P.").data("stray").withoutTimestamps());
        peer.expectNothing();
        assertEquals("", Script.read(connection));
        peer.inject(packet("P.").seq(1).data("right"));
        assertEquals("right", Script.read(connection));
    }

    @Test
    void aSegmentWithoutTheTimestampAgreedOnIsTakenWhereTimestampsAreNotStrict() {
        TcpConfig lenient = TcpConfig.defaults().toBuilder().strictTimestamps(false).build();
        Script other = new Script(StackConfig.defaults().withMptcp(false).withTcp(lenient)).listen();
        FakePeer stripped = FakePeer.client(other).openPlain();
        stripped.inject(packet("P.").data("taken").withoutTimestamps());
        assertEquals("taken", Script.read(other.accepted()));
        assertTrue(stripped.expect().ack(6).options.hasTimestamps, "ours still have them");
    }

    @Test
    void neitherDoesTheThirdAckNeedOneThen() {
        TcpConfig lenient = TcpConfig.defaults().toBuilder().strictTimestamps(false).build();
        Script other = new Script(StackConfig.defaults().withMptcp(false).withTcp(lenient)).listen();
        FakePeer stripped = FakePeer.client(other);
        stripped.inject(stripped.syn());
        stripped.expect().flags("S.");
        stripped.inject(packet(".").withoutTimestamps());
        assertTrue(other.accepted().isConnected());
    }

    @Test
    void aResetNeedsNoTimestamp() {
        peer.inject(packet("R").withoutTimestamps());
        assertEquals(CloseReason.RESET, connection.closeReason());
    }

    @Test
    void timestampsNobodyAgreedOnAreIgnored() {
        Script plain = Script.tcp().listen();
        FakePeer without = FakePeer.client(plain);
        without.offersTimestamps = false;
        without.openPlain();
        MptcpConnection other = plain.accepted();
        without.inject(packet("P.").data("a").raw("0101080a0000000100000000"));
        without.inject(packet("P.").data("b").raw("0101080a8000000000000000"));
        assertEquals("ab", Script.read(other));
        assertTrue(!without.skip().options.hasTimestamps);
    }

    @Test
    void howManyChallengesThereAreChangesFromPeriodToPeriod() {
        java.util.Set<Integer> counts = new java.util.TreeSet<>();
        for (int period = 0; period < 30; period++) {
            script.advance(5000);
            int challenges = 0;
            for (int i = 0; i < 20; i++) {
                peer.inject(packet("R").seq(2 + i));
                challenges += peer.skip() == null ? 0 : 1;
            }
            counts.add(challenges);
        }
        assertTrue(counts.size() > 1 && counts.stream().allMatch(n -> n >= 7 && n <= 10), () -> "challenges in five seconds: " + counts);
    }

    @Test
    void challengesAreLimited() {
        for (int i = 0; i < 1000; i++) {
            peer.inject(packet("R").seq(2 + i));
        }
        int challenges = 0;
        while (peer.poll() != null) {
            challenges++;
        }
        assertTrue(challenges <= 10, "RFC 5961 section 7: " + challenges);
        script.advance(5000);
        peer.inject(packet("R").seq(2));
        assertNotNull(peer.poll(), "and come back after a while");
    }

    /** Two ends that disagree must not keep each other busy with acknowledgments. */
    @Test
    void unacceptableAcksAreNotAnsweredWithoutEnd() {
        for (int i = 0; i < 1000; i++) {
            peer.inject(packet(".").ack(500));
        }
        int answers = 0;
        while (peer.poll() != null) {
            answers++;
        }
        assertTrue(answers <= 10, () -> "an ACK war");
    }
}
