package io.mptcp.pm;

import io.mptcp.pm.PathManagerException.Reason;
import io.mptcp.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The endpoints of a host in the order they were added, and what the kernel takes for one. */
final class EndpointTable {
    /** Peers can make these, by joining addresses nobody has spoken of. */
    private static final int MAX_IMPLICIT = 8;

    private final List<Endpoint> endpoints = new ArrayList<>();
    private int lastId;

    List<Endpoint> all() {
        return List.copyOf(endpoints);
    }

    Endpoint byId(int id) {
        for (Endpoint endpoint : endpoints) {
            if (endpoint.id() == id) {
                return endpoint;
            }
        }
        return null;
    }

    Endpoint byAddress(IpAddress address) {
        for (Endpoint endpoint : endpoints) {
            if (address.equals(endpoint.address())) {
                return endpoint;
            }
        }
        return null;
    }

    /** The endpoint that speaks for an address on a link: its own, or that of the whole link. */
    Endpoint forAddress(int linkId, IpAddress address) {
        Endpoint own = byAddress(address);
        if (own != null) {
            return own;
        }
        for (Endpoint endpoint : endpoints) {
            if (endpoint.address() == null && endpoint.linkId() == linkId) {
                return endpoint;
            }
        }
        return null;
    }

    /** Whether an endpoint of this address, or of the whole link, says so. */
    boolean isBackup(int linkId, IpAddress address) {
        for (Endpoint endpoint : endpoints) {
            boolean speaksForIt = endpoint.address() == null ? endpoint.linkId() == linkId : endpoint.address().equals(address);
            if (speaksForIt && endpoint.has(EndpointFlag.BACKUP)) {
                return true;
            }
        }
        return false;
    }

    /** @return the endpoint as it was added, with its id */
    Endpoint add(Endpoint wanted) throws PathManagerException {
        check(wanted);
        Endpoint same = same(wanted);
        if (same != null && !same.has(EndpointFlag.IMPLICIT)) {
            throw new PathManagerException(Reason.EEXIST, "there is already an endpoint for " + describe(wanted) + ", id " + same.id());
        }
        if (same != null && wanted.id() != 0 && wanted.id() != same.id()) {
            throw new PathManagerException(Reason.EEXIST, describe(wanted) + " is in use under id " + same.id() + ": add it with that id, or without one");
        }
        if (same != null) {
            Endpoint replaced = wanted.withId(same.id()); // peers know it by that
            endpoints.set(endpoints.indexOf(same), replaced);
            return replaced;
        }
        if (wanted.id() != 0 && byId(wanted.id()) != null) {
            throw new PathManagerException(Reason.EBUSY, "endpoint id " + wanted.id() + " is in use");
        }
        Endpoint added = wanted.id() != 0 ? wanted : wanted.withId(freeId());
        lastId = Math.max(lastId, added.id());
        endpoints.add(added);
        return added;
    }

    /** Looks again which links have the addresses that were on none. */
    void resolveLinks(LocalLinks links) {
        endpoints.replaceAll(endpoint -> endpoint.linkId() >= 0 ? endpoint : endpoint.withLink(links.linkOf(endpoint.address())));
    }

    /** @return the id of the address, 0 when it gets none */
    int addImplicit(int linkId, IpAddress address) {
        long count = endpoints.stream().filter(endpoint -> endpoint.has(EndpointFlag.IMPLICIT)).count();
        if (count >= MAX_IMPLICIT) {
            return 0;
        }
        try {
            Endpoint implicit = new Endpoint(freeId(), address, 0, Set.of(EndpointFlag.IMPLICIT), linkId);
            lastId = Math.max(lastId, implicit.id());
            endpoints.add(implicit);
            return implicit.id();
        } catch (PathManagerException _) {
            return 0; // no id is left, and nothing depends on one
        }
    }

    Endpoint remove(int id) throws PathManagerException {
        Endpoint endpoint = require(id);
        endpoints.remove(endpoint);
        return endpoint;
    }

    List<Endpoint> removeAll() {
        List<Endpoint> removed = all();
        endpoints.clear();
        lastId = 0;
        return removed;
    }

    Endpoint change(int id, Set<EndpointFlag> flags) throws PathManagerException {
        Endpoint before = require(id);
        Endpoint after = before.withFlags(flags);
        if (after.has(EndpointFlag.SIGNAL) && after.has(EndpointFlag.FULLMESH)) {
            throw signalAndFullmesh();
        }
        endpoints.set(endpoints.indexOf(before), after);
        return after;
    }

    private Endpoint require(int id) throws PathManagerException {
        Endpoint endpoint = byId(id);
        if (endpoint == null) {
            throw new PathManagerException(Reason.ENOENT, "there is no endpoint with id " + id);
        }
        return endpoint;
    }

    private Endpoint same(Endpoint wanted) {
        for (Endpoint endpoint : endpoints) {
            boolean sameAddress = wanted.address() == null ? endpoint.address() == null && endpoint.linkId() == wanted.linkId()
                    : wanted.address().equals(endpoint.address());
            boolean portsTell = endpoint.port() != 0 && wanted.port() != 0; // as Linux
            if (sameAddress && (!portsTell || endpoint.port() == wanted.port())) {
                return endpoint;
            }
        }
        return null;
    }

    private int freeId() throws PathManagerException {
        for (int i = 0; i < Endpoint.MAX_ID; i++) {
            int id = (lastId + i) % Endpoint.MAX_ID + 1;
            if (byId(id) == null) {
                return id;
            }
        }
        throw new PathManagerException(Reason.ERANGE, "there are " + endpoints.size() + " endpoints: no id is left");
    }

    private static void check(Endpoint wanted) throws PathManagerException {
        if (wanted.has(EndpointFlag.IMPLICIT)) {
            throw new PathManagerException(Reason.EINVAL, "implicit endpoints make themselves");
        }
        if (wanted.has(EndpointFlag.SIGNAL) && wanted.has(EndpointFlag.FULLMESH)) {
            throw signalAndFullmesh();
        }
        if (wanted.port() != 0 && (!wanted.has(EndpointFlag.SIGNAL) || wanted.has(EndpointFlag.SUBFLOW))) {
            throw new PathManagerException(Reason.EINVAL, "a port goes with signal, and not with subflow");
        }
        if (wanted.address() == null && wanted.has(EndpointFlag.SIGNAL)) {
            throw new PathManagerException(Reason.EINVAL, "signal needs an address");
        }
    }

    private static PathManagerException signalAndFullmesh() {
        return new PathManagerException(Reason.EINVAL, "signal and fullmesh exclude each other");
    }

    private static String describe(Endpoint endpoint) {
        return endpoint.address() == null ? "link " + endpoint.linkId() : endpoint.address() + (endpoint.port() == 0 ? "" : " port " + endpoint.port());
    }
}
