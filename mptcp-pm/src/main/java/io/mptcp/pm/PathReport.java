package io.mptcp.pm;

import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathStatus;
import io.mptcp.spi.PathStatus.State;
import io.mptcp.spi.SubflowState;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What one connection makes of every endpoint it could use, and why: first the endpoints in their order, then what else there is. */
final class PathReport {
    private final HostPathManager host;
    private final EndpointPathManager manager;
    private final PathCommands commands;
    private final List<Slot> slots;
    private final List<PathStatus> statuses = new ArrayList<>();
    /** Subflows that have been spoken of. */
    private final Set<Integer> told = new HashSet<>();

    PathReport(HostPathManager host, EndpointPathManager manager, PathCommands commands, List<Slot> slots) {
        this.host = host;
        this.manager = manager;
        this.commands = commands;
        this.slots = slots;
    }

    List<PathStatus> statuses() {
        for (Endpoint endpoint : host.endpoints()) {
            if (endpoint.has(EndpointFlag.SUBFLOW) || endpoint.has(EndpointFlag.FULLMESH)) {
                List<Slot> own = slots.stream().filter(slot -> slot.isFrom(endpoint)).toList();
                for (Slot slot : own.isEmpty() ? List.of(new Slot(endpoint, Slot.INITIAL_ADDRESS)) : own) {
                    add(slot);
                }
            }
        }
        for (Slot slot : slots) {
            if (slot.endpoint == null || !slot.endpoint.has(EndpointFlag.SUBFLOW) && !slot.endpoint.has(EndpointFlag.FULLMESH)) {
                add(slot);
            }
        }
        for (SubflowState subflow : commands.subflows()) {
            if (!told.contains(subflow.id())) {
                Endpoint endpoint = host.endpointFor(subflow.linkId(), subflow.local().address());
                statuses.add(Reasons.ofSubflow(commands, subflow, endpoint == null ? 0 : endpoint.id()));
            }
        }
        return statuses;
    }

    private void add(Slot slot) {
        SubflowState subflow = subflowOf(slot);
        int endpointId = slot.endpoint == null ? 0 : slot.endpoint.id();
        if (subflow != null && told.add(subflow.id())) {
            statuses.add(Reasons.ofSubflow(commands, subflow, endpointId));
            return;
        }
        int linkId = slot.endpoint == null ? -1 : Ways.linkOf(slot.endpoint);
        IpEndpoint remote = manager.ways().target(commands, slot);
        boolean waits = subflow == null && isWaiting(slot);
        statuses.add(new PathStatus(linkId, endpointId, slot.endpoint == null ? null : manager.ways().localFor(slot.endpoint, remote),
                waits ? State.WAITING : State.UNUSED, subflow != null ? "its address carries subflow " + subflow.id() + " already" : reason(slot, linkId, remote), -1));
    }

    private SubflowState subflowOf(Slot slot) {
        for (SubflowState subflow : commands.subflows()) {
            if (slot.hasSubflow() && subflow.id() == slot.subflowId()) {
                return subflow;
            }
        }
        return slot.endpoint == null ? null : manager.satisfying(slot);
    }

    private boolean isWaiting(Slot slot) {
        return !isHopeless(slot) && slot.barred() == null && slot.retryNanos() > commands.nowNanos() && manager.obstacle(slot) == null;
    }

    /** There will be no subflow, whatever the path is like. */
    private boolean isHopeless(Slot slot) {
        return commands.isClosed() || commands.fallbackReason() != null || !commands.isEstablished()
                || commands.isServer() && !host.policy().passiveJoins();
    }

    private String reason(Slot slot, int linkId, IpEndpoint remote) {
        if (commands.isClosed()) {
            return "the connection is over";
        }
        if (commands.fallbackReason() != null) {
            return "plain TCP: " + Reasons.fallback(commands.fallbackReason());
        }
        String ofPath = ofPath(slot, linkId, remote);
        if (ofPath != null) {
            return ofPath;
        }
        if (!commands.isEstablished()) {
            return "the peer has not confirmed MPTCP yet";
        }
        if (commands.isServer() && !host.policy().passiveJoins()) {
            return "the peer opened the connection, and opens the subflows";
        }
        if (slot.barred() != null) {
            return slot.barred();
        }
        return switch (manager.obstacle(slot)) {
            case NO_TARGET -> "the peer takes no joins to its address (flag C) and has announced no other";
            case LIMIT -> "limit reached: " + host.limits().subflows() + " subflows beside the initial one";
            case null -> slot.failures() == 0 ? "about to be opened"
                    : slot.failures() + (slot.failures() == 1 ? " attempt" : " attempts") + " failed, the next comes in "
                            + Reasons.seconds(slot.retryNanos() - commands.nowNanos());
            default -> "another subflow goes there";
        };
    }

    /** What is wrong with the path itself, null for nothing. */
    private String ofPath(Slot slot, int linkId, IpEndpoint remote) {
        if (slot.endpoint == null) {
            return null;
        }
        if (linkId < 0) {
            return "no interface has the address " + slot.endpoint.address();
        }
        if (!commands.mayUseLink(linkId)) {
            return "this connection is bound to other paths";
        }
        if (host.role(linkId) == PathRole.OFF) {
            String why = host.roleReason(linkId);
            return why == null ? "switched off" : why;
        }
        if (!commands.isLinkUp(linkId)) {
            return "link down";
        }
        return remote != null && manager.ways().localFor(slot.endpoint, remote) == null ? "no route to " + remote.address() : null;
    }
}
