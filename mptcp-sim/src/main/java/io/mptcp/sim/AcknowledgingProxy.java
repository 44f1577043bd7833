package io.mptcp.sim;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/**
 * A performance-enhancing proxy (RFC 8684 section 6) that answers for what it has acknowledged: the client's data is acknowledged before the
 * server does that, and sent again from here until the server has.
 */
final class AcknowledgingProxy {
    private static final long INTERVAL_NANOS = 300_000_000L;
    private static final int AT_ONCE = 10;
    /** Then the server is gone, or does not want it. */
    private static final int MAX_REPEATS = 60;

    private final boolean withOptions;
    /** By client port. */
    private final Map<Integer, Flow> flows = new HashMap<>();

    private static final class Flow {
        private final ArrayDeque<PacketSlot> held = new ArrayDeque<>();
        private int nextSequenceNumber;
        /** The client's newest: what repeats an old one may be too old to be taken (RFC 5961 section 5.2). */
        private int acknowledgmentNumber;
        private PacketSlot lastDown;
        private int repeats;
        private boolean waiting;
        private boolean over;
    }

    private AcknowledgingProxy(boolean withOptions) {
        this.withOptions = withOptions;
    }

    /** @param withOptions its acknowledgments have the MPTCP options of the server's last */
    static void install(SimPath path, boolean withOptions) {
        AcknowledgingProxy proxy = new AcknowledgingProxy(withOptions);
        path.up().add((Middlebox.Active) proxy::up);
        path.down().add((Middlebox.Active) proxy::down);
    }

    private void down(PacketSlot packet, Middlebox.Exits exits) {
        Flow flow = flows.get(Segments.destinationPort(packet));
        if (flow != null && Segments.has(packet, TcpSegment.RST)) {
            flow.over = true;
            flow.held.clear();
        } else if (flow != null && !Segments.has(packet, TcpSegment.SYN)) {
            if (!withOptions || Segments.options(packet).stream().noneMatch(PathBoxes::mapsData)) { // its options belong to its own payload
                flow.lastDown = Segments.copy(packet, Segments.options(packet), new byte[0]);
            }
            int ack = Segments.acknowledgmentNumber(packet);
            while (!flow.held.isEmpty() && end(flow.held.getFirst()) - ack <= 0) {
                flow.held.removeFirst();
                flow.repeats = 0;
            }
        }
        exits.pass(packet);
    }

    private static int end(PacketSlot packet) {
        return Segments.sequenceNumber(packet) + Segments.payloadLength(packet);
    }

    private void up(PacketSlot packet, Middlebox.Exits exits) {
        int port = Segments.sourcePort(packet);
        if (Segments.has(packet, TcpSegment.SYN)) {
            Flow flow = new Flow();
            flow.nextSequenceNumber = Segments.sequenceNumber(packet) + 1;
            flows.put(port, flow);
        }
        Flow flow = flows.get(port);
        if (flow != null && Segments.has(packet, TcpSegment.ACK)) {
            flow.acknowledgmentNumber = Segments.acknowledgmentNumber(packet);
        }
        if (flow != null && Segments.has(packet, TcpSegment.RST)) {
            flow.over = true;
            flow.held.clear();
        } else if (flow != null && !flow.over && Segments.payloadLength(packet) > 0 && Segments.sequenceNumber(packet) == flow.nextSequenceNumber) {
            takeOver(flow, packet, exits);
        }
        exits.pass(packet);
    }

    private void takeOver(Flow flow, PacketSlot packet, Middlebox.Exits exits) {
        flow.nextSequenceNumber = end(packet);
        flow.held.add(Segments.copy(packet, Segments.options(packet), Segments.payload(packet)));
        repeatLater(flow, exits);
        if (flow.lastDown != null) { // until then the server does it
            exits.answer(PathBoxes.earlyAck(packet, flow.lastDown, Segments.payloadLength(packet), withOptions));
        }
    }

    private void repeatLater(Flow flow, Middlebox.Exits exits) {
        if (!flow.waiting) {
            flow.waiting = true;
            exits.after(INTERVAL_NANOS, () -> repeat(flow, exits));
        }
    }

    private void repeat(Flow flow, Middlebox.Exits exits) {
        flow.waiting = false;
        if (flow.held.isEmpty() || ++flow.repeats > MAX_REPEATS) {
            return;
        }
        Iterator<PacketSlot> packets = flow.held.iterator();
        for (int i = 0; i < AT_ONCE && packets.hasNext(); i++) {
            PacketSlot packet = packets.next();
            Segments.setAcknowledgmentNumber(packet, flow.acknowledgmentNumber);
            Checksum.fillTcp(packet);
            exits.pass(packet);
        }
        repeatLater(flow, exits);
    }
}
