package io.mptcp.sim.script.tcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Packet;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.Counter;
import io.mptcp.stack.LinkProperties;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is sent again and when: RTO (RFC 6298), RACK-TLP (RFC 8985), PRR (RFC 9937), and duplicate ACKs for peers without SACK. */
class LossRecoveryTest {
    private static final int MSS = FakePeer.MSS;
    private static final int MSS_WITHOUT_TIMESTAMPS = 1460;
    private static final long RTT = 20;

    private Script script = Script.tcp();
    private FakePeer peer;
    private MptcpConnection connection;
    private int mss = MSS;

    /** Established, with a first sample of {@link #RTT} milliseconds. */
    private void connect() {
        script.listen();
        peer = peer == null ? FakePeer.client(script) : peer;
        peer.inject(peer.syn());
        peer.expect();
        script.advance(RTT);
        peer.inject(packet("."));
        connection = script.accepted();
    }

    private long end(int segments) {
        return 1 + (long) segments * mss;
    }

    /** Writes and takes so many full segments. */
    private void write(int segments) {
        Script.write(connection, Script.pattern(segments * mss));
        for (int i = 0; i < segments; i++) {
            peer.expect().data(end(i), mss);
        }
        peer.expectNothing();
    }

    private List<Segment> all() {
        List<Segment> segments = new ArrayList<>();
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            segments.add(s);
        }
        return segments;
    }

    // ---- retransmission timeout ----

    @Test
    void theTimeoutBacksOffExponentially() {
        peer = null;
        script = new Script(StackConfig.defaults().withMptcp(false).withTcp(TcpConfig.defaults().withSack(false)));
        connect();
        long rto = connection.subflows().getFirst().rtoNanos() / Script.MS;
        assertEquals(220, rto, "SRTT 20 ms and at least 200 ms on top");
        long sent = script.millis();
        Script.write(connection, "x");
        peer.expect().data(1, "x");
        long wait = rto;
        long at = sent;
        for (int i = 0; i < 6; i++) {
            at += wait;
            script.at(at - 1);
            peer.expectNothing();
            script.at(at);
            peer.expect().data(1, "x");
            wait *= 2;
        }
    }

    @Test
    void theTimeoutIsBounded() {
        script = new Script(StackConfig.defaults().withMptcp(false).withTcp(TcpConfig.defaults().withSack(false)));
        connect();
        Script.write(connection, "x");
        peer.expect();
        long last = script.nowNanos();
        long longest = 0;
        script.advance(1_000_000);
        for (Segment s : all()) {
            longest = Math.max(longest, s.atNanos - last);
            last = s.atNanos;
        }
        assertEquals(120_000, longest / Script.MS);
    }

    @Test
    void theConnectionIsGivenUpAfterItsRetriesAndThePeerTold() {
        script = new Script(StackConfig.defaults().withMptcp(false).withTcp(TcpConfig.defaults().withSack(false).withRetries(6, 3)));
        connect();
        Script.write(connection, "x");
        peer.expect();
        script.advance(100_000);
        List<Segment> sent = all();
        assertEquals(List.of(".", ".", ".", "R."), sent.stream().map(Segment::flagLetters).toList());
        assertEquals(CloseReason.TIMED_OUT, connection.closeReason());
    }

    @Test
    void afterATimeoutOneSegmentIsSentAndSlowStartFollows() {
        script = new Script(StackConfig.defaults().withMptcp(false).withTcp(TcpConfig.defaults().withSack(false)));
        connect();
        write(10);
        script.advance(230);
        peer.expect().data(1, MSS);
        peer.expectNothing();
        peer.inject(packet(".").ack(end(1)));
        assertEquals(2, all().size());
        peer.inject(packet(".").ack(end(3)));
        assertTrue(all().size() >= 2);
    }

    @Test
    void anAckEndsTheBackoff() {
        script = new Script(StackConfig.defaults().withMptcp(false).withTcp(TcpConfig.defaults().withSack(false)));
        connect();
        Script.write(connection, "x");
        script.advance(2000);
        peer.skip();
        peer.inject(packet(".").ack(2));
        assertTrue(connection.subflows().getFirst().rtoNanos() < 2_000 * Script.MS);
    }

    @Test
    void karnTakesNoSampleFromWhatWasSentTwice() {
        script = new Script(StackConfig.defaults().withMptcp(false).withTcp(TcpConfig.defaults().withSack(false).withTimestamps(false)));
        connect();
        long before = connection.subflows().getFirst().srttNanos();
        Script.write(connection, "x");
        peer.expect();
        script.advance(300);
        peer.expect().data(1, 1);
        peer.inject(packet(".").ack(2));
        assertEquals(before, connection.subflows().getFirst().srttNanos());
    }

    @Test
    void aRenegingPeerGetsTheLeftEdgeAgain() {
        connect();
        write(2);
        // It claims to hold all of it, and never acknowledges it: RFC 2018 section 8.
        peer.inject(packet(".").ack(1).sack(1, end(2)));
        peer.skip();
        script.advance(3000);
        assertTrue(all().stream().anyMatch(s -> s.seq == 1 && s.payload.length > 0), "the left window edge must be sent again");
    }

    // ---- RACK ----

    @Test
    void threeSegmentsSackedBehindAHoleResendTheHoleAtOnce() {
        connect();
        write(5);
        script.advance(RTT);
        peer.inject(packet(".").ack(1).sack(end(1), end(2)));
        peer.inject(packet(".").ack(1).sack(end(1), end(3)));
        peer.expectNothing();
        peer.inject(packet(".").ack(1).sack(end(1), end(4)));
        peer.expect().data(1, MSS);
        peer.expectNothing();
    }

    @Test
    void fewerAreWaitedForAQuarterOfARoundTrip() {
        connect();
        write(3);
        script.advance(RTT);
        peer.inject(packet(".").ack(1).sack(end(1), end(2)));
        peer.expectNothing();
        script.advance(4);
        peer.expectNothing();
        script.advance(1);
        peer.expect().data(1, MSS);
    }

    @Test
    void reorderingIsToleratedOnceSeen() {
        connect();
        write(6);
        script.advance(RTT);
        peer.inject(packet(".").ack(1).sack(end(1), end(2)));
        peer.inject(packet(".").ack(end(2))); // the first one was only late
        script.advance(RTT);
        peer.inject(packet(".").ack(end(2)).sack(end(3), end(6)));
        peer.expectNothing();
        script.advance(6);
        peer.expect().data(end(2), MSS);
    }

    /** Three SACKs and the late original in one burst: recovery begins and ends before anything could be sent again. */
    @Test
    void aRecoveryThatSentNothingAgainIsUndone() {
        connect();
        write(10);
        long before = connection.subflows().getFirst().cwndBytes();
        script.advance(RTT);
        peer.burst(packet(".").ack(1).sack(end(1), end(2)), packet(".").ack(1).sack(end(1), end(3)),
                packet(".").ack(1).sack(end(1), end(4)), packet(".").ack(end(4)));
        peer.expectNothing();
        assertTrue(connection.subflows().getFirst().cwndBytes() >= before);
        assertTrue(connection.subflows().getFirst().ssthreshBytes() > before);
    }

    @Test
    void aLostRetransmissionIsDetectedByLaterDeliveries() {
        connect();
        write(10);
        script.advance(RTT);
        peer.inject(packet(".").ack(1).sack(end(1), end(5)));
        peer.expect().data(1, MSS);
        script.advance(1);
        // More is delivered, among it new data sent after the retransmission.
        Script.write(connection, Script.pattern(20 * MSS));
        peer.skip();
        peer.inject(packet(".").ack(1).sack(end(1), end(10)));
        List<Segment> fresh = all();
        assertTrue(fresh.stream().allMatch(s -> s.seq >= end(10)), fresh::toString);
        assertTrue(!fresh.isEmpty());
        script.advance(2 * RTT);
        peer.inject(packet(".").ack(1).sack(end(1), end(10 + fresh.size())));
        script.advance(10);
        assertTrue(all().stream().anyMatch(s -> s.seq == 1), "sent before what was just delivered, and not delivered");
    }

    @Test
    void onlyTheMissingPartOfASuperSegmentIsSentAgainAtMssBorders() {
        script = new Script(StackConfig.defaults().withMptcp(false), new LinkProperties(1500, 65_000, 1, false));
        connect();
        byte[] data = Script.pattern(10 * MSS);
        Script.write(connection, data);
        Segment whole = peer.expect().data(1, 10 * MSS);
        assertEquals(MSS, whole.segmentSize);
        script.advance(RTT);
        peer.inject(packet(".").ack(end(1)).sack(end(2), end(6)));
        Segment piece = peer.expect().data(end(1), MSS);
        assertArrayEquals(Arrays.copyOfRange(data, MSS, 2 * MSS), piece.payload);
        assertTrue(all().stream().noneMatch(s -> s.seq < end(6)), "what was SACKed or is still under way is not sent again");
    }

    @Test
    void whatAnOvertakenAckTellsBySackCountsAndIsNoDuplicate() {
        connect();
        write(10);
        script.advance(RTT);
        peer.inject(packet(".").ack(end(4)).sack(end(8), end(9)));
        assertEquals(1, connection.tcpInfo(script.nowNanos()).sackedSegments());
        peer.inject(packet(".").ack(end(1)).sack(end(5), end(7)));
        assertEquals(3, connection.tcpInfo(script.nowNanos()).sackedSegments());
        peer.inject(packet(".").ack(end(1)).sack(end(2), end(3)));
        assertEquals(3, connection.tcpInfo(script.nowNanos()).sackedSegments(), "it has been acknowledged since");
        assertEquals(end(4), connection.tcpInfo(script.nowNanos()).bytesAcked() + 1);
    }

    @Test
    void deliveredSegmentsCountTheSynAndEachSegmentOnce() {
        connect();
        assertEquals(1, connection.tcpInfo(script.nowNanos()).deliveredSegments());
        write(4);
        script.advance(RTT);
        peer.inject(packet(".").ack(end(1)).sack(end(2), end(3)));
        assertEquals(3, connection.tcpInfo(script.nowNanos()).deliveredSegments());
        peer.inject(packet(".").ack(end(4)));
        assertEquals(5, connection.tcpInfo(script.nowNanos()).deliveredSegments());
    }

    // ---- tail loss probe ----

    @Test
    void theFinIsProbedAfterTwoRoundTripsOfItsOwn() {
        connect();
        write(2);
        script.advance(RTT);
        connection.shutdownOutput();
        peer.expect().flags("F.");
        script.advance(2 * RTT - 1);
        peer.expectNothing();
        script.advance(1);
        peer.expect().flags("F.");
    }

    @Test
    void theTailIsProbedAfterTwoRoundTrips() {
        connect();
        write(3);
        script.advance(39);
        peer.expectNothing();
        script.advance(1);
        peer.expect().data(end(2), MSS);
        peer.expectNothing();
    }

    @Test
    void onAShortPathTheTailIsProbedAfterTenMillisecondsOrAsConfigured() {
        for (int least : new int[] {10, 4}) {
            script = new Script(StackConfig.defaults().withMptcp(false).withTcp(TcpConfig.defaults().toBuilder().minLossProbeMillis(least).build()));
            peer = FakePeer.client(script);
            script.listen();
            peer.inject(peer.syn());
            peer.expect();
            script.advance(1);
            peer.inject(packet("."));
            connection = script.accepted();
            write(3);
            script.advance(least - 1);
            peer.expectNothing();
            script.advance(1);
            peer.expect().data(end(2), MSS);
        }
    }

    @Test
    void aLoneSegmentIsProbedOnlyAfterTheDelayedAckToo() {
        connect();
        write(1);
        script.advance(79);
        peer.expectNothing();
        script.advance(1);
        peer.expect().data(1, MSS);
    }

    /** RFC 8985 section 7.2. */
    @Test
    void aFinIsProbedLikeData() {
        connect();
        connection.close();
        peer.expect().flags("F.").seq(1);
        script.advance(79);
        peer.expectNothing();
        script.advance(1);
        peer.expect().flags("F.").seq(1);
    }

    /** RFC 8985 section 7.2: a probe is sent when the retransmission timer would expire, if not before, and is no timeout. */
    @Test
    void whereTheProbeWouldComeLaterThanTheTimeoutItTakesItsPlace() {
        script = new Script(StackConfig.defaults().withMptcp(false)
                .withTcp(TcpConfig.defaults().toBuilder().minRtoMillis(200).peerDelayedAckMillis(300).build()));
        connect();
        write(1);
        script.advance(RTT + 199);
        peer.expectNothing();
        script.advance(1);
        peer.expect().data(1, MSS);
        assertEquals(0, connection.tcpInfo(script.nowNanos()).timeouts());
        script.advance(RTT + 200);
        peer.expect().data(1, MSS);
        assertEquals(1, connection.tcpInfo(script.nowNanos()).timeouts());
    }

    @Test
    void onlyOneProbeIsOutstanding() {
        connect();
        write(3);
        script.advance(200);
        assertEquals(1, all().size(), "a probe, and the timeout starts anew after it");
    }

    @Test
    void aProbeThatRepairedALossReducesTheWindow() {
        connect();
        write(10);
        long before = connection.subflows().getFirst().cwndBytes();
        script.advance(40);
        peer.expect().data(end(9), MSS);
        Script.write(connection, Script.pattern(MSS));
        script.advance(RTT);
        peer.skip();
        peer.inject(packet(".").ack(end(10)));
        peer.inject(packet(".").ack(end(11)));
        assertTrue(connection.subflows().getFirst().cwndBytes() < before);
    }

    @Test
    void aProbeThatWasNotNeededDoesNot() {
        connect();
        write(10);
        long before = connection.subflows().getFirst().cwndBytes();
        script.advance(40);
        peer.expect().data(end(9), MSS);
        peer.inject(packet(".").ack(end(10)));
        peer.inject(packet(".").ack(end(10)).sack(end(9), end(10)));
        Script.write(connection, Script.pattern(MSS));
        script.advance(RTT);
        peer.skip();
        peer.inject(packet(".").ack(end(11)));
        assertTrue(connection.subflows().getFirst().cwndBytes() >= before);
    }

    @Test
    void noProbeOnceALossIsKnown() {
        connect();
        write(6);
        script.advance(RTT);
        peer.inject(packet(".").ack(1).sack(end(1), end(5)));
        peer.expect().data(1, MSS);
        script.advance(100);
        assertTrue(all().stream().noneMatch(s -> s.seq == end(5)), "recovery is under way: RFC 8985 section 7.2 arms no probe");
    }

    @Test
    void anAckThatEmptiesTheLogStopsTheProbe() {
        connect();
        write(1);
        peer.inject(packet(".").ack(end(1)));
        script.advance(5000);
        peer.expectNothing();
    }

    // ---- PRR ----

    @Test
    void recoverySendsInProportionToWhatIsDelivered() {
        connect();
        write(10);
        Script.write(connection, Script.pattern(100 * MSS));
        script.advance(RTT);
        int sent = 0;
        // Segment 0 is lost. Each ACK reports one more delivered.
        for (int i = 2; i <= 10; i++) {
            peer.inject(packet(".").ack(1).sack(end(1), end(i)));
            sent += all().size();
        }
        assertTrue(sent >= 6 && sent <= 8, "7 of 10 (CUBIC's beta) were to be sent, retransmission included, but " + sent);
    }

    @Test
    void recoveryNeverSendsMoreThanTwoSegmentsAnAck() {
        connect();
        write(10);
        Script.write(connection, Script.pattern(100 * MSS));
        script.advance(RTT);
        for (int i = 4; i <= 10; i++) {
            peer.inject(packet(".").ack(1).sack(end(1), end(i)));
            assertTrue(all().size() <= (i == 4 ? 3 : 2));
        }
    }

    /** Ten segments are in flight, the ninth is lost, and there is nothing more to send: when that is found two are left. The path had ten to bear. */
    @Test
    void aLossFoundAfterAPauseReducesFromWhatWasInFlightWhenItHappened() {
        connect();
        write(10);
        script.advance(RTT);
        peer.inject(packet(".").ack(end(8)));
        peer.inject(packet(".").ack(end(8)).sack(end(9), end(10)));
        script.advance(RTT);
        assertEquals(7 * MSS, connection.subflows().getFirst().ssthreshBytes(), 1);
    }

    @Test
    void theThresholdGoesByAllThatIsNotAcknowledgedSackedOrNot() {
        connect();
        write(10);
        script.advance(RTT);
        for (int i = 2; i <= 4; i++) {
            peer.inject(packet(".").ack(1).sack(end(1), end(i)));
        }
        peer.expect().data(1, MSS);
        assertEquals(7 * MSS, connection.subflows().getFirst().ssthreshBytes(), 1);
    }

    @Test
    void theWindowAfterRecoveryIsTheThreshold() {
        connect();
        write(10);
        script.advance(RTT);
        peer.inject(packet(".").ack(1).sack(end(1), end(10)));
        peer.expect().data(1, MSS);
        peer.inject(packet(".").ack(end(10)));
        assertEquals(connection.subflows().getFirst().ssthreshBytes(), connection.subflows().getFirst().cwndBytes(), MSS);
    }

    // ---- without SACK ----

    private void withoutSack() {
        script = Script.tcp();
        script.listen();
        peer = FakePeer.client(script);
        peer.offersSack = false;
        connect2();
    }

    private void connect2() {
        peer.inject(peer.syn());
        peer.expect();
        script.advance(RTT);
        peer.inject(packet("."));
        connection = script.accepted();
    }

    private Packet duplicate() {
        return packet(".").ack(1);
    }

    @Test
    void threeDuplicateAcksResendTheFirstSegment() {
        withoutSack();
        write(5);
        peer.inject(duplicate()).inject(duplicate());
        assertTrue(all().stream().noneMatch(s -> s.seq == 1));
        peer.inject(duplicate());
        assertTrue(all().stream().anyMatch(s -> s.seq == 1));
    }

    @Test
    void anAckWithANewWindowIsNoDuplicate() {
        withoutSack();
        write(5);
        peer.inject(duplicate().window(100)).inject(duplicate().window(101)).inject(duplicate().window(102)).inject(duplicate().window(103));
        peer.expectNothing();
    }

    @Test
    void dataIsNoDuplicateAck() {
        withoutSack();
        write(5);
        for (int i = 0; i < 5; i++) {
            peer.send("x");
            peer.rcvNxt = 1;
        }
        assertTrue(all().stream().noneMatch(s -> s.seq == 1 && s.payload.length > 0));
    }

    @Test
    void aPartialAckResendsTheNextHole() {
        withoutSack();
        write(6);
        peer.inject(duplicate()).inject(duplicate()).inject(duplicate());
        peer.skip();
        peer.inject(packet(".").ack(end(2)));
        assertTrue(all().stream().anyMatch(s -> s.seq == end(2)), "RFC 6582");
    }

    @Test
    void eachOfTheFirstTwoDuplicatesLetsOneNewSegmentOut() {
        withoutSack();
        write(10);
        Script.write(connection, Script.pattern(10 * MSS));
        peer.expectNothing();
        long before = connection.subflows().getFirst().cwndBytes();
        peer.inject(duplicate());
        peer.expect().data(end(10), MSS);
        peer.expectNothing();
        peer.inject(duplicate());
        peer.expect().data(end(11), MSS);
        peer.expectNothing();
        assertEquals(before, connection.subflows().getFirst().cwndBytes(), "RFC 3042: cwnd stays");
    }

    @Test
    void duplicatesOfTheRecoveryPointStartNoSecondRecovery() {
        withoutSack();
        write(6);
        peer.inject(duplicate()).inject(duplicate()).inject(duplicate());
        peer.skip();
        peer.inject(packet(".").ack(end(6)));
        Script.write(connection, Script.pattern(4 * MSS));
        peer.skip();
        long before = connection.subflows().getFirst().cwndBytes();
        for (int i = 0; i < 4; i++) {
            peer.inject(packet(".").ack(end(6)));
        }
        assertTrue(all().stream().noneMatch(s -> s.seq == end(6)), "RFC 6582: recover");
        assertTrue(connection.subflows().getFirst().cwndBytes() >= before);
    }

    // ---- further signs ----

    @Test
    void theLossOfARetransmissionReducesTheWindowAgain() {
        connect();
        write(10);
        script.advance(RTT);
        peer.inject(packet(".").ack(1).sack(end(1), end(5)));
        peer.expect().data(1, MSS);
        long once = connection.subflows().getFirst().ssthreshBytes();
        script.advance(1);
        Script.write(connection, Script.pattern(20 * MSS));
        peer.inject(packet(".").ack(1).sack(end(1), end(10)));
        int fresh = all().size();
        script.advance(2 * RTT);
        peer.inject(packet(".").ack(1).sack(end(1), end(10 + fresh)));
        script.advance(10);
        assertTrue(all().stream().anyMatch(s -> s.seq == 1));
        assertTrue(connection.subflows().getFirst().ssthreshBytes() < once, "RFC 5681 section 4.3");
    }

    @Test
    void aProbeIsNewDataWhereThereIsSomeEvenWithoutRoomInCwnd() {
        connect();
        write(10);
        Script.write(connection, Script.pattern(3 * MSS));
        peer.expectNothing();
        script.advance(40);
        peer.expect().data(end(10), MSS);
        peer.expectNothing();
    }

    @Test
    void thereIsNoSecondProbeWithoutASampleInBetween() {
        mss = MSS_WITHOUT_TIMESTAMPS;
        script = new Script(StackConfig.defaults().withMptcp(false).withTcp(TcpConfig.defaults().withTimestamps(false)));
        connect();
        write(1);
        script.advance(80);
        peer.expect().data(1, mss);
        peer.inject(packet(".").ack(end(1)).sack(1, end(1))); // both arrived: no sample from what was sent twice
        Script.write(connection, Script.pattern(mss));
        peer.expect().data(end(1), mss);
        script.advance(200);
        peer.expectNothing();
        script.advance(100);
        peer.expect().data(end(1), mss);
        assertEquals(1, script.count(Counter.TCPTimeouts));
    }

    /** Everything of a window was only late; the timeout of a connection without timestamps finds it out by new data (RFC 5682). */
    private void spuriousTimeout(boolean sack) {
        mss = MSS_WITHOUT_TIMESTAMPS;
        script = new Script(StackConfig.defaults().withMptcp(false).withTcp(TcpConfig.defaults().withTimestamps(false).withSack(sack)));
        connect();
        write(4);
        long before = connection.subflows().getFirst().cwndBytes();
        script.advance(300);
        assertTrue(all().stream().anyMatch(s -> s.seq == 1), "the timeout");
        Script.write(connection, Script.pattern(4 * mss));
        peer.skip();
        peer.inject(packet(".").ack(end(1)));
        assertTrue(all().stream().allMatch(s -> s.seq >= end(4)), "new data, and nothing again");
        peer.inject(packet(".").ack(end(2)));
        assertTrue(all().stream().allMatch(s -> s.seq >= end(4)));
        assertEquals(1, script.count(Counter.TCPSpuriousRTOs));
        assertTrue(connection.subflows().getFirst().cwndBytes() >= before);
    }

    @Test
    void aSpuriousTimeoutIsFoundByForwardRtoWithoutSack() {
        spuriousTimeout(false);
    }

    @Test
    void aSpuriousTimeoutIsFoundByForwardRtoWithSack() {
        spuriousTimeout(true);
    }

    @Test
    void aRealTimeoutIsNotTakenForSpurious() {
        mss = MSS_WITHOUT_TIMESTAMPS;
        script = new Script(StackConfig.defaults().withMptcp(false).withTcp(TcpConfig.defaults().withTimestamps(false).withSack(false)));
        connect();
        write(4);
        script.advance(300);
        peer.skip();
        Script.write(connection, Script.pattern(4 * mss));
        peer.skip();
        peer.inject(packet(".").ack(end(1)));
        peer.skip();
        peer.inject(packet(".").ack(end(1)));
        assertTrue(all().stream().anyMatch(s -> s.seq == end(1)), "a duplicate: the next one is missing");
        assertEquals(0, script.count(Counter.TCPSpuriousRTOs));
    }

    @Test
    void pacingSpreadsABurstOverTheRoundTrip() {
        script = new Script(StackConfig.defaults().withMptcp(false).withTcp(TcpConfig.defaults().toBuilder().pacing(true).build()));
        connect();
        Script.write(connection, Script.pattern(100 * MSS));
        assertEquals(10, all().size(), "the initial window leaves at once");
        script.advance(RTT);
        peer.inject(packet(".").ack(end(10)));
        int burst = all().size();
        assertTrue(burst >= 10 && burst <= 13, "a burst, and what the last millisecond had left over, of twenty, but " + burst);
        script.advance(RTT / 2);
        assertEquals(20, burst + all().size(), "the rest before the round trip is over");
    }
}
