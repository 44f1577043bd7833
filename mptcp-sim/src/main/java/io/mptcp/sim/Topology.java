package io.mptcp.sim;

import io.mptcp.stack.LinkProperties;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.List;

/** A client and a server, and the paths between them: path {@code i} is link {@code i} on both, with addresses of its own. */
public final class Topology {
    /** Where the server listens. */
    public static final int SERVER_PORT = 80;

    /**
     * One path.
     *
     * @param backup  used only when no other path is
     * @param weight  share given to it by configuration
     */
    public record PathSpec(LinkSpec up, LinkSpec down, boolean backup, int weight) {
        public static PathSpec symmetric(LinkSpec both) {
            return new PathSpec(both, both, false, 1);
        }
    }

    private final Simulation simulation;
    private final Host client;
    private final Host server;
    private final List<SimPath> paths = new ArrayList<>();

    /** The client opens a subflow on each path, unless its configuration brings a path manager of its own. */
    public Topology(Simulation simulation, List<PathSpec> specs, StackConfig clientConfig, StackConfig serverConfig, boolean ipv6) {
        this.simulation = simulation;
        boolean ownPathManager = !clientConfig.pathManager().create().name().equals("passive");
        List<MeshPathManager.Route> routes = new ArrayList<>();
        for (int i = 0; i < specs.size(); i++) {
            routes.add(new MeshPathManager.Route(i, clientAddress(i, ipv6), serverAddress(i, ipv6), specs.get(i).backup()));
        }
        StackConfig config = ownPathManager ? clientConfig : clientConfig.withPathManager(() -> new MeshPathManager(routes));
        client = new Host(simulation, "client", config, simulation.random().fork());
        server = new Host(simulation, "server", serverConfig, simulation.random().fork());
        for (int i = 0; i < specs.size(); i++) {
            paths.add(path(i, specs.get(i), ipv6));
        }
    }

    private SimPath path(int id, PathSpec spec, boolean ipv6) {
        SimLink up = new SimLink(simulation, "path " + id + " up", spec.up(), simulation.random().fork());
        SimLink down = new SimLink(simulation, "path " + id + " down", spec.down(), simulation.random().fork());
        up.connect(client, id, server, id);
        down.connect(server, id, client, id);
        up.setReverse(down);
        down.setReverse(up);
        client.addLink(id, up, properties(spec.up(), spec));
        server.addLink(id, down, properties(spec.down(), spec));
        return new SimPath(id, client, server, clientAddress(id, ipv6), serverAddress(id, ipv6), up, down);
    }

    private static LinkProperties properties(LinkSpec link, PathSpec path) {
        return new LinkProperties(link.mtuBytes(), link.superSegmentBytes(), path.weight(), path.backup());
    }

    static IpAddress clientAddress(int path, boolean ipv6) {
        return IpAddress.parse(ipv6 ? "fd00:" + (path + 1) + "::1" : "10.0." + (path + 1) + ".1");
    }

    private static IpAddress serverAddress(int path, boolean ipv6) {
        return IpAddress.parse(ipv6 ? "fd00:" + (path + 1) + "::2" : "10.0." + (path + 1) + ".2");
    }

    public Simulation simulation() {
        return simulation;
    }

    public Host client() {
        return client;
    }

    public Host server() {
        return server;
    }

    public List<SimPath> paths() {
        return paths;
    }

    public SimPath path(int id) {
        return paths.get(id);
    }

    /** The client's address on a path; the stack chooses the port. */
    public IpEndpoint clientEndpoint(int path) {
        return new IpEndpoint(paths.get(path).clientAddress(), 0);
    }

    public IpEndpoint serverEndpoint(int path) {
        return new IpEndpoint(paths.get(path).serverAddress(), SERVER_PORT);
    }
}
