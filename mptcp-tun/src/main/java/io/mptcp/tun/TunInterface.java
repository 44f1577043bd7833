package io.mptcp.tun;

import io.mptcp.netty.TunLink;
import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.linux.LinkConfigurator;
import io.mptcp.netty.linux.LinkInfo;
import io.mptcp.netty.linux.LinuxException;
import io.mptcp.netty.linux.RouteNetlink;
import io.mptcp.netty.linux.TunDevice;
import io.mptcp.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;

/** The TUN device with its addresses and routes. It is made here and is gone, with all of them, when its link is closed or the process ends. */
final class TunInterface implements AutoCloseable {
    /** Better than what an administrator or a DHCP client sets; 0 would mean 1024 for IPv6. */
    private static final int ROUTE_METRIC = 1;
    private static final int GATEWAY_LINK = 0;

    private final TunConfig.Tun config;
    private final RouteNetlink netlink;
    private final TunLink link;
    private final int index;

    private TunInterface(TunConfig.Tun config, RouteNetlink netlink, TunLink link, int index) {
        this.config = config;
        this.netlink = netlink;
        this.link = link;
        this.index = index;
    }

    /** Makes the device; nothing reaches it before {@link #configure}. The link is to be closed by its driver. */
    static TunInterface open(TunConfig.Tun config) throws SetupException {
        try {
            RouteNetlink netlink = RouteNetlink.open();
            try {
                return open(config, netlink);
            } catch (LinuxException | SetupException | RuntimeException e) {
                netlink.close();
                throw e;
            }
        } catch (LinuxException e) {
            throw new SetupException("device " + config.device() + ": " + e.getMessage(), e);
        }
    }

    private static TunInterface open(TunConfig.Tun config, RouteNetlink netlink) throws LinuxException, SetupException {
        refuseExisting(netlink, config.device());
        TunDevice device = TunDevice.open(config.device(), true, true);
        LinkInfo info = netlink.link(device.name());
        if (info == null) {
            device.close();
            throw new SetupException("device " + device.name() + " was removed while it was set up");
        }
        return new TunInterface(config, netlink, new TunLink(GATEWAY_LINK, device, null, null, config.mtuBytes(), 1, false), info.index());
    }

    /** Attaching to somebody's device would work, and would leave addresses and routes on it. */
    private static void refuseExisting(RouteNetlink netlink, String name) throws SetupException {
        if (netlink.link(name) != null) {
            throw new SetupException("device " + name + " exists already: stop what uses it, or set tun.device to another name");
        }
    }

    /** Whether nobody has removed it. */
    boolean exists() {
        return netlink.link(index) != null;
    }

    TunLink link() {
        return link;
    }

    /** Addresses, then up, then routes: from the first route on connections come. */
    void configure() throws SetupException {
        try (LinkConfigurator configurator = LinkConfigurator.open()) {
            for (Cidr address : addresses()) {
                configurator.addAddress(index, address.address(), address.prefixLength());
            }
            configurator.setUp(index, config.mtuBytes());
            for (Cidr route : routes(config.routes())) {
                configurator.addRoute(route.address(), route.prefixLength(), index, null, ROUTE_METRIC);
            }
        } catch (LinuxException e) {
            throw new SetupException("device " + link.name() + ": " + e.getMessage(), e);
        }
    }

    /** After the link. */
    @Override
    public void close() {
        netlink.close();
    }

    private List<Cidr> addresses() {
        List<Cidr> addresses = new ArrayList<>(2);
        if (config.address() != null) {
            addresses.add(config.address());
        }
        if (config.address6() != null) {
            addresses.add(config.address6());
        }
        return addresses;
    }

    /** A default route becomes two halves: more specific than the host's own default route, which stays in place for the uplinks. */
    static List<Cidr> routes(List<Cidr> configured) {
        List<Cidr> routes = new ArrayList<>();
        for (Cidr route : configured) {
            if (route.prefixLength() > 0) {
                routes.add(route);
                continue;
            }
            routes.add(new Cidr(route.address(), 1));
            routes.add(new Cidr(route.isIpv4() ? IpAddress.ofIpv4(1 << 31) : new IpAddress(1L << 63, 0), 1));
        }
        return routes;
    }
}
