package io.mptcp.cli.simulate;

import java.util.ArrayList;
import java.util.List;

/** Collects a plan from a file and from options, which come second and so win. */
final class PlanBuilder {
    final List<PlannedPath> paths = new ArrayList<>();
    final List<Cut> cuts = new ArrayList<>();
    long sizeBytes = 20_000_000;
    boolean down = true;
    List<String> schedulers = List.of("default");
    List<String> congestion = List.of("cubic");
    int runs = 10;
    long seed = 1;
    int bufferBytes;

    /** @throws IllegalArgumentException with the rule that does not hold */
    SimulationPlan build() {
        return new SimulationPlan(List.copyOf(paths), List.copyOf(cuts), sizeBytes, down, List.copyOf(schedulers), List.copyOf(congestion), runs, seed,
                bufferBytes);
    }
}
