package io.mptcp.tun;

import io.mptcp.netty.SegmentLink;
import io.mptcp.stack.LinkProperties;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.PacketSlot;
import io.netty.channel.IoEventLoop;
import java.lang.foreign.ValueLayout;

/**
 * A link that counts what passes it. Payload of TCP only, retransmissions included: the load on a path, also of connections that are
 * long gone. To be read on the loop.
 */
final class CountingLink implements SegmentLink {
    private static final int DATA_OFFSET_BYTE = 12;
    private static final int MIN_TCP_HEADER_BYTES = 20;

    private final SegmentLink link;
    private long sentBytes;
    private long receivedBytes;
    private long droppedSegments;

    CountingLink(SegmentLink link) {
        this.link = link;
    }

    long sentBytes() {
        return sentBytes;
    }

    long receivedBytes() {
        return receivedBytes;
    }

    /** Segments that the link lost on this host. */
    long droppedSegments() {
        return droppedSegments;
    }

    private static int payloadBytes(PacketSlot slot) {
        if (slot.length < MIN_TCP_HEADER_BYTES) {
            return 0;
        }
        int headerBytes = (slot.buffer.get(ValueLayout.JAVA_BYTE, slot.offset + DATA_OFFSET_BYTE) & 0xf0) >>> 2;
        return Math.max(0, slot.totalLength() - headerBytes);
    }

    @Override
    public SendResult send(PacketSlot slot) {
        // Counted before the link has it: a link may change the slot while it puts its own headers on.
        int payloadBytes = payloadBytes(slot);
        SendResult result = link.send(slot);
        if (result == SendResult.SENT) {
            sentBytes += payloadBytes;
        } else if (result == SendResult.DROPPED) {
            droppedSegments++;
        }
        return result;
    }

    @Override
    public void start(IoEventLoop loop, Receiver receiver) {
        link.start(loop, new Receiver() {
            @Override
            public void received(SegmentLink from, PacketSlot slot) {
                receivedBytes += payloadBytes(slot);
                receiver.received(CountingLink.this, slot);
            }

            @Override
            public void drained(SegmentLink from) {
                receiver.drained(CountingLink.this);
            }

            @Override
            public void writable(SegmentLink from) {
                receiver.writable(CountingLink.this);
            }

            @Override
            public void linkStateChanged(SegmentLink from, boolean up) {
                receiver.linkStateChanged(CountingLink.this, up);
            }
        });
    }

    @Override
    public int id() {
        return link.id();
    }

    @Override
    public String name() {
        return link.name();
    }

    @Override
    public LinkProperties properties() {
        return link.properties();
    }

    @Override
    public IpAddress localAddressFor(IpAddress remote) {
        return link.localAddressFor(remote);
    }

    @Override
    public int headroomBytes() {
        return link.headroomBytes();
    }

    @Override
    public boolean gathers() {
        return link.gathers();
    }

    @Override
    public void flush() {
        link.flush();
    }

    @Override
    public boolean isUp() {
        return link.isUp();
    }

    @Override
    public void close() {
        link.close();
    }
}
