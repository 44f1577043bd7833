package io.mptcp.cli.check;

import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Opens subflows when it is told to, and remembers what became of them. */
final class JoinManager implements PathManager {
    /** {@link #join}: no address of the server takes joins. */
    static final int DENIED = -2;
    /** The list would be the peer's to make grow. */
    private static final int MAX_ANNOUNCED = 32;

    private final Set<Integer> established = new HashSet<>();
    private final Set<Integer> closed = new HashSet<>();
    private final List<IpEndpoint> announced = new ArrayList<>();
    private PathCommands commands;

    @Override
    public String name() {
        return "check";
    }

    @Override
    public void onEstablished(PathCommands pathCommands) {
        commands = pathCommands;
    }

    @Override
    public void onSubflowEstablished(PathCommands pathCommands, int subflowId) {
        established.add(subflowId);
    }

    @Override
    public void onSubflowClosed(PathCommands pathCommands, int subflowId, int linkId, IpEndpoint local, IpEndpoint remote, int resetReason) {
        closed.add(subflowId);
    }

    @Override
    public void onAddressAnnounced(PathCommands pathCommands, int addressId, IpEndpoint remote) {
        IpEndpoint withPort = remote.port() != 0 ? remote : new IpEndpoint(remote.address(), pathCommands.initialRemote().port());
        if (announced.size() < MAX_ANNOUNCED && !announced.contains(withPort)) {
            announced.add(withPort);
        }
    }

    /** Addresses and ports the server told of. */
    List<IpEndpoint> announced() {
        return announced;
    }

    boolean isEstablished(int subflowId) {
        return established.contains(subflowId);
    }

    boolean isClosed(int subflowId) {
        return closed.contains(subflowId);
    }

    /** @return id of the subflow, -1 when it cannot be opened, {@link #DENIED} when the server does not want it */
    int join(int linkId, IpAddress local) {
        if (commands == null) {
            return -1;
        }
        IpEndpoint remote = commands.initialRemote();
        if (commands.peerDeniesJoinToInitialAddress()) {
            remote = announced.stream().filter(address -> address.address().isIpv4() == local.isIpv4()).findFirst().orElse(null);
            if (remote == null) {
                return DENIED;
            }
        }
        return commands.openSubflow(linkId, local, remote, false);
    }
}
