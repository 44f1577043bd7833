package io.mptcp.stack;

import io.mptcp.tcp.IncomingSegment;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.OptionWriter;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;

/**
 * Resets for segments that belong to no connection (RFC 9293 section 3.5.2). A few wait here for the next transmit; more, and more than so
 * many a second, are dropped: nobody is owed one.
 */
final class ResetQueue {
    private static final int CAPACITY = 64;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private static final class Reset {
        int linkId;
        long localHi;
        long localLo;
        long remoteHi;
        long remoteLo;
        int localPort;
        int remotePort;
        int sequenceNumber;
        int acknowledgmentNumber;
        int flags;
        /** MP_TCPRST reason, -1 for none. */
        int reason;
    }

    private final Reset[] ring = new Reset[CAPACITY];
    private final OptionWriter options = new OptionWriter();
    private final int maxPerSecond;
    private int head;
    private int size;
    private long secondStartNanos = Long.MIN_VALUE;
    private int sentThisSecond;

    ResetQueue(int maxPerSecond) {
        this.maxPerSecond = maxPerSecond;
        for (int i = 0; i < CAPACITY; i++) {
            ring[i] = new Reset();
        }
    }

    /** @return whether a reset will be sent */
    boolean add(long nowNanos, PacketSlot in, IncomingSegment segment, int reason) {
        if (segment.has(TcpSegment.RST) || size == CAPACITY || !withinRate(nowNanos)) {
            return false;
        }
        Reset reset = ring[(head + size++) % CAPACITY];
        reset.linkId = in.linkId;
        reset.localHi = in.destinationHi;
        reset.localLo = in.destinationLo;
        reset.remoteHi = in.sourceHi;
        reset.remoteLo = in.sourceLo;
        reset.localPort = TcpSegment.destinationPort(in.buffer, in.offset);
        reset.remotePort = TcpSegment.sourcePort(in.buffer, in.offset);
        reset.reason = reason;
        if (segment.has(TcpSegment.ACK)) {
            reset.sequenceNumber = segment.acknowledgmentNumber;
            reset.acknowledgmentNumber = 0;
            reset.flags = TcpSegment.RST;
        } else {
            reset.sequenceNumber = 0;
            reset.acknowledgmentNumber = segment.sequenceNumber + segment.sequenceLength();
            reset.flags = TcpSegment.RST | TcpSegment.ACK;
        }
        return true;
    }

    private boolean withinRate(long nowNanos) {
        if (secondStartNanos == Long.MIN_VALUE || nowNanos - secondStartNanos >= NANOS_PER_SECOND) {
            secondStartNanos = nowNanos;
            sentThisSecond = 0;
        }
        return sentThisSecond++ < maxPerSecond;
    }

    boolean transmit(PacketSlot out) {
        if (size == 0) {
            return false;
        }
        Reset reset = ring[head];
        head = (head + 1) % CAPACITY;
        size--;
        out.clearPayloadReference();
        out.linkId = reset.linkId;
        out.sourceHi = reset.localHi;
        out.sourceLo = reset.localLo;
        out.destinationHi = reset.remoteHi;
        out.destinationLo = reset.remoteLo;
        out.protocol = IpHeaders.PROTOCOL_TCP;
        out.trafficClass = 0;
        out.hopLimit = IpHeaders.DEFAULT_HOP_LIMIT;
        out.ecn = 0;
        out.segmentSize = 0;
        options.begin(out.buffer, out.offset + TcpSegment.MIN_HEADER_LENGTH);
        if (reset.reason >= 0) {
            options.mpTcpRst(reset.reason, false);
        }
        int headerLength = TcpSegment.MIN_HEADER_LENGTH + options.finish();
        TcpSegment.encode(out.buffer, out.offset, reset.localPort, reset.remotePort, reset.sequenceNumber, reset.acknowledgmentNumber,
                headerLength, reset.flags, 0);
        out.length = headerLength;
        return true;
    }
}
