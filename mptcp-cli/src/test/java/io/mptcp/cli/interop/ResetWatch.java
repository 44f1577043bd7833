package io.mptcp.cli.interop;

import io.mptcp.netty.ForwardingLink;
import io.mptcp.netty.SegmentLink;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Looks for resets of subflows that were not over. A reset after both FINs is in order: who was the last to close knows nothing of the connection
 * any more when an acknowledgment comes twice (RFC 9293 section 3.10.7.1).
 */
final class ResetWatch extends ForwardingLink {
    private final Map<Set<IpEndpoint>, Integer> finDirections;
    private final List<String> resets;

    /**
     * @param finDirections by 4-tuple, a bit for each direction in which a FIN was seen; shared by all links
     * @param resets        what was found
     */
    ResetWatch(SegmentLink link, Map<Set<IpEndpoint>, Integer> finDirections, List<String> resets) {
        super(link);
        this.finDirections = finDirections;
        this.resets = resets;
    }

    @Override
    public SendResult send(PacketSlot slot) {
        look(slot, 1, "sent");
        return super.send(slot);
    }

    @Override
    protected void onReceived(PacketSlot slot) {
        look(slot, 2, "received");
    }

    private void look(PacketSlot slot, int direction, String how) {
        if (!TcpSegment.validate(slot.buffer, slot.offset, slot.length)) {
            return;
        }
        int flags = TcpSegment.flags(slot.buffer, slot.offset);
        if ((flags & (TcpSegment.FIN | TcpSegment.RST)) == 0) {
            return;
        }
        IpEndpoint from = new IpEndpoint(new IpAddress(slot.sourceHi, slot.sourceLo), TcpSegment.sourcePort(slot.buffer, slot.offset));
        IpEndpoint to = new IpEndpoint(new IpAddress(slot.destinationHi, slot.destinationLo), TcpSegment.destinationPort(slot.buffer, slot.offset));
        int seen = finDirections.merge(Set.of(from, to), (flags & TcpSegment.FIN) != 0 ? direction : 0, (one, other) -> one | other);
        // Who has sent its FIN may have closed, as the kernel has: late copies of what was delivered by another subflow are answered like that.
        if ((flags & TcpSegment.RST) != 0 && seen == 0) {
            resets.add(how + " " + from + " -> " + to);
        }
    }
}
