package io.mptcp.netty;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Makes IP packets of the segments of one link for a {@link PcapWriter}: as the stack sees them, super-segments whole, checksums right. */
public final class PcapRecorder {
    public static final int INBOUND = PcapWriter.DIRECTION_INBOUND;
    public static final int OUTBOUND = PcapWriter.DIRECTION_OUTBOUND;
    private static final int MAX_PACKET_BYTES = 0xffff;

    private final PcapWriter writer;
    private final int interfaceId;
    private final PacketSlot scratch = new PacketSlot();

    /** Declares the interface in the file. */
    public PcapRecorder(PcapWriter writer, String interfaceName) {
        this.writer = writer;
        this.interfaceId = writer.addInterface(interfaceName);
        scratch.buffer = Arena.ofAuto().allocate(IpHeaders.MAX_ENCODED_LENGTH + MptcpDriver.MAX_SEGMENT_BYTES);
        scratch.offset = IpHeaders.MAX_ENCODED_LENGTH;
    }

    /**
     * Records a segment or ICMP message; what is no TCP segment is left out.
     *
     * @param nowNanos  reading of the event loop's clock
     * @param direction {@link #INBOUND} or {@link #OUTBOUND}
     * @throws UncheckedIOException when it cannot be written
     */
    public void record(long nowNanos, PacketSlot slot, int direction) {
        boolean tcp = slot.protocol == IpHeaders.PROTOCOL_TCP;
        if (tcp && !TcpSegment.validate(slot.buffer, slot.offset, slot.length)) {
            return;
        }
        scratch.copyIpFields(slot);
        int ipHeader = IpHeaders.encodedLength(slot);
        int headerLength = tcp ? TcpSegment.headerLength(slot.buffer, slot.offset) : slot.length;
        // A record longer than an IP packet can be is cut at the end rather than left out.
        int payloadLength = Math.min(slot.totalLength() - headerLength, MAX_PACKET_BYTES - ipHeader - headerLength);
        MemorySegment.copy(slot.buffer, slot.offset, scratch.buffer, scratch.offset, headerLength);
        SoftwareSegmenter.copyPayload(slot, headerLength, 0, payloadLength, scratch.buffer, scratch.offset + headerLength);
        scratch.length = headerLength + payloadLength;
        if (tcp) {
            Checksum.fillTcp(scratch);
        }
        IpHeaders.encodeHeader(scratch, 0);
        writer.write(interfaceId, nowNanos, direction, scratch.buffer, scratch.offset - ipHeader, ipHeader + scratch.length);
    }
}
