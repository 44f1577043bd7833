package io.mptcp.netty.host;

import io.mptcp.netty.ForwardingLink;
import io.mptcp.netty.SegmentLink;
import io.mptcp.stack.LinkProperties;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;

/**
 * A link that counts what passes it. Payload of TCP only, retransmissions included: the load on a path, also of connections that are
 * long gone. To be read on the loop.
 */
public final class CountingLink extends ForwardingLink {
    /** Looks at what passes. */
    public interface Tap {
        void passed(CountingLink link, PacketSlot slot, boolean outbound);
    }

    private long sentBytes;
    private long receivedBytes;
    private long droppedSegments;
    private Tap tap;

    public CountingLink(SegmentLink link) {
        super(link);
    }

    /** Whether it begins as backup: the role of a path is the path manager's, which may change it. */
    boolean isConfiguredAsBackup() {
        return super.properties().backup();
    }

    @Override
    public LinkProperties properties() {
        LinkProperties link = super.properties();
        return link.backup() ? new LinkProperties(link.mtuBytes(), link.maxSuperSegmentBytes(), link.weight(), false) : link;
    }

    public long sentBytes() {
        return sentBytes;
    }

    public long receivedBytes() {
        return receivedBytes;
    }

    /** Segments that the link lost on this host. */
    public long droppedSegments() {
        return droppedSegments;
    }

    /** @param tap null for nobody */
    public void setTap(Tap tap) {
        this.tap = tap;
    }

    private static int payloadBytes(PacketSlot slot) {
        if (slot.protocol != IpHeaders.PROTOCOL_TCP || slot.length < TcpSegment.MIN_HEADER_LENGTH) {
            return 0;
        }
        return Math.max(0, slot.totalLength() - TcpSegment.headerLength(slot.buffer, slot.offset));
    }

    @Override
    public SendResult send(PacketSlot slot) {
        // Counted before the link has it: a link may change the slot while it puts its own headers on.
        int payloadBytes = payloadBytes(slot);
        SendResult result = super.send(slot);
        if (result == SendResult.SENT) {
            sentBytes += payloadBytes;
            if (tap != null) {
                tap.passed(this, slot, true);
            }
        } else if (result == SendResult.DROPPED) {
            droppedSegments++;
        }
        return result;
    }

    @Override
    protected void onReceived(PacketSlot slot) {
        receivedBytes += payloadBytes(slot);
        if (tap != null) {
            tap.passed(this, slot, false);
        }
    }
}
