package io.mptcp.sim;

import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.util.HashMap;
import java.util.Map;

/**
 * A traffic normaliser (RFC 8684 section 6), in one direction: it lets no holes pass in the sequence numbers of a TCP connection, and whatever is
 * sent again has to be what was sent the first time.
 */
final class Normaliser implements Middlebox {
    private final Simulation simulation;
    /** By source port. */
    private final Map<Integer, Flow> flows = new HashMap<>();

    private static final class Flow {
        private final int first;
        private final byte[] seen = new byte[MAX_STREAM_BYTES];
        private int end;

        Flow(int first) {
            this.first = first;
        }
    }

    /** What is further back than this is not compared. */
    private static final int MAX_STREAM_BYTES = 1 << 16;

    Normaliser(Simulation simulation) {
        this.simulation = simulation;
    }

    @Override
    public boolean forward(PacketSlot packet) {
        int port = Segments.sourcePort(packet);
        int seq = Segments.sequenceNumber(packet);
        if (Segments.has(packet, TcpSegment.SYN)) {
            Flow known = flows.get(port);
            if (known == null || known.first != seq + 1) {
                flows.put(port, new Flow(seq + 1));
            }
            return true;
        }
        Flow flow = flows.get(port);
        byte[] payload = Segments.payload(packet);
        int from = flow == null ? 0 : seq - flow.first;
        if (flow == null || payload.length == 0 || from < 0) {
            return true;
        }
        if (from > flow.end) {
            return false;
        }
        for (int i = 0; i < payload.length; i++) {
            int position = from + i;
            int at = position % MAX_STREAM_BYTES;
            if (position >= flow.end) {
                flow.seen[at] = payload[i];
            } else if (position >= flow.end - MAX_STREAM_BYTES && flow.seen[at] != payload[i]) {
                throw simulation.failure("normaliser: byte " + position + " of a TCP connection sent again with another value");
            }
        }
        flow.end = Math.max(flow.end, from + payload.length);
        return true;
    }
}
