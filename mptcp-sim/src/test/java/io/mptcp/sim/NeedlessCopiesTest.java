package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is taken over at the end of a transfer is paid for twice, so it has to be worth it: between paths that are alike it is not. */
class NeedlessCopiesTest {
    @ParameterizedTest
    @CsvSource({"50, 20, 500000", "50, 20, 5000000", "100, 1, 500000", "20, 100, 500000", "1000, 0.2, 500000"})
    void pathsThatAreAlikeTakeLittleFromEachOther(double megabits, double rttMillis, long bytes) {
        List<String> cells = new ArrayList<>();
        double sum = 0;
        int seeds = 10;
        for (int seed = 1; seed <= seeds; seed++) {
            Scenario scenario = new Scenario(seed).transfer(0, bytes);
            for (int path = 0; path < 2; path++) {
                scenario.path(LinkSpec.of(megabits, rttMillis / 2).withJitter(rttMillis / 20));
            }
            scenario.runUntilDelivered(60);
            scenario.simulation().runTo(scenario.simulation().nowNanos() + 5_000_000_000L);
            long arrived = 0;
            for (SimPath path : scenario.topology().paths()) {
                arrived += path.payloadBytesDelivered();
            }
            double twice = (double) (arrived - bytes) / bytes;
            sum += twice;
            cells.add(String.format(Locale.ROOT, "%.1f %%", 100 * twice));
            scenario.topology().client().stack().close();
            scenario.topology().server().stack().close();
        }
        double mean = sum / seeds;
        assertTrue(mean < 0.03, () -> "came twice: " + cells);
    }
}
