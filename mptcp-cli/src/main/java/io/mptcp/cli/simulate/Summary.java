package io.mptcp.cli.simulate;

import io.mptcp.cli.simulate.SimulationPlan.Variant;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** One row: all transfers of a variant. */
record Summary(Variant variant, List<Outcome> outcomes) {
    /** The value below which this part of the outcomes lies, by the nearest rank. */
    double percentile(double percent, ToDoubleFunction<Outcome> value) {
        double[] sorted = outcomes.stream().mapToDouble(value).toArray();
        Arrays.sort(sorted);
        int rank = (int) Math.ceil(percent / 100 * sorted.length);
        return sorted[Math.clamp(rank - 1, 0, sorted.length - 1)];
    }

    double mean(ToDoubleFunction<Outcome> value) {
        return outcomes.stream().mapToDouble(value).average().orElse(0);
    }

    double medianGoodputMbit() {
        return percentile(50, Outcome::goodputMbit);
    }

    long notDelivered() {
        return outcomes.stream().filter(outcome -> !outcome.isDelivered()).count();
    }
}
