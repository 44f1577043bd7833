package io.mptcp.netty;

import io.mptcp.netty.linux.LinkInfo;
import io.mptcp.netty.linux.LinuxException;
import io.mptcp.netty.linux.Neighbour;
import io.mptcp.netty.linux.RouteEvents;
import io.mptcp.netty.linux.RouteNetlink;
import io.netty.channel.IoEventLoop;

/** Whether an interface is up, and the moment it changes. Needs no privilege. */
final class LinkWatch implements RouteEvents.Listener, AutoCloseable {
    private final LinkInfo link;
    private final RouteEvents events;
    private boolean up;
    private Runnable onChange;
    private FdPoll poll;

    private LinkWatch(String device) throws LinuxException {
        // Subscribed before it is asked for, so that no change falls in between.
        this.events = RouteEvents.open(this);
        try (RouteNetlink netlink = RouteNetlink.open()) {
            this.link = netlink.link(device);
            if (link == null) {
                throw LinuxException.explained("no such interface: " + device, 0);
            }
        } catch (LinuxException e) {
            events.close();
            throw e;
        }
        this.up = link.isUp();
    }

    /** In the network namespace of the calling thread. @throws LinuxException if there is no such interface */
    static LinkWatch of(String device) throws LinuxException {
        return new LinkWatch(device);
    }

    /** The interface as it was when the watch began. */
    LinkInfo link() {
        return link;
    }

    boolean isUp() {
        return up;
    }

    /** Calls {@code onChange} on the loop whenever {@link #isUp} has changed. */
    void start(IoEventLoop loop, Runnable onChange) {
        this.onChange = onChange;
        this.poll = FdPoll.on(loop, events.fd(), events::drain, () -> { });
    }

    @Override
    public void close() {
        if (poll != null) {
            poll.close();
        }
        events.close();
    }

    @Override
    public void linkChanged(LinkInfo changed) {
        if (changed.index() == link.index()) {
            set(changed.isUp());
        }
    }

    @Override
    public void linkRemoved(LinkInfo removed) {
        if (removed.index() == link.index()) {
            set(false);
        }
    }

    @Override
    public void neighbourChanged(Neighbour neighbour) {
    }

    @Override
    public void neighbourRemoved(Neighbour neighbour) {
    }

    @Override
    public void routingChanged() {
    }

    @Override
    public void eventsLost() {
        try (RouteNetlink netlink = RouteNetlink.open()) {
            LinkInfo now = netlink.link(link.index());
            set(now != null && now.isUp());
        } catch (LinuxException e) {
            // Out of descriptors or memory: the state known so far is the best there is, and the next event corrects it.
        }
    }

    private void set(boolean now) {
        if (now != up) {
            up = now;
            if (onChange != null) {
                onChange.run();
            }
        }
    }
}
