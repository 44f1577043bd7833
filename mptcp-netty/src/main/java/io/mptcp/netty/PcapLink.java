package io.mptcp.netty;

import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Ticker;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records what another link sends and receives. The packets in the file are what the stack sees: segments under IP headers made up from
 * the addresses, checksums right, super-segments whole, and no trace of the link's own encapsulation. Segments the link did not take
 * ({@link SendResult#AGAIN}, {@link SendResult#DROPPED}) are not recorded.
 */
public final class PcapLink extends ForwardingLink {
    private static final Logger LOG = LoggerFactory.getLogger(PcapLink.class);
    private static final int MAX_PACKET_BYTES = 0xffff;

    private final PcapWriter writer;
    private final int interfaceId;
    private final PacketSlot scratch = new PacketSlot();
    private Ticker clock = Ticker.systemTicker();
    private boolean failed;

    /** The writer stays the caller's: it is to be closed after the links that share it. */
    public PcapLink(SegmentLink link, PcapWriter writer) {
        super(link);
        this.writer = writer;
        this.interfaceId = writer.addInterface(link.name());
        scratch.buffer = Arena.ofAuto().allocate(IpHeaders.MAX_ENCODED_LENGTH + MptcpDriver.MAX_SEGMENT_BYTES);
        scratch.offset = IpHeaders.MAX_ENCODED_LENGTH;
    }

    @Override
    public void start(IoEventLoop loop, Receiver receiver) {
        clock = loop.ticker();
        super.start(loop, receiver);
    }

    @Override
    public SendResult send(PacketSlot slot) {
        SendResult result = super.send(slot);
        if (result == SendResult.SENT) {
            record(slot, PcapWriter.DIRECTION_OUTBOUND);
        }
        return result;
    }

    @Override
    protected void onReceived(PacketSlot slot) {
        record(slot, PcapWriter.DIRECTION_INBOUND);
    }

    /** Closes the link and brings the file up to date. */
    @Override
    public void close() {
        super.close();
        if (!failed) {
            try {
                writer.flush();
            } catch (UncheckedIOException e) {
                giveUp(e);
            }
        }
    }

    private void record(PacketSlot slot, int direction) {
        boolean tcp = slot.protocol == IpHeaders.PROTOCOL_TCP;
        if (failed || (tcp && !TcpSegment.validate(slot.buffer, slot.offset, slot.length))) {
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
        try {
            writer.write(interfaceId, clock.nanoTime(), direction, scratch.buffer, scratch.offset - ipHeader, ipHeader + scratch.length);
        } catch (UncheckedIOException e) {
            giveUp(e);
        }
    }

    /** A full disk ends the recording, not the connections. */
    private void giveUp(UncheckedIOException e) {
        failed = true;
        LOG.warn("recording of link {} ends: {}", name(), e.getMessage());
    }
}
