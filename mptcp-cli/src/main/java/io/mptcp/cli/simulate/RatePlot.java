package io.mptcp.cli.simulate;

import io.mptcp.sim.Report;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What arrived over each path, over time, as an SVG picture: one panel for each variant, the paths stacked, the first run of each. No
 * scripts, fonts or other files are needed to show it.
 */
final class RatePlot {
    private static final int WIDTH = 900;
    private static final int PANEL_HEIGHT = 150;
    private static final int LEFT = 60;
    private static final int RIGHT = 20;
    private static final int TOP = 46;
    private static final int PANEL_GAP = 46;
    /** Okabe and Ito: told apart by everybody. */
    private static final String[] COLOURS = {"#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000"};

    private final SimulationPlan plan;
    private final List<Summary> summaries;
    private final StringBuilder svg = new StringBuilder();

    RatePlot(SimulationPlan plan, List<Summary> summaries) {
        this.plan = plan;
        this.summaries = summaries.stream().filter(summary -> !summary.outcomes().getFirst().samples().isEmpty()).toList();
    }

    String svg() {
        double seconds = seconds();
        double top = 0;
        for (Summary summary : summaries) {
            for (double[] rates : rates(summary)) {
                top = Math.max(top, rates[rates.length - 1]);
            }
        }
        double timeStep = niceStep(seconds, 10);
        double rateStep = niceStep(top, 4);
        double maxSeconds = Math.max(timeStep, Math.ceil(seconds / timeStep) * timeStep);
        double maxRate = Math.max(rateStep, Math.ceil(top / rateStep) * rateStep);
        int height = TOP + summaries.size() * (PANEL_HEIGHT + PANEL_GAP);
        add("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">",
                WIDTH, height, WIDTH, height);
        add("<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>");
        legend();
        for (int i = 0; i < summaries.size(); i++) {
            panel(summaries.get(i), TOP + i * (PANEL_HEIGHT + PANEL_GAP) + 16, maxSeconds, maxRate, timeStep, rateStep);
        }
        add("</svg>");
        return svg.toString();
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

    private void legend() {
        int x = LEFT;
        for (int i = 0; i < plan.paths().size(); i++) {
            add("<rect x=\"%d\" y=\"12\" width=\"12\" height=\"12\" fill=\"%s\"/>", x, colour(i));
            String name = plan.paths().get(i).name();
            add("<text x=\"%d\" y=\"22\">%s</text>", x + 18, escape(name));
            x += 40 + 8 * name.length();
        }
        add("<text x=\"%d\" y=\"22\" text-anchor=\"end\">payload arriving, Mbit/s, over seconds; seed %d</text>", WIDTH - RIGHT, plan.firstSeed());
    }

    private void panel(Summary summary, int y, double maxSeconds, double maxRate, double timeStep, double rateStep) {
        add("<text x=\"%d\" y=\"%d\" font-weight=\"bold\">%s</text>", LEFT, y - 6, escape(summary.variant().name()));
        for (double rate = 0; rate <= maxRate * 1.0001; rate += rateStep) {
            double at = y + PANEL_HEIGHT - rate / maxRate * PANEL_HEIGHT;
            add("<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", LEFT, at, WIDTH - RIGHT, LEFT - 6,
                    at + 4, PlannedPath.number(rate));
        }
        List<double[]> rates = rates(summary);
        for (int path = plan.paths().size() - 1; path >= 0; path--) {
            area(rates, path + 1, y, maxSeconds, maxRate, colour(path));
        }
        for (double time = 0; time <= maxSeconds * 1.0001; time += timeStep) {
            double x = x(time, maxSeconds);
            add("<path d=\"M%.1f %dv5\" stroke=\"#888\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>", x, y + PANEL_HEIGHT, x,
                    y + PANEL_HEIGHT + 18, PlannedPath.number(time));
        }
        add("<path d=\"M%d %dH%d\" stroke=\"#888\"/>", LEFT, y + PANEL_HEIGHT, WIDTH - RIGHT);
    }

    private void area(List<double[]> rates, int column, int y, double maxSeconds, double maxRate, String colour) {
        StringBuilder path = new StringBuilder(String.format(Locale.ROOT, "M%.1f %d", x(0, maxSeconds), y + PANEL_HEIGHT));
        for (double[] rate : rates) {
            if (rate[0] > maxSeconds) {
                break;
            }
            path.append(String.format(Locale.ROOT, "V%.1fH%.1f", y + PANEL_HEIGHT - rate[column] / maxRate * PANEL_HEIGHT, x(rate[0], maxSeconds)));
        }
        path.append(String.format(Locale.ROOT, "V%dZ", y + PANEL_HEIGHT));
        add("<path d=\"%s\" fill=\"%s\"/>", path, colour);
    }

    private static double x(double seconds, double maxSeconds) {
        return LEFT + seconds / maxSeconds * (WIDTH - LEFT - RIGHT);
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

    /** 1, 2 or 5 times a power of ten, so that there are about so many steps. */
    static double niceStep(double length, int steps) {
        if (!(length > 0)) {
            return 1;
        }
        double raw = length / steps;
        double power = Math.pow(10, Math.floor(Math.log10(raw)));
        double digit = raw / power;
        return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
    }

    private static String colour(int path) {
        return COLOURS[path % COLOURS.length];
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
