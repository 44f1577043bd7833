package io.mptcp.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;

/**
 * What arrived over each path, over time, as an SVG picture: panels below each other on the same scales, the paths stacked. No scripts, fonts or other
 * files are needed to show it.
 */
public final class RatePicture {
    /**
     * One of the panels.
     *
     * @param rates for each interval its end in seconds, and the Mbit/s over path 1, over paths 1 and 2, and so on
     */
    public record Panel(String title, List<double[]> rates) {
        /** Mbit/s over all paths together, at most. */
        private double top() {
            return rates.stream().mapToDouble(rate -> rate[rate.length - 1]).max().orElse(0);
        }
    }

    private static final int WIDTH = 900;
    private static final int PANEL_HEIGHT = 150;
    private static final int LEFT = 60;
    private static final int RIGHT = 20;
    private static final int TOP = 46;
    private static final int PANEL_GAP = 46;
    /** Okabe and Ito: told apart by everybody. */
    private static final String[] COLOURS = {"#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000"};

    private final List<String> paths;
    private final String caption;
    private final List<Panel> panels;
    private final double timeStep;
    private final double rateStep;
    private final double maxSeconds;
    private final double maxRate;
    private final StringBuilder svg = new StringBuilder();

    /**
     * @param paths   names
     * @param caption what is shown, in a few words
     * @param seconds where the axis of time ends at the earliest; what is later is not shown
     */
    public RatePicture(List<String> paths, String caption, List<Panel> panels, double seconds) {
        this.paths = paths;
        this.caption = caption;
        this.panels = panels;
        double top = panels.stream().mapToDouble(Panel::top).max().orElse(0);
        timeStep = niceStep(seconds, 10);
        rateStep = niceStep(top, 4);
        maxSeconds = Math.max(timeStep, Math.ceil(seconds / timeStep) * timeStep);
        maxRate = Math.max(rateStep, Math.ceil(top / rateStep) * rateStep);
    }

    /** The document. */
    public String svg() {
        int height = TOP + panels.size() * (PANEL_HEIGHT + PANEL_GAP);
        add("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">",
                WIDTH, height, WIDTH, height);
        add("<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>");
        legend();
        for (int i = 0; i < panels.size(); i++) {
            panel(panels.get(i), TOP + i * (PANEL_HEIGHT + PANEL_GAP) + 16);
        }
        add("</svg>");
        return svg.toString();
    }

    private void legend() {
        int x = LEFT;
        for (int i = 0; i < paths.size(); i++) {
            add("<rect x=\"%d\" y=\"12\" width=\"12\" height=\"12\" fill=\"%s\"/>", x, colour(i));
            add("<text x=\"%d\" y=\"22\">%s</text>", x + 18, escape(paths.get(i)));
            x += 40 + 8 * paths.get(i).length();
        }
        add("<text x=\"%d\" y=\"22\" text-anchor=\"end\">%s</text>", WIDTH - RIGHT, escape(caption));
    }

    private void panel(Panel panel, int y) {
        add("<text x=\"%d\" y=\"%d\" font-weight=\"bold\">%s</text>", LEFT, y - 6, escape(panel.title()));
        for (double rate = 0; rate <= maxRate * 1.0001; rate += rateStep) {
            double at = y + PANEL_HEIGHT - rate / maxRate * PANEL_HEIGHT;
            add("<path d=\"M%d %.1fH%d\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", LEFT, at, WIDTH - RIGHT, LEFT - 6,
                    at + 4, number(rate));
        }
        for (int path = paths.size() - 1; path >= 0; path--) {
            area(panel.rates(), path + 1, y, colour(path));
        }
        for (double time = 0; time <= maxSeconds * 1.0001; time += timeStep) {
            double x = x(time);
            add("<path d=\"M%.1f %dv5\" stroke=\"#888\"/><text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>", x, y + PANEL_HEIGHT, x,
                    y + PANEL_HEIGHT + 18, number(time));
        }
        add("<path d=\"M%d %dH%d\" stroke=\"#888\"/>", LEFT, y + PANEL_HEIGHT, WIDTH - RIGHT);
    }

    private void area(List<double[]> rates, int column, int y, String colour) {
        StringBuilder path = new StringBuilder(String.format(Locale.ROOT, "M%.1f %d", x(0), y + PANEL_HEIGHT));
        for (double[] rate : rates) {
            if (rate[0] > maxSeconds) {
                break;
            }
            path.append(String.format(Locale.ROOT, "V%.1fH%.1f", y + PANEL_HEIGHT - rate[column] / maxRate * PANEL_HEIGHT, x(rate[0])));
        }
        path.append(String.format(Locale.ROOT, "V%dZ", y + PANEL_HEIGHT));
        add("<path d=\"%s\" fill=\"%s\"/>", path, colour);
    }

    private double x(double seconds) {
        return LEFT + seconds / maxSeconds * (WIDTH - LEFT - RIGHT);
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

    private static String number(double value) {
        return BigDecimal.valueOf(value).setScale(3, RoundingMode.HALF_UP).stripTrailingZeros().toPlainString();
    }

    private void add(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
