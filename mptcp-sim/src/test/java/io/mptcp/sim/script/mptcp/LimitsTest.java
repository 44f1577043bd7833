package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Counter;
import io.mptcp.stack.Limits;
import io.mptcp.stack.LinkProperties;
import io.mptcp.stack.Listener;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Stack;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a stack does with more than it wants to have, and with segments of no connection (RFC 9293 section 3.5.2). */
class LimitsTest {
    private static Script script(int maxConnections, int maxHalfOpen, int maxResets) {
        TcpConfig withoutCookies = TcpConfig.defaults().toBuilder().synCookies(false).build();
        return new Script(StackConfig.defaults().withMptcp(false).withTcp(withoutCookies).withLimits(Limits.defaults().toBuilder()
                .maxConnections(maxConnections).maxHalfOpen(maxHalfOpen).maxResetsPerSecond(maxResets).build()));
    }

    private static FakePeer syn(Script script) {
        FakePeer peer = FakePeer.client(script);
        return peer.inject(peer.syn());
    }

    @Test
    void halfOpenConnectionsAreBoundedAndMoreIsMetWithSilence() {
        Script script = script(100, 3, 100).listen();
        List<FakePeer> peers = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            peers.add(syn(script));
        }
        assertTrue(peers.get(2).poll() != null);
        assertNull(peers.get(3).poll());
        assertEquals(2, script.count(Counter.ListenOverflows));
        peers.getFirst().skip();
        peers.getFirst().inject(packet("."));
        FakePeer late = syn(script);
        late.expect().flags("S.");
    }

    @Test
    void aHalfOpenConnectionThatEndsMakesRoom() {
        Script script = script(100, 1, 100).listen();
        for (int i = 0; i < 10; i++) {
            FakePeer peer = syn(script);
            peer.expect().flags("S.");
            peer.inject(packet("R").seq(1));
        }
        FakePeer silent = syn(script);
        silent.expect().flags("S.");
        script.advance(300_000);
        silent.skip();
        syn(script).expect().flags("S.");
    }

    @Test
    void theLargestBuffersThereMayBeWork() {
        TcpConfig largest = TcpConfig.defaults().withBuffers(TcpConfig.MAX_BUFFER_BYTES, TcpConfig.MAX_BUFFER_BYTES);
        Script script = new Script(StackConfig.defaults().withChecksum(true).withTcp(largest)).listen();
        FakePeer peer = FakePeer.client(script).mptcp();
        peer.session.checksum = true;
        peer.openMptcp().confirm();
        peer.skip();
        MptcpConnection connection = script.accepted();
        peer.send("kept until its checksum is known");
        assertEquals("kept until its checksum is known", Script.read(connection));
        assertThrows(IllegalArgumentException.class, () -> largest.withBuffers(TcpConfig.MAX_BUFFER_BYTES + 1, 1 << 20));
        assertThrows(IllegalArgumentException.class, () -> largest.withBuffers(1 << 20, TcpConfig.MAX_BUFFER_BYTES + 1));
    }

    @Test
    void aLinkMustHaveRoomForPayloadBehindTheHeaders() {
        Script script = new Script(StackConfig.defaults(), LinkProperties.ofMtu(LinkProperties.MIN_MTU_BYTES)).overIpv6();
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script).acceptMptcp().confirm();
        Script.write(connection, "a");
        peer.expect().data(1, "a");
        assertTrue(connection.subflows().getFirst().mssBytes() > 0);
        assertThrows(IllegalArgumentException.class, () -> LinkProperties.ofMtu(LinkProperties.MIN_MTU_BYTES - 1));
        assertThrows(IllegalArgumentException.class, () -> new LinkProperties(1500, -1, 1, false));
        assertThrows(IllegalArgumentException.class, () -> new LinkProperties(1500, 65_536, 1, false));
    }

    @Test
    void connectionsAreBounded() {
        Script script = script(2, 10, 100).listen();
        FakePeer.client(script).openPlain();
        FakePeer.client(script).openPlain();
        syn(script).expectNothing();
        assertThrows(IllegalStateException.class, script::connect);
    }

    @Test
    void thereIsNoConnectionToManyHostsOrToNone() {
        Script script = script(2, 10, 100);
        for (String remote : List.of("224.0.0.1", "255.255.255.255", "0.0.0.0")) {
            assertThrows(IllegalArgumentException.class, () -> script.stack.connect(0, new IpEndpoint(Script.STACK.address(), 0),
                    new IpEndpoint(IpAddress.parse(remote), 80), ConnectOptions.DEFAULT, null));
        }
        assertEquals(0, script.stack.connectionCount());
    }

    @Test
    void aListenerMayShareThePortOfAConnectionThatIsBeingOpened() {
        Script script = script(10, 10, 100);
        MptcpConnection active = script.stack.connect(0, Script.STACK, new IpEndpoint(IpAddress.parse("10.1.0.1"), 80), ConnectOptions.DEFAULT, null);
        script.listen();
        FakePeer.client(script).openPlain();
        assertTrue(script.accepted().isConnected());
        assertTrue(!active.isClosed());
    }

    @Test
    void aSynToAPortWithoutListenerIsReset() {
        Script script = script(10, 10, 100);
        FakePeer peer = syn(script);
        Segment reset = peer.expect().flags("R.").ack(1).noMptcp();
        assertEquals(0, reset.rawSeq);
    }

    @Test
    void anAckOfNoConnectionIsResetAtItsOwnNumber() {
        Script script = script(10, 10, 100);
        FakePeer peer = FakePeer.client(script);
        peer.inject(packet(".").seq(5).ack(1234));
        Segment reset = peer.expect().flags("R");
        assertEquals(1234, reset.rawSeq);
        assertEquals(0, reset.rawAck);
    }

    @Test
    void aFinWithDataOfNoConnectionIsAcknowledgedInTheReset() {
        Script script = script(10, 10, 100);
        FakePeer peer = FakePeer.client(script);
        peer.inject(packet("F").seq(5).data("abc"));
        peer.expect().flags("R.").ack(9);
    }

    @Test
    void aResetOfNoConnectionIsNeverAnswered() {
        Script script = script(10, 10, 100).listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(packet("R").seq(5));
        peer.inject(packet("R.").seq(5).ack(7));
        peer.expectNothing();
    }

    @Test
    void anAckToAListenerIsReset() {
        Script script = script(10, 10, 100).listen();
        FakePeer peer = FakePeer.client(script);
        peer.inject(packet(".").seq(5).ack(1234));
        assertEquals(1234, peer.expect().flags("R").rawSeq);
    }

    @Test
    void resetsAreLimitedInRate() {
        Script script = script(10, 10, 5);
        int resets = 0;
        for (int i = 0; i < 20; i++) {
            if (syn(script).poll() != null) {
                resets++;
            }
        }
        assertEquals(5, resets);
        script.advance(1000);
        syn(script).expect().flags("R.");
    }

    @Test
    void synsToOrFromMulticastAreDropped() {
        Script script = script(10, 10, 100).listen();
        for (String address : List.of("224.0.0.1", "255.255.255.255", "0.0.0.0")) {
            FakePeer peer = FakePeer.client(script);
            peer.stackEnd = new IpEndpoint(IpAddress.parse(address), Script.PORT);
            peer.inject(peer.syn());
        }
        script.expectNothing();
        assertEquals(0, script.stack.connectionCount());
    }

    @Test
    void manyHolesAreBoundedAndTheRestComesAgain() {
        int maxRanges = 50;
        Script script = new Script(StackConfig.defaults().withMptcp(false)
                .withLimits(Limits.defaults().toBuilder().maxRanges(maxRanges).build())).listen();
        FakePeer peer = FakePeer.client(script).openPlain();
        MptcpConnection connection = script.accepted();
        byte[] stream = Script.pattern(10_000);
        for (int i = 1; i < 1000; i++) {
            peer.inject(packet("P.").seq(1 + 10L * i).data(Arrays.copyOfRange(stream, 10 * i, 10 * i + 1)));
            peer.expect(packet(".").ack(1)).noData();
        }
        assertEquals(0, connection.readableBytes());
        assertEquals(999 - maxRanges, script.count(Counter.TCPOFODrop), "what exceeds the limit is dropped, and counted");

        for (int i = 0; i < 1000; i++) { // whoever fills the holes in order gets through
            peer.inject(packet("P.").seq(1 + 10L * i).data(Arrays.copyOfRange(stream, 10 * i, 10 * i + 10)));
        }
        script.advance(200);
        assertEquals(10_001, peer.skip().ack);
        assertEquals(10_000, connection.readableBytes());
        assertEquals(new String(stream, StandardCharsets.ISO_8859_1), Script.read(connection), "every byte in its place");
        assertEquals(0, script.stack.bufferBytes());
    }

    @Test
    void listenersArePickedFromTheMostSpecificToTheTransparentOne() {
        Script script = script(100, 100, 100);
        Stack stack = script.stack;
        Listener any = stack.listen(new IpEndpoint(IpAddress.ANY, 0), false, ConnectOptions.DEFAULT, "transparent");
        Listener port = stack.listen(new IpEndpoint(IpAddress.ANY, Script.PORT), false, ConnectOptions.DEFAULT, "port");
        Listener exact = stack.listen(Script.STACK, false, ConnectOptions.DEFAULT, "exact");
        FakePeer.client(script).openPlain();
        assertEquals(exact, script.accepted().listener());
        stack.close(exact);
        FakePeer.client(script).openPlain();
        assertEquals(port, script.accepted().listener());
        stack.close(port);
        FakePeer.client(script).openPlain();
        assertEquals(any, script.accepted().listener());
        stack.close(any);
        syn(script).expect().flags("R.");
    }

    @Test
    void garbageIsCountedAndOtherwiseWithoutEffect() {
        Script script = script(10, 10, 100).listen();
        FakePeer peer = FakePeer.client(script).openPlain();
        MptcpConnection connection = script.accepted();
        Random random = new Random(5);
        int malformed = 0;
        int foreign = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[18 + random.nextInt(100)];
            random.nextBytes(bytes);
            ByteBuffer.wrap(bytes).putShort((short) peer.local.port()).putShort((short) Script.PORT).putInt(outsideTheWindow(peer, random));
            int headerLength = (bytes[12] >> 4 & 0xf) * 4;
            if (bytes.length < 20 || headerLength < 20 || headerLength > bytes.length) {
                malformed++;
            } else {
                foreign++;
            }
            script.inject(0, peer.local, Script.STACK, bytes);
            if (i % 1000 == 0) {
                script.advance(1000);
            }
        }
        assertEquals(malformed, script.count(Counter.InMalformed), "each of them, and nothing else");
        assertTrue(malformed > 5_000 && foreign > 5_000, malformed + " malformed, " + foreign + " others");
        assertEquals(0, script.count(Counter.InternalErrors));
        assertEquals(0, connection.readableBytes(), "nothing outside the window is data");
        assertEquals("ESTABLISHED", connection.subflows().getFirst().state());
        Segment answer = peer.skip();
        assertTrue(answer == null || answer.payload.length == 0 && !answer.flagLetters().contains("R"), "no more than challenge ACKs");
        peer.send("still here");
        assertEquals("still here", Script.read(connection));
        Script.write(connection, "so am I");
        assertEquals("so am I", new String(peer.skip().payload, StandardCharsets.ISO_8859_1));
    }

    private static int outsideTheWindow(FakePeer peer, Random random) {
        return peer.rawSndNxt() + (1 << 30) + random.nextInt(1 << 30);
    }
}
