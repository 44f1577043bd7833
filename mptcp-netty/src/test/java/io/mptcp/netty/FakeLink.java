package io.mptcp.netty;

import io.mptcp.stack.LinkProperties;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.PacketSlot;
import io.netty.channel.IoEventLoop;
import java.util.ArrayList;
import java.util.List;

/** A link in memory: takes what it is told to take, and delivers what a test gives it. */
final class FakeLink implements SegmentLink {
    private final int id;
    private final boolean gathers;
    private final LinkProperties properties;
    final List<PacketSlot> sent = new ArrayList<>();
    Receiver receiver;
    SendResult answer = SendResult.SENT;
    /** Answers AGAIN once this many more segments were taken. */
    int room = Integer.MAX_VALUE;
    boolean up = true;
    int flushes;
    boolean closed;

    FakeLink(int id, boolean gathers, LinkProperties properties) {
        this.id = id;
        this.gathers = gathers;
        this.properties = properties;
    }

    static FakeLink ofMtu(int id, boolean gathers, int mtu) {
        return new FakeLink(id, gathers, LinkProperties.ofMtu(mtu));
    }

    /** Hands a segment to the stack as if it had come in. */
    void deliver(PacketSlot slot) {
        receiver.received(this, slot);
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public String name() {
        return "fake" + id;
    }

    @Override
    public LinkProperties properties() {
        return properties;
    }

    @Override
    public IpAddress localAddressFor(IpAddress remote) {
        return IpAddress.parse("10.0.0.1");
    }

    @Override
    public int headroomBytes() {
        return 40;
    }

    @Override
    public boolean gathers() {
        return gathers;
    }

    @Override
    public void start(IoEventLoop loop, Receiver receiver) {
        this.receiver = receiver;
    }

    @Override
    public SendResult send(PacketSlot slot) {
        if (!gathers && slot.pieces() > 0) {
            throw new AssertionError("payload by reference on a link that does not gather");
        }
        if (slot.offset < headroomBytes()) {
            throw new AssertionError("headroom of " + slot.offset);
        }
        if (answer == SendResult.SENT && room-- <= 0) {
            return SendResult.AGAIN;
        }
        if (answer == SendResult.SENT) {
            sent.add(copy(slot));
        }
        return answer;
    }

    private static PacketSlot copy(PacketSlot slot) {
        PacketSlot copy = new PacketSlot();
        byte[] bytes = Segments.bytes(slot);
        copy.linkId = slot.linkId;
        copy.sourceHi = slot.sourceHi;
        copy.sourceLo = slot.sourceLo;
        copy.destinationHi = slot.destinationHi;
        copy.destinationLo = slot.destinationLo;
        copy.ecn = slot.ecn;
        copy.segmentSize = slot.segmentSize;
        copy.buffer = java.lang.foreign.Arena.ofAuto().allocate(bytes.length);
        java.lang.foreign.MemorySegment.copy(bytes, 0, copy.buffer, java.lang.foreign.ValueLayout.JAVA_BYTE, 0, bytes.length);
        copy.length = bytes.length;
        return copy;
    }

    @Override
    public void flush() {
        flushes++;
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
