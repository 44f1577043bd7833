package io.mptcp.netty;

import io.mptcp.stack.LinkProperties;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import io.netty.channel.IoEventLoop;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** One end of a wire in memory: order is kept, nothing is lost unless a test says so, and what is sent arrives when the loop comes round. */
final class PipeLink implements SegmentLink {
    /** A segment as it went over the wire. */
    record Sent(int sequence, int flags, int payloadLength) {
    }

    private final int id;
    private final IpAddress address;
    private final boolean gathers;
    private final LinkProperties properties;
    private final ArrayDeque<PacketSlot> queue = new ArrayDeque<>();
    private PipeLink peer;
    private IoEventLoop loop;
    private Receiver receiver;
    private boolean delivering;
    private boolean refused;

    /** Segments the queue takes before {@link SendResult#AGAIN}. */
    int capacity = Integer.MAX_VALUE;
    Predicate<PacketSlot> drop = slot -> false;
    /** What arrives waits to be polled, as in a socket whose event the loop has not come to yet. */
    boolean unread;
    final ArrayDeque<PacketSlot> arrived = new ArrayDeque<>();
    final List<Sent> sent = new ArrayList<>();
    int refusals;
    int flushes;
    boolean closed;

    private PipeLink(int id, String address, boolean gathers, LinkProperties properties) {
        this.id = id;
        this.address = IpAddress.parse(address);
        this.gathers = gathers;
        this.properties = properties;
    }

    static PipeLink[] pair(int id, String left, String right, boolean gathers, LinkProperties properties) {
        PipeLink[] ends = {new PipeLink(id, left, gathers, properties), new PipeLink(id, right, gathers, properties)};
        ends[0].peer = ends[1];
        ends[1].peer = ends[0];
        return ends;
    }

    Receiver receiver() {
        return receiver;
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public String name() {
        return "pipe" + id;
    }

    @Override
    public LinkProperties properties() {
        return properties;
    }

    @Override
    public IpAddress localAddressFor(IpAddress remote) {
        return address;
    }

    @Override
    public int headroomBytes() {
        return 14;
    }

    @Override
    public boolean gathers() {
        return gathers;
    }

    @Override
    public void start(IoEventLoop loop, Receiver receiver) {
        this.loop = loop;
        this.receiver = receiver;
    }

    @Override
    public SendResult send(PacketSlot slot) {
        if (closed) {
            throw new AssertionError("sent over a closed link");
        }
        if (!gathers && slot.pieces() > 0) {
            throw new AssertionError("payload by reference on a link that does not gather");
        }
        if (slot.offset < headroomBytes()) {
            throw new AssertionError("headroom of " + slot.offset);
        }
        if (drop.test(slot)) {
            return SendResult.DROPPED;
        }
        if (queue.size() >= capacity) {
            refused = true;
            refusals++;
            return SendResult.AGAIN;
        }
        queue.add(copyForPeer(slot));
        if (!delivering) {
            delivering = true;
            loop.execute(this::deliver);
        }
        return SendResult.SENT;
    }

    private PacketSlot copyForPeer(PacketSlot slot) {
        int header = TcpSegment.headerLength(slot.buffer, slot.offset);
        sent.add(new Sent(TcpSegment.sequenceNumber(slot.buffer, slot.offset), TcpSegment.flags(slot.buffer, slot.offset), slot.totalLength() - header));
        byte[] bytes = Segments.bytes(slot);
        PacketSlot copy = new PacketSlot();
        copy.linkId = id;
        copy.sourceHi = slot.sourceHi;
        copy.sourceLo = slot.sourceLo;
        copy.destinationHi = slot.destinationHi;
        copy.destinationLo = slot.destinationLo;
        copy.ecn = slot.ecn;
        copy.segmentSize = slot.segmentSize;
        copy.checksumState = PacketSlot.CHECKSUM_VERIFIED;
        copy.buffer = Arena.ofAuto().allocate(bytes.length);
        copy.length = bytes.length;
        MemorySegment.copy(bytes, 0, copy.buffer, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return copy;
    }

    private void deliver() {
        delivering = false;
        PacketSlot slot;
        while ((slot = queue.poll()) != null) {
            if (peer.unread) {
                peer.arrived.add(slot);
            } else if (!peer.closed) {
                peer.receiver.received(peer, slot);
            }
        }
        if (!peer.closed && !peer.unread) {
            peer.receiver.drained(peer);
        }
        if (refused && !closed) {
            refused = false;
            receiver.writable(this);
        }
    }

    @Override
    public int poll(int segments) {
        int polled = 0;
        for (; polled < segments && !arrived.isEmpty(); polled++) {
            receiver.received(this, arrived.poll());
        }
        return polled;
    }

    @Override
    public void flush() {
        flushes++;
    }

    @Override
    public boolean isUp() {
        return true;
    }

    @Override
    public void close() {
        closed = true;
    }
}
