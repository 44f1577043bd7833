package io.mptcp.pm;

import io.mptcp.spi.PathCommands;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** From where and where to the subflows of one connection can go. */
final class Ways {
    private final HostPathManager host;
    /** Addresses the peer announced, by id. */
    private final Map<Integer, IpEndpoint> announced;

    Ways(HostPathManager host, Map<Integer, IpEndpoint> announced) {
        this.host = host;
        this.announced = announced;
    }

    /** -1 while no link has its address. */
    static int linkOf(Endpoint endpoint) {
        return endpoint.linkId();
    }

    /** The address a subflow from this endpoint would have, null when there is none or it does not lead there. */
    IpAddress localFor(Endpoint endpoint, IpEndpoint remote) {
        int linkId = linkOf(endpoint);
        if (remote == null || linkId < 0 || !isFamilyOf(endpoint, remote)) {
            return null;
        }
        IpAddress routed = host.links().localAddress(linkId, remote.address());
        return routed == null || endpoint.address() == null ? routed : endpoint.address();
    }

    /** Where the next attempt goes, null when there is nowhere to go. */
    IpEndpoint target(PathCommands commands, Slot slot) {
        if (slot.addressId != Slot.INITIAL_ADDRESS) {
            return announced.get(slot.addressId);
        }
        List<IpEndpoint> targets = new ArrayList<>();
        IpEndpoint initial = commands.initialRemote();
        boolean denied = commands.peerDeniesJoinToInitialAddress();
        if (!denied && hasWay(slot, initial)) {
            targets.add(initial);
        }
        boolean alternates = denied || host.policy().alternateAddresses();
        for (IpEndpoint remote : alternates && !slot.endpoint.has(EndpointFlag.FULLMESH) ? announced.values() : List.<IpEndpoint>of()) {
            if (!targets.contains(remote) && hasWay(slot, remote)) {
                targets.add(remote);
            }
        }
        if (targets.isEmpty()) {
            return denied ? null : initial;
        }
        // The best target gets a second chance after its first failure; then all in turn.
        return targets.get(Math.max(0, slot.failures() - 1) % targets.size());
    }

    /**
     * Looks up what the joins of a client will need: asking the kernel for a route and for the hardware address of a neighbour takes a while, in which
     * no acknowledgment is taken. At the moment when joins are allowed, the first ones of slow start are coming in.
     */
    void lookAhead(PathCommands commands) {
        for (Endpoint endpoint : host.endpoints()) {
            boolean joins = endpoint.has(EndpointFlag.SUBFLOW) || endpoint.has(EndpointFlag.FULLMESH);
            if (joins && endpoint.linkId() >= 0 && commands.mayUseLink(endpoint.linkId())) {
                localFor(endpoint, commands.initialRemote());
            }
        }
    }

    private boolean hasWay(Slot slot, IpEndpoint remote) {
        return localFor(slot.endpoint, remote) != null;
    }

    /** The first link that leads there, -1 for none; backups come last. */
    int linkTo(PathCommands commands, IpAddress remote) {
        int found = -1;
        boolean foundBackup = false;
        for (int linkId : host.links().links()) {
            IpAddress local = commands.mayUseLink(linkId) && commands.isLinkUp(linkId) && host.role(linkId) != PathRole.OFF ? host.links().localAddress(linkId, remote) : null;
            boolean backup = local != null && host.isBackup(linkId, local);
            if (local != null && (found < 0 || foundBackup && !backup)) {
                found = linkId;
                foundBackup = backup;
            }
        }
        return found;
    }

    static boolean isFamilyOf(Endpoint endpoint, IpEndpoint remote) {
        return endpoint.address() == null || endpoint.address().isIpv4() == remote.address().isIpv4();
    }
}
