package io.mptcp.netty;

import io.mptcp.stack.TokenShard;
import io.mptcp.tcp.IncomingSegment;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Of one of several stacks that share addresses and ports: finds the segments that are another one's, and hands them over. The kernel spreads flows by
 * their addresses and ports, and so a join reaches any loop. Its token says whose it is (RFC 8684 section 3.2); the flow is remembered, as later segments
 * do not say it again.
 */
final class ShardExchange {
    private static final int MAX_FLOWS = 64 * 1024;

    private final int index;
    private final int count;
    /** To each of the others; null at {@link #index}. */
    private final SegmentRing[] outgoing;
    private final PassedFlows flows = new PassedFlows(MAX_FLOWS);
    private final IncomingSegment syn = new IncomingSegment();

    private ShardExchange(int index, int count) {
        this.index = index;
        this.count = count;
        outgoing = new SegmentRing[count];
    }

    static List<ShardExchange> among(List<MptcpDriver> drivers) {
        List<ShardExchange> exchanges = new ArrayList<>();
        for (int from = 0; from < drivers.size(); from++) {
            ShardExchange exchange = new ShardExchange(from, drivers.size());
            for (int to = 0; to < drivers.size(); to++) {
                if (to != from) {
                    exchange.outgoing[to] = new SegmentRing(drivers.get(to));
                }
            }
            exchanges.add(exchange);
        }
        return exchanges;
    }

    /** @return false when the segment is for this stack */
    boolean passOn(SegmentLink link, PacketSlot slot) {
        if (slot.protocol != IpHeaders.PROTOCOL_TCP) {
            passToAll(slot);
            return false;
        }
        if (!TcpSegment.validate(slot.buffer, slot.offset, slot.length)) {
            return false;
        }
        int flags = TcpSegment.flags(slot.buffer, slot.offset);
        int owner = (flags & (TcpSegment.SYN | TcpSegment.ACK)) == TcpSegment.SYN ? ownerBySyn(slot) : flows.owner(slot);
        if (owner < 0 || owner == index) {
            return false;
        }
        outgoing[owner].offer(slot, link.replyHint());
        return true;
    }

    /** An ICMP message may be about a subflow that was passed on; whom it is not about takes no notice of it. */
    private void passToAll(PacketSlot slot) {
        if (flows.isEmpty()) {
            return;
        }
        for (int other = 0; other < count; other++) {
            if (other != index) {
                outgoing[other].offer(slot, 0);
            }
        }
    }

    /** A SYN begins something new: what is known of the flow is over. */
    private int ownerBySyn(PacketSlot slot) {
        syn.read(slot);
        MptcpOptions mptcp = syn.options.mptcp;
        boolean join = mptcp.has(MptcpOptions.MP_JOIN) && mptcp.mpJoinLength == 12;
        int owner = join ? new TokenShard(index, count).ownerOf(mptcp.joinToken) : index;
        if (owner != index || flows.owner(slot) >= 0) {
            flows.remember(slot, owner);
        }
        return owner;
    }
}
