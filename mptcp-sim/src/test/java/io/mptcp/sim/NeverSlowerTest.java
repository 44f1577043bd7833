package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.scheduler.Schedulers;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.tcp.SocketOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Never slower than the best path alone: 100 Mbit/s and 10 ms beside 2 Mbit/s, which is the worst of companions, as it has next to nothing to give
 * and much to spoil. {@code -Dnever.grid=large} for all sizes and buffers, and the figures.
 */
class NeverSlowerTest {
    private static final boolean LARGE = "large".equals(System.getProperty("never.grid"));
    private static final double[] RTTS_MILLIS = {1, 10, 50, 100, 300};
    private static final int[] SEND_BUFFERS = {0, 64 << 10, 256 << 10};

    private static double seconds(String scheduler, double otherRttMillis, long bytes, int sendBufferBytes) {
        ConnectOptions options = ConnectOptions.DEFAULT.withScheduler(() -> Schedulers.create(scheduler))
                .withSocket(SocketOptions.DEFAULT.toBuilder().sendBufferBytes(sendBufferBytes).build());
        Scenario scenario = new Scenario(1).path(LinkSpec.of(100, 5)).clientOptions(options).serverOptions(options).transfer(0, bytes);
        if (otherRttMillis > 0) {
            scenario.path(LinkSpec.of(2, otherRttMillis / 2));
        }
        double seconds = scenario.runUntilDelivered(300).seconds();
        scenario.topology().client().stack().close();
        scenario.topology().server().stack().close();
        return seconds;
    }

    /** Within 3 %, except where {@link #allowed} says what is still missing. */
    @ParameterizedTest
    @ValueSource(strings = {"default", "minrtt", "first", "backup", "roundrobin", "weighted", "blest", "ecf"})
    void aSlowSecondPathDoesNoHarm(String scheduler) {
        List<String> wrong = new ArrayList<>();
        for (long bytes : LARGE ? new long[] {64_000, 1_000_000, 20_000_000} : new long[] {64_000, 1_000_000}) {
            for (int buffer : SEND_BUFFERS) {
                double alone = seconds("first", 0, bytes, buffer);
                for (double rtt : RTTS_MILLIS) {
                    double ratio = seconds(scheduler, rtt, bytes, buffer) / alone;
                    String cell = String.format(Locale.ROOT, "%s, %.0f ms, %d bytes, send buffer %d: %.3f of the time of the best path alone",
                            scheduler, rtt, bytes, buffer, ratio);
                    if (LARGE) {
                        System.out.println(cell);
                    }
                    if (ratio > allowed(rtt, bytes, buffer)) {
                        wrong.add(cell);
                    }
                }
            }
        }
        assertTrue(wrong.isEmpty(), () -> String.join("\n", wrong));
    }

    /**
     * Known misses. A megabyte in slow start with a send buffer in the middle: what the short slow path took just before the end is taken over only
     * when the fast one has room, up to a round trip late.
     */
    private static double allowed(double rttMillis, long bytes, int buffer) {
        return bytes == 1_000_000 && rttMillis == 10 && buffer == 256 << 10 ? 1.07 : 1.03;
    }
}
