package io.mptcp.netty.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.wire.IpAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Over UDP on the loopback interface. */
@Timeout(60)
class MptcpMetricsTest {
    @Test
    void aPathThatIsRemovedIsDownAndTheOthersAreCountedOn() throws Exception {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (MptcpStack stack = MptcpStack.builder().udpPath("lo", IpAddress.parse("127.0.0.2")).udpPath("lo", IpAddress.parse("127.0.0.3")).build()) {
            new MptcpMetrics(stack).bindTo(registry);
            awaitUp(registry, 0, 1);
            Uplinks uplinks = stack.shards().getFirst();
            uplinks.loop().submit(() -> uplinks.removePath(uplinks.links().getFirst())).sync();
            awaitUp(registry, 0, 0);
            assertEquals(1, up(registry, 1));
        }
    }

    private static double up(SimpleMeterRegistry registry, int path) {
        return registry.get("mptcp.path.up").tag("path", "lo#" + path).gauge().value();
    }

    /** Values are up to a second old. */
    private static void awaitUp(SimpleMeterRegistry registry, int path, double value) {
        while (up(registry, path) != value) {
            Thread.onSpinWait();
        }
    }
}
