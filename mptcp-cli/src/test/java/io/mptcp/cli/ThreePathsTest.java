package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.cli.lab.TwoPathLab;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One connection over three interfaces, as in the walk-throughs for the kernel: a server on the kernel's MPTCP or on this stack, unmodified curl, and what is shown live. */
class ThreePathsTest extends DaemonLabTest {
    private static final int PATHS = 3;
    /** Of default routes, as a desktop's network manager sets them: wired, Wi-Fi, and a modem. */
    private static final int[] METRICS = {100, 600, 1000};
    private static final int OUR_PORT = 8083;
    private static final int BYTES = 12_000_000;
    /** Of the bytes: a third is 33. */
    private static final double LEAST_PERCENT = 25;
    private static final double MOST_PERCENT = 42;

    ThreePathsTest() {
        super(LinkProfile.of(10, 5, 50), LinkProfile.of(10, 5, 50), LinkProfile.of(10, 5, 50));
    }

    /** Nothing but the metrics tells the routes apart: there is no rule, and no table, for a source address. */
    private void setMetrics() {
        LabNamespace host = lab.network.client();
        for (int path = 1; path <= PATHS; path++) {
            String route = "default via " + TwoPathLab.serverV4(path) + " dev " + TwoPathLab.uplink(path) + " metric ";
            host.ip("route del " + route + 100 * path);
            host.ip("route add " + route + METRICS[path - 1]);
        }
        assertEquals(3, host.ipOutput("rule").lines().count(), "those of every host: local, main, default");
    }

    /** Bytes that have come by each path so far. */
    private List<Long> carried() {
        return Pattern.compile("\"bytes_received\":(\\d+)").matcher(lab.mptcp("paths", "--json").out()).results().map(one -> Long.parseLong(one.group(1))).toList();
    }

    @ParameterizedTest(name = "our server {0}")
    @ValueSource(booleans = {false, true})
    void oneDownloadIsSpreadOverThreeInterfacesInNearlyEqualParts(boolean ourServer) throws Exception {
        int port = ourServer ? OUR_PORT : DaemonLab.MPTCP_PORT;
        if (ourServer) {
            lab.network.serveFilesByStack(port);
        }
        setMetrics();
        lab.start(List.of("p1", "p2", "p3"), "");
        List<Long> before = carried();
        LabProcess curl = lab.curl(DaemonLab.url(port, BYTES), "-w", "%{speed_download}");
        lab.await(List.of("p1 +ESTABLISHED 10.77.1.1:", "p2 +ESTABLISHED 10.77.2.1:", "p3 +ESTABLISHED 10.77.3.1:"), "connections");
        System.out.println(topWithRates());
        assertEquals(0, curl.awaitExit(PATIENCE), curl.lines().toString());
        List<Long> after = carried();
        List<Double> percent = new ArrayList<>();
        long total = IntStream.range(0, PATHS).mapToLong(path -> after.get(path) - before.get(path)).sum();
        for (int path = 0; path < PATHS; path++) {
            percent.add(100.0 * (after.get(path) - before.get(path)) / total);
        }
        System.out.printf("parts in percent: %.1f, %.1f, %.1f; bytes/s: %s%n", percent.get(0), percent.get(1), percent.get(2), curl.lines());
        assertTrue(percent.stream().allMatch(part -> part > LEAST_PERCENT && part < MOST_PERCENT), "parts in percent: " + percent);
    }

    /** What {@code mptcp top} shows when every path has a rate. */
    private String topWithRates() {
        Pattern rate = Pattern.compile("p[123] +up .*[1-9][0-9.]* ?[kM]bit.*");
        long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            String top = lab.mptcp("top", "--batch", "-n", "1").out();
            if (rate.matcher(top).results().count() >= PATHS) {
                return top;
            }
            if (System.nanoTime() > deadlineNanos) {
                throw new AssertionError("mptcp top never showed a rate for each path: " + top);
            }
            DaemonLab.pause();
        }
    }
}
