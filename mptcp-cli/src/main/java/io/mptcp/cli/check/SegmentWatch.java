package io.mptcp.cli.check;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpOptions;
import io.mptcp.wire.TcpSegment;
import java.util.HashMap;
import java.util.Map;

/** Looks at every segment between the stack and the links, and keeps a {@link FlowRecord} of each subflow this side opens. */
final class SegmentWatch {
    private record Key(int linkId, int localPort) {
    }

    private final Map<Key, FlowRecord> flows = new HashMap<>();
    private final TcpOptions options = new TcpOptions();

    /** A segment the link has taken. */
    void sent(int linkId, PacketSlot slot, long nowNanos) {
        Key key = new Key(linkId, TcpSegment.sourcePort(slot.buffer, slot.offset));
        boolean syn = (TcpSegment.flags(slot.buffer, slot.offset) & TcpSegment.SYN) != 0;
        // Only what this side opens: the peer cannot make the table grow.
        FlowRecord flow = syn ? flows.computeIfAbsent(key, unused -> new FlowRecord()) : flows.get(key);
        if (flow != null) {
            flow.onSent(slot, nowNanos);
        }
    }

    /** A segment or ICMP message before the stack gets it. */
    void received(int linkId, PacketSlot slot, long nowNanos) {
        if (slot.protocol != IpHeaders.PROTOCOL_TCP || !TcpSegment.validate(slot.buffer, slot.offset, slot.length)) {
            return;
        }
        FlowRecord flow = flows.get(new Key(linkId, TcpSegment.destinationPort(slot.buffer, slot.offset)));
        boolean damaged = slot.checksumState == PacketSlot.CHECKSUM_UNVERIFIED && !Checksum.verifyTcp(slot);
        if (flow != null && !damaged) {
            options.parse(slot.buffer, slot.offset, slot.totalLength() - TcpSegment.headerLength(slot.buffer, slot.offset));
            flow.onReceived(slot, options, nowNanos);
        }
    }

    /** What was seen of a subflow by its local end; an empty record when no SYN has left. */
    FlowRecord flow(int linkId, IpEndpoint local) {
        return flows.getOrDefault(new Key(linkId, local.port()), new FlowRecord());
    }
}
