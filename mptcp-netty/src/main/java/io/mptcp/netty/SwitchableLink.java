package io.mptcp.netty;

import io.mptcp.wire.PacketSlot;
import io.netty.channel.IoEventLoop;

/**
 * A link that can be cut and mended, for tests and demonstrations: as an interface that goes down, of which the stack hears, or as a cable that is cut
 * further out, of which it does not.
 */
public final class SwitchableLink extends ForwardingLink {
    private IoEventLoop loop;
    private Receiver receiver;
    private volatile boolean up = true;
    private volatile boolean silent;

    public SwitchableLink(SegmentLink link) {
        super(link);
    }

    /** Takes the link down, or up again, and tells the stack. Any thread; it happens on the loop. */
    public void setUp(boolean up) {
        loop.execute(() -> {
            this.up = up;
            receiver.linkStateChanged(this, isUp());
        });
    }

    /** Loses everything in both directions from now on, or no longer, without a word. Any thread. */
    public void setSilent(boolean silent) {
        this.silent = silent;
    }

    private boolean carries() {
        return up && !silent;
    }

    @Override
    public void start(IoEventLoop ownLoop, Receiver outer) {
        loop = ownLoop;
        receiver = outer;
        super.start(ownLoop, new Gate());
    }

    @Override
    public SendResult send(PacketSlot slot) {
        return carries() ? super.send(slot) : SendResult.DROPPED;
    }

    @Override
    protected void onReceived(PacketSlot slot) {
        // The gate behind it decides.
    }

    @Override
    public boolean isUp() {
        return up && super.isUp();
    }

    /** Lets through what may pass. */
    private final class Gate implements Receiver {
        @Override
        public void received(SegmentLink link, PacketSlot slot) {
            if (carries()) {
                receiver.received(link, slot);
            }
        }

        @Override
        public void drained(SegmentLink link) {
            receiver.drained(link);
        }

        @Override
        public void writable(SegmentLink link) {
            receiver.writable(link);
        }

        @Override
        public void propertiesChanged(SegmentLink link) {
            receiver.propertiesChanged(link);
        }

        @Override
        public void linkStateChanged(SegmentLink link, boolean linkUp) {
            receiver.linkStateChanged(link, linkUp && up);
        }
    }
}
