package io.mptcp.cli.demo;

import java.io.PrintStream;
import java.util.Locale;

/** Prints the demonstration: one line that is drawn anew in a terminal, a plain line twice a second otherwise. */
final class PrintView implements DemoView {
    private static final int BAR_CELLS = 20;
    private static final double PLAIN_EVERY_SECONDS = 0.5;
    private static final String ERASE_LINE = "\r\033[K";

    private final PrintStream out;
    private final boolean terminal;
    private final double fullBarBitsPerSecond;
    private boolean lineOpen;
    private double lastPlainSeconds = Double.NEGATIVE_INFINITY;

    /**
     * @param terminal             whether {@code out} understands control sequences
     * @param fullBarBitsPerSecond what a full bar stands for
     */
    PrintView(PrintStream out, boolean terminal, double fullBarBitsPerSecond) {
        this.out = out;
        this.terminal = terminal;
        this.fullBarBitsPerSecond = fullBarBitsPerSecond;
    }

    @Override
    public void step(String text) {
        if (lineOpen) {
            out.println();
            lineOpen = false;
        }
        lastPlainSeconds = Double.NEGATIVE_INFINITY;
        out.println(text);
        out.flush();
    }

    @Override
    public void sample(double seconds, double[] pathBitsPerSecond, long bytes, long totalBytes) {
        if (!terminal && seconds - lastPlainSeconds < PLAIN_EVERY_SECONDS) {
            return;
        }
        lastPlainSeconds = seconds;
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "  %5.1f s", seconds));
        for (int path = 0; path < pathBitsPerSecond.length; path++) {
            line.append(String.format(Locale.ROOT, "   path %d ", path + 1));
            if (terminal) {
                line.append(bar(pathBitsPerSecond[path]));
            }
            line.append(String.format(Locale.ROOT, "%5.1f Mbit/s", pathBitsPerSecond[path] / 1e6));
        }
        line.append(String.format(Locale.ROOT, "   %3.0f %%", 100.0 * bytes / totalBytes));
        if (terminal) {
            out.print(ERASE_LINE + line);
            lineOpen = true;
        } else {
            out.println(line);
        }
        out.flush();
    }

    private String bar(double bitsPerSecond) {
        int full = (int) Math.round(Math.clamp(bitsPerSecond / fullBarBitsPerSecond, 0, 1) * BAR_CELLS);
        return "#".repeat(full) + ".".repeat(BAR_CELLS - full) + " ";
    }
}
