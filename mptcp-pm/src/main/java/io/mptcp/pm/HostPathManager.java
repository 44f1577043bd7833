package io.mptcp.pm;

import io.mptcp.pm.PathManagerException.Reason;
import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathEvent;
import io.mptcp.spi.PathManager;
import io.mptcp.spi.PathManagerFactory;
import io.mptcp.spi.PathStatus;
import io.mptcp.spi.SubflowState;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The path manager of a stack: endpoints and limits as {@code ip mptcp} has them, shared by all connections and changed while they run; and for
 * connections of the other type the commands of the kernel's user-space path managers. Give it to the stack as factory, and {@link #events} as
 * tracer. Everything is for the stack's thread, outside its verbs or in an event; afterwards what is to be sent waits in the stack.
 */
public final class HostPathManager implements PathManagerFactory {
    private record Managed(PathManager manager, PathCommands commands) {
    }

    private final LocalLinks links;
    private final EndpointTable endpoints = new EndpointTable();
    private final PathEvents events = new PathEvents();
    private final Map<Integer, PathRole> roles = new HashMap<>();
    /** Why a role is not what was configured, by link. */
    private final Map<Integer, String> roleReasons = new HashMap<>();
    /** By token. */
    private final Map<Integer, Managed> connections = new LinkedHashMap<>();
    private PathLimits limits = PathLimits.DEFAULT;
    private PathPolicy policy = PathPolicy.DEFAULT;
    private PathManagerType type = PathManagerType.KERNEL;
    private JoinListeners joinListeners = JoinListeners.NONE;

    /** Opens and closes the listeners of announced addresses with ports of their own: {@code Stack.listenForJoins}. */
    public interface JoinListeners {
        JoinListeners NONE = new JoinListeners() {
            @Override
            public void open(IpEndpoint local) {
            }

            @Override
            public void close(IpEndpoint local) {
            }
        };

        /** @throws IllegalStateException when there is a listener already */
        void open(IpEndpoint local);

        void close(IpEndpoint local);
    }

    public HostPathManager(LocalLinks links) {
        this.links = links;
    }

    /**
     * One subflow for every path, as {@link PathPolicy#DEFAULT} has it.
     *
     * @param addAddrAccepted subflows opened to announced addresses beyond one for each path
     * @param signals         addresses the peer is told of as soon as it can be, but for the one it knows already
     */
    public static HostPathManager forPaths(List<Path> paths, int addAddrAccepted, List<SignalAddress> signals) {
        HostPathManager host = new HostPathManager(new FixedLinks(paths));
        host.limits = new PathLimits(PathLimits.MAX, addAddrAccepted);
        try {
            for (Endpoint endpoint : ofPaths(paths, signals)) {
                host.addEndpoint(endpoint);
            }
        } catch (PathManagerException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        for (SignalAddress signal : signals) {
            host.policy = host.policy.withAnnounceTimeout(signal.retryNanos());
        }
        return host;
    }

    private static List<Endpoint> ofPaths(List<Path> paths, List<SignalAddress> signals) {
        List<Endpoint> endpoints = new ArrayList<>();
        for (SignalAddress signal : signals) {
            endpoints.add(Endpoint.of(signal.address(), EndpointFlag.SIGNAL).withId(signal.id()));
        }
        for (Path path : paths) {
            Set<EndpointFlag> flags = EndpointFlag.set(EndpointFlag.SUBFLOW);
            set(flags, EndpointFlag.BACKUP, path.backup());
            IpAddress only = path.localV4() == null ? path.localV6() : path.localV6() == null ? path.localV4() : null;
            Endpoint signalled = endpoints.stream().filter(endpoint -> only != null && only.equals(endpoint.address())).findFirst().orElse(null);
            if (signalled != null) {
                endpoints.remove(signalled);
                flags.add(EndpointFlag.SIGNAL);
            }
            endpoints.add(new Endpoint(signalled == null ? 0 : signalled.id(), only, 0, flags, path.linkId()));
        }
        return endpoints;
    }

    /** For endpoints with ports of their own; to be set before the first of them. */
    public void setJoinListeners(JoinListeners listeners) {
        joinListeners = listeners;
    }

    // ==== settings ====

    /** Events of the stack and of this path manager. */
    public PathEvents events() {
        return events;
    }

    /** What is done beyond what Linux does. */
    public PathPolicy policy() {
        return policy;
    }

    /** Holds for all that is done from now on. */
    public void setPolicy(PathPolicy policy) {
        this.policy = policy;
    }

    /** Of connections to come. */
    public PathManagerType type() {
        return type;
    }

    /** Connections that exist keep theirs, as on Linux. */
    public void setType(PathManagerType type) {
        this.type = type;
    }

    public PathLimits limits() {
        return limits;
    }

    /** More room is used at once, less closes nothing. */
    public void setLimits(PathLimits limits) {
        this.limits = limits;
        forEach(EndpointPathManager::reconcile);
    }

    /** What a path is for. */
    public PathRole role(int linkId) {
        return roles.getOrDefault(linkId, PathRole.USE);
    }

    /** Connections follow at once. */
    public void setRole(int linkId, PathRole role) {
        setRole(linkId, role, null);
    }

    /** @param reason why it is so, for people; null where it is what was configured */
    public void setRole(int linkId, PathRole role, String reason) {
        PathRole before = role(linkId);
        roles.put(linkId, role);
        roleReasons.put(linkId, reason);
        if (before != role) {
            forEach(manager -> manager.onRole(linkId, role));
        }
    }

    String roleReason(int linkId) {
        return roleReasons.get(linkId);
    }

    /** Addresses or routes of the host have changed: what had no way may have one now. */
    public void onRoutingChanged() {
        endpoints.resolveLinks(links);
        forEach(EndpointPathManager::onRoutingChanged);
    }

    LocalLinks links() {
        return links;
    }

    // ==== endpoints: ip mptcp endpoint ====

    /** A copy, by id. */
    public List<Endpoint> endpoints() {
        return endpoints.all();
    }

    /** Null for none. */
    public Endpoint endpoint(int id) {
        return endpoints.byId(id);
    }

    Endpoint endpointFor(int linkId, IpAddress address) {
        return endpoints.forAddress(linkId, address);
    }

    boolean isBackup(int linkId, IpAddress address) {
        return role(linkId) == PathRole.BACKUP || endpoints.isBackup(linkId, address);
    }

    int implicitId(int linkId, IpAddress address) {
        return endpoints.addImplicit(linkId, address);
    }

    /**
     * {@code ip mptcp endpoint add}: connections that exist announce it, or open subflows from it.
     *
     * @return the endpoint with its id
     * @throws PathManagerException EEXIST, EBUSY, ERANGE or EINVAL
     */
    public Endpoint addEndpoint(Endpoint wanted) throws PathManagerException {
        boolean unknownLink = wanted.linkId() < 0;
        Endpoint added = endpoints.add(unknownLink ? wanted.withLink(links.linkOf(wanted.address())) : wanted);
        if (added.port() != 0) {
            try {
                joinListeners.open(new IpEndpoint(added.address(), added.port()));
            } catch (IllegalStateException e) {
                endpoints.remove(added.id());
                throw new PathManagerException(Reason.EINVAL, e.getMessage());
            }
        }
        forEach(EndpointPathManager::reconcile);
        return added;
    }

    /**
     * {@code ip mptcp endpoint delete id N}: peers are told with REMOVE_ADDR, and subflows from it end.
     *
     * @throws PathManagerException ENOENT
     */
    public void deleteEndpoint(int id) throws PathManagerException {
        Endpoint removed = endpoints.remove(id);
        onDeleted(removed);
        forEach(manager -> manager.onEndpointDeleted(removed));
    }

    /**
     * {@code ip mptcp endpoint delete id 0 ADDRESS}: the address by which connections began; there need not be an endpoint.
     *
     * @throws PathManagerException ENOENT when no connection began there
     */
    public void deleteInitial(IpAddress address) throws PathManagerException {
        boolean any = false;
        for (Managed managed : List.copyOf(connections.values())) {
            if (managed.commands.initialLocal().address().equals(address)) {
                any |= managed.commands.withdrawAddress(address);
            }
        }
        if (!any) {
            throw new PathManagerException(Reason.ENOENT, "no connection began at " + address);
        }
    }

    /** {@code ip mptcp endpoint flush}. */
    public void flushEndpoints() {
        List<Endpoint> removed = endpoints.removeAll();
        removed.forEach(this::onDeleted);
        for (Endpoint endpoint : removed) {
            forEach(manager -> manager.onEndpointDeleted(endpoint));
        }
    }

    private void onDeleted(Endpoint endpoint) {
        if (endpoint.port() != 0) {
            joinListeners.close(new IpEndpoint(endpoint.address(), endpoint.port()));
        }
    }

    /**
     * {@code ip mptcp endpoint change}: of the flags only backup and fullmesh can be changed, the others stay.
     *
     * @throws PathManagerException ENOENT, or EINVAL for fullmesh with signal
     */
    public Endpoint changeEndpoint(int id, boolean backup, boolean fullmesh) throws PathManagerException {
        Endpoint before = endpoints.byId(id);
        Set<EndpointFlag> flags = EnumSet.noneOf(EndpointFlag.class);
        if (before != null) {
            flags.addAll(before.flags());
        }
        set(flags, EndpointFlag.BACKUP, backup);
        set(flags, EndpointFlag.FULLMESH, fullmesh);
        Endpoint changed = endpoints.change(id, flags);
        forEach(manager -> manager.onEndpointChanged(changed));
        return changed;
    }

    private static void set(Set<EndpointFlag> flags, EndpointFlag flag, boolean on) {
        if (on) {
            flags.add(flag);
        } else {
            flags.remove(flag);
        }
    }

    // ==== connections by token: the commands of user-space path managers ====

    /** Tokens of the connections there are, the oldest first. */
    public List<Integer> tokens() {
        return List.copyOf(connections.keySet());
    }

    /** Whether a program takes care of user-space connections: without one their peers' joins are refused, and announcements not echoed. */
    boolean isProgramPresent() {
        return events.hasListeners();
    }

    /** The subflows of a connection. @throws PathManagerException ESRCH */
    public List<SubflowState> subflows(int token) throws PathManagerException {
        return require(token).commands.subflows();
    }

    /** What becomes of each path, and why. @throws PathManagerException ESRCH */
    public List<PathStatus> paths(int token) throws PathManagerException {
        Managed managed = require(token);
        return managed.manager.paths(managed.commands);
    }

    /**
     * Announces an address.
     *
     * @param addressId 1 to 255
     * @param address   port 0 for that of the connection
     * @throws PathManagerException ESRCH, EOPNOTSUPP, EINVAL, or EAGAIN when too many announcements wait for their echo
     */
    public void announce(int token, int addressId, IpEndpoint address) throws PathManagerException {
        requireUserspace(token).announce(addressId, address, policy.announceTimeoutNanos());
    }

    /**
     * Takes back an address that was announced or used; its subflows are not closed by that.
     *
     * @param addressId 0 for the address the connection began with
     * @throws PathManagerException ESRCH, EOPNOTSUPP, or EINVAL when the peer has never heard of it
     */
    public void remove(int token, int addressId) throws PathManagerException {
        requireUserspace(token).remove(addressId);
    }

    /**
     * Opens a subflow, from either side. How it went is told by SF_ESTABLISHED or SF_CLOSED.
     *
     * @param linkId    link to use, -1 for the one that has the address
     * @param addressId 1 to 255, 0 for any
     * @return number of the subflow
     * @throws PathManagerException ESRCH, EOPNOTSUPP, EINVAL (families, link) or EAGAIN (limits, connection not ready)
     */
    public int createSubflow(int token, int linkId, IpAddress local, int addressId, IpEndpoint remote, boolean backup) throws PathManagerException {
        return requireUserspace(token).createSubflow(linkId < 0 ? links.linkOf(local) : linkId, local, addressId, remote, backup);
    }

    /** Ends one subflow. @throws PathManagerException ESRCH for the connection or the subflow, EOPNOTSUPP */
    public void destroySubflow(int token, IpEndpoint local, IpEndpoint remote) throws PathManagerException {
        requireUserspace(token).destroySubflow(local, remote);
    }

    /** Asks the peer to use a subflow as backup only, or not (MP_PRIO). @throws PathManagerException ESRCH for the connection or the subflow, EOPNOTSUPP */
    public void setBackup(int token, IpEndpoint local, IpEndpoint remote, boolean backup) throws PathManagerException {
        requireUserspace(token).setBackup(local, remote, backup);
    }

    private Managed require(int token) throws PathManagerException {
        Managed managed = connections.get(token);
        if (managed == null) {
            throw new PathManagerException(Reason.ESRCH, "there is no connection with token " + Integer.toUnsignedString(token));
        }
        return managed;
    }

    private UserspacePathManager requireUserspace(int token) throws PathManagerException {
        if (require(token).manager instanceof UserspacePathManager manager) {
            return manager;
        }
        throw new PathManagerException(Reason.EOPNOTSUPP, "connection " + Integer.toUnsignedString(token)
                + " is managed by endpoints: only those of path manager 'userspace' take commands");
    }

    // ==== what connections say ====

    @Override
    public PathManager create() {
        return create(type);
    }

    /** @param kind {@code kernel} or {@code userspace}, whatever {@link #type} says */
    @Override
    public PathManager create(String kind) {
        return create(PathManagerType.of(kind));
    }

    private PathManager create(PathManagerType wanted) {
        return wanted == PathManagerType.KERNEL ? new EndpointPathManager(this) : new UserspacePathManager(this);
    }

    void onCreated(PathManager manager, PathCommands commands) {
        connections.put(commands.token(), new Managed(manager, commands));
    }

    void onClosed(PathCommands commands) {
        Managed managed = connections.get(commands.token());
        if (managed != null && managed.commands == commands) {
            connections.remove(commands.token());
        }
    }

    /** An event that only the path manager knows of. */
    public void emit(PathEvent event) {
        events.event(event);
    }

    private void forEach(Consumer<EndpointPathManager> action) {
        for (Managed managed : new ArrayList<>(connections.values())) {
            if (managed.manager instanceof EndpointPathManager manager && managed.commands.fallbackReason() == null && !managed.commands.isClosed()) {
                action.accept(manager);
            }
        }
    }
}
