package io.mptcp.sim.script.mptcp;

import static io.mptcp.sim.script.Packet.packet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.script.FakePeer;
import io.mptcp.sim.script.Packet;
import io.mptcp.sim.script.Script;
import io.mptcp.sim.script.Segment;
import io.mptcp.stack.Counter;
import io.mptcp.stack.LinkProperties;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.ResetReason;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.MptcpOption.Mapping;
import io.mptcp.wire.MptcpOption.MpTcpRst;
import io.mptcp.wire.MptcpOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** RFC 8684 section 3.3: mappings, DATA_ACKs, checksums and windows at the data level, over one subflow. */
class MappingTest {
    private Script script;
    private FakePeer peer;
    private MptcpConnection connection;

    @BeforeEach
    void connect() {
        open(StackConfig.defaults());
    }

    private void open(StackConfig config) {
        script = new Script(config).listen();
        peer = FakePeer.client(script).openMptcp();
        connection = script.accepted();
        peer.confirm();
        peer.skip();
    }

    private FakePeer data(long seq, String text, Mapping mapping) {
        return peer.inject(packet("P.").seq(seq).data(text).option(peer.dss(mapping)));
    }

    // ---- receiving ----

    @Test
    void theDataAckIsTheNextExpectedDsn() {
        peer.send("hello");
        peer.expect().ack(6).dataAck(6);
    }

    @Test
    void oneMappingMayCoverSeveralSegments() {
        data(1, "abc", peer.map(1, 1, 9));
        peer.inject(packet("P.").seq(4).data("def"));
        peer.inject(packet("P.").seq(7).data("ghi"));
        assertEquals("abcdefghi", Script.read(connection));
        assertEquals(10, peer.skip().dataAck);
    }

    @Test
    void aMappingMayComeWithTheLastOfItsSegments() {
        peer.inject(packet("P.").seq(1).data("abc"));
        peer.expect().ack(4).dataAck(1);
        data(4, "def", peer.map(1, 1, 6));
        peer.expect().ack(7).dataAck(7);
        assertEquals("abcdef", Script.read(connection));
    }

    @Test
    void aMappingMayComeAheadOnASegmentWithoutData() {
        peer.inject(packet(".").option(peer.dss(peer.map(1, 1, 6))));
        peer.inject(packet("P.").data("abcdef"));
        assertEquals("abcdef", Script.read(connection));
    }

    @Test
    void oneSegmentMayNeedTwoMappings() {
        peer.inject(packet(".").option(peer.dss(peer.map(1, 1, 3))));
        data(1, "abcdef", peer.map(4, 4, 3));
        assertEquals("abcdef", Script.read(connection));
    }

    @Test
    void subflowOrderAndDataOrderMayDiffer() {
        data(1, "world", peer.map(6, 1, 5));
        assertEquals("", Script.read(connection));
        peer.expect().ack(6).dataAck(1);
        data(6, "hello", peer.map(1, 6, 5));
        assertEquals("helloworld", Script.read(connection));
        peer.expect().ack(11).dataAck(11);
    }

    @Test
    void dataBehindASubflowHoleIsUsedAtOnce() {
        data(6, "abcde", peer.map(1, 6, 5));
        assertEquals("abcde", Script.read(connection));
        peer.expect().ack(1).sack(6, 11).dataAck(6);
    }

    @Test
    void theSameMappingAgainIsFine() {
        data(1, "abc", peer.map(1, 1, 6));
        data(4, "def", peer.map(1, 1, 6));
        data(1, "abc", peer.map(1, 1, 6));
        assertEquals("abcdef", Script.read(connection));
    }

    @Test
    void anotherMappingForTheSameBytesEndsTheSubflow() {
        data(1, "abc", peer.map(1, 1, 6));
        peer.skip();
        data(4, "def", peer.map(100, 4, 3));
        peer.expect().flags("R.").onlyMptcp(new MpTcpRst(ResetReason.MPTCP, false));
        assertEquals(1, script.count(Counter.DSSNotMatching));
    }

    @Test
    void aMappingThatContradictsTheNextEndsTheSubflow() {
        peer.inject(packet(".").option(peer.dss(peer.map(20, 10, 5))));
        peer.inject(packet(".").option(peer.dss(peer.map(1, 1, 12))));
        peer.expect().flags("R.").onlyMptcp(new MpTcpRst(ResetReason.MPTCP, false));
    }

    @Test
    void bytesOfOneDsnAreTakenOnce() {
        data(1, "abcdef", peer.map(1, 1, 6));
        data(7, "CDEFGH", peer.map(3, 7, 6));
        assertEquals("abcdefGH", Script.read(connection));
        assertEquals(9, peer.skip().dataAck);
    }

    @Test
    void dataFarOutsideTheWindowIsDroppedAndOnlyTheSubflowAcknowledges() {
        data(1, "far", peer.map(50_000_000, 1, 3));
        Segment ack = peer.expect().ack(4).dataAck(1);
        assertTrue(ack.window > 0);
        data(4, "near", peer.map(1, 4, 4));
        assertEquals("near", Script.read(connection));
    }

    @Test
    void dataJustBeyondTheWindowIsRefusedOnTheSubflowTooAndMayComeAgain() {
        int capacity = 4096;
        open(StackConfig.defaults().withTcp(TcpConfig.defaults().withBuffers(1 << 20, capacity)));
        String first = "x".repeat(2000);
        data(1, first, peer.map(1, 1, 2000));
        peer.expect().ack(2001).dataAck(2001);
        data(2001, "early", peer.map(capacity, 2001, 5));
        peer.expect().ack(2001).dataAck(2001);
        assertEquals(first, Script.read(connection));
        peer.skip();
        data(2001, "early", peer.map(capacity, 2001, 5));
        peer.expect().ack(2006).dataAck(2001);
    }

    @Test
    void a32BitDsnIsPromoted() {
        // The IDSN of this key ends in d29d6f72: its low half wraps after 2.. x 10^8 bytes. Here the short form is taken as the near one.
        Mapping narrow = new Mapping(false, peer.wireDsn(1) & 0xffff_ffffL, 1, 5, false, -1);
        data(1, "hello", narrow);
        assertEquals("hello", Script.read(connection));
        assertEquals(6, peer.skip().dataAck);
    }

    @Test
    void a32BitDataAckIsPromoted() {
        Script.write(connection, "hello");
        peer.expect();
        peer.inject(packet(".").option(new MptcpOption.Dss(new MptcpOption.DataAck(false, peer.wireDataAck(6) & 0xffff_ffffL), null)));
        assertEquals(5, connection.bytesAcked());
    }

    @Test
    void unmappedDataIsNotAcknowledgedAtTheDataLevel() {
        peer.inject(packet("P.").seq(1).data("whose?"));
        peer.expect().ack(7).dataAck(1);
        assertEquals("", Script.read(connection));
    }

    @Test
    void unmappedDataWithoutEndEndsTheSubflow() {
        open(StackConfig.defaults().withTcp(io.mptcp.tcp.TcpConfig.defaults().withBuffers(65_536, 65_536)));
        Segment reset = null;
        for (int i = 0; i < 300 && reset == null; i++) {
            peer.inject(packet("P.").data(Script.pattern(1000)));
            Segment last = peer.skip();
            if (last != null && last.flagLetters().startsWith("R")) {
                reset = last;
            }
        }
        assertTrue(reset != null, "RFC 8684 section 3.3.1: a receive window full of unmapped data");
        assertTrue(reset.has(MpTcpRst.class));
    }

    @Test
    void anyResegmentationGivesTheSameStream() {
        for (int seed = 0; seed < 300; seed++) {
            resegment(seed, StackConfig.defaults());
            resegment(seed, StackConfig.defaults().withChecksum(true));
        }
    }

    /** A sender's mappings stay; its segments are cut and joined anew, reordered and doubled. */
    private void resegment(int seed, StackConfig config) {
        open(config);
        Random random = new Random(seed);
        byte[] stream = Script.pattern(3000 + random.nextInt(3000));
        List<Integer> borders = new ArrayList<>(List.of(0));
        while (borders.getLast() < stream.length) {
            borders.add(Math.min(stream.length, borders.getLast() + 1 + random.nextInt(1500)));
        }
        List<Packet> packets = new ArrayList<>();
        for (int m = 0; m + 1 < borders.size(); m++) {
            int start = borders.get(m);
            int end = borders.get(m + 1);
            MptcpOption.Mapping mapping = peer.map(1 + start, 1 + start, java.util.Arrays.copyOfRange(stream, start, end));
            for (int at = start; at < end;) {
                int next = Math.min(end, at + 1 + random.nextInt(1400));
                for (int copies = random.nextInt(4) == 0 ? 2 : 1; copies > 0; copies--) {
                    packets.add(packet("P.").seq(1 + at).data(java.util.Arrays.copyOfRange(stream, at, next)).option(peer.dss(mapping)));
                }
                at = next;
            }
        }
        Collections.shuffle(packets, random);
        for (Packet p : packets) {
            peer.inject(p);
        }
        for (Packet p : packets) { // what had to be refused comes again
            peer.inject(p);
        }
        String expected = new String(stream, java.nio.charset.StandardCharsets.ISO_8859_1);
        assertEquals(expected, Script.read(connection), "seed " + seed);
        assertEquals(1 + stream.length, peer.skip().dataAck, "seed " + seed);
    }

    // ---- checksums ----

    @Test
    void checksummedDataIsDeliveredOnlyWhenTheWholeMappingHasArrived() {
        open(StackConfig.defaults().withChecksum(true));
        byte[] text = "abcdef".getBytes();
        Mapping mapping = peer.map(1, 1, text);
        data(1, "abc", mapping);
        assertEquals("", Script.read(connection));
        assertEquals(1, peer.skip().dataAck);
        data(4, "def", mapping);
        assertEquals("abcdef", Script.read(connection));
        assertEquals(7, peer.skip().dataAck);
    }

    @Test
    void aWrongChecksumEndsTheSubflowAndNothingIsDelivered() {
        open(StackConfig.defaults().withChecksum(true));
        peer.joining(1).openJoin(7); // with the only subflow there is another way, see PayloadChangeTest
        Mapping right = peer.map(1, 1, "abcdef".getBytes());
        data(1, "abcdeX", right);
        Segment reset = peer.expect().flags("R.");
        assertEquals(new MpTcpRst(ResetReason.MIDDLEBOX, false), reset.option(MpTcpRst.class));
        assertEquals(peer.wireDsn(1), reset.option(MptcpOption.MpFail.class).dsn(), "section 3.7: MP_FAIL names the mapping that failed");
        assertEquals("", Script.read(connection));
        assertEquals(1, script.count(Counter.DataCsumErr));
    }

    @Test
    void aDataFinMayEndAChecksummedMapping() {
        open(StackConfig.defaults().withChecksum(true));
        peer.inject(packet("P.").data("bye").option(peer.dataFinBehind(1, 1, "bye".getBytes())));
        assertEquals("bye", Script.read(connection));
        assertTrue(connection.isEndOfStream());
        assertEquals(5, peer.skip().dataAck);
    }

    // ---- sending ----

    @Test
    void everyDataSegmentIsMappedAndNoneIsLongerThanItsPathAllows() {
        Script.write(connection, Script.pattern(5 * FakePeer.MPTCP_MSS));
        for (int i = 0; i < 5; i++) {
            int at = 1 + i * FakePeer.MPTCP_MSS;
            Segment s = peer.expect().data(at, FakePeer.MPTCP_MSS).mapping(at, at, FakePeer.MPTCP_MSS);
            assertEquals(40, s.optionBytes);
        }
    }

    @Test
    void aRetransmittedPieceOfASuperSegmentRepeatsTheMappingOfTheWhole() {
        script = new Script(StackConfig.defaults(), new LinkProperties(1500, 65_000, 1, false)).listen();
        peer = FakePeer.client(script);
        peer.rttMillis = 20;
        peer.openMptcp();
        connection = script.accepted();
        peer.confirm();
        Script.write(connection, Script.pattern(10 * FakePeer.MPTCP_MSS));
        int mss = FakePeer.MPTCP_MSS;
        Segment whole = peer.expect().data(1, 10 * mss).mapping(1, 1, 10 * mss);
        script.advance(20);
        peer.inject(packet(".").ack(1 + mss).sack(1 + 2 * mss, 1 + 6 * mss).option(peer.dssAck(1 + mss)));
        Segment piece = null;
        for (int i = 0; i < 3 && piece == null; i++) {
            piece = peer.poll();
            script.advance(10);
        }
        piece.data(1 + mss, mss);
        assertEquals(whole.mapping(), piece.mapping());
    }

    @Test
    void aDataAckOfDataNeverSentIsIgnored() {
        Script.write(connection, "abc");
        peer.expect();
        peer.inject(packet(".").option(peer.dssAck(1000)));
        assertEquals(0, connection.bytesAcked());
        peer.inject(packet(".").option(peer.dssAck(4)));
        assertEquals(3, connection.bytesAcked());
    }

    @Test
    void dataTheSubflowAcknowledgedButNeverTheDataLevelIsSentAgain() {
        Script.write(connection, "eaten by a proxy");
        peer.expect().mapping(1, 1, 16);
        for (int i = 0; i < 3; i++) {
            peer.inject(packet(".").option(peer.dssAck(1)));
            peer.expectNothing();
        }
        script.advance(205);
        Segment again = peer.expect().data(17, "eaten by a proxy").mapping(1, 17, 16);
        assertFalse(again.mapping().dataFin());
        peer.inject(packet(".").option(peer.dssAck(17)));
        assertEquals(16, connection.bytesAcked());
        script.advance(60_000);
        peer.expectNothing();
    }

    @Test
    void theDataLevelWindowLimitsWhatIsSent() {
        peer.inject(packet(".").window(30).option(peer.dssAck(1))); // 3840 bytes
        Script.write(connection, Script.pattern(10_000));
        long sent = 0;
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            sent += s.payload.length;
        }
        // The larger window of the handshake stands (section 3.3.5: the largest edge counts), but the subflow's own limits too.
        assertTrue(sent <= 3840, "sent " + sent);
    }

    @Test
    void aLostWindowUpdateOfTheSubflowIsFoundByAProbe() {
        peer.inject(packet(".").window(0).option(peer.dssAck(1)));
        Script.write(connection, "stuck?");
        peer.expectNothing();
        script.advance(3000);
        Segment probe = peer.expect();
        assertTrue(probe.seq < 1, probe::toString);
        peer.inject(packet(".").option(peer.dssAck(1)));
        boolean sent = false;
        for (Segment s = peer.poll(); s != null; s = peer.poll()) {
            sent |= s.payload.length == 6;
        }
        assertTrue(sent);
    }

    // ---- lengths and checksums to the byte ----

    @Test
    void theLengthOfAMappingBesideA64BitDsnCountsToTheByte() {
        data(1, "abcdefghij", new Mapping(true, peer.wireDsn(1), 1, 9, false, MptcpOption.NO_CHECKSUM));
        assertEquals("abcdefghi", Script.read(connection));
        assertEquals(10, peer.skip().dataAck);
        data(11, "kl", peer.map(10, 10, 3)); // which maps the byte that was left over as well
        assertEquals("jkl", Script.read(connection));
        data(13, "m", new Mapping(true, peer.wireDsn(13), 13, 2, false, MptcpOption.NO_CHECKSUM));
        peer.inject(packet("P.").seq(14).data("n"));
        assertEquals("mn", Script.read(connection));
        assertEquals(15, peer.skip().dataAck);
    }

    /** The sum of RFC 1071 in its plainest form. */
    private static int internetChecksum(byte[] bytes) {
        int sum = 0;
        for (int i = 0; i < bytes.length; i += 2) {
            sum += (bytes[i] & 0xff) << 8 | (i + 1 < bytes.length ? bytes[i + 1] & 0xff : 0);
        }
        while (sum > 0xffff) {
            sum = (sum & 0xffff) + (sum >>> 16);
        }
        return ~sum & 0xffff;
    }

    private static int checksumOf(Segment segment) {
        Mapping mapping = segment.mapping();
        byte[] bytes = java.nio.ByteBuffer.allocate(16 + segment.payload.length)
                .putLong(mapping.dsn()).putInt(mapping.ssn()).putShort((short) mapping.dataLevelLength()).putShort((short) 0)
                .put(segment.payload).array();
        return internetChecksum(bytes);
    }

    @Test
    void theChecksumOfAMappingIsOverItsWholeDsnSsnLengthAndPayload() {
        open(StackConfig.defaults().withChecksum(true));
        for (String text : List.of("even", "odd", "x")) {
            Script.write(connection, text);
            Segment segment = peer.expect();
            assertEquals(checksumOf(segment), segment.mapping().checksum());
            peer.ack();
        }
        connection.shutdownOutput();
        Segment fin = peer.expect().dataFin(9);
        assertEquals(checksumOf(fin), fin.mapping().checksum());
    }

    @Test
    void aChecksumIsOverTheUpperHalfOfTheDsnAlsoWhereOnlyTheLowerIsSent() {
        open(StackConfig.defaults().withChecksum(true));
        Mapping wide = peer.map(1, 1, "abc".getBytes());
        data(1, "abc", new Mapping(false, peer.wireDsn(1) & 0xffff_ffffL, 1, 3, false, wide.checksum()));
        assertEquals("abc", Script.read(connection));
    }
}
