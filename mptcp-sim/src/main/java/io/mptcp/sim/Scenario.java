package io.mptcp.sim;

import io.mptcp.sim.Topology.PathSpec;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * One connection between a client and a server over some paths: described with the builder methods, then run. What both applications
 * do is in two {@link TransferApp.Plan}s; events on the way are put on the {@link #simulation()} before running.
 */
public final class Scenario {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    /** Long enough for every timer of a connection that is over, TIME_WAIT included. */
    private static final long QUIET_NANOS = 600 * SECOND;

    private final Simulation simulation;
    private final List<PathSpec> paths = new ArrayList<>();
    private StackConfig clientConfig = StackConfig.defaults();
    private StackConfig serverConfig = StackConfig.defaults();
    private ConnectOptions clientOptions = ConnectOptions.DEFAULT;
    private ConnectOptions serverOptions = ConnectOptions.DEFAULT;
    private TransferApp.Plan clientPlan = TransferApp.Plan.of(0, 0);
    private TransferApp.Plan serverPlan = TransferApp.Plan.of(0, 0);
    private boolean ipv6;
    private boolean gather;
    private Topology topology;
    private TransferApp client;
    private TransferApp server;
    private MptcpConnection connection;
    /** Both applications of each connection, the first one's first. */
    private final List<Pair> pairs = new ArrayList<>();
    private long startNanos;
    private final List<Report.Sample> samples = new ArrayList<>();

    /** The two applications of one connection. */
    record Pair(TransferApp client, TransferApp server) {
        boolean isClosed() {
            return client.checker().isComplete() && server.checker().isComplete() && client.isClosed() && server.isClosed();
        }

        /** However it ended: nobody waits for anything. What was never accepted is nobody's. */
        boolean isOver() {
            return client.isClosed() && client.isDoneReading() && (server.connection() == null || server.isClosed() && server.isDoneReading());
        }
    }

    public Scenario(long seed) {
        simulation = new Simulation(seed);
    }

    public Scenario path(LinkSpec both) {
        return path(PathSpec.symmetric(both));
    }

    public Scenario path(PathSpec spec) {
        paths.add(spec);
        return this;
    }

    /** Configuration of both stacks. */
    public Scenario config(StackConfig config) {
        return clientConfig(config).serverConfig(config);
    }

    public Scenario clientConfig(StackConfig config) {
        clientConfig = config;
        return this;
    }

    public Scenario serverConfig(StackConfig config) {
        serverConfig = config;
        return this;
    }

    public Scenario clientOptions(ConnectOptions options) {
        clientOptions = options;
        return this;
    }

    public Scenario serverOptions(ConnectOptions options) {
        serverOptions = options;
        return this;
    }

    public Scenario ipv6(boolean on) {
        ipv6 = on;
        return this;
    }

    /** Both stacks hand out payload by reference. */
    public Scenario gather(boolean on) {
        gather = on;
        return this;
    }

    /** The client sends so much, the server the other; both half-close when all is written. */
    public Scenario transfer(long clientToServerBytes, long serverToClientBytes) {
        return plans(TransferApp.Plan.of(clientToServerBytes, serverToClientBytes), TransferApp.Plan.of(serverToClientBytes, clientToServerBytes));
    }

    public Scenario plans(TransferApp.Plan ofClient, TransferApp.Plan ofServer) {
        if (topology != null) {
            throw new IllegalStateException("the scenario is open already: say what is sent before");
        }
        clientPlan = ofClient;
        serverPlan = ofServer;
        return this;
    }

    public Simulation simulation() {
        return simulation;
    }

    /** Makes hosts, paths, listener and connection; nothing has been sent yet. Called by the running methods if need be. */
    public Scenario open() {
        if (topology != null) {
            return this;
        }
        topology = new Topology(simulation, paths, clientConfig, serverConfig, ipv6);
        topology.client().setGather(gather);
        topology.server().setGather(gather);
        Pattern up = new Pattern(simulation.random().nextLong());
        Pattern down = new Pattern(simulation.random().nextLong());
        client = new TransferApp(simulation, "client", clientPlan, up, down);
        server = new TransferApp(simulation, "server", serverPlan, down, up);
        pair(client, server);
        boolean[] accepted = {false};
        for (int i = 0; i < paths.size(); i++) {
            topology.server().listen(topology.serverEndpoint(i), serverOptions, () -> {
                if (accepted[0]) {
                    throw simulation.failure("a second connection was accepted");
                }
                accepted[0] = true;
                return server;
            });
        }
        startNanos = simulation.nowNanos();
        connection = topology.client().connect(0, topology.clientEndpoint(0), topology.serverEndpoint(0), clientOptions, client);
        client.opened(connection);
        return this;
    }

    private void pair(TransferApp near, TransferApp far) {
        near.setPeer(far);
        far.setPeer(near);
        pairs.add(new Pair(near, far));
    }

    List<Pair> pairs() {
        return pairs;
    }

    public Topology topology() {
        return open().topology;
    }

    public SimPath path(int id) {
        return topology().path(id);
    }

    public TransferApp client() {
        return client;
    }

    public TransferApp server() {
        return server;
    }

    /** The client's connection. */
    public MptcpConnection connection() {
        return connection;
    }

    /** One more connection, of the same client to the same server, opened so many seconds after the start. */
    public Scenario another(double startSeconds, TransferApp.Plan ofClient, TransferApp.Plan ofServer) {
        open();
        int number = pairs.size();
        Pattern up = new Pattern(simulation.random().nextLong());
        Pattern down = new Pattern(simulation.random().nextLong());
        TransferApp near = new TransferApp(simulation, "client " + number, ofClient, up, down);
        TransferApp far = new TransferApp(simulation, "server " + number, ofServer, down, up);
        pair(near, far);
        IpEndpoint remote = new IpEndpoint(topology.path(0).serverAddress(), Topology.SERVER_PORT + number);
        topology.server().listen(remote, serverOptions, () -> far);
        return at(startSeconds, () -> near.opened(topology.client().connect(0, topology.clientEndpoint(0), remote, clientOptions, near)));
    }

    /** Does something so many seconds after the start, and lets both hosts run afterwards. */
    public Scenario at(double seconds, Runnable action) {
        open();
        simulation.at(startNanos + Math.round(seconds * SECOND), () -> {
            action.run();
            topology.client().wake();
            topology.server().wake();
        });
        return this;
    }

    /** Takes a sample of the totals in regular intervals until everything is delivered. */
    public Scenario sampling(long intervalNanos, Consumer<Report.Sample> live) {
        open();
        simulation.after(intervalNanos, () -> {
            Report.Sample sample = sample();
            samples.add(sample);
            live.accept(sample);
            if (!isDelivered()) {
                sampling(intervalNanos, live);
            }
        });
        return this;
    }

    private Report.Sample sample() {
        long delivered = client.checker().receivedBytes() + server.checker().receivedBytes();
        return new Report.Sample(simulation.nowNanos() - startNanos, delivered, bytesPerPath());
    }

    private List<Long> bytesPerPath() {
        return topology.paths().stream().map(SimPath::payloadBytesDelivered).toList();
    }

    public boolean isDelivered() {
        return client.checker().isComplete() && server.checker().isComplete();
    }

    /**
     * Runs until every byte has been delivered both ways.
     *
     * @param budgetSeconds virtual time it may take
     */
    public Report runUntilDelivered(double budgetSeconds) {
        open();
        simulation.runUntil(this::isDelivered, startNanos + Math.round(budgetSeconds * SECOND));
        return report();
    }

    /** Runs until both sides have read the end of the other's stream and have been told that their connection is over. */
    public Report runUntilClosed(double budgetSeconds) {
        open();
        long limit = startNanos + Math.round(budgetSeconds * SECOND);
        simulation.runUntil(() -> all(Pair::isClosed), limit);
        return report();
    }

    /** Runs until every connection is over, in whatever way. */
    Report runUntilOver(double budgetSeconds) {
        open();
        simulation.runUntil(() -> all(Pair::isOver), startNanos + Math.round(budgetSeconds * SECOND));
        return report();
    }

    private boolean all(Predicate<Pair> condition) {
        for (int i = 0; i < pairs.size(); i++) {
            if (!condition.test(pairs.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** Lets all timers run out, and requires that nothing of the connection is left. */
    public void runUntilQuiet() {
        simulation.runTo(simulation.nowNanos() + QUIET_NANOS);
        for (Host host : List.of(topology.client(), topology.server())) {
            if (host.stack().connectionCount() != 0) {
                throw simulation.failure(host.name() + ": " + host.stack().connectionCount() + " connections left behind");
            }
            if (host.stack().bufferBytes() != 0) {
                throw simulation.failure(host.name() + ": " + host.stack().bufferBytes() + " bytes of buffers left behind");
            }
            if (host.stack().flowCount() != 0 || host.stack().synQueueSize() != 0 || host.stack().timeWaitCount() != 0) {
                throw simulation.failure(host.name() + ": 4-tuples left behind: " + host.stack().flowCount() + " of subflows, "
                        + host.stack().synQueueSize() + " half-open, " + host.stack().timeWaitCount() + " in TIME-WAIT");
            }
            if (host.stack().tokenCount() != 0) {
                throw simulation.failure(host.name() + ": " + host.stack().tokenCount() + " tokens left behind");
            }
            if (host.stack().deadlineNanos() != Long.MAX_VALUE) {
                throw simulation.failure(host.name() + ": a timer left behind");
            }
        }
    }

    public Report report() {
        long last = Math.max(startNanos, Math.max(client.checker().lastNanos(), server.checker().lastNanos()));
        return new Report(client.checker().receivedBytes() + server.checker().receivedBytes(), client.connectedNanos() - startNanos,
                last - startNanos, Math.max(client.checker().longestGapNanos(), server.checker().longestGapNanos()), bytesPerPath(),
                List.copyOf(samples));
    }

    /** The server's address on its first path. */
    public IpEndpoint serverEndpoint() {
        return topology().serverEndpoint(0);
    }
}
