package io.mptcp.sim.fuzz;

import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.SubflowInfo;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpOptions;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What RFC 9293 and RFC 5961 let a segment do to a connection, told from the outside: from what its host has sent, and from the counts it shows.
 * A segment that fails one of the checks of section 3.10.7.4 changes nothing; and what the host sends never takes back what it has said.
 */
final class FuzzOracle {
    /** Beyond every receive buffer of a {@link FuzzRun}. */
    private static final int BEYOND_ANY_WINDOW = 1 << 20;
    private static final List<String> SYNCHRONISED = List.of("ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT", "CLOSING", "LAST_ACK");
    private static final List<String> FIN_RECEIVED = List.of("CLOSE_WAIT", "CLOSING", "LAST_ACK");

    private record Key(long localHi, long localLo, int localPort, long remoteHi, long remoteLo, int remotePort) {
    }

    /** What a host has said on one TCP connection. Numbers are relative to the initial ones. */
    private static final class Flow {
        private final int iss;
        private int irs;
        private boolean answered;
        /** It has sent a segment without SYN. */
        private boolean synchronised;
        private boolean mptcp;
        private boolean scales;
        private int shift;
        private boolean peerScales;
        private boolean peerDoesNotScale;
        private long sentEnd = 1;
        private long highestAck = 1;
        private long highestEdge;
        private byte[] sent = new byte[4096];
        private final BitSet known = new BitSet();

        Flow(int iss) {
            this.iss = iss;
        }

        /** Whether this is plain TCP without doubt about what its window fields mean. */
        boolean hasClearWindow() {
            return !mptcp && answered && (!scales || peerScales != peerDoesNotScale);
        }

        int unit() {
            return scales && peerScales ? 1 << shift : 1;
        }
    }

    /** A connection and one of its subflows before a segment comes. */
    private record Before(MptcpConnection connection, SubflowInfo subflow, Flow flow, long bytesReceived, long bytesAcked, boolean fallback) {
    }

    private final String name;
    private final boolean cookies;
    private final Map<Key, Flow> flows = new HashMap<>();
    private final TcpOptions options = new TcpOptions();
    private final PacketSlot slot = new PacketSlot();
    private Before before;
    private boolean mayChange;
    private String why;

    /** @param cookies SYN cookies are in use: an old third ACK may open a connection again that has the numbers of another */
    FuzzOracle(String name, boolean cookies) {
        this.name = name;
        this.cookies = cookies;
        slot.buffer = Arena.ofAuto().allocate(65_535 + 128, 8);
    }

    private static Key sender(FuzzPacket packet, MemorySegment bytes) {
        return new Key(packet.sourceHi, packet.sourceLo, TcpSegment.sourcePort(bytes, 0), packet.destinationHi, packet.destinationLo,
                TcpSegment.destinationPort(bytes, 0));
    }

    private static Key receiver(FuzzPacket packet, MemorySegment bytes) {
        return new Key(packet.destinationHi, packet.destinationLo, TcpSegment.destinationPort(bytes, 0), packet.sourceHi, packet.sourceLo,
                TcpSegment.sourcePort(bytes, 0));
    }

    // ---- what is sent ----

    /** A segment the host has sent. */
    void onSent(FuzzPacket packet) {
        MemorySegment bytes = MemorySegment.ofArray(packet.bytes);
        int flags = TcpSegment.flags(bytes, 0);
        if ((flags & TcpSegment.RST) != 0) {
            return; // also from where there is no connection
        }
        int headerLength = TcpSegment.headerLength(bytes, 0);
        int payload = packet.bytes.length - headerLength;
        options.parse(bytes, 0, payload);
        Key key = sender(packet, bytes);
        Flow flow = flows.get(key);
        if ((flags & TcpSegment.SYN) != 0) {
            onSyn(key, flow, bytes, (flags & TcpSegment.ACK) != 0);
            return;
        }
        if (flow == null) {
            return; // a SYN cookie's connection, or what is left of one in TIME-WAIT
        }
        int ackNumber = TcpSegment.acknowledgmentNumber(bytes, 0);
        if (!flow.answered) {
            flow.answered = true;
            flow.irs = ackNumber - 1; // or more, where the SYN/ACK brought text: so the window of the SYN cannot be compared
            flow.highestEdge = 0;
        }
        long seq = TcpSegment.sequenceNumber(bytes, 0) - flow.iss;
        long ack = ackNumber - flow.irs;
        if (payload == 0 && seq == flow.sentEnd - 1 && ack == flow.highestAck && flow.hasClearWindow()) {
            onWindow(flow, ack, bytes); // a keep-alive probe opens the window, too
            return;
        }
        if (seq < 0 || seq > flow.sentEnd || payload == 0 && seq + (flags & TcpSegment.FIN) < flow.sentEnd) {
            return; // a keep-alive probe, or of an earlier or later connection of the same ports, whose SYN/ACK is still to come
        }
        if (flow.highestAck == 1 && flow.highestEdge > 0 && (ack < 1 || ack > flow.highestEdge + 1)) {
            flows.remove(key); // as before, with the same initial sequence number: it was made in the same tick of the clock
            return;
        }
        flow.synchronised = true;
        flow.sentEnd = Math.max(flow.sentEnd, seq + payload + ((flags & TcpSegment.FIN) != 0 ? 1 : 0));
        content(flow, (int) seq, packet.bytes, headerLength, payload);
        require(ack >= flow.highestAck, "acknowledgment went back from " + flow.highestAck + " to " + ack);
        flow.highestAck = ack;
        if (flow.hasClearWindow()) {
            require(flow.highestEdge == 0 || ack <= flow.highestEdge + 1, "acknowledged " + ack + ", the window ended at " + flow.highestEdge);
            onWindow(flow, ack, bytes);
        }
    }

    private void onWindow(Flow flow, long ack, MemorySegment bytes) {
        long edge = ack + (long) TcpSegment.window(bytes, 0) * flow.unit();
        require(edge > flow.highestEdge - flow.unit(), "the window shrank from " + flow.highestEdge + " to " + edge);
        flow.highestEdge = Math.max(flow.highestEdge, edge);
    }

    private void onSyn(Key key, Flow known, MemorySegment bytes, boolean answer) {
        if (answer && cookies) {
            flows.remove(key);
            return;
        }
        int iss = TcpSegment.sequenceNumber(bytes, 0);
        int irs = TcpSegment.acknowledgmentNumber(bytes, 0) - 1;
        Flow flow = known;
        boolean another = known != null && answer && (known.synchronised || known.answered && known.irs != irs); // of the same ports, if not of the same numbers
        if (known == null || known.iss != iss || another) {
            flow = new Flow(iss);
            flows.put(key, flow);
        }
        flow.answered |= answer;
        flow.irs = answer ? irs : flow.irs;
        flow.mptcp |= options.mptcp.present != 0;
        flow.scales = options.windowScale >= 0;
        flow.peerScales |= answer && flow.scales;
        flow.peerDoesNotScale |= answer && !flow.scales;
        flow.shift = Math.max(0, options.windowScale);
        flow.highestEdge = Math.max(flow.highestEdge, 1 + TcpSegment.window(bytes, 0)); // not scaled (RFC 7323 section 2.2)
    }

    /** The same number, the same byte, however often it is sent. */
    private void content(Flow flow, int from, byte[] bytes, int at, int length) {
        if (from + length > flow.sent.length) {
            flow.sent = Arrays.copyOf(flow.sent, 2 * (from + length));
        }
        for (int i = 0; i < length; i++) {
            require(!flow.known.get(from + i) || flow.sent[from + i] == bytes[at + i], "byte " + (from + i) + " sent with another value than before");
            flow.sent[from + i] = bytes[at + i];
        }
        flow.known.set(from, from + length);
    }

    // ---- what is received ----

    /** A SYN/ACK that has come for good: it says whether windows are scaled. */
    void onReceived(FuzzPacket packet) {
        MemorySegment bytes = MemorySegment.ofArray(packet.bytes);
        if (packet.protocol != IpHeaders.PROTOCOL_TCP || !TcpSegment.validate(bytes, 0, packet.bytes.length)
                || (TcpSegment.flags(bytes, 0) & TcpSegment.SYN) == 0) {
            return;
        }
        Flow flow = flows.get(receiver(packet, bytes));
        if (flow != null && !flow.answered) {
            options.parse(bytes, 0, packet.bytes.length - TcpSegment.headerLength(bytes, 0));
            flow.peerScales |= options.windowScale >= 0;
            flow.peerDoesNotScale |= options.windowScale < 0;
        }
    }

    /** To be called before the host gets the segment; {@link #after} when it has. */
    void before(FuzzPacket packet, List<MptcpConnection> connections) {
        before = null;
        MemorySegment bytes = MemorySegment.ofArray(packet.bytes);
        if (packet.protocol != IpHeaders.PROTOCOL_TCP || packet.bytes.length < TcpSegment.MIN_HEADER_LENGTH) {
            return;
        }
        onReceived(packet);
        Key key = receiver(packet, bytes);
        Flow flow = flows.get(key);
        if (flow == null || !flow.answered) {
            return;
        }
        for (MptcpConnection connection : connections) {
            for (SubflowInfo subflow : connection.subflows()) {
                if (SYNCHRONISED.contains(subflow.state()) && is(subflow, key)) {
                    before = new Before(connection, subflow, flow, connection.bytesReceived(), connection.bytesAcked(), connection.isFallback());
                    judge(packet, bytes);
                    return;
                }
            }
        }
    }

    private static boolean is(SubflowInfo subflow, Key key) {
        return subflow.local().port() == key.localPort && subflow.remote().port() == key.remotePort
                && subflow.local().address().lo() == key.localLo && subflow.local().address().hi() == key.localHi
                && subflow.remote().address().lo() == key.remoteLo && subflow.remote().address().hi() == key.remoteHi;
    }

    private void judge(FuzzPacket packet, MemorySegment bytes) {
        mayChange = false;
        Flow flow = before.flow;
        if (!TcpSegment.validate(bytes, 0, packet.bytes.length)) {
            why = "is no TCP segment";
            return;
        }
        packet.to(slot);
        if (!packet.verified && !Checksum.verifyTcp(slot)) {
            why = "has a wrong checksum";
            return;
        }
        int flags = TcpSegment.flags(bytes, 0);
        int length = packet.bytes.length - TcpSegment.headerLength(bytes, 0) + ((flags & TcpSegment.FIN) != 0 ? 1 : 0);
        long seq = TcpSegment.sequenceNumber(bytes, 0) - flow.irs;
        long ack = TcpSegment.acknowledgmentNumber(bytes, 0) - flow.iss;
        // RCV.NXT is between the last acknowledgment and this: what came out of order counts as received.
        long highestRcvNxt = 1 + before.subflow.bytesReceived() + (FIN_RECEIVED.contains(before.subflow.state()) ? 1 : 0);
        long windowEnd = flow.hasClearWindow() && !before.connection.isClosed() ? Math.max(flow.highestEdge, highestRcvNxt) : highestRcvNxt + BEYOND_ANY_WINDOW;
        if ((flags & TcpSegment.RST) != 0) {
            why = "is a RST off RCV.NXT, " + seq + " and not " + flow.highestAck + " to " + highestRcvNxt;
            mayChange = seq >= flow.highestAck && seq <= highestRcvNxt;
        } else if ((flags & TcpSegment.SYN) != 0 || (flags & TcpSegment.ACK) == 0) {
            why = "is a SYN, or has no ACK";
        } else if (seq > windowEnd) {
            why = "is beyond the window, " + seq + " > " + windowEnd;
        } else if (seq + length < flow.highestAck) {
            why = "is old";
        } else if (ack > flow.sentEnd) {
            why = "acknowledges " + ack + ", sent were " + flow.sentEnd;
        } else {
            mayChange = true;
        }
    }

    void after() {
        if (before == null || mayChange) {
            return;
        }
        MptcpConnection connection = before.connection;
        SubflowInfo now = connection.subflows().stream().filter(it -> it.id() == before.subflow.id()).findFirst().orElse(null);
        boolean same = now != null && now.state().equals(before.subflow.state()) && now.bytesReceived() == before.subflow.bytesReceived()
                && now.bytesAcked() == before.subflow.bytesAcked() && connection.bytesReceived() == before.bytesReceived
                && connection.bytesAcked() == before.bytesAcked && connection.isFallback() == before.fallback;
        require(same, "a segment that " + why + " has changed " + before.subflow + " to " + now);
    }

    /** What holds of a subflow at all times. */
    void check(SubflowInfo subflow) {
        Flow flow = flows.get(new Key(subflow.local().address().hi(), subflow.local().address().lo(), subflow.local().port(),
                subflow.remote().address().hi(), subflow.remote().address().lo(), subflow.remote().port()));
        if (flow != null && SYNCHRONISED.contains(subflow.state())) {
            require(1 + subflow.bytesAcked() <= flow.sentEnd, "acknowledged is more than was ever sent, " + flow.sentEnd + ": " + subflow);
            require(flow.highestAck <= 2 + subflow.bytesReceived(), "acknowledged more than was received, " + flow.highestAck + ": " + subflow);
        }
    }

    private void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new AssertionError(name + ": " + otherwise);
        }
    }
}
