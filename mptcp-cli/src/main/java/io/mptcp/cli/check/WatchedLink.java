package io.mptcp.cli.check;

import io.mptcp.netty.ForwardingLink;
import io.mptcp.netty.SegmentLink;
import io.mptcp.wire.PacketSlot;
import io.netty.util.concurrent.Ticker;

/** A link whose segments a {@link SegmentWatch} sees. */
final class WatchedLink extends ForwardingLink {
    private final SegmentWatch watch;
    private final Ticker clock;

    WatchedLink(SegmentLink link, SegmentWatch watch, Ticker clock) {
        super(link);
        this.watch = watch;
        this.clock = clock;
    }

    @Override
    public SendResult send(PacketSlot slot) {
        long nowNanos = clock.nanoTime();
        SendResult result = super.send(slot);
        if (result == SendResult.SENT) {
            watch.sent(id(), slot, nowNanos);
        }
        return result;
    }

    @Override
    protected void onReceived(PacketSlot slot) {
        watch.received(id(), slot, clock.nanoTime());
    }
}
