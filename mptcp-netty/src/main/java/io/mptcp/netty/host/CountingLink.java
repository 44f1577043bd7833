package io.mptcp.netty.host;

import io.mptcp.netty.ForwardingLink;
import io.mptcp.netty.SegmentLink;
import io.mptcp.pm.PathRole;
import io.mptcp.stack.LinkProperties;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.util.concurrent.TimeUnit;

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
    private long sentPacketBytes;
    private long receivedPacketBytes;
    private PathTerms terms;
    private int weight;

    public CountingLink(SegmentLink link) {
        this(link, PathTerms.DEFAULT.withRole(link.properties().backup() ? PathRole.BACKUP : PathRole.USE));
    }

    CountingLink(SegmentLink link, PathTerms terms) {
        super(link);
        this.terms = terms;
        this.weight = link.properties().weight();
    }

    /** What {@link #properties} says from now on; whoever uses the link has to be told. */
    void configure(PathTerms terms, int weight) {
        this.terms = terms;
        this.weight = weight;
    }

    /** As it was configured. */
    public PathTerms terms() {
        return terms;
    }

    /** Without the role: that is the path manager's, which may change it. */
    @Override
    public LinkProperties properties() {
        return super.properties().withBackup(false).withWeight(weight).withCost(terms.cost()).withProbeInterval(TimeUnit.SECONDS.toNanos(terms.probeSeconds()));
    }

    /** IP packets sent, headers included. */
    public long sentPacketBytes() {
        return sentPacketBytes;
    }

    /** IP packets received, headers included; of packets the kernel has merged as many headers as can be told. */
    public long receivedPacketBytes() {
        return receivedPacketBytes;
    }

    /** What a slot is on the wire: a super-segment has a header for each of its pieces. */
    private static long packetBytes(PacketSlot slot, int payloadBytes) {
        int headerBytes = (slot.isIpv4() ? 20 : 40) + slot.totalLength() - payloadBytes;
        int packets = slot.segmentSize <= 0 ? 1 : Math.max(1, (payloadBytes + slot.segmentSize - 1) / slot.segmentSize);
        return payloadBytes + (long) packets * headerBytes;
    }

    /** Payload bytes of TCP segments sent over it. */
    public long sentBytes() {
        return sentBytes;
    }

    /** Payload bytes of TCP segments that came over it. */
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
        long packetBytes = packetBytes(slot, payloadBytes);
        SendResult result = super.send(slot);
        if (result == SendResult.SENT) {
            sentBytes += payloadBytes;
            sentPacketBytes += packetBytes;
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
        int payloadBytes = payloadBytes(slot);
        receivedBytes += payloadBytes;
        receivedPacketBytes += packetBytes(slot, payloadBytes);
        if (tap != null) {
            tap.passed(this, slot, false);
        }
    }
}
