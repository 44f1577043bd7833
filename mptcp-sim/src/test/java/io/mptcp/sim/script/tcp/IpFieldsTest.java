package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.LinkProperties;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.SocketOptions;
import org.junit.jupiter.api.Test;

/** What an application may choose of the IP header and of the segment size: RFC 9293 sections 3.7.1, 3.9.1.8 and 3.9.2. */
class IpFieldsTest {
    private static final int EXPEDITED = 46 << 2;

    private final Script script = new Script(StackConfig.defaults().withMptcp(false));

    private void choose(SocketOptions socket) {
        script.options = ConnectOptions.DEFAULT.withSocket(socket);
    }

    private static SocketOptions.Builder socket() {
        return SocketOptions.NO_DELAY.toBuilder();
    }

    private static void assertFields(int trafficClass, int hopLimit, Segment segment) {
        assertEquals(trafficClass, segment.trafficClass, segment::toString);
        assertEquals(hopLimit, segment.hopLimit, segment::toString);
    }

    @Test
    void dscpAndHopLimitAreOnEverySegmentFromTheSynOn() {
        choose(socket().trafficClass(EXPEDITED | 3).hopLimit(5).build());
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script);
        assertFields(EXPEDITED, 5, peer.expectSyn());
        peer.inject(peer.synAck());
        assertFields(EXPEDITED, 5, peer.expect());
        Script.write(connection, "data");
        assertFields(EXPEDITED, 5, peer.expect());
        connection.setSocketOptions(socket().build());
        Script.write(connection, "plain");
        assertFields(0, 64, peer.expect());
    }

    @Test
    void aResetForNobodysSegmentHasTheDefaults() {
        choose(socket().trafficClass(EXPEDITED).hopLimit(5).build());
        FakePeer peer = FakePeer.client(script);
        peer.inject(packet("."));
        assertFields(0, 64, peer.expect().flags("R"));
    }

    @Test
    void theSegmentSizeAnApplicationChoosesIsAnnouncedAndKept() {
        choose(socket().maxSegmentBytes(1000).build());
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script);
        assertEquals(1000, peer.expectSyn().options.mss);
        peer.inject(peer.synAck());
        peer.expect();
        Script.write(connection, Script.pattern(3000));
        assertEquals(1000 - 12, peer.expect().payload.length);
        connection.setSocketOptions(socket().maxSegmentBytes(500).build());
        Script.write(connection, Script.pattern(3000));
        peer.skip();
        peer.ack();
        Script.write(connection, Script.pattern(3000));
        assertEquals(500 - 12, peer.expect().payload.length);
    }

    /** Options larger than any header of ours leave room for payload all the same. */
    @Test
    void aPeersMssTooSmallToUseIsNotFollowedAllTheWay() {
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script);
        peer.offersMss = 1;
        peer.expectSyn();
        peer.inject(peer.synAck());
        peer.expect();
        Script.write(connection, Script.pattern(100));
        assertEquals(88 - 12, peer.expect().payload.length);
    }

    @Test
    void aSmallerMtuOfTheLinkHoldsForSubflowsThatAreThere() {
        MptcpConnection connection = script.connect();
        FakePeer peer = FakePeer.server(script).acceptPlain();
        script.stack.addLink(0, LinkProperties.ofMtu(1300));
        Script.write(connection, Script.pattern(3000));
        assertEquals(1300 - 52, peer.expect().payload.length);
        peer.skip();
        script.stack.addLink(0, new LinkProperties(1300, 65_000, 1, false));
        peer.ack();
        Script.write(connection, Script.pattern(5 * (1300 - 52)));
        assertEquals(1300 - 52, peer.expect().segmentSize, "super-segments as soon as the link takes them");
    }
}
