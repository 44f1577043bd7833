package io.mptcp.cli.simulate;

import io.mptcp.sim.Report;
import java.util.List;

/**
 * How one transfer went.
 *
 * @param seconds      from connect to the last byte; infinite when it was not delivered in time
 * @param bytesPerPath payload that arrived over each path of the plan, copies included
 * @param sentTwiceBytes payload that arrived although it had arrived before: needless retransmissions and copies
 * @param pauses       times in which the reader got nothing
 * @param samples      totals over time
 */
record Outcome(long seed, double seconds, double goodputMbit, long[] bytesPerPath, long sentTwiceBytes, Pauses pauses, List<Report.Sample> samples) {
    boolean isDelivered() {
        return Double.isFinite(seconds);
    }

    /** Part of all that arrived which came over this path. */
    double share(int path) {
        long sum = 0;
        for (long bytes : bytesPerPath) {
            sum += bytes;
        }
        return sum == 0 ? 0 : (double) bytesPerPath[path] / sum;
    }
}
