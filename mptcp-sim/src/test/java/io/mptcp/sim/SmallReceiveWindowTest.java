package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.scheduler.Schedulers;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A receive window of fixed size is no reason to leave a path out that is about as fast as the others. What a slow one may not do there is in
 * {@link PublishedComparisonsTest}.
 */
class SmallReceiveWindowTest {
    private static final int BYTES = 4_000_000;

    @ParameterizedTest
    @CsvSource({
        "roundrobin, 128, 0, 20, 20", "roundrobin, 128, 0, 20, 30", "roundrobin, 128, 0, 20, 40", "roundrobin, 128, 100, 10, 10", "roundrobin, 128, 100, 10, 13",
        "roundrobin, 256, 20, 50, 70", "default, 256, 100, 10, 10", "default, 256, 100, 10, 13", "default, 256, 20, 50, 50", "default, 256, 20, 50, 70",
        "minrtt, 256, 20, 50, 50", "minrtt, 256, 20, 50, 70"})
    void pathsThatAreAlikeAreAllUsed(String scheduler, int windowKilobytes, double megabits, double rttMillis, double otherRttMillis) {
        LinkSpec path = LinkSpec.of(megabits, rttMillis / 2);
        allAreUsed(scheduler, windowKilobytes, path, path.withDelay(Math.round(otherRttMillis / 2 * 1e6)));
    }

    /** Most of the round trip is queue. */
    @ParameterizedTest
    @ValueSource(strings = {"roundrobin", "default", "minrtt"})
    void soArePathsWithLongQueues(String scheduler) {
        LinkSpec path = LinkSpec.of(20, 25).withQueue(1 << 20);
        allAreUsed(scheduler, 1024, path, path);
        allAreUsed(scheduler, 1024, path, path.withDelay(35_000_000));
    }

    private static void allAreUsed(String scheduler, int windowKilobytes, LinkSpec... paths) {
        ConnectOptions options = ConnectOptions.DEFAULT.withScheduler(() -> Schedulers.create(scheduler));
        StackConfig config = StackConfig.defaults().withTcp(TcpConfig.defaults().withBuffers(4 << 20, windowKilobytes << 10));
        Scenario scenario = new Scenario(1).config(config).clientOptions(options).serverOptions(options).transfer(0, BYTES);
        for (LinkSpec path : paths) {
            scenario.path(path);
        }
        double seconds = scenario.runUntilDelivered(60).seconds();
        List<Long> carried = scenario.topology().paths().stream().map(path -> path.down().statistics().payloadBytesDelivered).toList();
        scenario.topology().client().stack().close();
        scenario.topology().server().stack().close();
        String found = String.format(Locale.ROOT, "%.1f Mbit/s, carried by each: %s", BYTES * 8 / seconds / 1e6, carried);
        assertTrue(carried.stream().allMatch(bytes -> bytes > 0.25 * BYTES), found);
    }
}
