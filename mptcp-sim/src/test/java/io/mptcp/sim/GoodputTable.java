package io.mptcp.sim;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Goodput of one TCP flow over every combination of congestion control, rate, round-trip time, queue and loss. A flow is measured in its
 * steady state: two seconds and thirty round trips after it began, which is behind slow start and the repair of its overshoot.
 */
final class GoodputTable {
    private static final long SEED = 1;
    private static final double WARM_UP_SECONDS = 2;
    private static final double WARM_UP_ROUND_TRIPS = 30;
    /** Without loss some sawteeth are enough, which are longer on slow links; with loss it takes many losses for a mean. */
    private static final double CLEAN_SECONDS = 2;
    private static final double CLEAN_PACKETS = 8_000;
    private static final double CLEAN_ROUND_TRIPS = 10;
    private static final double LOSSY_SECONDS = 20;
    private static final double LOSSY_ROUND_TRIPS = 200;

    /** What is measured. */
    record Grid(List<String> controllers, List<Double> megabitsPerSecond, List<Double> rttMillis, List<Double> queueBdp, List<Double> loss) {
        /** For every build. */
        static final Grid SMALL = new Grid(List.of("cubic", "newreno"), List.of(10.0, 50.0, 200.0), List.of(10.0, 50.0, 200.0),
                List.of(0.25, 1.0), List.of(0.0, 0.001, 0.01, 0.02));
        /** As {@link #SMALL}; where random loss does not slow a flow down, faster paths take the simulator too long. */
        static final Grid SMALL_BBR = new Grid(List.of("bbr"), List.of(10.0), SMALL.rttMillis, SMALL.queueBdp, SMALL.loss);
        /** For who works on congestion control and has some minutes. */
        static final Grid LARGE = new Grid(List.of("cubic", "newreno"), List.of(1.0, 10.0, 50.0, 200.0, 1000.0),
                List.of(2.0, 10.0, 50.0, 100.0, 200.0, 600.0), List.of(0.1, 0.25, 0.5, 1.0, 2.0, 4.0), List.of(0.0, 0.0001, 0.001, 0.01, 0.02, 0.05));
    }

    /** One measured flow. */
    record Cell(String controller, double megabitsPerSecond, double rttMillis, double queueBdp, double loss, double goodput, double capacity) {
        double share() {
            return goodput / capacity;
        }

        /** In bits per second: what the controller's model says of a path that has this loss, and no limit of rate. */
        double lossModel() {
            double rttSeconds = rttMillis / 1e3 + 1500 * 8 / (megabitsPerSecond * 1e6);
            double reno = Math.sqrt(1.5 / loss);
            double cubic = 1.054 * Math.pow(rttSeconds / loss, 0.75); // RFC 9438 section 5.1
            double segments = controller.equals("cubic") ? Math.max(reno, cubic) : reno;
            return segments * 1448 * 8 / rttSeconds;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%s, %.0f Mbit/s, %.0f ms, queue %.2f BDP, loss %.1f %%: %.2f Mbit/s, %.1f %%", controller,
                    megabitsPerSecond, rttMillis, queueBdp, 100 * loss, goodput / 1e6, 100 * share());
        }
    }

    private final List<Cell> cells = new ArrayList<>();
    private final List<String> lines = new ArrayList<>();

    private GoodputTable() {
    }

    /** @param grids with the same losses */
    static GoodputTable measure(Grid... grids) {
        GoodputTable table = new GoodputTable();
        table.lines.add("# Goodput of one TCP flow in Mbit/s, and as a share of the payload that fits through the path; see GoodputTable. Rewritten by");
        table.lines.add("# " + GoodputTest.UPDATE_COMMAND);
        StringBuilder head = new StringBuilder("# control   Mbit/s   ms   queue BDP");
        grids[0].loss().forEach(loss -> head.append(String.format(Locale.ROOT, "   | loss %5.2f %%    ", 100 * loss)));
        table.lines.add(head.toString().stripTrailing());
        for (Grid grid : grids) {
            table.addRows(grid);
        }
        return table;
    }

    private void addRows(Grid grid) {
        List<Row> rows = new ArrayList<>();
        for (String controller : grid.controllers()) {
            for (double megabits : grid.megabitsPerSecond()) {
                for (double rtt : grid.rttMillis()) {
                    for (double queue : grid.queueBdp()) {
                        rows.add(new Row(controller, megabits, rtt, queue));
                    }
                }
            }
        }
        // Each cell has a network, a clock and a seed of its own.
        for (List<Cell> row : rows.parallelStream().map(row -> row.measure(grid.loss())).toList()) {
            cells.addAll(row);
            lines.add(line(row));
        }
    }

    private record Row(String controller, double megabits, double rtt, double queue) {
        List<Cell> measure(List<Double> losses) {
            return losses.stream().map(loss -> GoodputTable.measure(controller, megabits, rtt, queue, loss)).toList();
        }
    }

    private static String line(List<Cell> row) {
        Cell first = row.getFirst();
        StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-9s %8.0f %4.0f %11.2f", first.controller(), first.megabitsPerSecond(),
                first.rttMillis(), first.queueBdp()));
        for (Cell cell : row) {
            line.append(String.format(Locale.ROOT, "   | %8.2f %5.1f %%", cell.goodput() / 1e6, 100 * cell.share()));
        }
        return line.toString();
    }

    private static Cell measure(String controller, double megabits, double rtt, double queue, double loss) {
        double from = WARM_UP_SECONDS + WARM_UP_ROUND_TRIPS * rtt / 1e3;
        double clean = Math.max(CLEAN_SECONDS, CLEAN_PACKETS * 1500 * 8 / (megabits * 1e6));
        double length = loss == 0 ? clean + CLEAN_ROUND_TRIPS * rtt / 1e3 : LOSSY_SECONDS + LOSSY_ROUND_TRIPS * rtt / 1e3;
        try (Bottleneck bottleneck = new Bottleneck(SEED, controller, megabits, rtt, loss, queue).flow(0)) {
            double goodput = bottleneck.goodputBitsPerSecond(from, from + length)[0];
            return new Cell(controller, megabits, rtt, queue, loss, goodput, bottleneck.capacityBitsPerSecond());
        }
    }

    List<Cell> cells() {
        return cells;
    }

    /** The table as the snapshot has it. */
    List<String> lines() {
        return lines;
    }
}
