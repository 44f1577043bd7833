package io.mptcp.stack;

import io.mptcp.tcp.SocketOptions;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.OptionWriter;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.MemorySegment;

/**
 * Answers for which no state is kept: SYN/ACKs with cookies, acknowledgments of what comes in TIME-WAIT. Their headers wait here for the
 * next transmit; when it is full, more are dropped: whoever is owed an answer asks again.
 */
final class ReplyQueue {
    private static final int CAPACITY = 256;

    private static final class Reply {
        int linkId;
        long localHi;
        long localLo;
        long remoteHi;
        long remoteLo;
        int trafficClass;
        int hopLimit;
        int length;
        final MemorySegment header = MemorySegment.ofArray(new byte[TcpSegment.MAX_HEADER_LENGTH]);
    }

    private final Reply[] ring = new Reply[CAPACITY];
    private final OptionWriter options = new OptionWriter();
    private int head;
    private int size;

    /** Begins an answer to the segment in the slot. @return where its options go, before {@link #finish}; null when there is no room */
    OptionWriter begin(PacketSlot in, SocketOptions socket) {
        if (size == CAPACITY) {
            return null;
        }
        int index = (head + size) % CAPACITY;
        if (ring[index] == null) {
            ring[index] = new Reply();
        }
        Reply reply = ring[index];
        reply.linkId = in.linkId;
        reply.localHi = in.destinationHi;
        reply.localLo = in.destinationLo;
        reply.remoteHi = in.sourceHi;
        reply.remoteLo = in.sourceLo;
        reply.trafficClass = socket.trafficClass();
        reply.hopLimit = socket.hopLimit();
        TcpSegment.encode(reply.header, 0, TcpSegment.destinationPort(in.buffer, in.offset), TcpSegment.sourcePort(in.buffer, in.offset), 0, 0,
                TcpSegment.MIN_HEADER_LENGTH, 0, 0);
        options.begin(reply.header, TcpSegment.MIN_HEADER_LENGTH);
        return options;
    }

    void finish(int sequenceNumber, int acknowledgmentNumber, int flags, int window) {
        Reply reply = ring[(head + size) % CAPACITY];
        reply.length = TcpSegment.MIN_HEADER_LENGTH + options.finish();
        TcpSegment.encode(reply.header, 0, TcpSegment.sourcePort(reply.header, 0), TcpSegment.destinationPort(reply.header, 0), sequenceNumber,
                acknowledgmentNumber, reply.length, flags, window);
        size++;
    }

    boolean transmit(PacketSlot out) {
        if (size == 0) {
            return false;
        }
        Reply reply = ring[head];
        head = (head + 1) % CAPACITY;
        size--;
        out.clearPayloadReference();
        out.linkId = reply.linkId;
        out.sourceHi = reply.localHi;
        out.sourceLo = reply.localLo;
        out.destinationHi = reply.remoteHi;
        out.destinationLo = reply.remoteLo;
        out.protocol = IpHeaders.PROTOCOL_TCP;
        out.trafficClass = reply.trafficClass;
        out.hopLimit = reply.hopLimit;
        out.ecn = 0;
        out.segmentSize = 0;
        out.checksumState = PacketSlot.CHECKSUM_UNVERIFIED;
        MemorySegment.copy(reply.header, 0, out.buffer, out.offset, reply.length);
        out.length = reply.length;
        return true;
    }
}
