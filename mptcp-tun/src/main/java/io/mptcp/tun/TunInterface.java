package io.mptcp.tun;

import io.mptcp.netty.SegmentLink;
import io.mptcp.netty.TunLink;
import io.mptcp.netty.linux.LinkConfigurator;
import io.mptcp.netty.linux.LinkInfo;
import io.mptcp.netty.linux.LinuxException;
import io.mptcp.netty.linux.RouteNetlink;
import io.mptcp.netty.linux.TunDevice;
import io.mptcp.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;

/** The TUN device with its addresses and routes. It is made here and is gone, with all of them, when its link is closed or the process ends. */
final class TunInterface {
    /** Better than what an administrator or a DHCP client sets; 0 would mean 1024 for IPv6. */
    private static final int ROUTE_METRIC = 1;
    private static final int GATEWAY_LINK = 0;

    private final TunConfig.Tun config;
    private final TunLink link;

    private TunInterface(TunConfig.Tun config, TunLink link) {
        this.config = config;
        this.link = link;
    }

    /** Makes the device; nothing reaches it before {@link #configure}. */
    static TunInterface open(TunConfig.Tun config) throws SetupException {
        try {
            refuseExisting(config.device());
            TunDevice device = TunDevice.open(config.device(), true, true);
            return new TunInterface(config, new TunLink(GATEWAY_LINK, device, null, null, config.mtuBytes(), 1, false));
        } catch (LinuxException e) {
            throw new SetupException("device " + config.device() + ": " + e.getMessage(), e);
        }
    }

    /** Attaching to somebody's device would work, and would leave addresses and routes on it. */
    private static void refuseExisting(String name) throws LinuxException, SetupException {
        try (RouteNetlink netlink = RouteNetlink.open()) {
            if (netlink.link(name) != null) {
                throw new SetupException("device " + name + " exists already: stop what uses it, or set tun.device to another name");
            }
        }
    }

    SegmentLink link() {
        return link;
    }

    /** Addresses, then up, then routes: from the first route on connections come. */
    void configure() throws SetupException {
        try (RouteNetlink netlink = RouteNetlink.open(); LinkConfigurator configurator = LinkConfigurator.open()) {
            LinkInfo device = netlink.link(link.name());
            if (device == null) {
                throw new SetupException("device " + link.name() + " was removed while it was set up");
            }
            for (Cidr address : addresses()) {
                configurator.addAddress(device.index(), address.address(), address.prefixLength());
            }
            configurator.setUp(device.index(), config.mtuBytes());
            for (Cidr route : routes(config.routes())) {
                configurator.addRoute(route.address(), route.prefixLength(), device.index(), null, ROUTE_METRIC);
            }
        } catch (LinuxException e) {
            throw new SetupException("device " + link.name() + ": " + e.getMessage(), e);
        }
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
