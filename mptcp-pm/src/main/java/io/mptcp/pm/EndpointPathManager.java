package io.mptcp.pm;

import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;
import io.mptcp.spi.PathStatus;
import io.mptcp.spi.SubflowState;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * One connection under the endpoints of its host. What there should be follows from the endpoints, the limits and the addresses the peer announced;
 * whenever any of these has changed, or a subflow has, the difference to what there is gets announced, opened or closed.
 *
 * <ul>
 * <li>A {@code subflow} endpoint has one subflow, to the peer's initial address; a {@code fullmesh} one has one to every address of the peer.
 * <li>Announced addresses are taken up to {@code add_addr_accepted}: from every {@code fullmesh} endpoint, else from a {@code laminar} one that
 *     has no other, else from any.
 * <li>Subflows beside the initial one are bounded by {@code subflows}, those the peer opened included; what cannot be opened leaves its
 *     place to the next.
 * </ul>
 */
final class EndpointPathManager implements PathManager {
    private static final long ANNOUNCE_AGAIN_NANOS = 1_000_000_000L;
    private static final long FIRST_ROUTE_WAIT_NANOS = 1_000_000_000L;
    private static final long MAX_ROUTE_WAIT_NANOS = 60_000_000_000L;
    /** Addresses of one link that are remembered: the peer is told when the link goes. */
    private static final int MAX_USED_ADDRESSES = 8;

    private final HostPathManager host;
    private final Ways ways;
    private final List<Slot> slots = new ArrayList<>(2);
    /** Addresses the peer announced, by id, in the order of their ids. */
    private final Map<Integer, IpEndpoint> announced = new TreeMap<>();
    /** Those of them that get subflows of their own. */
    private Set<Integer> accepted = Set.of();
    /** What the peer was told of, by the endpoint's id. */
    private Map<Integer, IpEndpoint> told = Map.of();
    /** Local addresses of subflows there were. */
    private List<Used> used = List.of();
    private PathCommands commands;
    private long routeWaitNanos = FIRST_ROUTE_WAIT_NANOS;
    private boolean keysExchanged;
    private boolean established;

    private record Used(int linkId, IpAddress local) {
    }

    EndpointPathManager(HostPathManager host) {
        this.host = host;
        this.ways = new Ways(host, announced);
    }

    Ways ways() {
        return ways;
    }

    @Override
    public String name() {
        return "endpoints";
    }

    @Override
    public int subflowsMax() {
        return host.limits().subflows();
    }

    @Override
    public int addAddrAcceptedMax() {
        return host.limits().addAddrAccepted();
    }

    // ==== events ====

    @Override
    public void onCreated(PathCommands pathCommands) {
        commands = pathCommands;
        host.onCreated(this, pathCommands);
        if (!commands.isServer()) {
            commands.wakeAt(commands.nowNanos()); // When the first data has left, and nothing of it has been acknowledged yet: see onTimer.
        }
    }

    @Override
    public void onClosed(PathCommands pathCommands) {
        host.onClosed(pathCommands);
    }

    @Override
    public void onKeysExchanged(PathCommands pathCommands) {
        commands = pathCommands;
        keysExchanged = true;
        reconcile();
    }

    @Override
    public void onEstablished(PathCommands pathCommands) {
        commands = pathCommands;
        established = true;
        reconcile();
    }

    @Override
    public void onSubflowEstablished(PathCommands pathCommands, int subflowId) {
        commands = pathCommands;
        Slot slot = slotOf(subflowId);
        if (slot != null) {
            slot.onEstablished(commands.nowNanos());
            slots.forEach(Slot::calm);
        }
        reconcile();
    }

    @Override
    public void onSubflowClosed(PathCommands pathCommands, int subflowId, int linkId, IpEndpoint local, IpEndpoint remote, int resetReason) {
        commands = pathCommands;
        noteUsed(linkId, local.address());
        Slot lost = slotOf(subflowId);
        if (lost == null) {
            lost = slotWithout(linkId, local.address()); // the initial subflow, or one of the peer's
        }
        if (lost != null) {
            lost.onClosed(commands.nowNanos(), resetReason);
            if (!host.policy().reopen()) {
                lost.giveUp("the subflow was lost, and lost ones are not opened again");
            } else if (commands.isServer() && !lost.wasEverEstablished()) {
                lost.giveUp("the peer, which opened the connection, takes no joins"); // behind NAT, or Linux: it never will
            }
        }
        if (commands.subflowCount() == 0) {
            for (Slot slot : slots) {
                if (slot != lost) {
                    slot.hurry(commands.nowNanos());
                }
            }
        }
        reconcile();
    }

    @Override
    public void onAddressAnnounced(PathCommands pathCommands, int addressId, IpEndpoint remote) {
        commands = pathCommands;
        IpEndpoint withPort = remote.port() != 0 ? remote : new IpEndpoint(remote.address(), commands.initialRemote().port());
        if (!withPort.equals(announced.put(addressId, withPort))) {
            reconcile();
        }
    }

    /** The engine closes the subflows to that address; what is lost goes elsewhere. */
    @Override
    public void onAddressRemoved(PathCommands pathCommands, int addressId) {
        commands = pathCommands;
        announced.remove(addressId);
        if (accepted.contains(addressId)) {
            accepted.remove(addressId);
        }
        slots.removeIf(slot -> slot.addressId == addressId && addressId != Slot.INITIAL_ADDRESS);
        reconcile();
    }

    @Override
    public void onLinkChange(PathCommands pathCommands, int linkId, boolean up) {
        commands = pathCommands;
        if (up) {
            routeWaitNanos = FIRST_ROUTE_WAIT_NANOS;
            retryOn(linkId);
        } else if (commands.subflowCount() > 0 && !commands.hasSubflowOnLink(linkId)) {
            withdrawAll(linkId); // the peer would go on sending to where nobody answers until its own timers tell it
        }
        reconcile();
    }

    @Override
    public void onTimer(PathCommands pathCommands) {
        commands = pathCommands;
        if (established) {
            routeWaitNanos = Math.min(2 * routeWaitNanos, MAX_ROUTE_WAIT_NANOS);
        } else {
            ways.lookAhead(commands);
        }
        reconcile();
    }

    // ---- of the host ----

    void onRoutingChanged() {
        routeWaitNanos = FIRST_ROUTE_WAIT_NANOS;
        for (Slot slot : slots) {
            if (slot.isWanting() && slot.endpoint != null && ways.localFor(slot.endpoint, ways.target(commands, slot)) != null) {
                slot.retryAtOnce(commands.nowNanos());
            }
        }
        reconcile();
    }

    void onRole(int linkId, PathRole role) {
        if (role == PathRole.OFF) {
            withdrawAll(linkId);
        } else {
            retryOn(linkId);
            applyBackup();
        }
        reconcile();
    }

    private void withdrawAll(int linkId) {
        for (IpAddress local : localsOn(linkId)) {
            commands.withdrawAddress(local);
        }
        for (Endpoint endpoint : host.endpoints()) {
            if (Ways.linkOf(endpoint) == linkId && forgetTold(endpoint)) {
                commands.withdrawAddress(endpoint.address());
            }
        }
    }

    /** @return whether the peer had been told of it */
    private boolean forgetTold(Endpoint endpoint) {
        return told.containsKey(endpoint.id()) && told.remove(endpoint.id()) != null;
    }

    void onEndpointDeleted(Endpoint endpoint) {
        forgetTold(endpoint);
        slots.removeIf(slot -> slot.endpoint != null && slot.endpoint.id() == endpoint.id());
        if (endpoint.address() != null) {
            commands.withdrawAddress(endpoint.address());
        } else {
            localsOn(endpoint.linkId()).forEach(commands::withdrawAddress);
        }
        reconcile();
    }

    void onEndpointChanged(Endpoint endpoint) {
        for (int i = 0; i < slots.size(); i++) {
            if (slots.get(i).endpoint != null && slots.get(i).endpoint.id() == endpoint.id()) {
                slots.get(i).endpoint = endpoint;
            }
        }
        applyBackup();
        reconcile();
    }

    /** MP_PRIO for what is not as it should be. */
    private void applyBackup() {
        for (SubflowState subflow : commands.subflows()) {
            boolean backup = isBackup(commands, subflow.linkId(), subflow.local().address());
            if (subflow.localBackup() != backup && !subflow.closing()) {
                commands.setBackup(subflow.id(), backup);
            }
        }
    }

    private void retryOn(int linkId) {
        for (Slot slot : slots) {
            if (slot.endpoint == null || Ways.linkOf(slot.endpoint) == linkId) {
                slot.retryAtOnce(commands.nowNanos());
            }
        }
    }

    // ==== questions ====

    @Override
    public boolean acceptsJoin(PathCommands pathCommands, int linkId, IpAddress local) {
        return host.role(linkId) != PathRole.OFF && extraSubflows(pathCommands) < host.limits().subflows();
    }

    @Override
    public int addressId(PathCommands pathCommands, int linkId, IpAddress local) {
        Endpoint endpoint = host.endpointFor(linkId, local);
        if (endpoint != null) {
            return endpoint.id();
        }
        return local.equals(pathCommands.initialLocal().address()) ? 0 : host.implicitId(linkId, local);
    }

    @Override
    public boolean isBackup(PathCommands pathCommands, int linkId, IpAddress local) {
        return host.isBackup(linkId, local);
    }

    @Override
    public List<PathStatus> paths(PathCommands pathCommands) {
        commands = pathCommands;
        return new PathReport(host, this, pathCommands, slots).statuses();
    }

    // ==== decisions ====

    /** Announces and opens what is missing and may be tried now, closes what should not be there, and asks to be woken for the rest. */
    void reconcile() {
        if (commands == null || commands.fallbackReason() != null) {
            return;
        }
        long wakeNanos = announceMissing();
        if (established && (!commands.isServer() || host.policy().passiveJoins())) {
            wantEndpoints();
            wakeNanos = Math.min(wakeNanos, openMissing());
            wantAnnounced();
            wakeNanos = Math.min(wakeNanos, openMissing());
        }
        commands.wakeAt(wakeNanos);
    }

    /** @return when to try again */
    private long announceMissing() {
        if (!keysExchanged) {
            return Long.MAX_VALUE;
        }
        boolean all = true;
        for (Endpoint endpoint : host.endpoints()) {
            boolean known = told.containsKey(endpoint.id()) || endpoint.port() == 0 && commands.initialLocal().address().equals(endpoint.address());
            if (!endpoint.has(EndpointFlag.SIGNAL) || known || isOff(endpoint)) {
                continue;
            }
            IpEndpoint address = new IpEndpoint(endpoint.address(), endpoint.port());
            if (commands.announceAddress(endpoint.id(), address, host.policy().announceTimeoutNanos())) {
                told = told.isEmpty() ? new HashMap<>(2) : told;
                told.put(endpoint.id(), address);
            } else {
                all = false;
            }
        }
        return all ? Long.MAX_VALUE : commands.nowNanos() + ANNOUNCE_AGAIN_NANOS;
    }

    private boolean isOff(Endpoint endpoint) {
        int linkId = Ways.linkOf(endpoint);
        return linkId >= 0 && (host.role(linkId) == PathRole.OFF || !commands.mayUseLink(linkId) || !commands.isLinkUp(linkId));
    }

    // ---- which subflows there should be ----

    private void wantEndpoints() {
        Set<Slot> wanted = new LinkedHashSet<>();
        for (Endpoint endpoint : host.endpoints()) {
            if (endpoint.has(EndpointFlag.FULLMESH)) {
                if (!commands.peerDeniesJoinToInitialAddress()) {
                    wanted.add(slot(endpoint, Slot.INITIAL_ADDRESS));
                }
                for (int id : accepted) {
                    wanted.add(slot(endpoint, id));
                }
            } else if (endpoint.has(EndpointFlag.SUBFLOW)) {
                wanted.add(slot(endpoint, Slot.INITIAL_ADDRESS));
            }
        }
        for (int id : accepted) {
            if (wanted.stream().noneMatch(slot -> slot.addressId == id)) { // one from anywhere will do
                slots.stream().filter(slot -> slot.addressId == id).findFirst().ifPresent(wanted::add);
            }
        }
        for (Slot slot : List.copyOf(slots)) {
            if (!wanted.contains(slot)) {
                slots.remove(slot);
                if (slot.hasSubflow()) {
                    commands.finishSubflow(slot.subflowId());
                }
            }
        }
    }

    /** Announced addresses that no endpoint goes to yet, as far as the limit allows. */
    private void wantAnnounced() {
        for (Map.Entry<Integer, IpEndpoint> entry : announced.entrySet()) {
            int id = entry.getKey();
            IpEndpoint remote = entry.getValue();
            boolean candidate = id != Slot.INITIAL_ADDRESS && !accepted.contains(id) && !remote.equals(commands.initialRemote()) && !isReached(remote);
            if (candidate && accepted.size() < host.limits().addAddrAccepted() && extraSubflows(commands) < host.limits().subflows()) {
                accepted = accepted.isEmpty() ? new LinkedHashSet<>(2) : accepted;
                accepted.add(id);
            }
            if (accepted.contains(id) && slots.stream().noneMatch(slot -> slot.addressId == id)) {
                addSlots(id, remote);
            }
        }
    }

    private void addSlots(int id, IpEndpoint remote) {
        boolean meshed = false;
        Endpoint laminar = null;
        for (Endpoint endpoint : host.endpoints()) {
            if (!Ways.isFamilyOf(endpoint, remote)) {
                continue;
            }
            if (endpoint.has(EndpointFlag.FULLMESH)) {
                slot(endpoint, id);
                meshed = true;
            } else if (laminar == null && endpoint.has(EndpointFlag.LAMINAR) && slots.stream().noneMatch(slot -> slot.isFrom(endpoint))) {
                laminar = endpoint;
            }
        }
        if (!meshed) {
            slot(laminar, id);
        }
    }

    /** The slot there is, or a new one. */
    private Slot slot(Endpoint endpoint, int addressId) {
        for (Slot slot : slots) {
            if (slot.isFor(endpoint == null ? 0 : endpoint.id(), addressId)) {
                return slot;
            }
        }
        Slot added = new Slot(endpoint, addressId);
        slots.add(added);
        return added;
    }

    // ---- opening them ----

    /** @return when to try again */
    private long openMissing() {
        long wakeNanos = Long.MAX_VALUE;
        for (Slot slot : slots) {
            if (!slot.isWanting()) {
                continue;
            }
            Obstacle obstacle = obstacle(slot);
            if (obstacle == null && slot.retryNanos() <= commands.nowNanos()) {
                open(slot);
            }
            if (obstacle == Obstacle.NO_ROUTE) { // nothing tells for sure when there is one
                wakeNanos = Math.min(wakeNanos, commands.nowNanos() + routeWaitNanos);
            } else if (slot.isWanting() && obstacle == null) {
                wakeNanos = Math.min(wakeNanos, slot.retryNanos());
            }
        }
        return wakeNanos;
    }

    /** Why an attempt makes no sense as things are; but for the route, an event will tell when they have changed. */
    enum Obstacle {
        NO_ADDRESS, EXCLUDED, OFF, LINK_DOWN, NO_TARGET, NO_ROUTE, TAKEN, LIMIT
    }

    Obstacle obstacle(Slot slot) {
        IpEndpoint remote = ways.target(commands, slot);
        if (remote == null) {
            return Obstacle.NO_TARGET;
        }
        if (slot.endpoint == null) {
            int linkId = ways.linkTo(commands, remote.address());
            return linkId < 0 ? Obstacle.NO_ROUTE : isReached(remote) ? Obstacle.TAKEN : isFull() ? Obstacle.LIMIT : null;
        }
        int linkId = Ways.linkOf(slot.endpoint);
        if (linkId < 0) {
            return Obstacle.NO_ADDRESS;
        }
        if (!commands.mayUseLink(linkId)) {
            return Obstacle.EXCLUDED;
        }
        if (host.role(linkId) == PathRole.OFF) {
            return Obstacle.OFF;
        }
        if (!commands.isLinkUp(linkId)) {
            return Obstacle.LINK_DOWN;
        }
        if (satisfying(slot) != null) {
            return Obstacle.TAKEN;
        }
        if (!Ways.isFamilyOf(slot.endpoint, remote)) {
            return Obstacle.NO_TARGET;
        }
        if (ways.localFor(slot.endpoint, remote) == null) {
            return Obstacle.NO_ROUTE;
        }
        return isFull() ? Obstacle.LIMIT : null;
    }

    private boolean isFull() {
        return extraSubflows(commands) >= host.limits().subflows();
    }

    private static int extraSubflows(PathCommands commands) {
        int extra = 0;
        for (SubflowState subflow : commands.subflows()) {
            extra += subflow.initial() ? 0 : 1;
        }
        return extra;
    }

    /** A subflow that is there and makes the slot's own needless: of its endpoint, and for a mesh to the same address. */
    SubflowState satisfying(Slot slot) {
        IpEndpoint remote = slot.endpoint.has(EndpointFlag.FULLMESH) || slot.addressId != Slot.INITIAL_ADDRESS ? ways.target(commands, slot) : null;
        int linkId = Ways.linkOf(slot.endpoint);
        for (SubflowState subflow : commands.subflows()) {
            boolean from = subflow.linkId() == linkId && (slot.endpoint.address() == null || slot.endpoint.address().equals(subflow.local().address()));
            boolean to = remote == null || remote.address().equals(subflow.remote().address());
            if (from && to && !subflow.closing()) {
                return subflow;
            }
        }
        return null;
    }

    private boolean isReached(IpEndpoint remote) {
        for (SubflowState subflow : commands.subflows()) {
            if (subflow.remote().equals(remote)) {
                return true;
            }
        }
        return false;
    }

    private void open(Slot slot) {
        IpEndpoint remote = ways.target(commands, slot);
        int linkId = slot.endpoint == null ? ways.linkTo(commands, remote.address()) : Ways.linkOf(slot.endpoint);
        IpAddress local = slot.endpoint == null ? host.links().localAddress(linkId, remote.address()) : ways.localFor(slot.endpoint, remote);
        int wanted = slot.endpoint == null ? addressId(commands, linkId, local) : slot.endpoint.id();
        int subflowId = commands.openSubflow(linkId, local, wanted, remote, isBackup(commands, linkId, local));
        if (subflowId >= 0) {
            slot.onOpened(subflowId);
            noteUsed(linkId, local);
        } else {
            slot.backOff(commands.nowNanos());
        }
    }

    /** Addresses of a link this connection has used or announced. */
    private Set<IpAddress> localsOn(int linkId) {
        Set<IpAddress> locals = new LinkedHashSet<>();
        for (SubflowState subflow : commands.subflows()) {
            if (subflow.linkId() == linkId) {
                locals.add(subflow.local().address());
            }
        }
        if (commands.initialLinkId() == linkId) {
            locals.add(commands.initialLocal().address());
        }
        for (Used before : used) {
            if (before.linkId == linkId) {
                locals.add(before.local);
            }
        }
        return locals;
    }

    private void noteUsed(int linkId, IpAddress local) {
        Used now = new Used(linkId, local);
        if (!used.contains(now) && used.stream().filter(before -> before.linkId == linkId).count() < MAX_USED_ADDRESSES) {
            used = used.isEmpty() ? new ArrayList<>(1) : used;
            used.add(now);
        }
    }

    private Slot slotOf(int subflowId) {
        for (Slot slot : slots) {
            if (slot.subflowId() == subflowId) {
                return slot;
            }
        }
        return null;
    }

    /** The first slot that has lost the subflow it was content with. */
    private Slot slotWithout(int linkId, IpAddress local) {
        for (Slot slot : slots) {
            boolean from = slot.endpoint != null && Ways.linkOf(slot.endpoint) == linkId && (slot.endpoint.address() == null || slot.endpoint.address().equals(local));
            if (from && slot.isWanting() && satisfying(slot) == null) {
                return slot;
            }
        }
        return null;
    }
}
