package io.mptcp.cli.simulate;

import io.mptcp.cli.RatePicture;
import io.mptcp.sim.Report;
import java.util.ArrayList;
import java.util.List;

/** What arrived over each path, over time, as a picture: one panel for each variant, the first run of each. */
final class RatePlot {
    private final SimulationPlan plan;
    private final List<Summary> summaries;

    RatePlot(SimulationPlan plan, List<Summary> summaries) {
        this.plan = plan;
        this.summaries = summaries.stream().filter(summary -> !summary.outcomes().getFirst().samples().isEmpty()).toList();
    }

    String svg() {
        return new RatePicture(plan.paths().stream().map(PlannedPath::name).toList(), "payload arriving, Mbit/s, over seconds; seed " + plan.firstSeed(),
                summaries.stream().map(summary -> new RatePicture.Panel(summary.variant().name(), rates(summary))).toList(), seconds()).svg();
    }

    /** Long enough for the transfers over all paths, and half as long again: a slow path alone is cut off there. */
    private double seconds() {
        double all = 0;
        double together = 0;
        for (Summary summary : summaries) {
            double seconds = summary.outcomes().getFirst().samples().getLast().timeNanos() / 1e9;
            all = Math.max(all, seconds);
            together = summary.variant().onlyPath() < 0 ? Math.max(together, seconds) : together;
        }
        return Math.min(all, 1.5 * together);
    }

    /** For each interval its end in seconds, and the Mbit/s over path 1, over paths 1 and 2, and so on. */
    private List<double[]> rates(Summary summary) {
        List<double[]> rates = new ArrayList<>();
        List<Report.Sample> samples = summary.outcomes().getFirst().samples();
        int only = summary.variant().onlyPath();
        int paths = plan.paths().size();
        for (int i = 0; i < samples.size(); i++) {
            Report.Sample before = i == 0 ? null : samples.get(i - 1);
            double seconds = (samples.get(i).timeNanos() - (before == null ? 0 : before.timeNanos())) / 1e9;
            double[] row = new double[1 + paths];
            row[0] = samples.get(i).timeNanos() / 1e9;
            for (int path = 0; path < paths; path++) {
                int column = only < 0 ? path : path == only ? 0 : -1;
                long bytes = column < 0 ? 0 : samples.get(i).bytesPerPath().get(column) - (before == null ? 0 : before.bytesPerPath().get(column));
                row[1 + path] = row[path] * (path == 0 ? 0 : 1) + bytes * 8 / seconds / 1e6;
            }
            rates.add(row);
        }
        return rates;
    }
}
