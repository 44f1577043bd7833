package io.mptcp.cli.bench;

import java.nio.file.Path;
import java.util.List;

/**
 * What {@code mptcp bench wan} is to measure.
 *
 * @param runs         how often each cell is measured
 * @param lossyFactor  transfers with random loss are measured this many times as long: they are slower, and chance makes them differ
 * @param seed         of all chance
 * @param parallelMbit transfers run at the same time, on paths of their own, as long as they can be expected to need no more than this together
 * @param pcap         file for the segments of this stack, or null; for one cell and run only
 * @param verbose      say everything about every transfer
 */
record WanSettings(List<PathCell> cells, List<Direction> directions, int runs, Window window, int lossyFactor, long seed, double parallelMbit,
                   Path pcap, boolean verbose) {
    Window window(PathCell cell) {
        return cell.hasRandomLoss() ? window.times(lossyFactor) : window;
    }

    /** The fastest path there is: what is ready for that one is ready for all. */
    double maxRateMbit() {
        return cells.stream().mapToDouble(PathCell::rateMbit).max().orElseThrow();
    }
}
