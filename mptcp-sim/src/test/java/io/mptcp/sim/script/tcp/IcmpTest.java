package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Limits;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.MptcpOption;
import io.mptcp.wire.PathError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** ICMP errors: RFC 9293 section 3.9.2.2, path MTU discovery by RFC 1191, and what RFC 5927 says about those who forge them. */
class IcmpTest {
    private static final int UNREACHABLE = 3;
    private static final int SOURCE_QUENCH = 4;
    private static final int TIME_EXCEEDED = 11;
    private static final int FRAGMENTATION_NEEDED = 4;
    private static final int PORT = 3;
    private static final int HOST = 1;
    private static final int PACKET = 1500;

    private final StackConfig tcp = StackConfig.defaults().withMptcp(false);
    private Script script = new Script(tcp);
    private FakePeer peer;
    private MptcpConnection connection;

    private void connect() {
        script.listen();
        peer = FakePeer.client(script).openPlain();
        connection = script.accepted();
    }

    private void tooBig(Segment about, int mtu) {
        script.icmp(about, PACKET, UNREACHABLE, FRAGMENTATION_NEEDED, mtu);
    }

    private void expectResentUpTo(long end, int mss) {
        long next = 1;
        while (next < end) {
            Segment again = peer.expect();
            assertEquals(next, again.seq);
            assertTrue(again.payload.length <= mss, "larger than the path takes: " + again);
            next += again.payload.length;
        }
    }

    // ---- path MTU ----

    @Test
    void aPacketTooBigIsSentAgainAtOnceInSmallerSegments() {
        connect();
        Script.write(connection, Script.pattern(2 * FakePeer.MSS));
        Segment first = peer.expect();
        peer.expect();
        long cwnd = connection.subflows().getFirst().cwndBytes();
        tooBig(first, 1300);
        expectResentUpTo(1 + 2 * FakePeer.MSS, 1300 - 52);
        peer.expectNothing();
        assertEquals(cwnd, connection.subflows().getFirst().cwndBytes(), "nothing was congested");
        Script.write(connection, Script.pattern(1300 - 52));
        peer.ack();
        assertEquals(1300 - 52, peer.expect().payload.length);
    }

    @Test
    void whatIsSentAgainKeepsItsMapping() {
        script = new Script(StackConfig.defaults()).listen();
        peer = FakePeer.client(script).openMptcp().send("x");
        connection = script.accepted();
        peer.skip();
        Script.write(connection, Script.pattern(FakePeer.MPTCP_MSS));
        Segment first = peer.expect().mapping(1, 1, FakePeer.MPTCP_MSS);
        tooBig(first, 1000);
        Segment head = peer.expect().mapping(1, 1, FakePeer.MPTCP_MSS);
        assertEquals(1000 - 80, head.payload.length);
        assertEquals(FakePeer.MPTCP_MSS - head.payload.length, peer.expect().mapping(1, 1, FakePeer.MPTCP_MSS).payload.length);
        Script.write(connection, Script.pattern(2000));
        peer.ack();
        assertEquals(1000 - 80, peer.expect().payload.length);
        assertEquals(0, head.mptcp.stream().filter(MptcpOption.MpCapableData.class::isInstance).count());
    }

    @Test
    void aPathMtuNeverGrowsByIcmp() {
        connect();
        Script.write(connection, Script.pattern(FakePeer.MSS));
        Segment first = peer.expect();
        tooBig(first, 1300);
        peer.skip();
        tooBig(first, 1400);
        peer.expectNothing();
        peer.ack();
        Script.write(connection, Script.pattern(1300));
        assertEquals(1300 - 52, peer.expect().payload.length);
    }

    /** RFC 1191 section 3 has no use for less; Linux: min_pmtu. */
    @ParameterizedTest
    @CsvSource({"68, 552", "1, 552", "551, 552", "600, 600", "0, 1492"})
    void aClaimTooSmallToBeUsefulIsNotFollowedAllTheWay(int claimed, int believed) {
        connect();
        Script.write(connection, Script.pattern(FakePeer.MSS));
        tooBig(peer.expect(), claimed);
        assertEquals(believed - 52, peer.expect().payload.length);
    }

    @Test
    void aClaimThatWouldNotHaveStoppedThePacketIsIgnored() {
        connect();
        Script.write(connection, Script.pattern(100));
        Segment small = peer.expect();
        script.icmp(small, 152, UNREACHABLE, FRAGMENTATION_NEEDED, 1000);
        peer.expectNothing();
        Script.write(connection, Script.pattern(FakePeer.MSS));
        peer.expect().data(101, FakePeer.MSS);
    }

    @Test
    void icmpAboutASegmentThatIsNotOutstandingIsForgedOrLate() {
        connect();
        Script.write(connection, Script.pattern(FakePeer.MSS));
        Segment first = peer.expect();
        peer.ack();
        tooBig(first, 1000);
        assertEquals(1, script.count(Counter.OutOfWindowIcmps));
        Script.write(connection, Script.pattern(FakePeer.MSS));
        peer.expect().data(1 + FakePeer.MSS, FakePeer.MSS);
    }

    /** @return the SYN, with 1400 bytes of data */
    private Segment connectWithDataInTheSyn() {
        connection = script.connect(ConnectOptions.DEFAULT.withFastOpen(true).withFastOpenWithoutCookie(true));
        Script.write(connection, Script.pattern(1400));
        peer = FakePeer.server(script);
        Segment syn = peer.expectSyn();
        assertTrue(syn.payload.length > 1000, syn::toString);
        return syn;
    }

    @Test
    void aSynWhoseDataIsTooMuchForThePathGoesAgainAtOnceWithout() {
        Segment syn = connectWithDataInTheSyn();
        tooBig(syn, 840);
        assertEquals(1460, peer.expectSyn().noData().options.mss, "what the link takes");
        peer.expectNothing();
        tooBig(syn, 840);
        peer.expectNothing();
        peer.inject(peer.synAck().ack(1));
        peer.skip();
        peer.ack();
        assertEquals(1400, connection.bytesAcked());
    }

    @Test
    void theNextSynAnnouncesWhatThePathTakesWhereThatIsWished() {
        script = new Script(tcp.withTcp(tcp.tcp().toBuilder().announcePathMtu(true).build()));
        Segment syn = connectWithDataInTheSyn();
        assertEquals(1460, syn.options.mss);
        tooBig(syn, 840);
        assertEquals(800, peer.expectSyn().options.mss);
    }

    @Test
    void aSynWithoutDataIsNotSentAgainForBeingTooBig() {
        connection = script.connect();
        peer = FakePeer.server(script);
        tooBig(peer.expectSyn(), 840);
        peer.expectNothing();
    }

    // ---- errors ----

    @ParameterizedTest
    @CsvSource({"3, 0, NET_UNREACHABLE", "3, 1, HOST_UNREACHABLE", "3, 5, SOURCE_ROUTE_FAILED", "11, 0, TIME_EXCEEDED", "11, 1, TIME_EXCEEDED",
            "12, 0, PARAMETER_PROBLEM"})
    void aSoftErrorIsRememberedAndEndsNothing(int type, int code, PathError expected) {
        connection = script.connect();
        peer = FakePeer.server(script);
        script.icmp(peer.expectSyn(), 60, type, code, 0);
        assertEquals(expected, connection.pathError());
        assertEquals(CloseReason.NONE, connection.closeReason());
        peer.inject(peer.synAck());
        assertTrue(connection.isConnected());
    }

    @Test
    void aConnectThatTimesOutTellsOfTheSoftError() {
        connection = script.connect();
        peer = FakePeer.server(script);
        script.icmp(peer.expectSyn(), 60, UNREACHABLE, HOST, 0);
        script.advance(400_000);
        assertEquals(CloseReason.UNREACHABLE, connection.closeReason());
        assertEquals(PathError.HOST_UNREACHABLE, connection.pathError());
    }

    @ParameterizedTest
    @CsvSource({"3, REFUSED", "2, UNREACHABLE", "13, UNREACHABLE"})
    void aHardErrorInAnswerToTheSynEndsTheAttempt(int code, CloseReason expected) {
        connection = script.connect();
        script.icmp(FakePeer.server(script).expectSyn(), 60, UNREACHABLE, code, 0);
        assertEquals(expected, connection.closeReason());
        assertEquals(0, script.stack.connectionCount());
    }

    /** RFC 5927 section 5.2: a peer that has answered is there, and who can forge the error could end every connection. */
    @Test
    void aHardErrorOnAnEstablishedConnectionIsTakenAsSoft() {
        connect();
        Script.write(connection, "hello");
        script.icmp(peer.expect(), 57, UNREACHABLE, PORT, 0);
        assertEquals(CloseReason.NONE, connection.closeReason());
        assertEquals(PathError.PORT_UNREACHABLE, connection.pathError());
        peer.ack();
        assertEquals(5, connection.bytesAcked());
        assertEquals(PathError.NONE, connection.pathError(), "it has passed");
    }

    private Script withSoftErrorsFatal() {
        return new Script(tcp.withTcp(tcp.tcp().toBuilder().softErrorsEndOpening(true).build()));
    }

    /** @return the SYN/ACK */
    private Segment halfOpen(Script started) {
        script = started.listen();
        peer = FakePeer.client(script);
        peer.inject(peer.syn());
        return peer.expect().flags("S.");
    }

    @Test
    void aHardErrorAboutTheSynAckEndsTheHandshake() {
        Segment synAck = halfOpen(script);
        script.icmp(synAck, 60, UNREACHABLE, PORT, 0);
        peer.inject(packet("."));
        peer.expect().flags("R").seq(1);
        assertEquals(1, script.count(Counter.ListenDrops));
    }

    @Test
    void aSoftErrorAboutTheSynAckEndsNothing() {
        Segment synAck = halfOpen(script);
        script.icmp(synAck, 60, UNREACHABLE, HOST, 0);
        peer.inject(packet(".")).send("x");
        peer.expect(packet(".").ack(2));
        assertTrue(script.accepted().isConnected());
    }

    @Test
    void anErrorThatQuotesAnotherNumberThanOurSynAcksIsForgedOrLate() {
        Segment old = halfOpen(withSoftErrorsFatal());
        peer.inject(packet("R").seq(1));
        script.advance(1_000);
        peer = peer.again(77);
        peer.inject(peer.syn());
        peer.expect().flags("S.");
        script.icmp(old, 60, UNREACHABLE, PORT, 0);
        assertEquals(1, script.count(Counter.OutOfWindowIcmps));
        peer.inject(packet(".")).send("x");
        peer.expect(packet(".").ack(2));
    }

    /** RFC 5461 section 3.1: nobody has sent anything yet, and whoever waits for the connection may try elsewhere sooner. */
    @ParameterizedTest
    @CsvSource({"3, 0", "3, 1", "11, 0", "12, 0"})
    void whereSoftErrorsEndHandshakesTheSynAckIsNotRepeated(int type, int code) {
        Segment synAck = halfOpen(withSoftErrorsFatal());
        script.icmp(synAck, 60, type, code, 0);
        script.expectNothingUntil(10_000);
        peer.inject(packet("."));
        peer.expect().flags("R").seq(1);
    }

    @Test
    void whereSoftErrorsEndHandshakesAConnectFailsAtOnce() {
        script = withSoftErrorsFatal();
        connection = script.connect();
        script.icmp(FakePeer.server(script).expectSyn(), 60, UNREACHABLE, HOST, 0);
        assertEquals(CloseReason.UNREACHABLE, connection.closeReason());
    }

    @Test
    void whereSoftErrorsEndHandshakesAnEstablishedConnectionStays() {
        script = withSoftErrorsFatal();
        connect();
        Script.write(connection, "hello");
        script.icmp(peer.expect(), 57, UNREACHABLE, HOST, 0);
        peer.ack();
        assertEquals(5, connection.bytesAcked());
    }

    @Test
    void aSourceQuenchIsDropped() {
        connect();
        Script.write(connection, Script.pattern(3 * FakePeer.MSS));
        long cwnd = connection.subflows().getFirst().cwndBytes();
        script.icmp(peer.expect(), PACKET, SOURCE_QUENCH, 0, 0);
        assertEquals(cwnd, connection.subflows().getFirst().cwndBytes());
        assertEquals(PathError.NONE, connection.pathError());
    }

    @Test
    void icmpAboutNobodysSegmentIsCountedAndForgotten() {
        connection = script.connect();
        Segment syn = FakePeer.server(script).expectSyn();
        script.icmp(syn, 60, UNREACHABLE, PORT, 0);
        script.icmp(syn, 60, UNREACHABLE, PORT, 0);
        assertEquals(2, script.count(Counter.IcmpInMsgs));
        assertEquals(1, script.count(Counter.IcmpInErrors));
        script.expectNothing();
    }

    @Test
    void noMoreMessagesThanTheLimitAreLookedAt() {
        script = new Script(tcp.withLimits(Limits.defaults().toBuilder().maxIcmpPerSecond(3).build()));
        connection = script.connect();
        Segment syn = FakePeer.server(script).expectSyn();
        for (int i = 0; i < 10; i++) {
            script.icmp(syn, 60, TIME_EXCEEDED, 0, 0);
        }
        assertEquals(3, script.count(Counter.IcmpInMsgs));
        assertEquals(7, script.count(Counter.IcmpInLimited));
        script.advance(999);
        script.icmp(syn, 60, TIME_EXCEEDED, 0, 0);
        assertEquals(8, script.count(Counter.IcmpInLimited));
        script.advance(1);
        script.icmp(syn, 60, TIME_EXCEEDED, 0, 0);
        assertEquals(4, script.count(Counter.IcmpInMsgs));
        assertEquals(CloseReason.NONE, connection.closeReason());
    }
}
