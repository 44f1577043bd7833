package io.mptcp.sim;

import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * One direction of a link between two hosts: middleboxes, loss, a queue, a wire of some speed, propagation delay, reordering and
 * duplication, in this order. While it is down everything on it vanishes, and neither host is told.
 */
public final class SimLink {
    private static final double NANOS_PER_SECOND = 1e9;
    private static final int CONGESTION_EXPERIENCED = 3;

    /** What became of packets (after segmentation) and their payload so far. */
    public static final class Statistics {
        public long packetsSent;
        public long packetsDelivered;
        public long payloadBytesDelivered;
        public long droppedByQueue;
        public long droppedByLoss;
        public long droppedByOutage;
        public long droppedByMiddlebox;
        public long droppedByMtu;
        public long reordered;
        public long duplicated;
        public long marked;
    }

    private final Simulation simulation;
    private final String name;
    private final SeededRandom random;
    private final List<Middlebox> middleboxes = new ArrayList<>();
    private final Statistics statistics = new Statistics();
    private final Merger merger;
    private LinkSpec spec;
    /** The other direction. */
    private SimLink reverse;
    private Endpoint sender;
    private int senderLinkId;
    private Endpoint receiver;
    private int receiverLinkId;
    private boolean up = true;
    private boolean tellsPacketTooBig;
    private boolean writable = true;
    /** When the last bit of what is queued will have left. */
    private long busyUntilNanos;
    private long lastArrivalNanos;

    SimLink(Simulation simulation, String name, LinkSpec spec, SeededRandom random) {
        this.simulation = simulation;
        this.name = name;
        this.spec = spec;
        this.random = random;
        this.merger = new Merger(this, simulation);
    }

    void setReverse(SimLink reverse) {
        this.reverse = reverse;
    }

    /** Both ends know the link under a number of their own. */
    void connect(Endpoint from, int fromLinkId, Endpoint to, int toLinkId) {
        sender = from;
        senderLinkId = fromLinkId;
        receiver = to;
        receiverLinkId = toLinkId;
    }

    public String name() {
        return name;
    }

    public LinkSpec spec() {
        return spec;
    }

    /** Changes the link from the next packet on. The MTU the stacks were told stays. */
    public void setSpec(LinkSpec spec) {
        this.spec = spec;
    }

    public boolean isUp() {
        return up;
    }

    /** Down is a black hole: packets on the way and new ones are lost, silently. */
    public void setUp(boolean up) {
        this.up = up;
    }

    /** Whether the sender is told by ICMP, one delay later, of packets larger than the MTU; if not they vanish, as behind many a firewall. */
    public void setTellsPacketTooBig(boolean tells) {
        tellsPacketTooBig = tells;
    }

    public void add(Middlebox middlebox) {
        middleboxes.add(middlebox);
        if (!middlebox.isTransparent()) {
            simulation.monitor().setEnabled(false);
        }
    }

    public Statistics statistics() {
        return statistics;
    }

    /** Takes a (super-)segment from the sending host; nothing of the slot is kept. */
    void send(PacketSlot slot, long nowNanos) {
        Segmentation.cut(slot, simulation.packets(), packet -> sendPacket(packet, nowNanos));
        if (spec.backPressure() && writable && backlogBytes(nowNanos) >= spec.queueBytes() / 2.0) {
            stopSender(nowNanos);
        }
    }

    private void sendPacket(SimPacket packet, long nowNanos) {
        packet.link = this;
        statistics.packetsSent++;
        throughMiddleboxes(packet, 0, nowNanos);
    }

    private void throughMiddleboxes(SimPacket packet, int first, long nowNanos) {
        if (first >= middleboxes.size()) {
            putOnWire(packet, nowNanos);
            return;
        }
        BehindBox exits = new BehindBox(first, packet);
        middleboxes.get(first).handle(packet.slot, exits);
        if (!exits.passed) {
            statistics.droppedByMiddlebox++;
            drop(packet, nowNanos, "kept by middlebox");
        } else if (!exits.originalPassed) {
            simulation.packets().give(packet); // others went on in its place
        }
    }

    /** Where one of the middleboxes can send a packet. */
    private final class BehindBox implements Middlebox.Exits {
        private final int box;
        private final SimPacket original;
        private boolean passed;
        private boolean originalPassed;

        BehindBox(int box, SimPacket original) {
            this.box = box;
            this.original = original;
        }

        @Override
        public void pass(PacketSlot packet) {
            passed = true;
            if (packet == original.slot && !originalPassed) {
                originalPassed = true;
                throughMiddleboxes(original, box + 1, simulation.nowNanos());
            } else {
                throughMiddleboxes(copyOf(packet, SimLink.this), box + 1, simulation.nowNanos());
            }
        }

        @Override
        public void answer(PacketSlot packet) {
            reverse.putOnWire(copyOf(packet, reverse), simulation.nowNanos());
        }

        @Override
        public void after(long delayNanos, Runnable action) {
            simulation.after(delayNanos, action);
        }
    }

    private SimPacket copyOf(PacketSlot slot, SimLink link) {
        SimPacket packet = simulation.packets().take(slot.length);
        packet.copyAddresses(slot);
        MemorySegment.copy(slot.buffer, slot.offset, packet.slot.buffer, 0, slot.length);
        packet.link = link;
        return packet;
    }

    private void putOnWire(SimPacket packet, long nowNanos) {
        int wireBytes = packet.slot.length + (packet.slot.isIpv4() ? 20 : 40);
        if (wireBytes > spec.mtuBytes()) {
            statistics.droppedByMtu++;
            if (tellsPacketTooBig) {
                tellPacketTooBig(packet.slot, nowNanos);
            }
            drop(packet, nowNanos, "larger than the MTU");
        } else if (!up) {
            statistics.droppedByOutage++;
            drop(packet, nowNanos, "lost, link down");
        } else if (random.chance(spec.loss())) {
            statistics.droppedByLoss++;
            drop(packet, nowNanos, "lost");
        } else if (!spec.backPressure() && backlogBytes(nowNanos) + wireBytes > spec.queueBytes()) {
            statistics.droppedByQueue++;
            drop(packet, nowNanos, "dropped, queue full");
        } else {
            enqueue(packet, wireBytes, nowNanos);
        }
    }

    private void tellPacketTooBig(PacketSlot packet, long nowNanos) {
        PacketSlot message = new PacketSlot();
        message.buffer = Arena.ofAuto().allocate(IcmpErrors.MAX_BYTES);
        IcmpErrors.packetTooBig(packet, spec.mtuBytes(), message);
        message.linkId = senderLinkId;
        simulation.schedule(nowNanos + spec.delayNanos(), now -> sender.receive(message, now));
    }

    private void enqueue(SimPacket packet, int wireBytes, long nowNanos) {
        if (spec.ecnMarkBytes() > 0 && packet.slot.ecn != 0 && backlogBytes(nowNanos) > spec.ecnMarkBytes()) {
            packet.slot.ecn = CONGESTION_EXPERIENCED;
            statistics.marked++;
        }
        simulation.log().add(nowNanos, name, ">", packet.slot);
        if (spec.rateBitsPerSecond() > 0) {
            long serialisation = Math.round(wireBytes * 8.0 * NANOS_PER_SECOND / spec.rateBitsPerSecond());
            busyUntilNanos = Math.max(busyUntilNanos, nowNanos) + serialisation;
        } else {
            busyUntilNanos = nowNanos;
        }
        long arrival = busyUntilNanos + spec.delayNanos();
        if (spec.jitterNanos() > 0) {
            arrival += random.between(0, spec.jitterNanos());
        }
        if (random.chance(spec.reorder())) {
            statistics.reordered++;
            arrival += spec.reorderNanos();
        } else {
            // Jitter stretches gaps but keeps the order.
            arrival = Math.max(arrival, lastArrivalNanos);
            lastArrivalNanos = arrival;
        }
        if (random.chance(spec.duplicate())) {
            statistics.duplicated++;
            SimPacket copy = simulation.packets().copy(packet);
            copy.link = this;
            simulation.schedule(arrival + random.between(0, Math.max(spec.delayNanos(), 1)), copy);
        }
        simulation.schedule(arrival, packet);
    }

    void arrive(SimPacket packet, long nowNanos) {
        if (!up) {
            statistics.droppedByOutage++;
            drop(packet, nowNanos, "lost on the way, link down");
        } else if (spec.mergeNanos() > 0) {
            merger.offer(packet, nowNanos, spec.mergeNanos());
        } else {
            deliver(packet, nowNanos);
        }
    }

    void deliver(SimPacket packet, long nowNanos) {
        statistics.packetsDelivered++;
        statistics.payloadBytesDelivered += packet.slot.length - TcpSegment.headerLength(packet.slot.buffer, 0);
        simulation.log().add(nowNanos, name, "<", packet.slot);
        packet.slot.linkId = receiverLinkId;
        receiver.receive(packet.slot, nowNanos);
        simulation.packets().give(packet);
    }

    private void drop(SimPacket packet, long nowNanos, String why) {
        simulation.log().add(nowNanos, name, why, packet.slot);
        simulation.packets().give(packet);
    }

    private double backlogBytes(long nowNanos) {
        return Math.max(0, busyUntilNanos - nowNanos) * (spec.rateBitsPerSecond() / 8.0 / NANOS_PER_SECOND);
    }

    private void stopSender(long nowNanos) {
        writable = false;
        sender.setLinkWritable(senderLinkId, false);
        simulation.schedule(nowNanos + (busyUntilNanos - nowNanos) / 2, now -> {
            writable = true;
            sender.setLinkWritable(senderLinkId, true);
        });
    }
}
