package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.Counter;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.ResetReason;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.MptcpOption;
import io.mptcp.wire.MptcpOption.MpFail;
import io.mptcp.wire.MptcpOption.MpTcpRst;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RFC 8684 section 3.7: options that stop getting through after the handshake, infinite mappings, and what MPTCP still means afterwards. */
class OptionLossTest {
    private Script script;
    private FakePeer peer;
    private MptcpConnection connection;

    @BeforeEach
    void connect() {
        script = new Script(StackConfig.defaults()).listen();
        peer = FakePeer.client(script).openMptcp();
        connection = script.accepted();
        peer.confirm();
        peer.skip();
    }

    private FakePeer join() {
        FakePeer second = peer.joining(1);
        second.openJoin(7);
        second.skip();
        peer.skip();
        return second;
    }

    /** Some data has been acknowledged at both levels, then options are lost on the way here. */
    private void loseOptionsOnTheWayHere() {
        Script.write(connection, "before");
        peer.expect();
        peer.ack();
        Script.write(connection, "after");
        peer.expect();
        peer.inject(packet("."));
    }

    // ---- acknowledgments without DATA_ACK ----

    @Test
    void anAckWithoutOptionsInTheMiddleMakesTheOnlySubflowTcp() {
        loseOptionsOnTheWayHere();
        assertEquals("DssFallback", connection.fallbackReason());
        assertEquals(11, connection.bytesAcked());
        assertEquals(1, script.count(Counter.DssFallback));
        Script.write(connection, "more");
        peer.expect().data(12, "more").mapping(12, 12, 0);
    }

    @Test
    void anAckWithoutOptionsEndsASubflowBesideOthers() {
        FakePeer second = join();
        Script.write(connection, "hello");
        Segment sent = peer.expect();
        peer.inject(packet(".").ack(1 + sent.payload.length));
        peer.expect().flags("R.").onlyMptcp(new MpTcpRst(ResetReason.MIDDLEBOX, false));
        assertFalse(connection.isFallback());
        script.advance(2_000);
        second.expect().mapping(1, 1, 5);
        assertEquals(1, script.count(Counter.FallbackFailed));
    }

    @Test
    void anAckWithoutOptionsEndsAJoinedSubflow() {
        FakePeer second = join();
        peer.inject(packet("R"));
        Script.write(connection, "hello");
        second.expect().mapping(1, 1, 5);
        second.inject(packet("."));
        second.expect().flags("R.").onlyMptcp(new MpTcpRst(ResetReason.MIDDLEBOX, false));
        assertFalse(connection.isFallback());
    }

    @Test
    void afterAReinjectionOnTheSameSubflowThereIsNoWayBack() {
        Script.write(connection, "eaten by a proxy");
        peer.expect();
        peer.inject(packet(".").option(peer.dssAck(1)));
        script.advance(500);
        peer.expect().mapping(1, 17, 16);
        peer.skip();
        peer.inject(packet("."));
        peer.expect().flags("R.").onlyMptcp(new MpTcpRst(ResetReason.MIDDLEBOX, false));
        assertFalse(connection.isFallback());
    }

    @Test
    void aFinWithoutOptionsEndsTheStreamOfTheOnlySubflow() {
        peer.send("all");
        peer.inject(packet("F."));
        assertEquals("all", Script.read(connection));
        assertTrue(connection.isEndOfStream());
        assertTrue(connection.isFallback());
    }

    @Test
    void joinsUnderWayComeToNothing() {
        FakePeer second = peer.joining(1);
        second.inject(second.syn().option(new MptcpOption.MpJoinSyn(false, 7, peer.stackToken(), 1)));
        second.expect().flags("S.");
        loseOptionsOnTheWayHere();
        assertTrue(connection.isFallback());
        second.expect().flags("R.").onlyMptcp(new MpTcpRst(ResetReason.MPTCP, false));
        assertEquals(1, connection.subflows().stream().filter(s -> !s.state().equals("CLOSED")).count());
    }

    // ---- data without mapping ----

    @Test
    void dataThatWaitsTooLongForItsMappingEndsTheSubflow() {
        peer.inject(packet("P.").data("whose?"));
        script.advance(9_900);
        peer.skip();
        assertFalse(connection.isFallback());
        script.advance(200);
        peer.expect().flags("R.").onlyMptcp(new MpTcpRst(ResetReason.MIDDLEBOX, false));
        assertEquals("", Script.read(connection), "bytes that may be a repetition are nobody's");
    }

    @Test
    void dataThatGetsItsMappingInTimeIsFine() {
        peer.inject(packet("P.").seq(1).data("abc"));
        script.advance(9_000);
        peer.inject(packet("P.").seq(4).data("def").option(peer.dss(peer.map(1, 1, 6))));
        script.advance(5_000);
        assertEquals("abcdef", Script.read(connection));
        assertEquals(7, peer.skip().dataAck);
    }

    /** Two segments were joined on the way, and the options of the second thrown away. */
    @Test
    void bytesWhoseMappingWasLostInCoalescingComeAgainAtTheDataLevel() {
        peer.inject(packet("P.").seq(1).data("abcdef").option(peer.dss(peer.map(1, 1, 3))));
        peer.expect().ack(7).dataAck(4);
        peer.inject(packet("P.").seq(7).data("ghi").option(peer.dss(peer.map(7, 7, 3))));
        peer.expect().ack(10).dataAck(4);
        peer.inject(packet("P.").seq(10).data("def").option(peer.dss(peer.map(4, 10, 3))));
        peer.expect().ack(13).dataAck(10);
        assertEquals("abcdefghi", Script.read(connection));
    }

    // ---- infinite mappings ----

    private void expectRefused(MptcpOption.Mapping infinite) {
        peer.inject(packet("P.").data("plain").option(peer.dss(infinite)));
        peer.expect().flags("R.").onlyMptcp(new MpTcpRst(ResetReason.MPTCP, false));
        assertFalse(connection.isFallback());
        assertEquals("", Script.read(connection));
        assertEquals(1, script.count(Counter.InfiniteMapRx));
    }

    @Test
    void anInfiniteMappingThatReordersTheStreamIsRefused() {
        expectRefused(peer.map(7, 1, 0));
    }

    @Test
    void anInfiniteMappingFarFromTheStreamIsRefused() {
        expectRefused(new MptcpOption.Mapping(true, peer.wireDsn(1) ^ 1L << 62, 1, 0, false, -1));
    }

    @Test
    void anInfiniteMappingAfterASecondSubflowIsRefused() {
        join();
        expectRefused(peer.map(1, 1, 0));
    }

    @Test
    void anInfiniteMappingMayReferBack() {
        peer.send("mapped");
        peer.inject(packet("P.").data("plain").option(peer.dss(peer.map(3, 3, 0))));
        assertEquals("mappedplain", Script.read(connection));
        assertEquals("InfiniteMapRx", connection.fallbackReason());
    }

    @Test
    void anInfiniteMappingOvertakenByTheDataBehindItStillCounts() {
        peer.inject(packet("P.").seq(6).data("world"));
        peer.inject(packet("P.").seq(1).data("hello").option(peer.dss(peer.map(1, 1, 0))));
        peer.inject(packet("P.").seq(6).data("world"));
        assertEquals("helloworld", Script.read(connection));
    }

    @Test
    void aDataFinOnAnInfiniteMappingMeansNothing() {
        peer.inject(packet(".").option(peer.dss(new MptcpOption.Mapping(true, peer.wireDsn(1), 1, 0, true, -1))));
        assertFalse(connection.isFallback());
        assertFalse(connection.isEndOfStream());
    }

    // ---- after the fallback ----

    @Test
    void afterFallbackOptionsMeanNothing() {
        loseOptionsOnTheWayHere();
        Script.write(connection, "more");
        peer.expect();
        peer.inject(packet(".").ack(12).option(peer.dssAck(16)));
        assertEquals(11, connection.bytesAcked(), "no DATA_ACK");
        peer.skip();
        peer.inject(packet(".").ack(12).option(new MptcpOption.MpFastclose(peer.session.remoteKey)));
        peer.inject(packet(".").ack(12).option(new MptcpOption.MpPrio(true)));
        peer.inject(packet(".").ack(12).option(new MpFail(peer.wireDataAck(12))));
        peer.inject(packet(".").ack(12).option(new MptcpOption.AddAddr(3, IpAddress.parse("10.7.7.7"), 0, 99)));
        peer.expectNothing();
        assertFalse(connection.isClosed());
        peer.inject(packet("."));
        assertEquals(15, connection.bytesAcked());
    }

    @Test
    void aPeerThatHasNotNoticedIsToldEvenWithoutDataToSend() {
        loseOptionsOnTheWayHere();
        peer.expectNothing();
        peer.inject(packet(".").option(peer.dataFin(1)));
        peer.expect().noData().mapping(12, 12, 0);
        assertFalse(connection.isEndOfStream(), "a DATA_FIN is none of TCP's business");
        peer.inject(packet("F."));
        assertTrue(connection.isEndOfStream());
    }

    @Test
    void mappedDataOfAPeerThatHasNotNoticedIsTcpData() {
        loseOptionsOnTheWayHere();
        peer.send("hello");
        assertEquals("hello", Script.read(connection));
    }

    /** Taken as TCP's, the same bytes would be in the stream twice. */
    @Test
    void whatAPeerThatHasNotNoticedRepeatsElsewhereEndsTheConnection() {
        loseOptionsOnTheWayHere();
        peer.send("hello");
        peer.skip();
        peer.inject(packet("P.").seq(6).data("hello").option(peer.dss(peer.map(1, 6, 5))));
        peer.expect().flags("R.");
        assertEquals("hello", Script.read(connection));
        assertTrue(connection.isClosed());
    }
}
