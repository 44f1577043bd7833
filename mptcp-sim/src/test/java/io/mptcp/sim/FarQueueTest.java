package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A subflow that keeps its queue short gives way to nobody: where others fill the queue it competes with them, as TCP does. */
class FarQueueTest {
    private static final double NEAR_BITS_PER_SECOND = 50e6 * 1428 / 1500;
    private static final double FAR_BITS_PER_SECOND = 10e6 * 1428 / 1500;

    @ParameterizedTest
    @CsvSource({"cubic, 0, 5", "cubic, 3, 0", "newreno, 0, 5", "newreno, 3, 0"})
    void besideATcpItHasItsShareOfALongPath(String controller, double startSeconds, double tcpStartSeconds) {
        double far = 0;
        int runs = 2;
        for (int seed = 1; seed <= runs; seed++) {
            try (Crossroads crossroads = new Crossroads(seed).path(50, 20).path(10, 100).tcp(controller, 1, tcpStartSeconds).mptcp(controller, startSeconds, 0, 1)) {
                far += (crossroads.goodputBitsPerSecond(15, 45)[1] - NEAR_BITS_PER_SECOND) / runs;
            }
        }
        double share = far / FAR_BITS_PER_SECOND;
        assertTrue(share > 0.35, () -> share + " of the long path");
    }
}
