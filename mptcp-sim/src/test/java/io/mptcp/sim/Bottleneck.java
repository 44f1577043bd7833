package io.mptcp.sim;

import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.StackConfig;
import io.mptcp.stack.SubflowInfo;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Flows of plain TCP that send as much as they can through one bottleneck, from a client to a server. */
final class Bottleneck implements AutoCloseable {
    /** IPv4, and timestamps in every segment. */
    private static final double PAYLOAD_SHARE = 1448.0 / 1500;
    private static final int BUFFER_BYTES = 32 << 20;
    private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final Pattern BYTES = new Pattern(5);

    private final Simulation simulation;
    private final Topology topology;
    private final long rateBitsPerSecond;
    private final List<TransferApp> receivers = new ArrayList<>();

    /**
     * @param loss     on the way of the data; acknowledgments are not lost
     * @param queueBdp room in the queue, in bandwidth-delay products; two packets at least
     */
    Bottleneck(long seed, String congestionControl, double megabitsPerSecond, double rttMillis, double loss, double queueBdp) {
        // Up to one packet's time of jitter: without it arrivals lock to departures, and one flow loses every time where the other never does.
        LinkSpec down = LinkSpec.of(megabitsPerSecond, rttMillis / 2).withJitter(1500 * 8 / (megabitsPerSecond * 1e3));
        rateBitsPerSecond = down.rateBitsPerSecond();
        double bdpBytes = rateBitsPerSecond / 8.0 * rttMillis / 1e3;
        LinkSpec up = down.withLoss(loss).withQueue(Math.max(2 * LinkSpec.DEFAULT_MTU_BYTES, Math.round(queueBdp * bdpBytes)));
        StackConfig config = StackConfig.defaults().withMptcp(false).withCongestionControl(congestionControl)
                .withTcp(TcpConfig.defaults().withBuffers(BUFFER_BYTES, BUFFER_BYTES));
        simulation = new Simulation(seed);
        topology = new Topology(simulation, List.of(new Topology.PathSpec(up, down, false, 1)), config, config, false);
    }

    /** One more flow, which starts so many seconds after the beginning. */
    Bottleneck flow(double startSeconds) {
        IpEndpoint remote = new IpEndpoint(topology.path(0).serverAddress(), 81 + receivers.size());
        TransferApp receiver = new TransferApp(simulation, "receiver", TransferApp.Plan.of(0, Long.MAX_VALUE), BYTES, BYTES);
        TransferApp sender = new TransferApp(simulation, "sender", TransferApp.Plan.of(Long.MAX_VALUE, 0), BYTES, BYTES);
        receivers.add(receiver);
        topology.server().listen(remote, ConnectOptions.DEFAULT, () -> receiver);
        simulation.at(nanos(startSeconds),
                () -> topology.client().connect(0, topology.clientEndpoint(0), remote, ConnectOptions.DEFAULT, sender));
        return this;
    }

    /** Payload delivered to each flow's application between two times, in bits per second. */
    double[] goodputBitsPerSecond(double fromSeconds, double toSeconds) {
        simulation.runTo(nanos(fromSeconds));
        long[] before = receivedBytes();
        simulation.runTo(nanos(toSeconds));
        long[] after = receivedBytes();
        double[] rates = new double[after.length];
        for (int i = 0; i < rates.length; i++) {
            rates[i] = (after[i] - before[i]) * 8 / (toSeconds - fromSeconds);
        }
        return rates;
    }

    private long[] receivedBytes() {
        return receivers.stream().mapToLong(receiver -> receiver.checker().receivedBytes()).toArray();
    }

    /** Payload the bottleneck can carry when every packet is full. */
    double capacityBitsPerSecond() {
        return rateBitsPerSecond * PAYLOAD_SHARE;
    }

    /** Frees the memory of both stacks. */
    @Override
    public void close() {
        topology.client().stack().close();
        topology.server().stack().close();
    }

    /** Segments sent again so far, by all flows that exist. */
    long retransmits() {
        return topology.client().connections().stream().flatMap(connection -> connection.subflows().stream())
                .mapToLong(SubflowInfo::retransmits).sum();
    }

    /** Mean of the flows' smoothed round-trip times. */
    double smoothedRttMillis() {
        return topology.client().connections().stream().flatMap(connection -> connection.subflows().stream())
                .mapToLong(SubflowInfo::srttNanos).average().orElseThrow() / 1e6;
    }

    private static long nanos(double seconds) {
        return Math.round(seconds * NANOS_PER_SECOND);
    }
}
