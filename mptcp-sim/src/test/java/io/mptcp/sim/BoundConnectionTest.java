package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Counter;
import io.mptcp.wire.IpEndpoint;
import org.junit.jupiter.api.Test;

/** Connections that may use some of the links only. */
class BoundConnectionTest {
    private static final int PORT = 81;
    private static final int ROUNDS = 20;
    private static final int REQUEST_BYTES = 50_000;
    private static final long LIMIT_NANOS = 30_000_000_000L;
    private static final long FIRST_LINK = 0b01;

    private final Scenario scenario = new Scenario(1).path(LinkSpec.of(10, 10)).path(LinkSpec.of(10, 10));
    private final Topology topology = scenario.topology();
    private RequestApp app;

    private void exchange(ConnectOptions client, ConnectOptions server) {
        IpEndpoint service = new IpEndpoint(topology.path(0).serverAddress(), PORT);
        topology.server().listen(service, server, EchoApp::new);
        app = new RequestApp(scenario.simulation(), new Pattern(7), REQUEST_BYTES, ROUNDS, 1_000_000);
        topology.client().connect(0, topology.clientEndpoint(0), service, client, app);
        scenario.simulation().runUntil(app::isClosed, LIMIT_NANOS);
        assertTrue(app.isClosed());
    }

    private long carried(int path) {
        return scenario.path(path).payloadBytesDelivered();
    }

    @Test
    void oneThatIsBoundToNothingUsesBoth() {
        exchange(ConnectOptions.DEFAULT, ConnectOptions.DEFAULT);
        assertTrue(carried(1) > 0, "by the second: " + carried(1));
    }

    @Test
    void itOpensNoSubflowOverAnotherLink() {
        exchange(ConnectOptions.DEFAULT.withLinks(FIRST_LINK), ConnectOptions.DEFAULT);
        assertEquals(0, carried(1));
    }

    @Test
    void itTakesNoJoinOverAnotherLink() {
        exchange(ConnectOptions.DEFAULT, ConnectOptions.DEFAULT.withLinks(FIRST_LINK));
        assertEquals(0, carried(1));
        assertTrue(topology.client().stack().counters().get(Counter.MPJoinSynTx) > 0);
        assertTrue(topology.server().stack().counters().get(Counter.MPJoinRejected) > 0);
    }
}
