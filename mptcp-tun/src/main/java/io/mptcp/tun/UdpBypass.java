package io.mptcp.tun;

import io.mptcp.netty.TunLink;
import io.mptcp.netty.host.CountingLink;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.pm.PathRole;
import io.mptcp.tun.datagram.UdpNat;
import io.mptcp.wire.IpEndpoint;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What comes by the device and is no TCP: datagrams go on over one path, past the stack, or to a relay over any of the paths; pings over one path; everything else is refused
 * in words.
 * On the loop.
 */
final class UdpBypass implements TunLink.PacketHandler, AutoCloseable {
    private final Uplinks uplinks;
    private final UdpSettings settings;
    private final UdpNat nat;
    /** Null when no relay is to have them. */
    private final RelayTunnel tunnel;

    UdpBypass(FlowRouting routing, TunLink device, UdpSettings settings) {
        this.uplinks = routing.uplinks();
        this.settings = settings;
        this.nat = new UdpNat(uplinks.loop(), settings.flows(), this::way, settings.use() == UdpSettings.Use.REFUSE ? null : this::over, device::inject);
        this.tunnel = settings.relay() == null ? null : new RelayTunnel(routing, device, settings);
        device.setPacketHandler(this);
    }

    UdpNat.Counts counts() {
        UdpNat.Counts counts = nat.counts();
        return tunnel == null ? counts : tunnel.addTo(counts);
    }

    @Override
    public void packet(MemorySegment buffer, int offset, int length) {
        if (tunnel == null || !tunnel.packet(buffer, offset, length)) {
            nat.packet(buffer, offset, length);
        }
    }

    private UdpNat.Way way(IpEndpoint destination) {
        return settings.use() == UdpSettings.Use.BYPASS ? over(destination) : null;
    }

    /** Over the first path that works: not a backup before a backup, then the cheapest, then as configured. */
    private UdpNat.Way over(IpEndpoint destination) {
        List<CountingLink> usable = new ArrayList<>();
        for (CountingLink link : uplinks.links()) {
            if (hasDevice(link) && (settings.path() == null || settings.path().equals(link.name())) && uplinks.pathManager().role(link.id()) != PathRole.OFF
                    && link.isUp() && link.localAddressFor(destination.address()) != null) {
                usable.add(link);
            }
        }
        usable.sort(Comparator.<CountingLink, Boolean>comparing(link -> uplinks.pathManager().role(link.id()) == PathRole.BACKUP)
                .thenComparing(link -> link.terms().cost()));
        return usable.isEmpty() ? null : new UdpNat.Way(usable.getFirst().name(), usable.getFirst().localAddressFor(destination.address()));
    }

    private boolean hasDevice(CountingLink link) {
        String kind = uplinks.kind(link.id());
        return kind.equals(PathSpec.Kind.PACKET.toString()) || kind.equals(PathSpec.Kind.RAW.toString());
    }

    @Override
    public void close() {
        nat.close();
        if (tunnel != null) {
            tunnel.close();
        }
    }
}
