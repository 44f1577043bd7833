package io.mptcp.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class WanReportTest {
    private static final PathCell CELL = new PathCell(10, 20, 0, 0, 3, 20);

    @Test
    void aRowHasTheMiddleAndTheEndsOfAllRuns() {
        List<WanResult> results = List.of(result(1, 8, 8), result(2, 8, 6), result(3, 9, 9.9));

        WanRow row = WanRow.of(results).getFirst();
        assertEquals("1.00 (0.75–1.10)", row.ratios().toString());
        assertEquals(23.9 / 25, row.totalRatio(), 1e-9);
        assertEquals("| 10 | 20 | 0 | 0 | up | 8.33 | 87 % | 7.97 | 0.956 | 1.00 (0.75–1.10) | 5 / 2 | 3 / 0 |",
                WanReport.table(results).markdown().lines().skip(2).findFirst().orElseThrow());
    }

    @Test
    void directionsAndCellsHaveRowsOfTheirOwn() {
        PathCell other = new PathCell(10, 20, 1, 0, 3, 20);
        List<WanResult> results = List.of(result(1, 8, 8), result(2, 8, 8),
                new WanResult(CELL, Direction.DOWN, 1, sample(8, 0), sample(8, 0), 0),
                new WanResult(other, Direction.UP, 1, sample(1, 0), sample(1, 0), 0));

        assertEquals(3, WanRow.of(results).size());
        assertEquals(1 + 4, WanReport.csv(results).lines().count());
        String csvHeader = WanReport.csv(results).lines().findFirst().orElseThrow();
        WanReport.csv(results).lines().forEach(line -> assertEquals(csvHeader.split(",").length, line.split(",").length, line));
    }

    @Test
    void whatAConnectionCanReachFollowsFromLoss() {
        assertEquals(200, new PathCell(200, 10, 0, 0, 0, 10).expectedMbit());
        // 1.22 / sqrt(0.02) segments of 1448 bytes every 200 ms are 0.5 Mbit/s.
        assertEquals(1.0, new PathCell(200, 200, 2, 0, 0, 200).expectedMbit(), 0.01);
        assertTrue(new PathCell(200, 200, 0.01, 0, 0, 200).expectedMbit() > 20, "CUBIC's window grows with the round trip");
    }

    @Test
    void aLateEmulatorDisturbs() {
        assertTrue(new WanResult(CELL, Direction.UP, 1, sample(1, 0), sample(1, 0), 11_000_000).isDisturbed());
        assertTrue(!new WanResult(CELL, Direction.UP, 1, sample(1, 0), sample(1, 0), 9_000_000).isDisturbed());
    }

    private static WanResult result(int run, double kernelMbit, double oursMbit) {
        return new WanResult(CELL, Direction.UP, run, new Sample(goodput(kernelMbit), List.of(), 2, 0, 2, ""), sample(oursMbit, 1), 0);
    }

    private static Sample sample(double mbit, int timeouts) {
        return new Sample(goodput(mbit), List.of(), 5, timeouts, 2, "{}");
    }

    private static Goodput goodput(double mbit) {
        return new Goodput(Math.round(mbit * 125_000), 1_000_000_000L);
    }
}
