package io.mptcp.pm;

import io.mptcp.pm.PathManagerException.Reason;
import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;
import io.mptcp.spi.PathStatus;
import io.mptcp.spi.SubflowState;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One connection whose subflows a program opens and closes: nothing happens by itself ({@code path_manager=userspace}). */
final class UserspacePathManager implements PathManager {
    /** MP_TCPRST reason. */
    private static final int UNSPECIFIED = 0;

    private final HostPathManager host;
    private PathCommands commands;
    /** Addresses the program has given ids to: an id stays with its address (RFC 8684 section 3.4.1). */
    private final Map<Integer, IpEndpoint> known = new HashMap<>();

    UserspacePathManager(HostPathManager host) {
        this.host = host;
    }

    @Override
    public String name() {
        return "userspace";
    }

    // ---- commands ----

    void announce(int addressId, IpEndpoint address, long timeoutNanos) throws PathManagerException {
        if (addressId < 1 || addressId > Endpoint.MAX_ID) {
            throw new PathManagerException(Reason.EINVAL, "an announced address needs an id from 1 to " + Endpoint.MAX_ID + ", not " + addressId);
        }
        IpEndpoint before = known.get(addressId);
        boolean otherId = known.entrySet().stream().anyMatch(entry -> entry.getKey() != addressId && entry.getValue().equals(address));
        if (before != null && !before.equals(address) || otherId) {
            throw new PathManagerException(Reason.EINVAL, "id " + addressId + " and " + address.address() + " were used otherwise before: remove that first");
        }
        if (!commands.announceAddress(addressId, address, timeoutNanos)) {
            throw new PathManagerException(Reason.EAGAIN, "too many announcements wait for their echo, or the connection is over");
        }
        known.put(addressId, address);
    }

    void remove(int addressId) throws PathManagerException {
        boolean used = commands.subflows().stream().anyMatch(subflow -> subflow.locId() == addressId);
        if (!used && !known.containsKey(addressId) || !commands.removeAddress(addressId)) {
            throw new PathManagerException(Reason.EINVAL, "the peer has not been told of an address with id " + addressId);
        }
        known.remove(addressId);
    }

    int createSubflow(int linkId, IpAddress local, int addressId, IpEndpoint remote, boolean backup) throws PathManagerException {
        if (local.isIpv4() != remote.address().isIpv4()) {
            throw new PathManagerException(Reason.EINVAL, local + " and " + remote.address() + " are of different address families");
        }
        if (linkId < 0) {
            throw new PathManagerException(Reason.EINVAL, "no link has the address " + local);
        }
        if (remote.port() == 0) {
            throw new PathManagerException(Reason.EINVAL, "a subflow needs a port to go to");
        }
        if (!commands.isEstablished()) {
            throw new PathManagerException(Reason.EAGAIN, "the peer has not confirmed MPTCP yet");
        }
        int id = commands.openSubflow(linkId, local, addressId, remote, backup);
        if (id < 0) {
            throw new PathManagerException(Reason.EAGAIN, "no more subflows can be had: a limit is reached, or the connection is over");
        }
        return id;
    }

    void destroySubflow(IpEndpoint local, IpEndpoint remote) throws PathManagerException {
        SubflowState subflow = require(local, remote);
        if (subflow.established()) {
            commands.finishSubflow(subflow.id());
        } else {
            commands.closeSubflow(subflow.id(), UNSPECIFIED);
        }
    }

    void setBackup(IpEndpoint local, IpEndpoint remote, boolean backup) throws PathManagerException {
        commands.setBackup(require(local, remote).id(), backup);
    }

    private SubflowState require(IpEndpoint local, IpEndpoint remote) throws PathManagerException {
        for (SubflowState subflow : commands.subflows()) {
            if (subflow.local().equals(local) && subflow.remote().equals(remote)) {
                return subflow;
            }
        }
        throw new PathManagerException(Reason.ESRCH, "there is no subflow from " + local + " to " + remote);
    }

    // ---- events ----

    @Override
    public void onCreated(PathCommands pathCommands) {
        commands = pathCommands;
        host.onCreated(this, pathCommands);
    }

    @Override
    public void onClosed(PathCommands pathCommands) {
        host.onClosed(pathCommands);
    }

    @Override
    public void onEstablished(PathCommands pathCommands) {
        // The program hears of it as everybody does.
    }

    // ---- questions ----

    @Override
    public boolean acceptsJoin(PathCommands pathCommands, int linkId, IpAddress local) {
        return host.isProgramPresent();
    }

    @Override
    public boolean echoesAnnouncements(PathCommands pathCommands) {
        return host.isProgramPresent();
    }

    @Override
    public List<PathStatus> paths(PathCommands pathCommands) {
        List<PathStatus> paths = new ArrayList<>();
        for (SubflowState subflow : pathCommands.subflows()) {
            paths.add(Reasons.ofSubflow(pathCommands, subflow, 0));
        }
        return paths;
    }
}
