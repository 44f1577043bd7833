package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What is taken over at the end of a transfer is paid for twice, so it has to be worth it: between paths that are alike it is not. A peer
 * that has closed when it had everything once answers what comes again with resets, as Linux does.
 */
class NeedlessCopiesTest {
    private static final int SHARED_SEEDS = 5;

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

    /**
     * Half a megabyte each way on each of nine connections at once, a third of which answer only when they have got everything: queues and rates change
     * quickly, and a joined subflow has hardly sent when the rest of the stream is due.
     */
    @ParameterizedTest
    @CsvSource({"0, 0, 0", "1, 0, 0", "0, 0.05, 0", "0, 0, 0.01"})
    void connectionsThatShareTwoEqualPathsTakeNextToNothingFromEachOther(double jitterMillis, double reorder, double loss) {
        int connections = 9;
        int bytes = 500_000;
        List<Long> reinjected = new ArrayList<>();
        double sum = 0;
        for (int seed = 1; seed <= SHARED_SEEDS; seed++) {
            Scenario scenario = new Scenario(seed).plans(TransferApp.Plan.of(bytes, bytes), TransferApp.Plan.of(bytes, bytes));
            for (int path = 0; path < 2; path++) {
                LinkSpec link = LinkSpec.of(200, 5).withQueue(1_250_000);
                scenario.path(link.withJitter(jitterMillis).withReorder(reorder, 4).withLoss(loss));
            }
            for (int i = 1; i < connections; i++) {
                TransferApp.Plan server = TransferApp.Plan.of(bytes, bytes);
                boolean answers = i % 3 == 0;
                scenario.another(0.0001 * i, TransferApp.Plan.of(bytes, bytes), answers ? server.ending(TransferApp.Ending.SHUTDOWN_AFTER_PEER) : server);
            }
            scenario.runUntilClosed(60);
            long segments = 0;
            for (Host host : List.of(scenario.topology().client(), scenario.topology().server())) {
                segments += host.stack().counters().nonZero().getOrDefault("MPTCPRetrans", 0L);
                host.stack().close();
            }
            reinjected.add(segments);
            sum += segments;
        }
        double share = sum / SHARED_SEEDS * LinkSpec.DEFAULT_MTU_BYTES / (2.0 * connections * bytes);
        assertTrue(share < (loss > 0 ? 0.003 : 0.001), () -> "segments sent again over the other path: " + reinjected + " of about " + 2 * connections * bytes / 1420);
    }
}
