package io.mptcp.cli.simulate;

import io.mptcp.cli.TextTable;
import io.mptcp.netty.JsonWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What came out, as text, as JSON and as CSV. */
final class SimulationReport {
    private static final double[] PERCENTILES = {50, 90, 99, 100};
    /** Less than this part of the best single path is worth a word. */
    private static final double SLOWER_SHARE = 0.97;

    private final SimulationPlan plan;
    private final List<Summary> summaries;

    SimulationReport(SimulationPlan plan, List<Summary> summaries) {
        this.plan = plan;
        this.summaries = summaries;
    }

    String text() {
        StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, "%s %s, %s; virtual time, this stack at both ends, %s at the reader%n", size(plan.sizeBytes()),
                plan.down() ? "down" : "up", runs(), plan.bufferBytes() == 0 ? "buffers that follow the traffic" : size(plan.bufferBytes()) + " of buffer"));
        for (PlannedPath path : plan.paths()) {
            text.append("  ").append(path.name()).append(": ").append(path.describe()).append('\n');
        }
        for (Cut cut : plan.cuts()) {
            text.append("  ").append(cut.describe(plan.paths())).append('\n');
        }
        text.append('\n').append(goodput().text()).append('\n').append(times().text()).append('\n').append(pauses().text());
        remarks(text);
        return text.toString();
    }

    private String runs() {
        return plan.runs() == 1 ? "one run, seed " + plan.firstSeed()
                : plan.runs() + " runs each, seeds " + plan.firstSeed() + " to " + (plan.firstSeed() + plan.runs() - 1);
    }

    /** Goodput, what it is to the best single path, the share of each path, and how much came twice. */
    private TextTable goodput() {
        List<String> header = new ArrayList<>(List.of("", "Mbit/s"));
        if (plan.paths().size() > 1) {
            header.add("of best path");
            plan.paths().forEach(path -> header.add(path.name()));
        }
        header.add("came twice");
        TextTable table = new TextTable(header.toArray(String[]::new));
        for (Summary summary : summaries) {
            List<String> row = new ArrayList<>(List.of(summary.variant().name(), format("%.2f", summary.medianGoodputMbit())));
            if (plan.paths().size() > 1) {
                row.add(format("%.2f", summary.medianGoodputMbit() / bestSingleMbit()));
                for (int i = 0; i < plan.paths().size(); i++) {
                    int path = i;
                    double share = summary.mean(outcome -> outcome.share(path));
                    row.add(share == 0 ? "-" : format("%.1f %%", 100 * share));
                }
            }
            row.add(format("%.2f %%", 100 * summary.mean(outcome -> (double) outcome.sentTwiceBytes() / plan.sizeBytes())));
            table.add(row.toArray(String[]::new));
        }
        return table;
    }

    private double bestSingleMbit() {
        return summaries.stream().filter(summary -> summary.variant().onlyPath() >= 0 || plan.paths().size() == 1)
                .mapToDouble(Summary::medianGoodputMbit).max().orElse(0);
    }

    private TextTable times() {
        TextTable table = new TextTable("seconds until delivered", "p50", "p90", "p99", "max");
        for (Summary summary : summaries) {
            String[] row = new String[1 + PERCENTILES.length];
            row[0] = summary.variant().name();
            for (int i = 0; i < PERCENTILES.length; i++) {
                double seconds = summary.percentile(PERCENTILES[i], Outcome::seconds);
                row[1 + i] = Double.isFinite(seconds) ? format("%.3f", seconds) : "never";
            }
            table.add(row);
        }
        return table;
    }

    private TextTable pauses() {
        List<String> header = new ArrayList<>(List.of("pauses of the reader, each run", "longest p50", "p99"));
        for (int i = 0; i < Pauses.FROM_MILLIS.length; i++) {
            header.add(i + 1 < Pauses.FROM_MILLIS.length ? Pauses.FROM_MILLIS[i] + "-" + Pauses.FROM_MILLIS[i + 1] : Pauses.FROM_MILLIS[i] + "+ ms");
        }
        TextTable table = new TextTable(header.toArray(String[]::new));
        for (Summary summary : summaries) {
            List<String> row = new ArrayList<>(List.of(summary.variant().name(),
                    format("%.1f ms", summary.percentile(50, outcome -> outcome.pauses().longestMillis())),
                    format("%.1f ms", summary.percentile(99, outcome -> outcome.pauses().longestMillis()))));
            for (int i = 0; i < Pauses.FROM_MILLIS.length; i++) {
                int length = i;
                double count = summary.mean(outcome -> outcome.pauses().count(length));
                row.add(count == 0 ? "." : PlannedPath.number(count));
            }
            table.add(row.toArray(String[]::new));
        }
        return table;
    }

    private void remarks(StringBuilder text) {
        for (Summary summary : summaries) {
            if (summary.notDelivered() > 0) {
                text.append(format("%n%s: %d of %d transfers were not delivered within %.0f s", summary.variant().name(), summary.notDelivered(),
                        summary.outcomes().size(), Simulator.LIMIT_SECONDS));
            } else if (summary.variant().onlyPath() < 0 && plan.paths().size() > 1 && plan.cuts().isEmpty()
                    && summary.medianGoodputMbit() < SLOWER_SHARE * bestSingleMbit()) {
                text.append(format("%n%s is slower than the best path alone", summary.variant().name()));
            }
        }
        if (!text.isEmpty() && text.charAt(text.length() - 1) != '\n') {
            text.append('\n');
        }
    }

    /** One line for every transfer. */
    String csv() {
        StringBuilder csv = new StringBuilder("scheduler,congestion,paths,seed,seconds,goodput_mbit,longest_pause_ms,came_twice_bytes");
        plan.paths().forEach(path -> csv.append(",bytes_").append(path.name().replaceAll("[^A-Za-z0-9]", "_")));
        csv.append('\n');
        for (Summary summary : summaries) {
            String paths = summary.variant().onlyPath() < 0 ? "all" : plan.paths().get(summary.variant().onlyPath()).name();
            for (Outcome outcome : summary.outcomes()) {
                csv.append(format("%s,%s,%s,%d,%s,%.4f,%.3f,%d", summary.variant().scheduler(), summary.variant().congestion(),
                        paths.replaceAll("[,\"\\s]", "_"), outcome.seed(), outcome.isDelivered() ? format("%.6f", outcome.seconds()) : "",
                        outcome.goodputMbit(), outcome.pauses().longestMillis(), outcome.sentTwiceBytes()));
                for (long bytes : outcome.bytesPerPath()) {
                    csv.append(',').append(bytes);
                }
                csv.append('\n');
            }
        }
        return csv.toString();
    }

    String json() {
        JsonWriter json = new JsonWriter().beginObject();
        json.member("size_bytes", plan.sizeBytes()).member("direction", plan.down() ? "down" : "up").member("runs", plan.runs())
                .member("seed", plan.firstSeed());
        json.name("results").beginArray();
        for (Summary summary : summaries) {
            json.beginObject().member("name", summary.variant().name()).member("scheduler", summary.variant().scheduler())
                    .member("congestion", summary.variant().congestion());
            json.name("path").value(summary.variant().onlyPath() < 0 ? null : plan.paths().get(summary.variant().onlyPath()).name());
            json.member("goodput_mbit", summary.medianGoodputMbit());
            json.name("seconds").beginObject();
            for (double percent : PERCENTILES) {
                json.member(percent == 100 ? "max" : "p" + (int) percent, summary.percentile(percent, Outcome::seconds));
            }
            json.endObject().member("not_delivered", summary.notDelivered());
            json.member("longest_pause_ms_p50", summary.percentile(50, outcome -> outcome.pauses().longestMillis()));
            json.member("longest_pause_ms_p99", summary.percentile(99, outcome -> outcome.pauses().longestMillis()));
            json.member("came_twice", summary.mean(outcome -> (double) outcome.sentTwiceBytes() / plan.sizeBytes()));
            json.name("share").beginObject();
            for (int i = 0; i < plan.paths().size(); i++) {
                int path = i;
                json.member(plan.paths().get(i).name(), summary.mean(outcome -> outcome.share(path)));
            }
            json.endObject().endObject();
        }
        return json.endArray().endObject().toString();
    }

    static String size(long bytes) {
        if (bytes >= 1_000_000_000) {
            return PlannedPath.number(bytes / 1e9) + " GB";
        }
        return bytes >= 1_000_000 ? PlannedPath.number(bytes / 1e6) + " MB" : bytes >= 1000 ? PlannedPath.number(bytes / 1e3) + " kB" : bytes + " bytes";
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
