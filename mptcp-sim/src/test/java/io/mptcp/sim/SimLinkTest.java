package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.OptionWriter;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpOptions;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Links alone, with a sink that writes down what arrives. */
class SimLinkTest {
    private static final int OPTIONS_BYTES = 32;
    private static final int HEADER_BYTES = 20 + OPTIONS_BYTES;
    private static final int PAYLOAD_BYTES = 1_428;
    /** 1500 bytes with the IP header. */
    private static final long SERIALISATION_NANOS = 120_000;
    private static final LinkSpec CLEAN = LinkSpec.of(100, 10);
    private static final long DELAY_NANOS = 10_000_000;

    private record Arrival(long nanos, int sequenceNumber, int payloadBytes, int flags, boolean intact, boolean mapped) {
        boolean right() {
            return intact && mapped;
        }
    }

    private static final class Sink implements Endpoint {
        final List<Arrival> arrivals = new ArrayList<>();
        final List<Boolean> writable = new ArrayList<>();
        final Pattern pattern = new Pattern(5);

        @Override
        public void receive(PacketSlot slot, long nowNanos) {
            int headerLength = TcpSegment.headerLength(slot.buffer, slot.offset);
            int payload = slot.length - headerLength;
            int sequenceNumber = TcpSegment.sequenceNumber(slot.buffer, slot.offset);
            TcpOptions options = new TcpOptions();
            options.parse(slot.buffer, slot.offset, payload);
            boolean intact = pattern.matching(sequenceNumber, slot.buffer, slot.offset + headerLength, payload) == payload
                    && (slot.checksumState == PacketSlot.CHECKSUM_VERIFIED || Checksum.verifyTcp(slot));
            boolean mapped = options.mptcp.has(MptcpOptions.DSS) && options.mptcp.dsn == 77;
            arrivals.add(new Arrival(nowNanos, sequenceNumber, payload, TcpSegment.flags(slot.buffer, slot.offset), intact, mapped));
        }

        @Override
        public void setLinkWritable(int linkId, boolean isWritable) {
            writable.add(isWritable);
        }
    }

    private final Simulation simulation = new Simulation(1);
    private final Sink sink = new Sink();
    private final PacketSlot slot = new PacketSlot();

    private SimLink link(LinkSpec spec) {
        SimLink link = new SimLink(simulation, "link", spec, new SeededRandom(9));
        link.connect(sink, 0, sink, 0);
        return link;
    }

    private void send(SimLink link, int sequenceNumber, int payload, int flags) {
        MemorySegment buffer = Arena.ofAuto().allocate(HEADER_BYTES + payload);
        OptionWriter options = new OptionWriter();
        options.begin(buffer, 20);
        options.dssMapping(true, true, 1, true, 77, 1, 65_000, false, -1);
        int optionsLength = options.finish();
        while (optionsLength < OPTIONS_BYTES) {
            buffer.set(java.lang.foreign.ValueLayout.JAVA_BYTE, 20 + optionsLength++, (byte) 1);
        }
        TcpSegment.encode(buffer, 0, 1000, 80, sequenceNumber, 7, HEADER_BYTES, flags, 500);
        sink.pattern.fill(sequenceNumber, buffer, HEADER_BYTES, payload);
        slot.buffer = buffer;
        slot.offset = 0;
        slot.length = HEADER_BYTES + payload;
        slot.segmentSize = payload > PAYLOAD_BYTES ? PAYLOAD_BYTES : 0;
        slot.sourceLo = IpAddress.parse("10.0.0.1").lo();
        slot.destinationLo = IpAddress.parse("10.0.0.2").lo();
        link.send(slot, simulation.nowNanos());
    }

    private void sendFull(SimLink link, int count) {
        for (int i = 0; i < count; i++) {
            send(link, i * PAYLOAD_BYTES, PAYLOAD_BYTES, TcpSegment.ACK);
        }
    }

    private List<Arrival> arrivals() {
        simulation.runTo(simulation.nowNanos() + 10_000_000_000L);
        assertTrue(sink.arrivals.stream().allMatch(Arrival::right), "content, checksum and options of " + sink.arrivals);
        return sink.arrivals;
    }

    @Test
    void packetsArriveAfterSerialisationAndDelayOneBehindTheOther() {
        sendFull(link(CLEAN), 3);
        List<Long> times = arrivals().stream().map(Arrival::nanos).toList();
        assertEquals(List.of(DELAY_NANOS + SERIALISATION_NANOS, DELAY_NANOS + 2 * SERIALISATION_NANOS, DELAY_NANOS + 3 * SERIALISATION_NANOS), times);
    }

    @Test
    void queueDropsItsTail() {
        sendFull(link(CLEAN.withQueue(15_000)), 30);
        assertEquals(10, arrivals().size());
        assertEquals(9 * PAYLOAD_BYTES, arrivals().getLast().sequenceNumber());
    }

    @Test
    void backPressureStopsTheSenderAndDropsNothing() {
        sendFull(link(CLEAN.withQueue(15_000).withBackPressure(true)), 30);
        assertEquals(30, arrivals().size());
        assertEquals(List.of(false, true), sink.writable);
    }

    @Test
    void superSegmentIsCutLikeGso() {
        send(link(CLEAN), 0, 2 * PAYLOAD_BYTES + 100, TcpSegment.ACK | TcpSegment.PSH | TcpSegment.FIN | TcpSegment.CWR);
        List<Arrival> pieces = arrivals();
        assertEquals(List.of(0, PAYLOAD_BYTES, 2 * PAYLOAD_BYTES), pieces.stream().map(Arrival::sequenceNumber).toList());
        assertEquals(List.of(PAYLOAD_BYTES, PAYLOAD_BYTES, 100), pieces.stream().map(Arrival::payloadBytes).toList());
        assertEquals(List.of(TcpSegment.ACK | TcpSegment.CWR, TcpSegment.ACK, TcpSegment.ACK | TcpSegment.PSH | TcpSegment.FIN),
                pieces.stream().map(Arrival::flags).toList());
    }

    @Test
    void consecutivePacketsAreMergedLikeGro() {
        SimLink link = link(CLEAN.withMerging(1));
        sendFull(link, 5);
        send(link, 5 * PAYLOAD_BYTES, 10, TcpSegment.ACK | TcpSegment.PSH);
        send(link, 5 * PAYLOAD_BYTES + 10, PAYLOAD_BYTES, TcpSegment.ACK);
        List<Arrival> merged = arrivals();
        assertEquals(List.of(5 * PAYLOAD_BYTES + 10, PAYLOAD_BYTES), merged.stream().map(Arrival::payloadBytes).toList());
        assertEquals(TcpSegment.ACK | TcpSegment.PSH, merged.getFirst().flags());
    }

    @Test
    void jitterKeepsTheOrder() {
        sendFull(link(CLEAN.withJitter(20)), 50);
        List<Integer> order = arrivals().stream().map(Arrival::sequenceNumber).toList();
        assertEquals(order.stream().sorted().toList(), order);
    }

    @Test
    void reorderedPacketsAreOvertaken() {
        SimLink link = link(CLEAN.withReorder(0.1, 2));
        sendFull(link, 100);
        List<Integer> order = arrivals().stream().map(Arrival::sequenceNumber).toList();
        assertEquals(100, order.size());
        assertFalse(order.equals(order.stream().sorted().toList()));
        assertTrue(link.statistics().reordered > 2 && link.statistics().reordered < 25, () -> link.statistics().reordered + " of 100");
    }

    @Test
    void lossAndDuplicatesComeAsOftenAsAskedFor() {
        SimLink link = link(CLEAN.withQueue(10_000_000).withLoss(0.1).withDuplicate(0.2));
        sendFull(link, 1_000);
        long lost = link.statistics().droppedByLoss;
        assertTrue(lost > 70 && lost < 130, () -> lost + " of 1000 lost");
        assertEquals(1_000 - lost + link.statistics().duplicated, arrivals().size());
        assertTrue(link.statistics().duplicated > 130 && link.statistics().duplicated < 230);
    }

    @Test
    void outageTakesWhatIsOnTheWayAndWhatComes() {
        SimLink link = link(CLEAN);
        sendFull(link, 1);
        simulation.at(5_000_000, () -> link.setUp(false));
        simulation.at(6_000_000, () -> sendFull(link, 1));
        simulation.at(30_000_000, () -> link.setUp(true));
        simulation.at(31_000_000, () -> sendFull(link, 1));
        assertEquals(1, arrivals().size());
        assertEquals(2, link.statistics().droppedByOutage);
    }

    @Test
    void packetsLargerThanTheMtuAreDropped() {
        SimLink link = link(CLEAN.withMtu(1_499));
        sendFull(link, 1);
        assertEquals(0, arrivals().size());
        assertEquals(1, link.statistics().droppedByMtu);
    }

    @Test
    void strippingKeepsTheChecksumRight() {
        SimLink link = link(CLEAN);
        link.add(Middleboxes.stripMptcp(packet -> true));
        sendFull(link, 1);
        simulation.runTo(1_000_000_000);
        Arrival arrival = sink.arrivals.getFirst();
        assertTrue(arrival.intact());
        assertFalse(arrival.mapped());
    }
}
