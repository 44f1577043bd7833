package io.mptcp.tun;

import io.mptcp.netty.SegmentLink;
import io.mptcp.stack.LinkProperties;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.PacketSlot;
import io.netty.channel.IoEventLoop;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/** One end of a wire in memory with a delay in the loop's time. Order is kept; what is sent while the wire is cut is lost without a sign. */
final class Wire implements SegmentLink {
    private final int id;
    private final String name;
    private final IpAddress address;
    private final LinkProperties properties;
    private final long delayMillis;
    private final ArrayDeque<PacketSlot> onTheWay = new ArrayDeque<>();
    private Wire peer;
    private IoEventLoop loop;
    private Receiver receiver;
    private boolean up = true;
    private boolean closed;
    /** Lost from now on: everything sent into this end. */
    boolean cut;
    long sentSegments;

    private Wire(int id, String name, IpAddress address, LinkProperties properties, long delayMillis) {
        this.id = id;
        this.name = name;
        this.address = address;
        this.properties = properties;
        this.delayMillis = delayMillis;
    }

    /** Two ends. {@code backup} is a property of the near one. */
    static Wire[] pair(int id, String name, String near, String far, long delayMillis, boolean backup) {
        Wire[] ends = {
            new Wire(id, name, IpAddress.parse(near), new LinkProperties(1500, 0, 1, backup), delayMillis),
            new Wire(id, name + "'", IpAddress.parse(far), LinkProperties.ofMtu(1500), delayMillis)};
        ends[0].peer = ends[1];
        ends[1].peer = ends[0];
        return ends;
    }

    /** Cuts both directions, or heals them. */
    void cut(boolean cut) {
        this.cut = cut;
        peer.cut = cut;
    }

    void setUp(boolean up) {
        this.up = up;
        receiver.linkStateChanged(this, up);
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public LinkProperties properties() {
        return properties;
    }

    @Override
    public IpAddress localAddressFor(IpAddress remote) {
        return remote.isIpv4() == address.isIpv4() ? address : null;
    }

    @Override
    public int headroomBytes() {
        return 0;
    }

    @Override
    public boolean gathers() {
        return false;
    }

    @Override
    public void start(IoEventLoop loop, Receiver receiver) {
        this.loop = loop;
        this.receiver = receiver;
    }

    @Override
    public SendResult send(PacketSlot slot) {
        sentSegments++;
        if (cut || !up) {
            return SendResult.SENT;
        }
        PacketSlot copy = new PacketSlot();
        copy.linkId = peer.id;
        copy.sourceHi = slot.sourceHi;
        copy.sourceLo = slot.sourceLo;
        copy.destinationHi = slot.destinationHi;
        copy.destinationLo = slot.destinationLo;
        copy.checksumState = PacketSlot.CHECKSUM_VERIFIED;
        copy.buffer = Arena.ofAuto().allocate(slot.length);
        copy.length = slot.length;
        MemorySegment.copy(slot.buffer, slot.offset, copy.buffer, 0, slot.length);
        onTheWay.add(copy);
        loop.schedule(this::deliver, delayMillis, TimeUnit.MILLISECONDS);
        return SendResult.SENT;
    }

    private void deliver() {
        PacketSlot slot = onTheWay.remove();
        if (!peer.closed && peer.up) {
            peer.receiver.received(peer, slot);
            peer.receiver.drained(peer);
        }
    }

    @Override
    public void flush() {
    }

    @Override
    public boolean isUp() {
        return up;
    }

    @Override
    public void close() {
        closed = true;
    }
}
