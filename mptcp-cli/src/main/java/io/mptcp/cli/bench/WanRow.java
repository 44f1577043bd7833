package io.mptcp.cli.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All runs of one cell in one direction.
 *
 * @param results not empty
 */
record WanRow(PathCell cell, Direction direction, List<WanResult> results) {
    /** One row for each cell and direction, in the order of the results. */
    static List<WanRow> of(List<WanResult> results) {
        record Key(PathCell cell, Direction direction) {
        }

        Map<Key, List<WanResult>> groups = new LinkedHashMap<>();
        for (WanResult result : results) {
            groups.computeIfAbsent(new Key(result.cell(), result.direction()), key -> new ArrayList<>()).add(result);
        }
        List<WanRow> rows = new ArrayList<>();
        groups.forEach((key, group) -> rows.add(new WanRow(key.cell(), key.direction(), group)));
        return rows;
    }

    Spread ratios() {
        return Spread.of(results.stream().mapToDouble(WanResult::ratio).toArray());
    }

    /** Ratio of what all runs together delivered: where chance makes runs differ, this says more than the middle one of them. */
    double totalRatio() {
        return oursMbit() / kernelMbit();
    }

    /** Mean. */
    double kernelMbit() {
        return results.stream().mapToDouble(result -> result.kernel().mbit()).average().orElseThrow();
    }

    /** Mean. */
    double oursMbit() {
        return results.stream().mapToDouble(result -> result.ours().mbit()).average().orElseThrow();
    }

    /** How much of what the path can carry the kernel used. */
    double kernelUse() {
        return kernelMbit() / cell.capacityMbit();
    }

    /** Segments sent again by this stack's and by the kernel's sender, a run. */
    String retransmits() {
        return mean(results.stream().mapToLong(result -> result.ours().retransmits()).sum()) + " / "
                + mean(results.stream().mapToLong(result -> result.kernel().retransmits()).sum());
    }

    /** Retransmission timeouts, all runs together; the sender is the kernel in both when it sends to this stack. */
    String timeouts() {
        return results.stream().mapToLong(result -> result.ours().timeouts()).sum() + " / "
                + results.stream().mapToLong(result -> result.kernel().timeouts()).sum();
    }

    private long mean(long sum) {
        return Math.round((double) sum / results.size());
    }
}
