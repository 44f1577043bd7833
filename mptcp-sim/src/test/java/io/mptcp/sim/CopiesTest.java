package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.scheduler.Schedulers;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A scheduler that names several subflows gets the data sent on each of them, however much each takes at a time. */
class CopiesTest {
    private static final long BYTES = 1_000_000;
    private static final long LIMIT_NANOS = 60_000_000_000L;
    private static final LinkSpec PLAIN = LinkSpec.of(50, 10);

    @ParameterizedTest
    @CsvSource({"60000, 0, 1500, 1500", "0, 60000, 1500, 1500", "0, 0, 1500, 1400", "0, 0, 1400, 1500", "60000, 0, 1400, 1500"})
    void redundantDataGoesOverBothPaths(int superSegment0, int superSegment1, int mtu0, int mtu1) {
        // The second path begins later and with a small window, so that it never gets all.
        List<Long> alike = delivered(PLAIN, PLAIN);
        List<Long> unlike = delivered(PLAIN.withSuperSegments(superSegment0).withMtu(mtu0), PLAIN.withSuperSegments(superSegment1).withMtu(mtu1));
        for (int path = 0; path < 2; path++) {
            assertTrue(unlike.get(path) > alike.get(path) * 9 / 10, () -> "payload over paths that take alike " + alike + ", unlike " + unlike);
        }
    }

    private static List<Long> delivered(LinkSpec first, LinkSpec second) {
        Simulation simulation = new Simulation(3);
        Topology topology = new Topology(simulation, List.of(Topology.PathSpec.symmetric(first), Topology.PathSpec.symmetric(second)),
                StackConfig.defaults(), StackConfig.defaults(), false);
        TransferApp receiver = new TransferApp(simulation, "receiver", TransferApp.Plan.of(0, BYTES), new Pattern(2), new Pattern(1));
        topology.server().listen(new IpEndpoint(IpAddress.ANY, Topology.SERVER_PORT), ConnectOptions.DEFAULT, () -> receiver);
        TransferApp sender = new TransferApp(simulation, "sender", TransferApp.Plan.of(BYTES, 0), new Pattern(1), new Pattern(2));
        topology.client().connect(0, topology.clientEndpoint(0), topology.serverEndpoint(0),
                ConnectOptions.DEFAULT.withScheduler(() -> Schedulers.create("redundant")), sender);
        simulation.runUntil(() -> sender.isClosed() && receiver.isClosed(), LIMIT_NANOS);
        assertEquals(CloseReason.CLOSED, sender.closeReason());
        return topology.paths().stream().map(path -> path.up().statistics().payloadBytesDelivered).toList();
    }
}
