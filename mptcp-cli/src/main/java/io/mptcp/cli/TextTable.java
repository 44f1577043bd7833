package io.mptcp.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rows of cells, as aligned text or as Markdown. */
public final class TextTable {
    private final List<String[]> rows = new ArrayList<>();

    public TextTable(String... header) {
        rows.add(header);
    }

    /** @param cells as many as the header has */
    public void add(String... cells) {
        if (cells.length != rows.getFirst().length) {
            throw new IllegalArgumentException(cells.length + " cells for " + rows.getFirst().length + " columns");
        }
        rows.add(cells);
    }

    /** Aligned on the right, as numbers want it. */
    public String text() {
        return aligned(true);
    }

    /** Aligned on the left, as words want it. */
    public String leftAligned() {
        return aligned(false);
    }

    private String aligned(boolean right) {
        int[] widths = new int[rows.getFirst().length];
        for (String[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < row.length; i++) {
                String padding = " ".repeat(widths[i] - row[i].length());
                line.append(right ? padding : "").append(row[i]).append(right ? "" : padding).append("  ");
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }

    public String markdown() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < rows.size(); i++) {
            text.append("| ").append(String.join(" | ", rows.get(i))).append(" |\n");
            if (i == 0) {
                String[] rule = new String[rows.getFirst().length];
                Arrays.fill(rule, "---:");
                text.append('|').append(String.join("|", rule)).append("|\n");
            }
        }
        return text.toString();
    }
}
