package io.mptcp.netty;

import io.mptcp.wire.PacketSlot;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Ticker;
import java.io.UncheckedIOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records what another link sends and receives. The packets in the file are what the stack sees: segments under IP headers made up from
 * the addresses, checksums right, super-segments whole, and no trace of the link's own encapsulation. Segments the link did not take
 * ({@link SendResult#AGAIN}, {@link SendResult#DROPPED}) are not recorded.
 */
public final class PcapLink extends ForwardingLink {
    private static final Logger LOG = LoggerFactory.getLogger(PcapLink.class);

    private final PcapWriter writer;
    private final PcapRecorder recorder;
    private Ticker clock = Ticker.systemTicker();
    private boolean failed;

    /** The writer stays the caller's: it is to be closed after the links that share it. */
    public PcapLink(SegmentLink link, PcapWriter writer) {
        super(link);
        this.writer = writer;
        this.recorder = new PcapRecorder(writer, link.name());
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
        if (failed) {
            return;
        }
        try {
            recorder.record(clock.nanoTime(), slot, direction);
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
