package io.mptcp.cli.dump;

import static io.mptcp.cli.dump.Conversation.ACK;
import static io.mptcp.cli.dump.Conversation.FIN;
import static io.mptcp.cli.dump.Conversation.PSH;
import static io.mptcp.cli.dump.Conversation.RST;
import static io.mptcp.cli.dump.Conversation.SYN;
import static io.mptcp.cli.dump.Conversation.flow;
import static io.mptcp.cli.dump.Conversation.text;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.dump.Conversation.Flow;
import io.mptcp.cli.dump.Conversation.Sent;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.MptcpOption;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Whole conversations, and what {@code mptcp dump} makes of them; complete outputs are compared with files. */
class DumpStoryTest {
    private static final byte[] NONE = {};
    private static final int CHECKSUMS = 0x81;
    private static final int NO_CHECKSUMS = 0x01;

    private final Flow first = flow("10.0.1.1", 40_000, "10.0.9.1", 443, 0xffff_fe00, 7_000);
    private final Flow second = flow("fd00:2::1", 40_001, "fd00:9::1", 443, 123_456, 0x7fff_ff00);
    private final List<Sent> sent = Conversation.story();
    private final Conversation conversation = new Conversation(sent, 0x1122334455667788L, 0x99aabbccddeeff00L);

    /** Every kind of thing that happens once in a connection that goes well enough. */
    private void tellALot() {
        Conversation c = conversation;
        MptcpOption.AddAddr announced = new MptcpOption.AddAddr(3, IpAddress.parse("fd00:9::1"), 0,
                c.keys.addAddrHmac(c.serverKey, c.clientKey, 3, IpAddress.parse("fd00:9::1").hi(), IpAddress.parse("fd00:9::1").lo(), 0));
        c.open(0, first, CHECKSUMS);
        c.server(3, first, ACK, 1, 1, NONE, announced);
        c.client(4, first, ACK, 1, 1, NONE, new MptcpOption.AddAddrEcho(3, IpAddress.parse("fd00:9::1"), 0));
        c.join(5, second, 2, 0xcafe, 0xbeef);
        // A mapping over two segments, the checksum right.
        byte[] page = text(1001);
        MptcpOption.Dss mapping = c.map(1, 1, page, false);
        c.server(10, first, ACK, 1, 1, Arrays.copyOf(page, 601), mapping);
        c.server(11, first, ACK | PSH, 602, 1, Arrays.copyOfRange(page, 601, 1001), mapping);
        c.client(12, first, ACK, 1, 1002, NONE, c.toClient(1002));
        // Two segments over the second subflow, the first is lost behind the place of capture and comes again.
        c.server(20, second, ACK, 1, 1, text(500), c.map(1002, 1, text(500), false));
        c.server(21, second, ACK, 501, 1, text(500), c.map(1502, 501, text(500), false));
        c.client(22, second, ACK, 1, 1, NONE, c.toClient(1002));
        c.server(60, second, ACK, 1, 1, text(500), c.map(1002, 1, text(500), false));
        c.client(61, second, ACK, 1, 1001, NONE, c.toClient(2002));
        // The second subflow falls silent: its data goes over the first, too.
        c.server(70, second, ACK, 1001, 1, text(300), c.map(2002, 1001, text(300), false));
        c.server(300, first, ACK, 1002, 1, text(300), c.map(2002, 1002, text(300), false));
        c.client(301, first, ACK, 1, 1302, NONE, c.toClient(2302));
        c.server(310, second, ACK, 1001, 1, text(300), c.map(2002, 1001, text(300), false));
        c.server(311, first, ACK, 1302, 1, NONE, new MptcpOption.MpPrio(true));
        c.client(312, first, ACK, 1, 1302, NONE, new MptcpOption.RemoveAddr(List.of(2)));
        // One hole in the data sequence, filled late; one segment changed on its way.
        c.server(320, first, ACK, 1302, 1, text(100), c.map(2502, 1302, text(100), false));
        c.server(321, second, ACK, 1301, 1, text(200), c.map(2302, 1301, text(200), false));
        byte[] changed = text(100);
        changed[7] ^= 0x20;
        c.server(322, first, ACK, 1402, 1, changed, c.map(2602, 1402, text(100), false));
        c.segment(323, first, true, ACK, 1, 1502, NONE, new byte[] {30, 5, 0x20, 0x01, 0, 1, 1, 1});
        c.server(330, second, RST, 1501, 0, NONE, new MptcpOption.MpTcpRst(2, true));
        c.server(340, first, ACK, 1502, 1, NONE, c.map(2702, 0, NONE, true));
        c.client(341, first, ACK, 1, 1502, NONE, new MptcpOption.Dss(new MptcpOption.DataAck(true, c.keys.idsn(c.serverKey) + 2703),
                new MptcpOption.Mapping(true, c.keys.idsn(c.clientKey) + 1, 0, 1, true,
                        Checksum.complement(Checksum.dssPseudoHeader(c.keys.idsn(c.clientKey) + 1, 0, 1)))));
        c.server(342, first, ACK | FIN, 1502, 1, NONE, c.toServer(2));
        c.client(343, first, ACK | FIN, 1, 1503, NONE, c.toClient(2703));
        c.server(344, first, ACK, 1503, 2, NONE, c.toServer(2));
    }

    @Test
    void aConnectionOverTwoSubflowsAsText() throws IOException {
        tellALot();

        Golden.check("story.txt", Golden.text(Golden.capture(sent)));
    }

    @Test
    void aConnectionOverTwoSubflowsAsJson() throws IOException {
        tellALot();

        Golden.check("story.jsonl", Golden.json(Golden.capture(sent)));
    }

    @Test
    void aConnectionBetweenTwoLinuxKernels() throws IOException {
        Golden.check("kernel.txt", Golden.text(Golden.resource("kernel.pcap.gz")));
    }

    @Test
    void everyLinkTypeAndByteOrderTellsTheSame() {
        tellALot();
        String expected = Golden.text(Golden.capture(sent));
        for (ByteOrder order : List.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)) {
            for (int linkType : new int[] {LinkLayer.RAW, LinkLayer.ETHERNET, LinkLayer.LINUX_SLL, LinkLayer.LINUX_SLL2, LinkLayer.NULL}) {
                CaptureFile pcap = CaptureFile.pcap(order, true, linkType);
                CaptureFile coarse = CaptureFile.pcap(order, false, linkType);
                CaptureFile pcapng = CaptureFile.pcapng(order, LinkLayer.RAW, linkType);
                for (Sent packet : sent) {
                    byte[] frame = framed(packet.packet(), linkType);
                    pcap.add(packet.timeNanos(), frame);
                    coarse.add(packet.timeNanos(), frame);
                    pcapng.add(1, packet.timeNanos(), frame, frame.length);
                }
                assertEquals(expected, Golden.text(pcap.bytes()), () -> order + " pcap of link type " + linkType);
                assertEquals(expected, Golden.text(coarse.bytes()), () -> order + " pcap in microseconds of link type " + linkType);
                assertEquals(expected, Golden.text(pcapng.bytes()), () -> order + " pcapng of link type " + linkType);
            }
        }
    }

    private static byte[] framed(byte[] packet, int linkType) {
        return switch (linkType) {
            case LinkLayer.ETHERNET -> Frames.ethernet(packet, 7, 0x2008);
            case LinkLayer.LINUX_SLL -> Frames.sll(packet);
            case LinkLayer.LINUX_SLL2 -> Frames.sll2(packet);
            case LinkLayer.NULL -> Frames.loopback(packet);
            default -> packet;
        };
    }

    @Test
    void onlyChecksumsAreLostWhenPayloadIsNotCaptured() {
        tellALot();
        CaptureFile cut = CaptureFile.pcapng(ByteOrder.LITTLE_ENDIAN, LinkLayer.RAW);
        sent.forEach(packet -> cut.add(0, packet.timeNanos(), packet.packet(), 110));
        String whole = Golden.text(Golden.capture(sent)).replaceAll(" \\[checksum (ok|bad)]", "").replaceAll("checksums on, \\d+ verified, \\d+ bad", "checksums on");

        String text = Golden.text(cut.bytes()).replaceAll(" \\[checksum (ok|bad)]", "").replaceAll("checksums on, \\d+ verified, \\d+ bad", "checksums on");

        assertEquals(whole, text);
        assertFalse(Golden.text(cut.bytes()).contains("checksum bad"));
    }

    @Test
    void optionsThatAreNotCapturedAreNotTakenForMissing() {
        conversation.open(0, first, NO_CHECKSUMS);
        CaptureFile cut = CaptureFile.pcapng(ByteOrder.LITTLE_ENDIAN, LinkLayer.RAW);
        // Room for IP and TCP and the MP_CAPABLE of the SYN, but not for the key of the SYN/ACK.
        sent.forEach(packet -> cut.add(0, packet.timeNanos(), packet.packet(), 46));

        String text = Golden.text(cut.bytes());

        assertTrue(text.contains("options not captured"), text);
        assertTrue(text.contains("fallback   none"), text);
    }

    @Test
    void aSynAckWithoutMpCapableIsFallback() {
        conversation.client(0, first, SYN, 0, 0, NONE, new MptcpOption.MpCapableSyn(1, NO_CHECKSUMS))
                .server(1, first, SYN | ACK, 0, 1, NONE)
                .client(2, first, ACK, 1, 1, NONE)
                .client(3, first, ACK, 1, 1, text(10));

        assertSummary("fallback   SYN/ACK without MP_CAPABLE, at 0.001000");
    }

    @Test
    void dataWithoutDssRightAtTheBeginningIsFallback() {
        conversation.open(0, first, NO_CHECKSUMS);
        conversation.client(3, first, ACK, 1, 1, text(10));

        assertSummary("fallback   first data of the initiator without DSS, at 0.003000");
    }

    @Test
    void anInfiniteMappingIsFallbackAndWhatFollowsIsNotCalledUnmapped() {
        Conversation c = conversation.open(0, first, NO_CHECKSUMS);
        c.server(3, first, ACK, 1, 1, text(10), c.map(1, 1, text(10), false));
        c.client(4, first, ACK, 1, 11, NONE, c.toClient(11), new MptcpOption.MpFail(c.keys.idsn(c.serverKey) + 1));
        c.server(5, first, ACK, 11, 1, text(10), MptcpOption.Dss.ofMapping(
                new MptcpOption.Mapping(true, c.keys.idsn(c.serverKey) + 11, 11, 0, false, MptcpOption.NO_CHECKSUM)));
        c.server(6, first, ACK, 21, 1, text(10));

        String text = assertSummary("fallback   MP_FAIL of the initiator, at 0.004000");
        assertFalse(text.contains("no mapping"), text);
        assertTrue(text.contains("(infinite)"), text);
        assertTrue(text.contains("20 without mapping"), text);
    }

    @Test
    void aFastcloseTellsWhoAndWhetherTheKeyIsRight() {
        conversation.open(0, first, NO_CHECKSUMS);
        conversation.client(3, first, RST, 1, 0, NONE, new MptcpOption.MpFastclose(conversation.serverKey));

        String text = assertSummary("end        MP_FASTCLOSE of the initiator");
        assertTrue(text.contains("[key ok]"), text);
    }

    @Test
    void forgedHmacsAreCalledBad() {
        Conversation c = conversation.open(0, first, NO_CHECKSUMS);
        c.client(5, second, SYN, 0, 0, NONE, new MptcpOption.MpJoinSyn(true, 2, c.keys.token(c.serverKey), 1));
        c.server(6, second, SYN | ACK, 0, 1, NONE, new MptcpOption.MpJoinSynAck(false, 0, 0x666, 2));
        c.client(7, second, ACK, 1, 1, NONE, new MptcpOption.MpJoinAck(1, 2, 3));
        c.server(8, first, ACK, 1, 1, NONE, new MptcpOption.AddAddr(9, IpAddress.parse("10.0.0.9"), 80, 0x666));

        String text = Golden.text(Golden.capture(sent));
        assertEquals(3, text.split("\\[HMAC bad]", -1).length - 1, text);
        assertTrue(text.contains("id 2 of the initiator (backup)"), text);
    }

    @Test
    void aRefusedJoinIsToldFromOneThatIsNotAnswered() {
        Conversation c = conversation.open(0, first, NO_CHECKSUMS);
        Flow third = flow("10.0.3.1", 40_002, "10.0.9.1", 443, 5, 6);
        MptcpOption join = new MptcpOption.MpJoinSyn(false, 2, c.keys.token(c.serverKey), 1);
        c.client(5, second, SYN, 0, 0, NONE, join);
        c.client(1005, second, SYN, 0, 0, NONE, join);
        c.client(6, third, SYN, 0, 0, NONE, join);
        c.server(7, third, RST | ACK, 1, 1, NONE);

        String text = assertSummary("no answer to 2 SYN");
        assertTrue(text.contains("refused by RST of the listener"), text);
        assertTrue(text.contains("[retransmission: 1.000 s later, no loss reported]"), text);
    }

    @Test
    void aCaptureThatBeginsInTheMiddleStillShowsTheDataSequence() {
        Conversation c = conversation;
        c.server(3, first, ACK, 5001, 77, text(100), c.map(90_001, 5001, text(100), false));
        c.client(4, first, ACK, 77, 5101, NONE, c.toClient(90_101));
        c.server(5, first, ACK, 5101, 77, text(100), c.map(90_101, 5101, text(100), false));

        String text = assertSummary("token unknown");
        assertTrue(text.contains("seq 5101      ack 1         len 100    data 101..200"), text);
        assertTrue(text.contains("DATA_ACK 101"), text);
    }

    @Test
    void segmentsInUdpAreFollowedFromTheirSyn() {
        tellALot();
        CaptureFile file = CaptureFile.pcapng(ByteOrder.LITTLE_ENDIAN, LinkLayer.RAW);
        for (Sent packet : sent) {
            boolean ipv4 = packet.packet()[0] >> 4 == 4;
            file.add(packet.timeNanos(), ipv4 ? Frames.encapsulated(packet.packet()) : packet.packet());
        }
        byte[] dns = Frames.encapsulated(Frames.packet(first.client(), first.server(), ACK, 1, 1, NONE, text(40), 1));
        dns[28 + 16] = 1;
        file.add(Conversation.START_NANOS + 400_000_000, dns);

        String text = Golden.text(file.bytes());

        assertEquals(Golden.text(Golden.capture(sent)).lines().filter(line -> !line.contains("subflow 0  ")).toList().size(),
                text.lines().filter(line -> !line.contains("subflow 0  ")).toList().size());
        assertTrue(text.contains("in UDP"), text);
        assertTrue(text.contains("1 of something else"), text);
    }

    @Test
    void packetsCapturedTwiceOnTheirWayAreNoRetransmissions() {
        tellALot();
        CaptureFile file = CaptureFile.pcapng(ByteOrder.LITTLE_ENDIAN, LinkLayer.ETHERNET, LinkLayer.ETHERNET);
        int withPayload = 0;
        // The second place sees everything a little later, when the first has seen the next packet.
        byte[] before = null;
        for (Sent packet : sent) {
            byte[] frame = Frames.ethernet(packet.packet());
            file.add(0, packet.timeNanos(), frame, frame.length);
            if (before != null) {
                file.add(1, packet.timeNanos() + 1000, before, before.length);
            }
            before = frame.length > 14 + 110 ? frame : null;
            withPayload += before == null ? 0 : 1;
        }

        String text = Golden.text(file.bytes());

        assertEquals(withPayload, count(text, "[captured twice]"), text);
        assertEquals(count(Golden.text(Golden.capture(sent)), "[retransmission"), count(text, "[retransmission"));
    }

    @Test
    void aPacketWithoutIdentificationThatComesAgainInTheSamePlaceIsARetransmission() {
        conversation.open(0, first, NO_CHECKSUMS);
        conversation.server(3, first, ACK, 1, 1, text(10), conversation.map(1, 1, text(10), false));
        byte[] packet = sent.getLast().packet();
        packet[4] = 0;
        packet[5] = 0;
        sent.add(new Sent(sent.getLast().timeNanos() + 1000, packet));

        assertSummary("[retransmission: 0.001 ms later, no loss reported]");
    }

    @Test
    void onlyTheConnectionWithTheTokenIsShownFromItsFirstSynOn() {
        tellALot();
        Conversation other = new Conversation(sent, 5, 6);
        other.open(1.5, flow("10.5.5.5", 5, "10.6.6.6", 6, 5, 6), NO_CHECKSUMS);
        byte[] capture = Golden.capture(sent);

        String text = Golden.text(capture, other.keys.token(5), false);

        assertTrue(text.startsWith("   0.001500 2.0   > S"), text);
        assertEquals(3, text.lines().filter(line -> line.contains(" 2.0 ")).count(), text);
        assertFalse(text.contains(" 1.0 "), text);
        assertTrue(text.contains("connection 2: 10.5.5.5:5 > 10.6.6.6:6"), text);
        assertEquals("", Golden.text(capture, 0x7777, false));
    }

    @Test
    void summariesAloneAreTheEndOfTheWholeOutput() {
        tellALot();
        byte[] capture = Golden.capture(sent);

        String summary = Golden.text(capture, null, true);

        assertTrue(summary.startsWith("connection 1: "), summary);
        assertTrue(Golden.text(capture).endsWith(summary));
    }

    @Test
    void twoConnectionsOneAfterTheOtherOnTheSamePortsAreTwo() {
        conversation.open(0, first, NO_CHECKSUMS);
        conversation.client(3, first, RST, 1, 0, NONE, new MptcpOption.MpFastclose(conversation.serverKey));
        Flow again = new Flow(first.client(), first.server(), 900, 901);
        new Conversation(sent, 0x77, 0x78).open(10, again, NO_CHECKSUMS);

        String text = assertSummary("connection 2: 10.0.1.1:40000 > 10.0.9.1:443, from 0.010000 for 2.000 ms, 3 packets");
        assertTrue(text.contains("7 packets, 7 of 2 MPTCP connections"), text);
    }

    private static int count(String text, String what) {
        return text.split(Pattern.quote(what), -1).length - 1;
    }

    private String assertSummary(String line) {
        String text = Golden.text(Golden.capture(sent));
        assertTrue(text.contains(line), text);
        return text;
    }

    @Test
    void theSameBytesUnderAnotherMappingAreCalledSo() {
        Conversation c = conversation.open(0, first, NO_CHECKSUMS);
        c.server(3, first, ACK, 1, 1, text(10), c.map(1, 1, text(10), false));
        c.server(4, first, ACK, 1, 1, text(10), c.map(101, 1, text(10), false));
        c.server(5, first, ACK, 11, 1, text(1), c.map(1, 11, text(1), false));

        String text = Golden.text(Golden.capture(sent));
        assertTrue(text.contains("[mapping changed: SSN 1 stood for DSN 1]"), text);
        assertTrue(text.contains("[duplicate of DSN 1..1 on this subflow, under other sequence numbers: a window probe]"), text);
    }

    @Test
    void numbersThatCannotBelongToTheStreamAreMarkedAndNotCounted() {
        Conversation c = conversation.open(0, first, NO_CHECKSUMS);
        c.server(3, first, ACK, 1, 1, text(10), c.map(1L << 40, 1, text(10), false));
        c.client(4, first, ACK, 1, 11, NONE, c.toClient(1L << 50));
        c.server(5, first, ACK, 11, 1, text(10), c.map(1, 11, text(10), false));

        String text = Golden.text(Golden.capture(sent));
        assertTrue(text.contains("[DSN far off]"), text);
        assertTrue(text.contains("[DATA_ACK far off]"), text);
        assertTrue(text.contains("data <     10 bytes"), text);
    }

    @Test
    void checksumOfAMappingInOddPiecesIsVerified() {
        Conversation c = conversation.open(0, first, CHECKSUMS);
        byte[] all = text(10);
        MptcpOption.Dss mapping = c.map(1, 1, all, false);
        assertTrue(Checksum.sum(MemorySegment.ofArray(all), 0, 10) != 0);
        c.server(3, first, ACK, 1, 1, Arrays.copyOf(all, 3), mapping);
        c.server(4, first, ACK, 4, 1, Arrays.copyOfRange(all, 3, 8), mapping);
        c.server(5, first, ACK, 9, 1, Arrays.copyOfRange(all, 8, 10), mapping);

        assertSummary("checksums on, 1 verified, 0 bad");
    }
}
