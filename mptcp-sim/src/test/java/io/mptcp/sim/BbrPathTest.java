package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What BBR is chosen for: rate in spite of random loss, and a short queue. */
class BbrPathTest {
    private static final double FROM_SECONDS = 3;
    private static final double TO_SECONDS = 18;

    private static double share(String controller, double loss) {
        try (Bottleneck bottleneck = new Bottleneck(1, controller, 20, 40, loss, 1).flow(0)) {
            return bottleneck.goodputBitsPerSecond(FROM_SECONDS, TO_SECONDS)[0] / bottleneck.capacityBitsPerSecond();
        }
    }

    /** Up to 2 % are tolerated; at 2 % it is chance that decides whether a probe counts as one too far. */
    @ParameterizedTest
    @CsvSource({"0, 0.95", "0.005, 0.85", "0.01, 0.8", "0.02, 0.4"})
    void pathIsFilledInSpiteOfRandomLoss(double loss, double atLeast) {
        double share = share("bbr", loss);
        assertTrue(share >= atLeast, () -> share + " of what the path carries");
    }

    @Test
    void cubicDoesNotFillIt() {
        double share = share("cubic", 0.01);
        assertTrue(share < 0.4, () -> share + " of what the path carries");
    }

    @ParameterizedTest
    @CsvSource({"0", "5"})
    void twoFlowsShareABottleneck(double secondStartsAtSeconds) {
        int runs = 4;
        double[] goodput = new double[2];
        double capacity = 0;
        for (int seed = 1; seed <= runs; seed++) {
            try (Bottleneck bottleneck = new Bottleneck(seed, "bbr", 10, 40, 0, 1).flow(0).flow(secondStartsAtSeconds)) {
                double[] one = bottleneck.goodputBitsPerSecond(secondStartsAtSeconds, secondStartsAtSeconds + 60);
                goodput[0] += one[0] / runs;
                goodput[1] += one[1] / runs;
                capacity = bottleneck.capacityBitsPerSecond();
            }
        }
        double half = (goodput[0] + goodput[1]) / 2;
        assertEquals(half, goodput[0], 0.2 * half, "bit/s of the first, where each should have half");
        assertTrue(2 * half > 0.93 * capacity, 2 * half + " of " + capacity);
    }

    /** Before a queue of four bandwidth-delay products: CUBIC fills it, and BBR leaves most of it empty. */
    @Test
    void queueIsKeptShort() {
        double cubic = meanRoundTripMillis("cubic");
        double bbr = meanRoundTripMillis("bbr");
        assertTrue(cubic > 2.5 * 40, () -> "cubic " + cubic + " ms");
        assertTrue(bbr < 1.3 * 40, () -> "bbr " + bbr + " ms");
    }

    private static double meanRoundTripMillis(String controller) {
        try (Bottleneck bottleneck = new Bottleneck(1, controller, 20, 40, 0, 4).flow(0)) {
            double sum = 0;
            int count = 0;
            for (double at = FROM_SECONDS; at < TO_SECONDS; at += 0.1, count++) {
                bottleneck.goodputBitsPerSecond(at, at + 0.1);
                sum += bottleneck.smoothedRttMillis();
            }
            return sum / count;
        }
    }
}
