package io.mptcp.netty.host;

import io.mptcp.netty.SegmentLink;
import io.mptcp.pm.LocalLinks;
import io.mptcp.wire.IpAddress;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.List;

/** The links of uplinks as the path manager sees them: their addresses are what routing says at the moment. */
final class UplinkPaths implements LocalLinks {
    private final List<? extends SegmentLink> links;

    UplinkPaths(List<? extends SegmentLink> links) {
        this.links = links;
    }

    @Override
    public List<Integer> links() {
        return links.stream().map(SegmentLink::id).toList();
    }

    @Override
    public IpAddress localAddress(int linkId, IpAddress remote) {
        for (SegmentLink link : links) {
            if (link.id() == linkId) {
                return link.localAddressFor(remote);
            }
        }
        return null; // removed
    }

    /** In the network namespace of the calling thread, which is the loop's. */
    @Override
    public int linkOf(IpAddress local) {
        try {
            NetworkInterface device = NetworkInterface.getByInetAddress(InetAddress.getByName(local.toString()));
            for (SegmentLink link : device == null ? List.<SegmentLink>of() : links) {
                if (link.name().equals(device.getName())) {
                    return link.id();
                }
            }
        } catch (SocketException | UnknownHostException e) {
            return -1; // as good as no interface
        }
        return -1;
    }
}
