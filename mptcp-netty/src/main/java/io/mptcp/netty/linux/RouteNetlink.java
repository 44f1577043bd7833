package io.mptcp.netty.linux;

import static io.mptcp.netty.linux.RouteMessages.*;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Questions to the kernel's routing, its neighbour table and its interfaces, by rtnetlink (RFC 3549). A few microseconds each. For one thread
 * at a time. Changes are made by {@link LinkConfigurator}, and announced by {@link RouteEvents}.
 */
public final class RouteNetlink implements AutoCloseable {
    private static final int NTF_USE = 1;
    /** RFC 863: nothing comes back. */
    private static final int DISCARD_PORT = 9;

    private final Netlink netlink;

    private RouteNetlink(Netlink netlink) {
        this.netlink = netlink;
    }

    /** Opens in the network namespace of the calling thread. */
    public static RouteNetlink open() throws LinuxException {
        return new RouteNetlink(Netlink.open(Netlink.NETLINK_ROUTE, 0));
    }

    /** The interface of that name; null when there is none. */
    public LinkInfo link(String name) {
        if (name.isEmpty() || name.getBytes(StandardCharsets.UTF_8).length > TunDevice.MAX_NAME_BYTES) {
            return null;
        }
        NetlinkRequest request = netlink.request().begin(RTM_GETLINK, NetlinkRequest.NLM_F_ACK).zero(IFINFOMSG_BYTES)
                .attribute(IFLA_IFNAME, name);
        return oneLink(request);
    }

    /** The interface of that index; null when there is none. */
    public LinkInfo link(int index) {
        NetlinkRequest request = netlink.request().begin(RTM_GETLINK, NetlinkRequest.NLM_F_ACK)
                .put32(0).put32(index).zero(IFINFOMSG_BYTES - 8);
        return oneLink(request);
    }

    private LinkInfo oneLink(NetlinkRequest request) {
        LinkInfo[] found = new LinkInfo[1];
        int result = netlink.transact(request, message -> {
            if (message.type() == RTM_NEWLINK) {
                found[0] = RouteMessages.link(message);
            }
        });
        return result < 0 ? null : found[0];
    }

    /** All interfaces. */
    public List<LinkInfo> links() throws LinuxException {
        List<LinkInfo> links = new ArrayList<>();
        NetlinkRequest request = netlink.request().begin(RTM_GETLINK, NetlinkRequest.NLM_F_DUMP).zero(IFINFOMSG_BYTES);
        Syscalls.check(netlink.transact(request, message -> links.add(RouteMessages.link(message))), "cannot list interfaces");
        return links;
    }

    /** Addresses of an interface, in the order in which the kernel prefers them, IPv4 first. */
    public List<IpAddress> addresses(int interfaceIndex) throws LinuxException {
        List<IpAddress> addresses = new ArrayList<>();
        NetlinkRequest request = netlink.request().begin(RTM_GETADDR, NetlinkRequest.NLM_F_DUMP).zero(IFADDRMSG_BYTES);
        Syscalls.check(netlink.transact(request, message -> {
            IpAddress address = RouteMessages.address(message);
            if (message.body32(4) == interfaceIndex && address != null) {
                addresses.add(address);
            }
        }), "cannot list addresses");
        return addresses;
    }

    /** The way to a destination that the kernel prefers; null when there is none. */
    public Route route(IpAddress destination) {
        return lookup(destination, null, 0, 0);
    }

    /**
     * The way to a destination by one interface.
     *
     * @param source address it is to be used from, for routing rules that look at it; null for any
     * @return null when there is none; a route of type {@link Route#LOCAL} when the destination is this host
     */
    public Route route(IpAddress destination, IpAddress source, int outputInterface) {
        // Asked for an interface, IPv4 routing takes the destination for on-link when no route is found: look whether there is one.
        if (destination.isIpv4() && lookup(destination, source, outputInterface, RTM_F_FIB_MATCH) == null) {
            return null;
        }
        Route route = lookup(destination, source, outputInterface, 0);
        return route == null || route.preferredSource() != null || source == null ? route
                : new Route(route.type(), route.outputInterface(), route.gateway(), source, route.mtuBytes());
    }

    private Route lookup(IpAddress destination, IpAddress source, int outputInterface, int flags) {
        int bits = destination.isIpv4() ? 32 : 128;
        NetlinkRequest request = netlink.request().begin(RTM_GETROUTE, NetlinkRequest.NLM_F_ACK)
                .put8(SocketAddresses.family(destination)).put8(bits).put8(source == null ? 0 : bits).zero(5).put32(flags)
                .attribute(RTA_DST, destination);
        if (source != null) {
            request.attribute(RTA_SRC, source);
        }
        if (outputInterface != 0) {
            request.attribute(RTA_OIF, outputInterface);
        }
        Route[] found = new Route[1];
        int result = netlink.transact(request, message -> {
            if (message.type() == RTM_NEWROUTE) {
                found[0] = RouteMessages.route(message);
            }
        });
        return result < 0 ? null : found[0];
    }

    /** The neighbour entry of an address on an interface; null when there is none. */
    public Neighbour neighbour(int interfaceIndex, IpAddress address) {
        NetlinkRequest request = netlink.request().begin(RTM_GETNEIGH, NetlinkRequest.NLM_F_ACK);
        neighbourHeader(request, interfaceIndex, address, 0);
        Neighbour[] found = new Neighbour[1];
        int result = netlink.transact(request, message -> {
            if (message.type() == RTM_NEWNEIGH) {
                found[0] = RouteMessages.neighbour(message);
            }
        });
        return result < 0 ? null : found[0];
    }

    private static void neighbourHeader(NetlinkRequest request, int interfaceIndex, IpAddress address, int flags) {
        request.put8(SocketAddresses.family(address)).zero(3).put32(interfaceIndex).put16(0).put8(flags).put8(0)
                .attribute(NDA_DST, address);
    }

    /**
     * Makes the kernel resolve a neighbour, or verify one it has not heard of for a while; {@link RouteEvents} tells how it ended. Not for a
     * {@linkplain Neighbour#isFixed fixed} one, which would lose that. The entry is an ordinary one and ages as others do: a managed one
     * (NTF_EXT_MANAGED) would be kept fresh, but outlive this process.
     */
    public void provoke(int interfaceIndex, IpAddress address) {
        NetlinkRequest request = netlink.request()
                .begin(RTM_NEWNEIGH, NetlinkRequest.NLM_F_ACK | NetlinkRequest.NLM_F_CREATE | NetlinkRequest.NLM_F_REPLACE);
        neighbourHeader(request, interfaceIndex, address, NTF_USE);
        if (netlink.transact(request) == -Errno.EPERM) {
            provokeByDatagram(interfaceIndex, address);
        }
    }

    /** Without CAP_NET_ADMIN: a packet of our own makes the kernel look for whom it is to. */
    static void provokeByDatagram(int interfaceIndex, IpAddress address) {
        Syscalls syscalls = new Syscalls();
        int fd = syscalls.socket(SocketAddresses.family(address), Syscalls.SOCK_DGRAM | Syscalls.SOCK_NONBLOCK, 0);
        if (fd < 0) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            boolean ipv4 = address.isIpv4();
            int level = ipv4 ? Syscalls.IPPROTO_IP : Syscalls.IPPROTO_IPV6;
            MemorySegment index = arena.allocate(ValueLayout.JAVA_INT);
            index.set(ValueLayout.JAVA_INT.withOrder(java.nio.ByteOrder.BIG_ENDIAN), 0, interfaceIndex);
            syscalls.setsockopt(fd, level, ipv4 ? Syscalls.IP_UNICAST_IF : Syscalls.IPV6_UNICAST_IF, index);
            MemorySegment to = SocketAddresses.encode(new IpEndpoint(address, DISCARD_PORT), interfaceIndex, arena);
            syscalls.sendto(fd, index, 0, 0, to, (int) to.byteSize());
        } finally {
            syscalls.close(fd);
        }
    }

    @Override
    public void close() {
        netlink.close();
    }
}
