package io.mptcp.netty;

import io.mptcp.netty.linux.LinkInfo;
import io.mptcp.netty.linux.LinuxException;
import io.mptcp.netty.linux.Neighbour;
import io.mptcp.netty.linux.Route;
import io.mptcp.netty.linux.RouteNetlink;
import io.mptcp.wire.IpAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which neighbour on one interface leads to a destination, and its hardware address: the kernel's routing and neighbour table, cached. The
 * caller passes on what {@link io.mptcp.netty.linux.RouteEvents} tells, which keeps the cache true.
 */
final class NextHops {
    /** Neighbours are few; more are somebody's trick. */
    private static final int MAX_NEIGHBOURS = 1024;

    private final RouteNetlink netlink;
    private final IpAddress source;
    private final Map<IpAddress, NextHop> neighbours = new HashMap<>();
    private final AddressTable<Path> paths = new AddressTable<>();
    private final AddressTable<Boolean> own = new AddressTable<>();
    private final Path unreachable = new Path(null, null);
    private LinkInfo link;

    /** @param source address packets are sent from, as routing rules may look at it; null for those of the interface */
    NextHops(RouteNetlink netlink, LinkInfo link, IpAddress source) {
        this.netlink = netlink;
        this.link = link;
        this.source = source;
    }

    /** The interface is another one now. */
    void setLink(LinkInfo link) {
        this.link = link;
        neighbours.clear();
        routingChanged();
    }

    /** Forgets what routing said. */
    void routingChanged() {
        paths.clear();
        own.clear();
    }

    /** The neighbour to send to, maybe not resolved yet; null when the destination cannot be reached by this interface. */
    NextHop to(long destinationHi, long destinationLo) {
        return path(destinationHi, destinationLo).nextHop;
    }

    /** The source address the kernel would use; null when the destination cannot be reached by this interface. */
    IpAddress sourceTo(IpAddress destination) {
        return path(destination.hi(), destination.lo()).source;
    }

    private Path path(long destinationHi, long destinationLo) {
        Path path = paths.get(destinationHi, destinationLo);
        if (path == null) {
            path = lookUp(new IpAddress(destinationHi, destinationLo));
            paths.put(destinationHi, destinationLo, path);
        }
        return path;
    }

    private Path lookUp(IpAddress destination) {
        Route route = route(destination);
        if (route == null) {
            return unreachable;
        }
        if (link.hardwareType() == LinkInfo.LOOPBACK) {
            NextHop self = neighbour(IpAddress.ANY);
            self.mac = 0;
            return new Path(self, route.preferredSource());
        }
        if (route.type() != Route.UNICAST || route.outputInterface() != link.index()) {
            return unreachable;
        }
        return new Path(neighbour(route.gateway() == null ? destination : route.gateway()), route.preferredSource());
    }

    /**
     * Hosts with several uplinks often have routes that hold for the source addresses of one uplink only; so when nothing is known of the
     * source, the interface's own addresses are tried.
     */
    private Route route(IpAddress destination) {
        if (source != null) {
            return source.isIpv4() == destination.isIpv4() ? netlink.route(destination, source, link.index()) : null;
        }
        Route route = netlink.route(destination, null, link.index());
        if (route != null) {
            return route;
        }
        try {
            List<IpAddress> addresses = netlink.addresses(link.index());
            for (IpAddress address : addresses) {
                route = address.isIpv4() == destination.isIpv4() ? netlink.route(destination, address, link.index()) : null;
                if (route != null) {
                    return route;
                }
            }
        } catch (LinuxException e) {
            return null; // as good as no route; asked again after the next change
        }
        return null;
    }

    private NextHop neighbour(IpAddress address) {
        NextHop known = neighbours.get(address);
        if (known != null) {
            return known;
        }
        if (neighbours.size() == MAX_NEIGHBOURS) {
            neighbours.clear();
            paths.clear();
        }
        NextHop nextHop = new NextHop(address);
        neighbours.put(address, nextHop);
        return nextHop;
    }

    /** The neighbour of that address if it is one of ours, else null. */
    NextHop known(IpAddress address) {
        return neighbours.get(address);
    }

    /** Looks whether the kernel knows the neighbour, and else makes it find out; what it finds is announced. */
    void resolve(NextHop nextHop) {
        if (nextHop.isResolved() || nextHop.provoked) {
            return;
        }
        Neighbour neighbour = netlink.neighbour(link.index(), nextHop.address);
        if (neighbour != null && neighbour.isResolved()) {
            nextHop.mac = neighbour.mac();
        } else {
            nextHop.provoked = true;
            netlink.provoke(link.index(), nextHop.address);
        }
    }

    /**
     * From time to time: has the kernel verify the neighbours in use. It does not see our frames, so nothing else tells it whether they
     * still arrive.
     */
    void refresh() {
        if (link.hardwareType() == LinkInfo.LOOPBACK) {
            return;
        }
        for (NextHop nextHop : neighbours.values()) {
            nextHop.provoked = false;
            if (!nextHop.usedSinceRefresh) {
                continue;
            }
            nextHop.usedSinceRefresh = false;
            Neighbour neighbour = netlink.neighbour(link.index(), nextHop.address);
            nextHop.mac = neighbour != null && neighbour.isResolved() ? neighbour.mac() : NextHop.UNKNOWN_MAC;
            if (neighbour == null || !neighbour.isFixed() && neighbour.state() != Neighbour.REACHABLE) {
                netlink.provoke(link.index(), nextHop.address);
            }
        }
    }

    /** Everything may have changed without being announced. */
    void forgetNeighbours() {
        for (NextHop nextHop : neighbours.values()) {
            nextHop.provoked = false;
            nextHop.mac = NextHop.UNKNOWN_MAC;
        }
        routingChanged();
    }

    /** Whether the address is one of this host's own. */
    boolean isOwn(long hi, long lo) {
        Boolean known = own.get(hi, lo);
        if (known == null) {
            known = isOwn(new IpAddress(hi, lo));
            own.put(hi, lo, known);
        }
        return known;
    }

    private boolean isOwn(IpAddress address) {
        Route route = netlink.route(address);
        return route != null && route.isLocal();
    }

    private record Path(NextHop nextHop, IpAddress source) {
    }
}
