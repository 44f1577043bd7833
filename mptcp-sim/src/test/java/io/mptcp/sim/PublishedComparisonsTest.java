package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.scheduler.Schedulers;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What papers found about schedulers, tried in the simulator: docs/experiments.md says what agreed. {@code -Dcomparisons.runs} makes more of them, and prints
 * the figures. Fairness of coupled congestion control is in {@link CoupledControlTest}.
 */
class PublishedComparisonsTest {
    private static final int RUNS = Integer.getInteger("comparisons.runs", 1);
    private static final boolean PRINTS = System.getProperty("comparisons.runs") != null;
    private static final int BULK_BYTES = 4_000_000;
    private static final int MESSAGES = 500;
    private static final LinkSpec WIFI = LinkSpec.of(25, 12.5);
    /** With the long queue cellular networks have. */
    private static final LinkSpec CELLULAR = LinkSpec.of(5, 32.5).withQueue(250_000);

    private static void say(String format, Object... values) {
        if (PRINTS) {
            System.out.println(String.format(Locale.ROOT, format, values));
        }
    }

    /** Goodput in Mbit/s, and payload that came although it had come before, as a share. */
    private record Bulk(double mbit, double needless) {
        static Bulk over(String scheduler, int receiveBytes, LinkSpec... paths) {
            double mbit = 0;
            double needless = 0;
            for (int seed = 1; seed <= RUNS; seed++) {
                ConnectOptions options = ConnectOptions.DEFAULT.withScheduler(() -> Schedulers.create(scheduler)).withCongestionControl("olia");
                StackConfig config = StackConfig.defaults().withTcp(TcpConfig.defaults().withBuffers(4 << 20, receiveBytes));
                Scenario scenario = new Scenario(seed).config(config).clientOptions(options).serverOptions(options).transfer(0, BULK_BYTES);
                for (LinkSpec path : paths) {
                    scenario.path(path);
                }
                double seconds = scenario.runUntilDelivered(600).seconds();
                long arrived = scenario.topology().paths().stream().mapToLong(path -> path.down().statistics().payloadBytesDelivered).sum();
                mbit += BULK_BYTES * 8 / seconds / 1e6 / RUNS;
                needless += (double) (arrived - BULK_BYTES) / BULK_BYTES / RUNS;
                scenario.topology().client().stack().close();
                scenario.topology().server().stack().close();
            }
            return new Bulk(mbit, needless);
        }
    }

    /**
     * Ferlin et al. (BLEST, 2016) found min-RTT to lose goodput where the slow path fills a small receive window. Here the connection itself guards the
     * window, under every scheduler.
     */
    @ParameterizedTest
    @ValueSource(strings = {"minrtt", "default", "roundrobin", "weighted", "blest", "ecf"})
    void aSlowPathDoesNotFillASmallReceiveWindow(String scheduler) {
        for (int buffer : PRINTS ? new int[] {96 << 10, 256 << 10, 512 << 10} : new int[] {96 << 10, 256 << 10}) {
            Bulk alone = Bulk.over("first", buffer, WIFI);
            Bulk both = Bulk.over(scheduler, buffer, WIFI, CELLULAR);
            say("%s, receive buffer %d: %.2f Mbit/s, %.2f %% came twice; the fast path alone %.2f", scheduler, buffer, both.mbit(), 100 * both.needless(), alone.mbit());
            if (PRINTS) {
                Bulk lossyAlone = Bulk.over("first", buffer, WIFI.withLoss(0.01));
                Bulk lossy = Bulk.over(scheduler, buffer, WIFI.withLoss(0.01), CELLULAR);
                say("%s, receive buffer %d, 1 %% loss: %.2f Mbit/s, %.2f %% came twice; the fast path alone %.2f", scheduler, buffer, lossy.mbit(), 100 * lossy.needless(),
                        lossyAlone.mbit());
            }
            assertTrue(both.mbit() >= 0.97 * alone.mbit(), () -> both + ", the fast path alone " + alone);
            assertTrue(both.needless() < 0.01, both::toString);
        }
    }

    /** Frömmgen et al. (ReMP TCP, 2016): what is sent over both paths comes sooner, and above all more evenly, where these are disturbed. */
    @Test
    void redundantMessagesComeMoreEvenly() {
        LinkSpec disturbed = LinkSpec.of(20, 25).withLoss(0.02).withJitter(20);
        double[] once = messages("default", disturbed, disturbed);
        double[] twice = messages("redundant", disturbed, disturbed);
        assertTrue(SmallMessages.mean(twice) < 0.9 * SmallMessages.mean(once));
        assertTrue(SmallMessages.standardDeviation(twice) < 0.6 * SmallMessages.standardDeviation(once));
        assertTrue(SmallMessages.quantile(twice, 0.99) < 0.75 * SmallMessages.quantile(once, 0.99));
        if (PRINTS) {
            LinkSpec near = LinkSpec.of(20, 10).withLoss(0.02).withJitter(10);
            LinkSpec far = LinkSpec.of(20, 40).withLoss(0.02).withJitter(10);
            for (String scheduler : List.of("default", "minrtt", "redundant")) {
                messages(scheduler, near, far);
                messages(scheduler, LinkSpec.of(20, 25), LinkSpec.of(20, 25));
            }
        }
    }

    private static double[] messages(String scheduler, LinkSpec first, LinkSpec second) {
        double[] millis = SmallMessages.latenciesMillis(scheduler, MESSAGES * RUNS, 1, first, second);
        say("%s, messages over (%s) and (%s): mean %.1f ms, standard deviation %.1f, p50 %.1f, p99 %.1f, max %.1f", scheduler, first.describe(), second.describe(),
                SmallMessages.mean(millis), SmallMessages.standardDeviation(millis), SmallMessages.quantile(millis, 0.5), SmallMessages.quantile(millis, 0.99),
                SmallMessages.quantile(millis, 1));
        return millis;
    }
}
