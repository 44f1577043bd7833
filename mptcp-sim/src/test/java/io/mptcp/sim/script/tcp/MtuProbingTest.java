package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.Counter;
import io.mptcp.stack.LinkProperties;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.MtuProbing;
import io.mptcp.tcp.TcpConfig;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Black holes, and the search for the path MTU with data segments (RFC 4821, RFC 8899). */
class MtuProbingTest {
    /** Payload of a segment of the base MTU: 1024 bytes of TCP less timestamps. */
    private static final int BASE = 1012;

    private Script script;
    private FakePeer peer;
    private MptcpConnection connection;

    private void connect(MtuProbing probing) {
        connect(probing, LinkProperties.ofMtu(1500));
    }

    private void connect(MtuProbing probing, LinkProperties link) {
        TcpConfig tcp = TcpConfig.defaults().toBuilder().mtuProbing(probing).build();
        script = new Script(StackConfig.defaults().withMptcp(false).withTcp(tcp), link).listen();
        peer = FakePeer.client(script).openPlain();
        connection = script.accepted();
    }

    private List<Segment> all() {
        List<Segment> all = new ArrayList<>();
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            all.add(s);
        }
        return all;
    }

    @Test
    void theSearchBeginsSmallAndTriesTheWholeLinkFirst() {
        connect(MtuProbing.ON);
        Script.write(connection, Script.pattern(20 * BASE));
        peer.expect().data(1, FakePeer.MSS);
        all().forEach(s -> assertEquals(BASE, s.payload.length));
        peer.ack();
        assertEquals(1, script.count(Counter.TCPMTUPSuccess));
        assertEquals(FakePeer.MSS, peer.expect().payload.length);
        assertEquals(FakePeer.MSS, peer.expect().payload.length);
    }

    @Test
    void aProbeIsOnePacketAlsoWhereTheLinkCuts() {
        connect(MtuProbing.ON, new LinkProperties(1500, 65_000, 1, false));
        Script.write(connection, Script.pattern(20 * BASE));
        assertEquals(0, peer.expect().data(1, FakePeer.MSS).segmentSize);
        assertEquals(BASE, peer.expect().segmentSize);
    }

    /** RFC 4821 section 7.5. */
    @Test
    void theLossOfAProbeAloneIsNoSignOfCongestion() {
        connect(MtuProbing.ON);
        Script.write(connection, Script.pattern(8 * BASE));
        peer.expect().data(1, FakePeer.MSS);
        long end = 1 + FakePeer.MSS;
        for (Segment s : all()) {
            end = s.seq + s.payload.length;
        }
        long cwnd = connection.subflows().getFirst().cwndBytes();
        peer.inject(packet(".").ack(1).sack(1 + FakePeer.MSS, end));
        peer.expect().data(1, BASE);
        peer.expect().data(1 + BASE, FakePeer.MSS - BASE);
        assertEquals(1, script.count(Counter.TCPMTUPFail));
        assertTrue(connection.subflows().getFirst().cwndBytes() >= cwnd);
        assertEquals(Long.MAX_VALUE, connection.subflows().getFirst().ssthreshBytes());
        peer.inject(packet(".").ack(end));
        Script.write(connection, Script.pattern(3 * BASE));
        assertEquals(BASE, peer.expect().payload.length);
    }

    @Test
    void aProbeLostTogetherWithOthersIsCongestion() {
        connect(MtuProbing.ON);
        Script.write(connection, Script.pattern(8 * BASE));
        peer.expect().data(1, FakePeer.MSS);
        Segment lost = peer.expect();
        long end = 0;
        for (Segment s : all()) {
            end = s.seq + s.payload.length;
        }
        peer.inject(packet(".").ack(1).sack(lost.seq + lost.payload.length, end));
        assertTrue(connection.subflows().getFirst().ssthreshBytes() < Long.MAX_VALUE);
    }

    @Test
    void withLittleToSendNothingIsProbed() {
        connect(MtuProbing.ON);
        Script.write(connection, Script.pattern(3 * BASE));
        all().forEach(s -> assertTrue(s.payload.length <= BASE));
    }

    @Test
    void fullSegmentsThatVanishAgainAndAgainAreMadeSmaller() {
        connect(MtuProbing.BLACK_HOLE);
        Script.write(connection, Script.pattern(2 * FakePeer.MSS));
        script.advance(1000);
        all().forEach(s -> assertEquals(FakePeer.MSS, s.payload.length));
        script.advance(1000);
        assertTrue(all().stream().anyMatch(s -> s.seq == 1 && s.payload.length == BASE));
        peer.inject(packet(".").ack(1 + BASE));
        Segment next = peer.expect();
        assertTrue(next.seq == 1 + BASE && next.payload.length <= BASE, "the rest at once: " + next);
    }

    @Test
    void smallSegmentsThatVanishAreNoBlackHole() {
        connect(MtuProbing.BLACK_HOLE);
        Script.write(connection, Script.pattern(500));
        script.advance(5000);
        peer.skip();
        peer.inject(packet(".").ack(501));
        Script.write(connection, Script.pattern(FakePeer.MSS));
        peer.expect().data(501, FakePeer.MSS);
    }

    @Test
    void withProbingOffSegmentsStayAsTheyAre() {
        connect(MtuProbing.OFF);
        Script.write(connection, Script.pattern(FakePeer.MSS));
        script.advance(10_000);
        all().forEach(s -> assertEquals(FakePeer.MSS, s.payload.length));
    }
}
