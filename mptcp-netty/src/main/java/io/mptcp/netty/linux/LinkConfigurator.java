package io.mptcp.netty.linux;

import static io.mptcp.netty.linux.RouteMessages.*;

import io.mptcp.wire.IpAddress;

/**
 * Gives an interface addresses, routes and an MTU, by rtnetlink. What is set on an interface vanishes with it. Needs CAP_NET_ADMIN. For one
 * thread at a time.
 */
public final class LinkConfigurator implements AutoCloseable {
    private static final int IFF_UP = 1;
    private static final int IFA_F_NODAD = 0x02;
    private static final int RT_TABLE_MAIN = 254;
    private static final int RTPROT_STATIC = 4;
    private static final int RT_SCOPE_UNIVERSE = 0;
    private static final int RT_SCOPE_LINK = 253;

    private final Netlink netlink;

    private LinkConfigurator(Netlink netlink) {
        this.netlink = netlink;
    }

    /** Opens in the network namespace of the calling thread. */
    public static LinkConfigurator open() throws LinuxException {
        return new LinkConfigurator(Netlink.open(Netlink.NETLINK_ROUTE, 0));
    }

    /** Switches an interface on. @param mtuBytes 0 leaves it as it is */
    public void setUp(int index, int mtuBytes) throws LinuxException {
        NetlinkRequest request = netlink.request().begin(RTM_NEWLINK, NetlinkRequest.NLM_F_ACK)
                .put32(0).put32(index).put32(IFF_UP).put32(IFF_UP);
        if (mtuBytes > 0) {
            request.attribute(IFLA_MTU, mtuBytes);
        }
        check(netlink.transact(request), "cannot switch the interface on" + (mtuBytes > 0 ? " with MTU " + mtuBytes : ""));
    }

    /** Adds an address; an IPv6 one is usable at once (no duplicate address detection). */
    public void addAddress(int index, IpAddress address, int prefixLength) throws LinuxException {
        NetlinkRequest request = netlink.request()
                .begin(RTM_NEWADDR, NetlinkRequest.NLM_F_ACK | NetlinkRequest.NLM_F_CREATE | NetlinkRequest.NLM_F_EXCL)
                .put8(SocketAddresses.family(address)).put8(prefixLength).put8(address.isIpv4() ? 0 : IFA_F_NODAD).put8(0).put32(index)
                .attribute(IFA_LOCAL, address).attribute(IFA_ADDRESS, address);
        check(netlink.transact(request), "cannot add address " + address + "/" + prefixLength);
    }

    /**
     * Adds a route.
     *
     * @param gateway null for a destination on the link
     * @param metric  lower is better; 0 for the kernel's default
     */
    public void addRoute(IpAddress destination, int prefixLength, int index, IpAddress gateway, int metric) throws LinuxException {
        NetlinkRequest request = netlink.request()
                .begin(RTM_NEWROUTE, NetlinkRequest.NLM_F_ACK | NetlinkRequest.NLM_F_CREATE | NetlinkRequest.NLM_F_EXCL)
                .put8(SocketAddresses.family(destination)).put8(prefixLength).put8(0).put8(0).put8(RT_TABLE_MAIN).put8(RTPROT_STATIC)
                .put8(gateway == null && destination.isIpv4() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE).put8(Route.UNICAST).put32(0)
                .attribute(RTA_DST, destination).attribute(RTA_OIF, index);
        if (gateway != null) {
            request.attribute(RTA_GATEWAY, gateway);
        }
        if (metric > 0) {
            request.attribute(RTA_PRIORITY, metric);
        }
        check(netlink.transact(request), "cannot add a route to " + destination + "/" + prefixLength);
    }

    private static void check(int result, String what) throws LinuxException {
        if (result == -Errno.EPERM) {
            throw LinuxException.explained(what + ": CAP_NET_ADMIN is missing, run as root or grant it with setpriv", Errno.EPERM);
        }
        if (result == -Errno.EEXIST) {
            throw LinuxException.explained(what + ": it exists already", Errno.EEXIST);
        }
        Syscalls.check(result, what);
    }

    @Override
    public void close() {
        netlink.close();
    }
}
