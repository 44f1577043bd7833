package io.mptcp.cli;

import io.mptcp.wire.IpAddress;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/** Turns what a person calls a host into addresses, in the order the system's resolver prefers them. */
public final class HostLookup {
    private final boolean ipv4Only;
    private final boolean ipv6Only;

    public HostLookup(boolean ipv4Only, boolean ipv6Only) {
        this.ipv4Only = ipv4Only;
        this.ipv6Only = ipv6Only;
    }

    /** @throws CommandFailure when there is no such host, or it has no address of the family asked for */
    public List<IpAddress> all(String host) {
        List<IpAddress> addresses = new ArrayList<>();
        try {
            for (InetAddress address : InetAddress.getAllByName(stripBrackets(host))) {
                boolean ipv4 = address instanceof Inet4Address;
                if (ipv4 ? !ipv6Only : !ipv4Only) {
                    addresses.add(IpAddress.of(address.getAddress()));
                }
            }
        } catch (UnknownHostException _) {
            throw CommandFailure.failed(host + ": unknown host");
        }
        if (addresses.isEmpty()) {
            throw CommandFailure.failed(host + ": has no " + (ipv4Only ? "IPv4" : "IPv6") + " address");
        }
        return addresses;
    }

    public IpAddress first(String host) {
        return all(host).getFirst();
    }

    private static String stripBrackets(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }
}
