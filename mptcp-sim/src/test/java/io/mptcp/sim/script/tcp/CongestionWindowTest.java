package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.LinkProperties;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.tcp.TcpInfo;
import io.mptcp.wire.TcpSegment;
import org.junit.jupiter.api.Test;

/** How large the congestion window is, in what portions it is used, and what TCP_INFO says of it. */
class CongestionWindowTest {
    private static final int MSS = FakePeer.MSS;
    private static final long RTT = 100;

    private Script script = Script.tcp();
    private FakePeer peer;
    private MptcpConnection connection;

    private void connect() {
        script.listen();
        peer = FakePeer.client(script);
        peer.inject(peer.syn());
        peer.expect();
        script.advance(RTT);
        peer.inject(packet("."));
        connection = script.accepted();
    }

    /** On a link that cuts super-segments. */
    private void connect(int minTsoSegments) {
        TcpConfig tcp = TcpConfig.defaults().toBuilder().minTsoSegments(minTsoSegments).build();
        script = new Script(StackConfig.defaults().withMptcp(false).withTcp(tcp), new LinkProperties(1500, 65_000, 1, false));
        connect();
    }

    private static long end(int segments) {
        return 1 + (long) segments * MSS;
    }

    private void write(int segments) {
        Script.write(connection, Script.pattern(segments * MSS));
    }

    private void expectPushed(long start, int length) {
        assertEquals(TcpSegment.PSH, peer.expect().data(start, length).flagBits & TcpSegment.PSH);
    }

    private int drain() {
        int segments = 0;
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            segments++;
        }
        return segments;
    }

    private TcpInfo info() {
        return connection.tcpInfo(script.nowNanos());
    }

    @Test
    void aWindowOfWhichHalfIsUsedDoesNotGrow() {
        connect();
        write(5);
        assertEquals(5, drain());
        script.advance(RTT);
        peer.inject(packet(".").ack(end(5)));
        assertEquals(10, info().cwndSegments());
    }

    @Test
    void slowStartEndsAtTwiceWhatWasUsed() {
        connect();
        write(9);
        assertEquals(9, drain());
        script.advance(RTT);
        for (int i = 1; i <= 9; i++) {
            peer.inject(packet(".").ack(end(i)));
        }
        assertEquals(18, info().cwndSegments());
    }

    /** Reordering that resolves itself: the ACK brings three segments, two of which had been reported before. */
    @Test
    void whatSackHadReportedBeforeLetsTheWindowGrowUnlessConfiguredOtherwise() {
        for (boolean counts : new boolean[] {true, false}) {
            script = new Script(StackConfig.defaults().withMptcp(false).withTcp(TcpConfig.defaults().toBuilder().growthCountsSacked(counts).build()));
            connect();
            write(10);
            assertEquals(10, drain());
            script.advance(RTT);
            peer.inject(packet(".").ack(1).sack(end(1), end(2)));
            peer.inject(packet(".").ack(1).sack(end(1), end(3)));
            peer.inject(packet(".").ack(end(3)));
            assertEquals(counts ? 13 : 11, info().cwndSegments());
        }
    }

    @Test
    void superSegmentsAreAsLargeAsTheWindowUnlessTheyAreSized() {
        connect(0);
        write(10);
        expectPushed(1, 10 * MSS);
        peer.expectNothing();
    }

    @Test
    void sizedSuperSegmentsAreHalfAWindowAtMostAndArePushed() {
        connect(10);
        write(10);
        expectPushed(1, 5 * MSS);
        expectPushed(end(5), 5 * MSS);
        peer.expectNothing();
    }

    @Test
    void sizedSuperSegmentsAreWorthAMillisecondButTwoSegmentsAtLeast() {
        connect(2);
        write(5);
        expectPushed(1, 2 * MSS);
        expectPushed(end(2), 2 * MSS);
        expectPushed(end(4), MSS);
        peer.expectNothing();
    }

    @Test
    void whatIsSentAgainInOneSegmentIsNotPushed() {
        connect(2);
        write(6);
        assertEquals(3, drain());
        script.advance(RTT);
        peer.inject(packet(".").ack(1).sack(end(1), end(6)));
        assertEquals(0, peer.expect().data(1, MSS).flagBits & TcpSegment.PSH);
    }

    @Test
    void afterAnIdleTimeNotEvenTheFirstSuperSegmentIsLargerThanTheInitialWindow() {
        connect(0);
        write(10);
        drain();
        script.advance(RTT);
        peer.inject(packet(".").ack(end(10)));
        write(20);
        drain();
        script.advance(RTT);
        peer.inject(packet(".").ack(end(30)));
        assertTrue(info().cwndSegments() > 30);
        script.advance(5_000);
        write(30);
        peer.expect().data(end(30), 10 * MSS);
        peer.expectNothing();
        assertEquals(10, info().cwndSegments());
    }

    @Test
    void aShutWindowIsNoIdleTimeAndItsProbesAreFurtherAndFurtherApart() {
        connect();
        write(10);
        drain();
        script.advance(RTT);
        peer.inject(packet(".").ack(end(10)));
        write(20);
        drain();
        script.advance(RTT);
        peer.inject(packet(".").ack(end(30)).window(0));
        int window = info().cwndSegments();
        write(10);
        long rto = info().rtoNanos() / Script.MS;
        for (int i = 0; i < 3; i++) {
            script.advance((rto << i) - 1);
            peer.expectNothing();
            script.advance(1);
            peer.expect().data(end(30) - 1, 0);
        }
        assertEquals(window, info().cwndSegments());
    }

    @Test
    void reorderingIsMeasuredInSegments() {
        connect();
        write(10);
        drain();
        script.advance(RTT);
        assertEquals(3, info().reorderingSegments(), "what is allowed for anyway");
        peer.inject(packet(".").ack(1).sack(end(7), end(8)));
        assertEquals(0, info().reorderings());
        peer.inject(packet(".").ack(1).sack(end(3), end(4), end(7), end(8)));
        assertEquals(1, info().reorderings());
        assertEquals(5, info().reorderingSegments(), "8 was there before 4");
    }

    @Test
    void whatWasSentAgainCountsAsLostUntilItHasArrived() {
        connect();
        write(10);
        drain();
        script.advance(RTT);
        peer.inject(packet(".").ack(1).sack(end(2), end(5)));
        assertEquals(2, drain());
        assertEquals(2, info().lostSegments());
        assertEquals(2, info().retransSegments());
        peer.inject(packet(".").ack(end(5)));
        assertEquals(0, info().lostSegments());
        assertEquals(0, info().retransSegments());
    }
}
