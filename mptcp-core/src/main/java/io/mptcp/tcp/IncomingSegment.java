package io.mptcp.tcp;

import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpOptions;
import io.mptcp.wire.TcpSegment;
import java.lang.foreign.MemorySegment;

/** One received segment taken apart; one object per stack, filled anew for every segment. */
public final class IncomingSegment {
    public MemorySegment buffer;
    public long payloadOffset;
    public int payloadLength;
    public int sequenceNumber;
    public int acknowledgmentNumber;
    public int flags;
    /** The urgent pointer field; it means something only with URG. */
    public int urgentPointer;
    /** The window field, unscaled. */
    public int window;
    public int ecn;
    /** Payload of each packet this segment was merged from, 0 if unknown. */
    public int segmentSize;
    public int linkId;
    /** Relative sequence number of the first payload byte or flag, set by {@link TcpInput}. */
    public long ssn;
    /** Relative acknowledgment number, set by {@link TcpInput}. */
    public long ackSsn;
    /** The window in bytes, scaled, set by {@link TcpInput}. */
    public long windowBytes;
    /** Whether the segment acknowledges something that was outstanding, set by {@link TcpInput}. */
    public boolean acksNewData;
    public final TcpOptions options = new TcpOptions();

    /** Takes apart the TCP segment in the slot, which {@link TcpSegment#validate} has accepted. */
    public void read(PacketSlot slot) {
        buffer = slot.buffer;
        linkId = slot.linkId;
        ecn = slot.ecn;
        segmentSize = slot.segmentSize;
        int headerLength = TcpSegment.headerLength(buffer, slot.offset);
        payloadOffset = slot.offset + headerLength;
        payloadLength = slot.length - headerLength;
        sequenceNumber = TcpSegment.sequenceNumber(buffer, slot.offset);
        acknowledgmentNumber = TcpSegment.acknowledgmentNumber(buffer, slot.offset);
        flags = TcpSegment.flags(buffer, slot.offset);
        window = TcpSegment.window(buffer, slot.offset);
        urgentPointer = TcpSegment.urgentPointer(buffer, slot.offset);
        options.parse(buffer, slot.offset, payloadLength);
        ssn = 0;
        ackSsn = 0;
        windowBytes = window;
        acksNewData = false;
    }

    /** Whether a SYN asks for ECN (RFC 3168 section 6.1.1). */
    public boolean asksForEcn() {
        return (flags & (TcpSegment.ECE | TcpSegment.CWR)) == (TcpSegment.ECE | TcpSegment.CWR) && ecn == 0;
    }

    public boolean has(int flagBits) {
        return (flags & flagBits) != 0;
    }

    /** Sequence numbers the segment occupies: payload, SYN and FIN. */
    public int sequenceLength() {
        return payloadLength + (has(TcpSegment.SYN) ? 1 : 0) + (has(TcpSegment.FIN) ? 1 : 0);
    }
}
