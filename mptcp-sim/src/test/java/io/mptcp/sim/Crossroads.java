package io.mptcp.sim;

import io.mptcp.spi.PathCommands;
import io.mptcp.spi.PathManager;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Paths with a bottleneck each, and connections that send as much as they can: plain TCP over one path, Multipath TCP with any number of subflows on each. */
final class Crossroads implements AutoCloseable {
    private static final int BUFFER_BYTES = 32 << 20;
    private static final int FIRST_PORT = 81;
    private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final Pattern BYTES = new Pattern(5);

    private final Simulation simulation;
    private final List<Topology.PathSpec> specs = new ArrayList<>();
    private final List<TransferApp> receivers = new ArrayList<>();
    /** Paths of the subflows of each connection, the initial one first. */
    private final List<int[]> plans = new ArrayList<>();
    private Topology topology;

    Crossroads(long seed) {
        simulation = new Simulation(seed);
    }

    /** A queue of one bandwidth-delay product, and jitter of a packet's time: without it arrivals lock to departures. */
    Crossroads path(double megabitsPerSecond, double rttMillis) {
        specs.add(Topology.PathSpec.symmetric(LinkSpec.of(megabitsPerSecond, rttMillis / 2).withJitter(1500 * 8 / (megabitsPerSecond * 1e3))));
        return this;
    }

    Crossroads tcp(String congestionControl, int path, double startSeconds) {
        return open(ConnectOptions.DEFAULT.withMptcp(false).withCongestionControl(congestionControl), startSeconds, path);
    }

    Crossroads mptcp(String congestionControl, double startSeconds, int... pathOfEachSubflow) {
        return open(ConnectOptions.DEFAULT.withCongestionControl(congestionControl), startSeconds, pathOfEachSubflow);
    }

    private Crossroads open(ConnectOptions options, double startSeconds, int... paths) {
        if (topology == null) {
            StackConfig config = StackConfig.defaults().withTcp(TcpConfig.defaults().withBuffers(BUFFER_BYTES, BUFFER_BYTES));
            topology = new Topology(simulation, specs, config.withPathManager(Planned::new), config, false);
        }
        IpEndpoint remote = new IpEndpoint(topology.path(paths[0]).serverAddress(), FIRST_PORT + plans.size());
        plans.add(paths);
        TransferApp receiver = new TransferApp(simulation, "receiver", TransferApp.Plan.of(0, Long.MAX_VALUE), BYTES, BYTES);
        TransferApp sender = new TransferApp(simulation, "sender", TransferApp.Plan.of(Long.MAX_VALUE, 0), BYTES, BYTES);
        receivers.add(receiver);
        topology.server().listen(remote, ConnectOptions.DEFAULT, () -> receiver);
        simulation.at(Math.round(startSeconds * NANOS_PER_SECOND),
                () -> topology.client().connect(paths[0], topology.clientEndpoint(paths[0]), remote, options, sender));
        return this;
    }

    /** Opens the further subflows of its connection's plan. */
    private final class Planned implements PathManager {
        @Override
        public String name() {
            return "planned";
        }

        @Override
        public void onEstablished(PathCommands commands) {
            int port = commands.initialRemote().port();
            int[] paths = plans.get(port - FIRST_PORT);
            for (int i = 1; i < paths.length; i++) {
                SimPath path = topology.path(paths[i]);
                commands.openSubflow(paths[i], path.clientAddress(), new IpEndpoint(path.serverAddress(), port), false);
            }
        }
    }

    /** Payload delivered to each connection's application between two times, in bits per second, in the order they were described in. */
    double[] goodputBitsPerSecond(double fromSeconds, double toSeconds) {
        simulation.runTo(Math.round(fromSeconds * NANOS_PER_SECOND));
        double[] rates = receivers.stream().mapToDouble(receiver -> receiver.checker().receivedBytes()).toArray();
        simulation.runTo(Math.round(toSeconds * NANOS_PER_SECOND));
        for (int i = 0; i < rates.length; i++) {
            rates[i] = (receivers.get(i).checker().receivedBytes() - rates[i]) * 8 / (toSeconds - fromSeconds);
        }
        return rates;
    }

    /** Frees the memory of both stacks. */
    @Override
    public void close() {
        topology.client().stack().close();
        topology.server().stack().close();
    }
}
