package io.mptcp.netty.linux;

import static io.mptcp.netty.linux.RouteMessages.*;

import java.util.function.Consumer;

/**
 * Changes of interfaces, neighbours, addresses and routes, as the kernel announces them by rtnetlink. Its descriptor is to be polled;
 * {@link #drain} then calls the listener. For one thread; needs no privilege.
 */
public final class RouteEvents implements AutoCloseable {
    /** What is told; each call may come without anything having changed. */
    public interface Listener {
        void linkChanged(LinkInfo link);

        void linkRemoved(LinkInfo link);

        /** A neighbour was resolved, failed, or is on probation. */
        void neighbourChanged(Neighbour neighbour);

        void neighbourRemoved(Neighbour neighbour);

        /** Addresses or routes came or went: what was looked up before may be wrong now. Not called when routes go because a link is down. */
        void routingChanged();

        /** The socket overflowed: anything may have changed. */
        void eventsLost();
    }

    private static final int RTMGRP_LINK = 0x1;
    private static final int RTMGRP_NEIGH = 0x4;
    private static final int RTMGRP_IPV4_IFADDR = 0x10;
    private static final int RTMGRP_IPV4_ROUTE = 0x40;
    private static final int RTMGRP_IPV6_IFADDR = 0x100;
    private static final int RTMGRP_IPV6_ROUTE = 0x400;
    private static final int GROUPS =
            RTMGRP_LINK | RTMGRP_NEIGH | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE;

    private static final int PF_BRIDGE = 7;

    private final Netlink netlink;
    private final Listener listener;
    private final Consumer<NetlinkReader> dispatch = this::dispatch;

    private RouteEvents(Netlink netlink, Listener listener) {
        this.netlink = netlink;
        this.listener = listener;
    }

    /** Subscribes in the network namespace of the calling thread. */
    public static RouteEvents open(Listener listener) throws LinuxException {
        return new RouteEvents(Netlink.open(Netlink.NETLINK_ROUTE, GROUPS), listener);
    }

    /** For polling; it belongs to this object. */
    public int fd() {
        return netlink.fd();
    }

    /** Tells the listener everything that is waiting. */
    public void drain() {
        while (true) {
            int result = netlink.receive(dispatch);
            if (result == -Errno.ENOBUFS) {
                listener.eventsLost();
            } else if (result <= 0) {
                return;
            }
        }
    }

    private void dispatch(NetlinkReader message) {
        boolean ofBridge = message.body8(0) == PF_BRIDGE;
        if (ofBridge) {
            return; // RTM_DELLINK then means that an interface has left a bridge
        }
        switch (message.type()) {
            case RTM_NEWLINK -> listener.linkChanged(RouteMessages.link(message));
            case RTM_DELLINK -> listener.linkRemoved(RouteMessages.link(message));
            case RTM_NEWNEIGH -> {
                Neighbour neighbour = RouteMessages.neighbour(message);
                if (neighbour != null) {
                    listener.neighbourChanged(neighbour);
                }
            }
            case RTM_DELNEIGH -> {
                Neighbour neighbour = RouteMessages.neighbour(message);
                if (neighbour != null) {
                    listener.neighbourRemoved(neighbour);
                }
            }
            case RTM_NEWADDR, RTM_DELADDR, RTM_NEWROUTE, RTM_DELROUTE -> listener.routingChanged();
            default -> { }
        }
    }

    @Override
    public void close() {
        netlink.close();
    }
}
