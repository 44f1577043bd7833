package io.mptcp.netty;

import io.mptcp.stack.LinkProperties;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.PacketSlot;
import io.netty.channel.IoEventLoop;
import java.io.IOException;

/** A link around another one, to look at what passes. Subclasses override {@link #send} and {@link #onReceived}; all else is the inner link's. */
public abstract class ForwardingLink implements SegmentLink {
    private final SegmentLink link;

    protected ForwardingLink(SegmentLink link) {
        this.link = link;
    }

    /** A segment or ICMP message on its way up, before the receiver gets it. */
    protected abstract void onReceived(PacketSlot slot);

    @Override
    public int id() {
        return link.id();
    }

    @Override
    public String name() {
        return link.name();
    }

    @Override
    public LinkProperties properties() {
        return link.properties();
    }

    @Override
    public IpAddress localAddressFor(IpAddress remote) {
        return link.localAddressFor(remote);
    }

    @Override
    public int headroomBytes() {
        return link.headroomBytes();
    }

    @Override
    public boolean gathers() {
        return link.gathers();
    }

    @Override
    public void start(IoEventLoop loop, Receiver receiver) {
        link.start(loop, new OuterReceiver(receiver));
    }

    @Override
    public SendResult send(PacketSlot slot) {
        return link.send(slot);
    }

    @Override
    public void flush() {
        link.flush();
    }

    @Override
    public int replyHint() {
        return link.replyHint();
    }

    @Override
    public void learn(PacketSlot slot, int replyHint) {
        link.learn(slot, replyHint);
    }

    @Override
    public int poll(int segments) {
        return link.poll(segments);
    }

    @Override
    public int openPort(int port) throws IOException {
        return link.openPort(port);
    }

    @Override
    public void closePort(int port) {
        link.closePort(port);
    }

    @Override
    public boolean isUp() {
        return link.isUp();
    }

    @Override
    public void close() {
        link.close();
    }

    /** The receiver knows the outer link only. */
    private final class OuterReceiver implements Receiver {
        private final Receiver receiver;

        OuterReceiver(Receiver receiver) {
            this.receiver = receiver;
        }

        @Override
        public void received(SegmentLink from, PacketSlot slot) {
            onReceived(slot);
            receiver.received(ForwardingLink.this, slot);
        }

        @Override
        public void drained(SegmentLink from) {
            receiver.drained(ForwardingLink.this);
        }

        @Override
        public void writable(SegmentLink from) {
            receiver.writable(ForwardingLink.this);
        }

        @Override
        public void propertiesChanged(SegmentLink from) {
            receiver.propertiesChanged(ForwardingLink.this);
        }

        @Override
        public void routingChanged(SegmentLink from) {
            receiver.routingChanged(ForwardingLink.this);
        }

        @Override
        public void linkStateChanged(SegmentLink from, boolean up) {
            receiver.linkStateChanged(ForwardingLink.this, up);
        }
    }
}
