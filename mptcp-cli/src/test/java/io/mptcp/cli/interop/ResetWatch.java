package io.mptcp.cli.interop;

import io.mptcp.netty.ForwardingLink;
import io.mptcp.netty.SegmentLink;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Looks for resets of subflows that were not over. Two are in order. After both FINs: who was the last to close knows nothing of the connection any
 * more when an acknowledgment comes twice (RFC 9293 section 3.10.7.1). And the answer to payload from who has closed (RFC 1122 section 4.2.2.13): what
 * was lost on one subflow and came by another ends the stream, but its own subflow has to send it again before its FIN.
 */
final class ResetWatch extends ForwardingLink {
    /** What was seen of a 4-tuple, bits. */
    private static final int FIN_SENT = 1;
    private static final int FIN_RECEIVED = 2;
    private static final int PAYLOAD_AFTER_FIN_RECEIVED = 4;

    /** What all links of a stack have seen. Of its event loop. */
    static final class Findings {
        private final Map<Set<IpEndpoint>, Integer> seen = new HashMap<>();
        /** Resets of subflows that were not over, sent or received. */
        final List<String> resets = new ArrayList<>();
        /** Answers to payload that was sent to who had closed. */
        int answersToPayload;
    }

    private final Findings findings;

    ResetWatch(SegmentLink link, Findings findings) {
        super(link);
        this.findings = findings;
    }

    @Override
    public SendResult send(PacketSlot slot) {
        look(slot, FIN_SENT, "sent");
        return super.send(slot);
    }

    @Override
    protected void onReceived(PacketSlot slot) {
        look(slot, FIN_RECEIVED, "received");
    }

    private void look(PacketSlot slot, int fin, String how) {
        if (!TcpSegment.validate(slot.buffer, slot.offset, slot.length)) {
            return;
        }
        int flags = TcpSegment.flags(slot.buffer, slot.offset);
        IpEndpoint from = new IpEndpoint(new IpAddress(slot.sourceHi, slot.sourceLo), TcpSegment.sourcePort(slot.buffer, slot.offset));
        IpEndpoint to = new IpEndpoint(new IpAddress(slot.destinationHi, slot.destinationLo), TcpSegment.destinationPort(slot.buffer, slot.offset));
        Set<IpEndpoint> tuple = Set.of(from, to);
        int seen = findings.seen.getOrDefault(tuple, 0);
        if ((flags & TcpSegment.FIN) != 0) {
            findings.seen.put(tuple, seen | fin);
        } else if ((flags & TcpSegment.RST) != 0) {
            boolean answer = fin == FIN_RECEIVED && (seen & PAYLOAD_AFTER_FIN_RECEIVED) != 0;
            boolean over = (seen & FIN_SENT) != 0 && (seen & FIN_RECEIVED) != 0;
            findings.answersToPayload += answer ? 1 : 0;
            if (!answer && !over) {
                findings.resets.add(how + " " + from + " -> " + to + (seen == 0 ? ", no FIN before" : ", one FIN before"));
            }
        } else if (fin == FIN_SENT && (seen & FIN_RECEIVED) != 0 && slot.length > TcpSegment.headerLength(slot.buffer, slot.offset)) {
            findings.seen.put(tuple, seen | PAYLOAD_AFTER_FIN_RECEIVED);
        }
    }
}
