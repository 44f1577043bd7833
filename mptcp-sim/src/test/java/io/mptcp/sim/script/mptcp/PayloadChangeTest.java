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
import io.mptcp.stack.ResetReason;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.MptcpOption;
import io.mptcp.wire.MptcpOption.MpFail;
import io.mptcp.wire.MptcpOption.MpJoinSyn;
import io.mptcp.wire.MptcpOption.MpTcpRst;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RFC 8684 section 3.7: payload that was changed on the way, MP_FAIL in both directions, and the infinite mapping that follows. */
class PayloadChangeTest {
    private static final byte[] RIGHT = "abcdef".getBytes();

    private Script script;
    private FakePeer peer;
    private MptcpConnection connection;

    @BeforeEach
    void connect() {
        script = new Script(StackConfig.defaults().withChecksum(true)).listen();
        peer = FakePeer.client(script).openMptcp();
        connection = script.accepted();
        peer.confirm();
        peer.skip();
    }

    /** The mapping of {@link #RIGHT}, and other bytes. */
    private void corrupt(long start) {
        peer.inject(packet("P.").seq(start).data("abcdeX").option(peer.dss(peer.map(start, start, RIGHT))));
    }

    private static MptcpOption.Mapping infinite(FakePeer peer, long position) {
        return new MptcpOption.Mapping(true, peer.wireDsn(position), (int) position, 0, false, 0);
    }

    private FakePeer join() {
        FakePeer second = peer.joining(1);
        second.openJoin(7);
        second.skip();
        peer.skip();
        return second;
    }

    // ---- this side finds it ----

    @Test
    void onTheOnlySubflowAnMpFailOnAnAckNamesTheMapping() {
        peer.send("fine");
        peer.skip();
        corrupt(5);
        Segment answer = peer.expect().flags(".").ack(11).dataAck(5);
        assertEquals(peer.wireDsn(5), answer.option(MpFail.class).dsn());
        assertEquals("fine", Script.read(connection), "what failed is neither delivered nor acknowledged at the data level");
        assertEquals(1, script.count(Counter.DataCsumErr));
        assertEquals(1, script.count(Counter.MPFailTx));
        assertFalse(connection.isFallback());
    }

    @Test
    void theInfiniteMappingThatFollowsMakesTheStreamTcps() {
        corrupt(1);
        peer.skip();
        peer.inject(packet("P.").data("new").option(peer.dss(infinite(peer, 1))));
        assertEquals("abcdeXnew", Script.read(connection), "as TCP would have delivered it");
        assertEquals("DSSCorruptionFallback", connection.fallbackReason());
        assertEquals(1, script.count(Counter.DSSCorruptionFallback));
        assertEquals(1, script.count(Counter.InfiniteMapRx));
        peer.expect().ack(10).noMptcp();
        Script.write(connection, "reply");
        peer.expect().data(1, "reply").noMptcp();
    }

    @Test
    void anMpFailInReturnIsAsGood() {
        corrupt(1);
        peer.skip();
        peer.inject(packet(".").option(new MpFail(peer.wireDataAck(1))));
        assertEquals("abcdeX", Script.read(connection));
        assertTrue(connection.isFallback());
        peer.expectNothing();
    }

    @Test
    void whatArrivesWhileWaitingIsKeptAndTheMpFailRepeated() {
        corrupt(1);
        peer.skip();
        peer.inject(packet("P.").seq(7).data("ghi").option(peer.dss(peer.map(7, 7, "ghi".getBytes()))));
        assertTrue(peer.expect().ack(10).dataAck(1).has(MpFail.class));
        assertEquals("", Script.read(connection));
        peer.inject(packet(".").option(new MpFail(peer.wireDataAck(1))));
        assertEquals("abcdeXghi", Script.read(connection));
    }

    @Test
    void withoutAnAnswerTheSubflowEndsAfterTwoMinutes() {
        corrupt(1);
        peer.skip();
        script.advance(119_000);
        peer.expectNothing();
        script.advance(2_000);
        Segment reset = peer.expect().flags("R.");
        assertEquals(peer.wireDsn(1), reset.option(MpFail.class).dsn());
        assertEquals(new MpTcpRst(ResetReason.MIDDLEBOX, false), reset.option(MpTcpRst.class));
        assertEquals("", Script.read(connection));
        script.advance(61_000);
        assertEquals(CloseReason.TIMED_OUT, connection.closeReason());
    }

    @Test
    void noSubflowIsAddedWhileTheFallbackIsUnderWay() {
        corrupt(1);
        FakePeer second = peer.joining(1);
        second.inject(second.syn().option(new MpJoinSyn(false, 7, peer.stackToken(), 1)));
        assertEquals(ResetReason.PROHIBITED, second.expect().flags("R.").option(MpTcpRst.class).reason());
    }

    @Test
    void afterASecondSubflowThereIsOnlyTheReset() {
        FakePeer second = join();
        corrupt(1);
        Segment reset = peer.expect().flags("R.");
        assertEquals(peer.wireDsn(1), reset.option(MpFail.class).dsn());
        assertEquals(new MpTcpRst(ResetReason.MIDDLEBOX, false), reset.option(MpTcpRst.class));
        second.inject(packet("P.").seq(1).data(RIGHT).option(second.dss(second.map(1, 1, RIGHT))));
        assertEquals("abcdef", Script.read(connection), "the peer sends it again elsewhere");
        assertFalse(connection.isFallback());
    }

    @Test
    void afterDataOutOfPlaceThereIsOnlyTheReset() {
        peer.inject(packet("P.").seq(1).data("later").option(peer.dss(peer.map(7, 1, "later".getBytes()))));
        peer.skip();
        peer.inject(packet("P.").seq(6).data("abcdeX").option(peer.dss(peer.map(1, 6, RIGHT))));
        assertTrue(peer.expect().flags("R.").has(MpFail.class));
        assertEquals("", Script.read(connection));
    }

    // ---- the end of the stream ----

    @Test
    void aDataFinAloneWithAWrongChecksumEndsNothing() {
        peer.inject(packet(".").option(peer.dss(new MptcpOption.Mapping(true, peer.wireDsn(1), 0, 1, true, 0x1234))));
        Segment answer = peer.expect().dataAck(1);
        assertEquals(peer.wireDsn(1), answer.option(MpFail.class).dsn());
        assertFalse(connection.isEndOfStream());
        assertEquals(1, script.count(Counter.DataCsumErr));
    }

    @Test
    void aDataFinAloneWithARightChecksumEndsTheStream() {
        peer.inject(packet(".").option(peer.dataFin(1)));
        peer.expect().dataAck(2);
        assertTrue(connection.isEndOfStream());
    }

    @Test
    void aDataFinWithoutTheNegotiatedChecksumEndsTheSubflow() {
        peer.inject(packet(".").option(peer.dss(new MptcpOption.Mapping(true, peer.wireDsn(1), 0, 1, true, MptcpOption.NO_CHECKSUM))));
        peer.expect().flags("R.").onlyMptcp(new MpTcpRst(ResetReason.MPTCP, false));
    }

    @Test
    void aDataFinOnDataThatFailedIsForgotten() {
        peer.inject(packet("P.").data("abcdeX").option(peer.dataFinBehind(1, 1, RIGHT)));
        assertTrue(peer.expect().dataAck(1).has(MpFail.class));
        peer.inject(packet("P.").data("and more").option(peer.dss(infinite(peer, 1))));
        assertEquals("abcdeXand more", Script.read(connection), "a middlebox may have made it longer");
        assertFalse(connection.isEndOfStream());
        peer.inject(packet("F."));
        assertTrue(connection.isEndOfStream());
    }

    @Test
    void aDataFinAddedToAMappingInRetransmissionCounts() {
        byte[] text = "abcdef".getBytes();
        peer.inject(packet("P.").seq(1).data("abc").option(peer.dss(peer.map(1, 1, text))));
        peer.inject(packet("P.").seq(4).data("def").option(peer.dataFinBehind(1, 1, text)));
        assertEquals("abcdef", Script.read(connection));
        assertTrue(connection.isEndOfStream());
    }

    // ---- the peer finds it ----

    @Test
    void anMpFailIsAnsweredAndTheNextDataHasAnInfiniteMapping() {
        Script.write(connection, "intact");
        peer.expect();
        peer.ack();
        Script.write(connection, "changed");
        peer.expect();
        peer.inject(packet(".").option(peer.dssAck(7)).option(new MpFail(peer.wireDataAck(7))));
        Segment answer = peer.expect().flags(".").noData();
        assertEquals(1, answer.mptcp.size(), "the reverse direction ends too, with MP_FAIL and no DSS");
        assertEquals(peer.wireDsn(1), answer.option(MpFail.class).dsn());
        assertEquals("MPFailRx", connection.fallbackReason());
        assertEquals(13, connection.bytesAcked(), "the subflow's acknowledgments count now");
        Script.write(connection, "new");
        Segment data = peer.expect().data(14, "new").mapping(7, 7, 0);
        assertEquals(0, data.mapping().checksum());
        peer.inject(packet("."));
        Script.write(connection, "more");
        peer.expect().data(17, "more").noMptcp();
        assertEquals(1, script.count(Counter.MPFailRx));
        assertEquals(1, script.count(Counter.InfiniteMapTx));
    }

    @Test
    void anMpFailAboutNothingOutstandingIsIgnored() {
        Script.write(connection, "intact");
        peer.expect();
        peer.ack();
        for (long dsn : new long[] {1, 6, 8, 1_000_000, -5}) {
            peer.inject(packet(".").option(peer.dssAck(7)).option(new MpFail(peer.wireDataAck(dsn))));
        }
        assertFalse(connection.isFallback());
        peer.expectNothing();
    }

    @Test
    void anMpFailThatCannotBeHonouredEndsTheSubflow() {
        FakePeer second = join();
        Script.write(connection, "changed");
        peer.expect();
        peer.inject(packet(".").option(peer.dssAck(1)).option(new MpFail(peer.wireDataAck(1))));
        peer.expect().flags("R.").onlyMptcp(new MpTcpRst(ResetReason.MIDDLEBOX, false));
        second.expect().mapping(1, 1, 7);
    }

    @Test
    void aResetWithMpFailSendsAllFromThereElsewhereAcknowledgedOrNot() {
        FakePeer second = join();
        Script.write(connection, "first ");
        peer.expect();
        peer.ack();
        Script.write(connection, "second ");
        peer.expect();
        peer.inject(packet(".").option(peer.dssAck(7))); // the subflow has it, the data level has not
        Script.write(connection, "third");
        peer.expect();
        peer.inject(packet("R.").option(new MpFail(peer.wireDataAck(7))).option(new MpTcpRst(ResetReason.MIDDLEBOX, false)));
        assertNull(peer.poll(), "a reset is not answered");
        Segment again = second.expect();
        assertEquals("second third", new String(again.payload));
        again.mapping(7, 1, 12);
        assertEquals(1, script.count(Counter.MPFailRx));
        assertEquals(1, script.count(Counter.MPRstRx));
    }
}
