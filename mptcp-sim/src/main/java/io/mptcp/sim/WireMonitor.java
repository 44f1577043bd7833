package io.mptcp.sim;

import io.mptcp.stack.Keys;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.MptcpOptions;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.Seq;
import io.mptcp.wire.TcpOptions;
import io.mptcp.wire.TcpSegment;
import java.util.HashMap;
import java.util.Map;

/**
 * Sees every segment the moment a stack generates it, before any middlebox, and asserts what must hold on all of them whatever the
 * network does:
 *
 * <ul>
 * <li>subflow acknowledgments and DATA_ACKs never go back and never acknowledge what was not sent;</li>
 * <li>the right edge of the receive window never retreats, over all subflows (RFC 8684 section 3.3.4), but for the rounding of the
 * scaled window field (RFC 7323 section 2.4);</li>
 * <li>a mapping once declared for subflow bytes never changes, and covers the payload it comes with (section 3.3.1);</li>
 * <li>a byte of the data stream always has the same value, on whatever subflow it is sent;</li>
 * <li>nothing lies behind the DATA_FIN, and after fallback no new mapping or DATA_ACK is made (section 3.7).</li>
 * </ul>
 */
public final class WireMonitor {
    /** One direction of a TCP connection. */
    private record FlowKey(long sourceHi, long sourceLo, int sourcePort, long destinationHi, long destinationLo, int destinationPort) {
        FlowKey reversed() {
            return new FlowKey(destinationHi, destinationLo, destinationPort, sourceHi, sourceLo, sourcePort);
        }

        @Override
        public String toString() {
            return new IpAddress(sourceHi, sourceLo) + " port " + sourcePort + " > " + new IpAddress(destinationHi, destinationLo) + " port "
                    + destinationPort;
        }
    }

    private final Simulation simulation;
    private final Map<FlowKey, MonitoredFlow> flows = new HashMap<>();
    private final Map<Integer, MonitoredStream> streamsByToken = new HashMap<>();
    private final TcpOptions options = new TcpOptions();
    private final Keys keys = new Keys();
    private boolean enabled = true;
    private long segments;

    WireMonitor(Simulation simulation) {
        this.simulation = simulation;
    }

    /** For benchmarks: watching costs as much as simulating. */
    public void setEnabled(boolean enabled) {
        this.enabled = enabled;
    }

    /** Segments seen so far, super-segments counted once. */
    public long segments() {
        return segments;
    }

    void generated(PacketSlot slot) {
        segments++;
        if (!enabled) {
            return;
        }
        try {
            inspect(slot);
        } catch (MonitorViolation e) {
            simulation.log().add(simulation.nowNanos(), "*", "generated", slot);
            throw simulation.failure("wire: " + e.getMessage());
        }
    }

    private void inspect(PacketSlot slot) {
        int payload = slot.length - TcpSegment.headerLength(slot.buffer, slot.offset);
        options.parse(slot.buffer, slot.offset, payload);
        int flags = TcpSegment.flags(slot.buffer, slot.offset);
        FlowKey key = new FlowKey(slot.sourceHi, slot.sourceLo, TcpSegment.sourcePort(slot.buffer, slot.offset),
                slot.destinationHi, slot.destinationLo, TcpSegment.destinationPort(slot.buffer, slot.offset));
        MonitoredFlow flow = flows.get(key);
        if ((flags & TcpSegment.SYN) != 0) {
            int isn = TcpSegment.sequenceNumber(slot.buffer, slot.offset);
            if (flow == null || flow.isn != isn) {
                flow = open(key, isn, (flags & TcpSegment.ACK) != 0);
            }
            flow.onSyn(options, (flags & TcpSegment.ACK) != 0);
            if ((flags & TcpSegment.ACK) != 0 && options.mptcp.has(MptcpOptions.MP_CAPABLE)) {
                learn(flow, options.mptcp.senderKey);
            }
            return;
        }
        if (flow == null || (flags & TcpSegment.RST) != 0) {
            // Resets for unknown connections, and those of known ones, promise nothing about sequence numbers.
            return;
        }
        learnClientKey(flow);
        flow.onSegment(slot, flags, payload, options);
    }

    private MonitoredFlow open(FlowKey key, int isn, boolean isReply) {
        MonitoredFlow flow;
        if (isReply) {
            MonitoredFlow request = flows.get(key.reversed());
            if (request == null) {
                throw new MonitorViolation("SYN/ACK without a SYN: " + key);
            }
            flow = new MonitoredFlow(key.toString(), isn, request.stream.reverse, request.joined);
            flow.reverse = request;
            request.reverse = flow;
        } else if (options.mptcp.has(MptcpOptions.MP_JOIN)) {
            MonitoredStream peers = streamsByToken.get(options.mptcp.joinToken);
            if (peers == null) {
                throw new MonitorViolation("MP_JOIN with a token nobody has: " + key);
            }
            flow = new MonitoredFlow(key.toString(), isn, peers.reverse, true);
        } else {
            MonitoredStream stream = new MonitoredStream();
            stream.reverse = new MonitoredStream();
            stream.reverse.reverse = stream;
            flow = new MonitoredFlow(key.toString(), isn, stream, false);
        }
        flows.put(key, flow);
        return flow;
    }

    private void learnClientKey(MonitoredFlow flow) {
        if (!options.mptcp.has(MptcpOptions.MP_CAPABLE)) {
            return;
        }
        if (flow.joined) {
            throw new MonitorViolation("MP_CAPABLE on a joined subflow: " + flow);
        }
        learn(flow, options.mptcp.senderKey);
    }

    private void learn(MonitoredFlow flow, long key) {
        if (flow.stream.knowsKey && flow.stream.key != key) {
            throw new MonitorViolation("the key changed: " + flow);
        }
        if (!flow.stream.knowsKey) {
            flow.stream.knowsKey = true;
            flow.stream.key = key;
            flow.stream.firstDsn = keys.idsn(key) + 1;
            streamsByToken.put(keys.token(key), flow.stream);
        }
    }

    /** Something on the wire that must not be. */
    static final class MonitorViolation extends RuntimeException {
        private static final long serialVersionUID = 1;

        MonitorViolation(String message) {
            super(message, null, false, false);
        }
    }

    /** Reconstructs a relative sequence number near one that is known. */
    static long relative(int sequenceNumber, int isn, long near) {
        return Seq.extend(sequenceNumber - isn, near);
    }
}
