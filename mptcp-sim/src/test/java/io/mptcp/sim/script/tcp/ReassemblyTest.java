package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.MptcpConnection;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Segments out of order and twice, and what is reported of them (RFC 2018, RFC 2883), and when (RFC 5681 section 4.2). */
class ReassemblyTest {
    private Script script;
    private FakePeer peer;
    private MptcpConnection connection;

    @BeforeEach
    void connect() {
        script = Script.tcp().listen();
        peer = FakePeer.client(script).openPlain();
        connection = script.accepted();
    }

    private FakePeer data(long seq, String text) {
        return peer.inject(packet("P.").seq(seq).data(text));
    }

    @Test
    void aHoleIsReportedAndFilled() {
        data(4, "def");
        peer.expect().flags(".").ack(1).sack(4, 7);
        assertEquals("", Script.read(connection));
        data(1, "abc");
        peer.expect().flags(".").ack(7).sack();
        assertEquals("abcdef", Script.read(connection));
    }

    @Test
    void theBlockThatCameLastIsReportedFirst() {
        data(10, "aa");
        peer.expect().sack(10, 12);
        data(20, "bb");
        peer.expect().sack(20, 22, 10, 12);
        data(30, "cc");
        peer.expect().sack(30, 32, 20, 22, 10, 12);
        data(22, "dd");
        peer.expect().sack(20, 24, 30, 32, 10, 12);
    }

    @Test
    void noMoreBlocksThanFitBesideTimestamps() {
        for (int i = 1; i <= 5; i++) {
            data(10L * i, "xx");
        }
        Segment last = null;
        for (int i = 0; i < 5; i++) {
            last = peer.expect();
        }
        last.sack(50, 52, 40, 42, 30, 32);
        assertEquals(40, last.optionBytes);
    }

    @Test
    void withoutTimestampsFourBlocksFit() {
        FakePeer other = FakePeer.client(script);
        other.offersTimestamps = false;
        other.openPlain();
        for (int i = 1; i <= 5; i++) {
            other.inject(packet("P.").seq(10L * i).data("xx"));
        }
        other.expect();
        other.expect();
        other.expect();
        other.expect();
        other.expect().sack(50, 52, 40, 42, 30, 32, 20, 22);
    }

    @Test
    void noSackForAPeerThatDidNotPermitIt() {
        FakePeer other = FakePeer.client(script);
        other.offersSack = false;
        other.openPlain();
        other.inject(packet("P.").seq(4).data("def"));
        other.expect().ack(1).sack();
    }

    @Test
    void aSegmentReceivedTwiceIsReportedOnce() {
        data(1, "abc");
        peer.expect().ack(4);
        data(1, "abc");
        peer.expect().ack(4).sack(1, 4);
        data(7, "ghi");
        peer.expect().ack(4).sack(7, 10);
    }

    @Test
    void aDuplicateBehindAHoleIsReportedBeforeItsBlock() {
        data(4, "def");
        peer.expect();
        data(4, "def");
        peer.expect().ack(1).sack(4, 7, 4, 7);
    }

    @Test
    void aPartialDuplicateIsReportedAndItsNewPartTaken() {
        data(1, "abc");
        peer.expect();
        data(2, "bcd");
        peer.expect().ack(5).sack(2, 4);
        assertEquals("abcd", Script.read(connection));
    }

    @Test
    void bytesReceivedFirstAreKept() {
        data(3, "CD");
        data(1, "abcd");
        assertEquals("abCD", Script.read(connection));
    }

    @Test
    void aSegmentThatSpansSeveralHolesFillsThemAll() {
        data(3, "c");
        data(5, "e");
        peer.skip();
        data(1, "abcdef");
        peer.expect().ack(7).sack();
        assertEquals("abcdef", Script.read(connection));
    }

    @Test
    void aFinBehindAHoleCountsWhenTheHoleIsFilled() {
        peer.inject(packet("F.").seq(4).data("def"));
        peer.expect().ack(1).sack(4, 7);
        assertTrue(!connection.isEndOfStream());
        data(1, "abc");
        peer.expect().ack(8);
        assertEquals("abcdef", Script.read(connection));
        assertTrue(connection.isEndOfStream());
    }

    @Test
    void dataBehindTheFinIsDropped() {
        peer.inject(packet("F.").seq(4));
        peer.skip();
        data(1, "abcdef");
        assertEquals("abc", Script.read(connection));
        peer.expect().ack(5);
    }

    @Test
    void everyDataSegmentIsAcknowledgedAtOnceInTheBeginning() {
        for (int i = 0; i < 16; i++) {
            peer.send("x");
            peer.expect().flags(".").ack(2 + i);
        }
        peer.send("y");
        peer.expectNothing();
    }

    private void passTheBeginning() {
        for (int i = 0; i < 16; i++) {
            peer.send("x");
        }
        peer.skip();
    }

    @Test
    void thenASmallSegmentIsAcknowledgedAfterTheDelay() {
        passTheBeginning();
        peer.send("a");
        script.advance(39);
        peer.expectNothing();
        script.advance(1);
        peer.expect().flags(".").ack(18).noData();
    }

    @Test
    void theSecondFullSegmentIsAcknowledgedAtOnce() {
        passTheBeginning();
        byte[] full = Script.pattern(FakePeer.MSS);
        peer.send(full);
        peer.expectNothing();
        peer.send(full);
        peer.expect().flags(".").ack(17 + 2 * full.length);
        script.advance(200);
        peer.expectNothing();
    }

    @Test
    void aBurstIsAcknowledgedOnceAfterAllOfItWasTaken() {
        passTheBeginning();
        peer.burst(packet("P.").seq(17).data(Script.pattern(1000)), packet("P.").seq(1017).data(Script.pattern(1000)),
                packet("P.").seq(2017).data(Script.pattern(1000)));
        peer.expect().ack(3017);
        peer.expectNothing();
    }

    @Test
    void dataTakesTheAcknowledgmentAlong() {
        passTheBeginning();
        peer.send("a");
        Script.write(connection, "reply");
        peer.expect().data(1, "reply").ack(18);
        script.advance(30);
        peer.expectNothing();
    }

    @Test
    void aMergedSegmentOfManyMssIsTakenWhole() {
        byte[] merged = Script.pattern(60_000);
        peer.send(merged);
        peer.expect().ack(60_001);
        assertEquals(60_000, connection.readableBytes());
    }
}
