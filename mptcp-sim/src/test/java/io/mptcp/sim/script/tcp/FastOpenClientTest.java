package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Packet;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.stack.WireProfile;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.TcpSegment;
import org.junit.jupiter.api.Test;

/** Fast Open clients (RFC 7413 section 4.2.1): which option is tried where, and what becomes of the data that went with the SYN. */
class FastOpenClientTest {
    private static final IpAddress SERVER = IpAddress.parse("10.1.0.1");
    private static final String COOKIE = "0102030405060708";
    private static final String GIVES_COOKIE = "220a" + COOKIE + "0101";
    /** Kind 254, magic number F989 (RFC 6994). */
    private static final String GIVES_EXPERIMENTAL_COOKIE = "fe08f9891a2b3c4d";

    private Script script = Script.tcp();

    private static ConnectOptions fast() {
        return ConnectOptions.DEFAULT.withFastOpen(true);
    }

    private MptcpConnection connect(String data) {
        return connect(data.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1), fast());
    }

    private MptcpConnection connect(byte[] data, ConnectOptions options) {
        MptcpConnection connection = script.stack.connect(0, new IpEndpoint(Script.STACK.address(), 0), new IpEndpoint(SERVER, 80), options, null);
        Script.write(connection, data);
        return connection;
    }

    /** A connection in which the server answers the first SYN so, and is reset. @return that SYN */
    private Segment connectAndReset(String optionOfSynAck) {
        MptcpConnection connection = connect("");
        FakePeer server = FakePeer.server(script);
        Segment syn = server.expectSyn();
        Packet synAck = server.synAck();
        server.inject(optionOfSynAck.isEmpty() ? synAck : synAck.raw(optionOfSynAck));
        connection.abort();
        server.skip();
        return syn;
    }

    private void learnCookie() {
        connectAndReset(GIVES_COOKIE);
    }

    private int roomBytes() {
        return script.stack.fastOpenRoomBytes(0, SERVER, SocketOptions.DEFAULT);
    }

    // ---- which option ----

    @Test
    void aServerThatGaveNoCookieIsAskedOnceMoreByTheExperimentalOptionInLinuxProfile() {
        script = new Script(StackConfig.defaults().withMptcp(false).withWire(WireProfile.LINUX));
        for (boolean experimental : new boolean[] {false, true, false, false}) {
            Segment syn = connectAndReset("");
            assertEquals(0, syn.options.fastOpenLength);
            assertEquals(experimental, syn.options.fastOpenExperimental);
        }
    }

    @Test
    void otherwiseItIsAlwaysAskedByTheStandardOption() {
        for (int i = 0; i < 3; i++) {
            Segment syn = connectAndReset("");
            assertEquals(0, syn.options.fastOpenLength);
            assertEquals(false, syn.options.fastOpenExperimental);
        }
    }

    @Test
    void aCookieGoesBackAsItCameUntilThereIsOneByTheStandardOption() {
        script = new Script(StackConfig.defaults().withMptcp(false).withWire(WireProfile.LINUX));
        connectAndReset("");
        connectAndReset(GIVES_EXPERIMENTAL_COOKIE);
        Segment syn = connectAndReset(GIVES_COOKIE);
        assertTrue(syn.options.fastOpenExperimental);
        assertEquals(4, syn.options.fastOpenLength);
        syn = connectAndReset("");
        assertEquals(false, syn.options.fastOpenExperimental);
        assertEquals(8, syn.options.fastOpenLength);
    }

    /** A lost SYN that carried no data may be chance; the second in a row is taken for the work of a middlebox. */
    @Test
    void aLostRequestForACookieIsRepeatedByTheNextConnectionAndNotByTheOneAfterThat() {
        for (int expected : new int[] {0, 0, -1}) {
            MptcpConnection connection = connect("");
            FakePeer server = FakePeer.server(script);
            assertEquals(expected, server.expectSyn().options.fastOpenLength);
            script.advance(1000);
            assertEquals(-1, server.expect().flags("S").options.fastOpenLength);
            connection.abort();
            server.skip();
        }
    }

    @Test
    void aRequestThatWasAnsweredBetweenTwoLossesMakesTheSecondAChanceToo() {
        for (boolean lost : new boolean[] {true, false, true, false}) {
            MptcpConnection connection = connect("");
            FakePeer server = FakePeer.server(script);
            assertEquals(0, server.expectSyn().options.fastOpenLength);
            if (lost) {
                script.advance(1000);
                server.skip();
            }
            server.inject(server.synAck());
            connection.abort();
            server.skip();
        }
    }

    @Test
    void dataThatWasTakenWithASynThatSeemedLostEndsThePause() {
        learnCookie();
        connect("GET /");
        FakePeer server = FakePeer.server(script);
        server.expectSyn().data(0, "GET /");
        script.advance(1000);
        server.expect().flags("S").noData();
        assertEquals(-1, roomBytes(), "while it seems lost");
        server.inject(server.synAck().ack(6));
        assertTrue(roomBytes() > 0);
    }

    @Test
    void theRoomIsNoMoreThanTheSegmentSizeTheApplicationChose() {
        learnCookie();
        SocketOptions small = SocketOptions.DEFAULT.toBuilder().maxSegmentBytes(540).build();
        assertEquals(500, script.stack.fastOpenRoomBytes(0, SERVER, small));
        assertEquals(1420, roomBytes());
    }

    // ---- after the SYN ----

    /** Linux marks it so: a server that takes it only now is not to wait for more. */
    @Test
    void whatWasNotTakenIsPushedAgainAndDoesNotHoldBackASmallEnd() {
        learnCookie();
        byte[] data = Script.pattern(3000);
        connect(data, fast());
        FakePeer server = FakePeer.server(script);
        int sent = server.expectSyn().payload.length;
        server.inject(server.synAck().ack(1));
        server.expect().flags(".").noData();
        assertEquals(TcpSegment.PSH, server.expect().data(1, sent).flagBits & TcpSegment.PSH);
        int next = 1 + sent;
        while (next < 3001) {
            Segment segment = server.expect();
            assertEquals(next, segment.seq);
            next += segment.payload.length;
        }
        server.expectNothing();
    }

    @Test
    void whatWasNotTakenCountsAsSentAgain() {
        learnCookie();
        MptcpConnection connection = connect("0123456789");
        FakePeer server = FakePeer.server(script);
        server.expectSyn();
        server.inject(server.synAck().ack(5));
        assertEquals(1, connection.tcpInfo(script.nowNanos()).retransSegments());
        server.skip();
        server.inject(packet(".").ack(11));
        assertEquals(0, connection.tcpInfo(script.nowNanos()).retransSegments());
    }

    /** RFC 9293 section 3.10.7.3: text and FIN of a SYN/ACK are taken as those of any other segment. */
    @Test
    void aSynAckMayBringTheWholeAnswerAndItsEnd() {
        learnCookie();
        MptcpConnection connection = connect("GET /");
        FakePeer server = FakePeer.server(script);
        server.expectSyn();
        Packet synAck = packet("SF.").seq(0).ack(6).mss(1460).sackPermitted().windowScale(7).data("200 OK");
        server.inject(synAck);
        assertEquals("CLOSE_WAIT", connection.subflows().getFirst().state());
        server.expect().flags(".").seq(6).ack(8);
        assertEquals("200 OK", Script.read(connection));
        assertTrue(connection.isInputEnded());
        connection.close();
        server.expect().flags("F.").seq(6).ack(8);
    }

    /** Both send a SYN with data. Ours was taken: numbers begin behind it, as after a SYN/ACK. Theirs was not. */
    @Test
    void whereSynsCrossDataMayHaveBeenTakenWithOurs() {
        for (int taken : new int[] {10, 4, 0}) {
            script = Script.tcp();
            learnCookie();
            MptcpConnection connection = connect("0123456789");
            FakePeer server = FakePeer.server(script);
            server.expectSyn().data(0, "0123456789");
            server.inject(server.syn().data("theirs"));
            server.expect().flags("S.").seq(0).ack(1).noData();
            server.inject(server.synAck().ack(1 + taken));
            assertTrue(connection.isConnected());
            assertEquals(taken, connection.fastOpenBytes());
            server.expect().flags(".").seq(1 + taken).ack(1);
            if (taken < 10) {
                server.expect().data(1 + taken, "0123456789".substring(taken));
            }
            server.expectNothing();
            Script.write(connection, "more");
            server.expect().data(11, "more");
        }
    }

    // ---- the third ACK ----

    private void profileOfWaitingWriters() {
        script = new Script(StackConfig.defaults().withMptcp(false).withTcp(TcpConfig.defaults().toBuilder().thirdAckWithData(true).build()));
    }

    @Test
    void dataThatWaitsCarriesTheThirdAckAndTheAnswerIsAcknowledgedWithoutHurry() {
        profileOfWaitingWriters();
        MptcpConnection connection = script.connect();
        Script.write(connection, "request");
        FakePeer server = FakePeer.server(script);
        server.expectSyn();
        server.inject(server.synAck());
        server.expect().data(1, "request").ack(1);
        server.inject(packet("P.").data("answer").ack(8));
        script.expectNothingUntil(39);
        server.expectAt(40, packet(".").seq(8).ack(7));
    }

    @Test
    void withoutThatSettingTheThirdAckGoesAloneAndTheAnswerIsAcknowledgedAtOnce() {
        MptcpConnection connection = script.connect();
        Script.write(connection, "request");
        FakePeer server = FakePeer.server(script);
        server.expectSyn();
        server.inject(server.synAck());
        server.expect().flags(".").seq(1).ack(1).noData();
        server.expect().data(1, "request");
        server.inject(packet("P.").data("answer").ack(8));
        server.expect().flags(".").ack(7);
    }

    /** What is held back does not hold back the third ACK for long. */
    @Test
    void dataThatIsCorkedCarriesNoThirdAck() {
        profileOfWaitingWriters();
        MptcpConnection connection = script.connect(ConnectOptions.DEFAULT.withSocket(SocketOptions.DEFAULT.toBuilder().cork(true).build()));
        Script.write(connection, "part");
        FakePeer server = FakePeer.server(script);
        server.expectSyn();
        server.inject(server.synAck());
        script.expectNothingUntil(39);
        server.expectAt(40, packet(".").seq(1).ack(1));
        server.expectAt(200, packet("P.").data("part"));
    }
}
