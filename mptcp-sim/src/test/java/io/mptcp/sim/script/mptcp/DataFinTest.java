package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.Counter;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.MptcpOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RFC 8684 sections 3.3.3, 3.5 and 3.6: how a connection and its subflows end. */
class DataFinTest {
    private Script script;
    private FakePeer peer;
    private FakePeer second;
    private MptcpConnection connection;

    @BeforeEach
    void connect() {
        script = new Script(StackConfig.defaults()).listen();
        peer = FakePeer.client(script);
        peer.rttMillis = 20;
        peer.openMptcp().confirm();
        peer.skip();
        connection = script.accepted();
    }

    private void join() {
        second = peer.joining(1).openJoin(7);
        second.skip();
    }

    /** Takes everything up to the next DATA_FIN. */
    private static Segment nextDataFin(FakePeer peer) {
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            if (s.hasDataFin()) {
                return s;
            }
        }
        throw new AssertionError("no DATA_FIN");
    }

    // ---- received ----

    @Test
    void aDataFinAloneEndsTheStreamAndIsAcknowledged() {
        peer.send("bye");
        peer.inject(packet(".").option(peer.dataFin(4)));
        assertEquals("bye", Script.read(connection));
        assertTrue(connection.isEndOfStream());
        Segment ack = peer.skip();
        assertEquals(5, ack.dataAck);
        assertEquals(4, ack.ack, "it takes no subflow sequence number");
        assertEquals(CloseReason.NONE, connection.closeReason());
    }

    @Test
    void aDataFinMayRideOnData() {
        peer.inject(packet("P.").data("bye").option(peer.dataFinBehind(1, 1, "bye".getBytes())));
        assertEquals("bye", Script.read(connection));
        assertTrue(connection.isEndOfStream());
        assertEquals(5, peer.skip().dataAck);
    }

    @Test
    void aDataFinAheadOfItsDataCountsWhenTheDataHasCome() {
        peer.inject(packet(".").option(peer.dataFin(4)));
        assertFalse(connection.isEndOfStream());
        assertEquals(1, peer.skip().dataAck);
        peer.send("bye");
        assertEquals("bye", Script.read(connection));
        assertTrue(connection.isEndOfStream());
        assertEquals(5, peer.skip().dataAck);
    }

    @Test
    void aDataFinReceivedAgainIsAcknowledgedAgain() {
        for (int i = 0; i < 3; i++) {
            peer.inject(packet(".").option(peer.dataFin(1)));
            assertEquals(2, peer.expect().dataAck);
        }
    }

    @Test
    void aSecondDataFinElsewhereIsIgnored() {
        peer.inject(packet(".").option(peer.dataFin(10)));
        peer.inject(packet(".").option(peer.dataFin(4)));
        peer.send("abc");
        assertFalse(connection.isEndOfStream());
    }

    @Test
    void dataBehindTheDataFinIsDropped() {
        peer.inject(packet(".").option(peer.dataFin(4)));
        peer.send("abcdef");
        assertEquals("abc", Script.read(connection));
        assertTrue(connection.isEndOfStream());
        assertEquals(5, peer.skip().dataAck);
    }

    @Test
    void a32BitDataFinIsUnderstood() {
        peer.inject(packet(".").option(peer.dss(new MptcpOption.Mapping(false, peer.wireDsn(1) & 0xffff_ffffL, 0, 1, true, -1))));
        assertTrue(connection.isEndOfStream());
    }

    @Test
    void aDataFinWithoutMappingSaysNothing() {
        peer.inject(packet(".").raw("1e042010")); // F alone
        assertFalse(connection.isEndOfStream());
    }

    // ---- sent ----

    @Test
    void ourDataFinFollowsTheLastByte() {
        Script.write(connection, "bye");
        connection.shutdownOutput();
        peer.expect().data(1, "bye");
        peer.expect().flags(".").noData().seq(4).dataFin(4);
    }

    @Test
    void theSubflowFinWaitsForBothDataFins() {
        connection.shutdownOutput();
        nextDataFin(peer).dataFin(1);
        peer.ack(); // DATA_ACK of the DATA_FIN
        script.advance(1000);
        assertNull(peer.poll(), "half-closed: the peer may send for hours");
        peer.send("more");
        assertEquals("more", Script.read(connection));
        peer.skip();
        peer.inject(packet(".").option(peer.dataFin(5)));
        Segment last = peer.skip();
        assertEquals("F.", last.flagLetters());
        assertEquals(6, last.dataAck);
        assertEquals(CloseReason.CLOSED, connection.closeReason());
    }

    @Test
    void theirsFirstThenOursThenSubflowFins() {
        peer.inject(packet(".").option(peer.dataFin(1)));
        peer.skip();
        connection.close();
        Segment fin = nextDataFin(peer);
        assertEquals(".", fin.flagLetters());
        peer.ack();
        peer.expect().flags("F.");
        peer.inject(packet("F."));
        assertEquals(CloseReason.CLOSED, connection.closeReason());
    }

    /** Linux: close_timeout. Found by FuzzTest, as its counterpart of plain TCP. */
    @Test
    void closeAfterAnAcknowledgedDataFinDoesNotWaitForThePeerForever() {
        connection.shutdownOutput();
        assertTrue(peer.expect().hasDataFin());
        peer.inject(packet(".").option(peer.dssAck(2)));
        script.advance(300_000);
        assertEquals(CloseReason.NONE, connection.closeReason(), "a half-closed connection that is still read may last");
        connection.close();
        script.advance(61_000);
        assertEquals(CloseReason.TIMED_OUT, connection.closeReason());
        assertEquals(0, script.stack.connectionCount());
    }

    @Test
    void aSubflowWhosePeerHasEndedItsWholeStreamStillCarriesOurs() {
        peer.inject(packet(".").option(peer.dataFin(1)));
        peer.skip();
        peer.inject(packet("F.").option(peer.dssAck(1)));
        peer.expect().flags(".").noData();
        Script.write(connection, "last words");
        peer.expect().data(1, "last words");
        peer.ack();
        connection.close();
        nextDataFin(peer).dataFin(11);
        peer.ack();
        peer.expect().flags("F.");
        assertEquals(CloseReason.CLOSED, connection.closeReason());
    }

    @Test
    void bothDataFinsAtOnce() {
        connection.shutdownOutput();
        nextDataFin(peer);
        peer.inject(packet(".").option(new MptcpOption.Dss(peer.dataAck(1), ((MptcpOption.Dss) peer.dataFin(1)).mapping())));
        peer.expect().flags(".").dataAck(2);
        peer.ack();
        peer.expect().flags("F.");
        assertEquals(CloseReason.CLOSED, connection.closeReason());
    }

    @Test
    void aLostDataFinIsSentAgainWithBackOff() {
        connection.shutdownOutput();
        nextDataFin(peer);
        long last = script.nowNanos();
        long lastGap = 0;
        int count = 0;
        script.advance(5000);
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            assertTrue(s.hasDataFin());
            assertEquals(1, s.dsn);
            assertTrue(s.atNanos - last >= lastGap);
            lastGap = s.atNanos - last;
            last = s.atNanos;
            count++;
        }
        assertTrue(count >= 3 && count <= 6, count + " times in 5 s");
        peer.ack();
        script.advance(100_000);
        peer.expectNothing();
    }

    @Test
    void aDataFinIsNotHeldUpByRetransmissions() {
        Script.write(connection, Script.pattern(5 * FakePeer.MPTCP_MSS));
        script.advance(0);
        peer.skip();
        peer.rcvNxt = 1;
        script.advance(20);
        connection.shutdownOutput();
        // The very segment that asks for a retransmission is answered by it, and the DATA_FIN has to go out all the same.
        int mss = FakePeer.MPTCP_MSS;
        peer.inject(packet(".").ack(1).sack(1 + mss, 1 + 5 * mss).option(peer.dssAck(1)));
        boolean again = false;
        boolean fin = false;
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            again |= s.seq == 1 && s.payload.length == mss;
            fin |= s.hasDataFin();
        }
        assertTrue(again && fin);
    }

    @Test
    void dataFinsGoOnAllSubflowsAndFinsToo() {
        join();
        connection.shutdownOutput();
        nextDataFin(peer).dataFin(1);
        nextDataFin(second).dataFin(1);
        peer.inject(packet(".").option(peer.dssAck(2)));
        peer.inject(packet(".").option(peer.dataFin(1)));
        assertEquals("F.", peer.skip().flagLetters());
        assertEquals("F.", second.skip().flagLetters());
        assertEquals(CloseReason.CLOSED, connection.closeReason());
        peer.inject(packet("F."));
        second.inject(packet("F."));
        script.advance(60_000);
        assertEquals(0, script.stack.connectionCount());
    }

    @Test
    void theFinOfASubflowEndsOnlyThatSubflow() {
        join();
        peer.inject(packet("F."));
        assertEquals("F.", peer.skip().flagLetters());
        Script.write(connection, "goes on");
        second.expect().data(1, "goes on");
        assertFalse(connection.isEndOfStream());
        assertEquals(CloseReason.NONE, connection.closeReason());
    }

    // ---- fast close ----

    @Test
    void ourAbortIsAFastcloseOnEverySubflow() {
        join();
        connection.abort();
        peer.expect().flags("R.").onlyMptcp(new MptcpOption.MpFastclose(FakePeer.KEY));
        second.expect().flags("R.").onlyMptcp(new MptcpOption.MpFastclose(FakePeer.KEY));
        script.expectNothing();
        assertEquals(0, script.stack.connectionCount());
    }

    @Test
    void theirFastcloseOnAResetEndsAllWithoutAnswerOnThatSubflow() {
        join();
        peer.inject(packet("R.").option(new MptcpOption.MpFastclose(peer.session.remoteKey)));
        assertEquals(CloseReason.RESET, connection.closeReason());
        peer.expectNothing(); // no RST is answered by a RST
        second.expect().flags("R.");
        script.expectNothing();
        assertEquals(0, script.stack.connectionCount());
    }

    @Test
    void theirFastcloseOnAnAckIsAnsweredByResetsEverywhere() {
        join();
        peer.inject(packet(".").option(new MptcpOption.MpFastclose(peer.session.remoteKey)));
        peer.expect().flags("R.").onlyMptcp(new MptcpOption.MpTcpRst(0, false));
        second.expect().flags("R.").onlyMptcp(new MptcpOption.MpTcpRst(0, false));
        assertEquals(CloseReason.RESET, connection.closeReason());
        assertEquals(1, script.count(Counter.MPFastcloseRx));
    }

    @Test
    void aFastcloseWithAnotherKeyIsIgnored() {
        join();
        peer.inject(packet(".").option(new MptcpOption.MpFastclose(42)));
        peer.expectNothing();
        peer.inject(packet("R.").option(new MptcpOption.MpFastclose(42)));
        assertEquals(CloseReason.NONE, connection.closeReason());
        second.expectNothing();
        Script.write(connection, "alive");
        second.expect().data(1, "alive");
    }

    @Test
    void aFastcloseOutsideTheWindowIsIgnored() {
        peer.inject(packet("R.").seq(5).option(new MptcpOption.MpFastclose(peer.session.remoteKey)));
        peer.inject(packet(".").seq(100_000_000).option(new MptcpOption.MpFastclose(peer.session.remoteKey)));
        assertEquals(CloseReason.NONE, connection.closeReason());
    }

    @Test
    void closingWithUnreadDataIsAFastclose() {
        peer.send("unread");
        peer.skip();
        connection.close();
        assertTrue(peer.expect().flags("R.").has(MptcpOption.MpFastclose.class));
    }

    // ---- reset of a subflow ----

    @Test
    void aResetEndsItsSubflowAndTheDataGoesElsewhere() {
        join();
        Script.write(connection, "carried by the first");
        FakePeer carrier = peer.poll() != null ? peer : second;
        FakePeer other = carrier == peer ? second : peer;
        carrier.inject(packet("R.").option(new MptcpOption.MpTcpRst(3, false)));
        other.expect().data(1, "carried by the first").mapping(1, 1, 20);
        assertEquals(CloseReason.NONE, connection.closeReason());
        assertEquals(1, script.count(Counter.MPRstRx));
    }

    @Test
    void withoutAnySubflowTheConnectionWaitsAMinuteForAnother() {
        peer.inject(packet("R"));
        assertEquals(CloseReason.NONE, connection.closeReason());
        script.advance(59_000);
        assertEquals(CloseReason.NONE, connection.closeReason());
        Script.write(connection, "for the next");
        second = peer.joining(1).openJoin(5);
        second.expect().data(1, "for the next");
        second.inject(packet("R"));
        script.advance(61_000);
        assertEquals(CloseReason.TIMED_OUT, connection.closeReason());
        assertEquals(0, script.stack.connectionCount());
    }

    @Test
    void aTcpRstOptionOnAnAckIsIgnored() {
        peer.inject(packet(".").raw("1e048006"));
        assertEquals(0, script.count(Counter.MPRstRx));
        assertEquals(CloseReason.NONE, connection.closeReason());
    }

    @Test
    void whoNeverAcknowledgesTheEndOfTheStreamIsFastclosed() {
        connection.close();
        nextDataFin(peer);
        for (int second = 0; second < 60; second++) {
            peer.skip();
            peer.inject(packet(".").option(peer.dssAck(1)));
            script.advance(1_000);
        }
        assertEquals(new MptcpOption.MpFastclose(FakePeer.KEY), peer.skip().flags("R.").option(MptcpOption.MpFastclose.class));
        assertEquals(CloseReason.TIMED_OUT, connection.closeReason());
    }

    // ---- mappings that make little sense ----

    @Test
    void aDataFinWithoutLengthMeansNothing() {
        peer.inject(packet(".").option(peer.dss(new MptcpOption.Mapping(true, peer.wireDsn(1), 0, 0, true, MptcpOption.NO_CHECKSUM))));
        peer.skip();
        assertFalse(connection.isInputEnded());
        peer.send("on");
        assertEquals("on", Script.read(connection));
    }

    @Test
    void aDataFinAloneBesideDataCountsAndMapsNoneOfIt() {
        peer.inject(packet("P.").data("loose").option(peer.dss(new MptcpOption.Mapping(true, peer.wireDsn(1), 1, 1, true, MptcpOption.NO_CHECKSUM))));
        peer.expect().flags(".").dataAck(2);
        assertTrue(connection.isInputEnded());
        assertEquals(0, connection.readableBytes());
        assertNull(Script.read(connection));
    }
}
