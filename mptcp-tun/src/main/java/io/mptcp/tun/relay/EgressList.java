package io.mptcp.tun.relay;

import io.mptcp.tun.Cidr;
import io.mptcp.tun.PortSpan;
import io.mptcp.tun.convert.ConnectTlv;
import io.mptcp.wire.IpEndpoint;
import java.util.List;

/**
 * Where clients may be connected to: nowhere but to what is listed. Networks that are not of the public Internet ({@link #SPECIAL}) have to be listed for
 * themselves: {@code 0.0.0.0/0} leads to none of them. Multicast, loopback and their like are no destinations at all
 * ({@link io.mptcp.tun.convert.ConnectTlv}).
 */
public record EgressList(List<Entry> entries) {
    /** Some ports of a network. */
    public record Entry(Cidr network, List<PortSpan> ports) {
        boolean contains(IpEndpoint remote) {
            return network.contains(remote.address()) && ports.stream().anyMatch(span -> span.contains(remote.port()));
        }
    }

    /** RFC 6890 and what is like it: private, shared, link-local (cloud metadata, too), and IPv6 with an IPv4 address inside. */
    private static final List<Cidr> SPECIAL = List.of("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "192.0.0.0/24",
            "198.18.0.0/15", "fc00::/7", "fe80::/10", "fec0::/10", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16").stream().map(Cidr::parse).toList();

    /** Whether a client may be connected to this. */
    public boolean allows(IpEndpoint remote) {
        if (ConnectTlv.isNobodys(remote.address())) {
            return false;
        }
        Cidr special = null;
        for (Cidr network : SPECIAL) {
            special = network.contains(remote.address()) ? network : special;
        }
        for (Entry entry : entries) {
            if (entry.contains(remote) && (special == null || special.contains(entry.network.address()) && entry.network.prefixLength() >= special.prefixLength())) {
                return true;
            }
        }
        return false;
    }
}
