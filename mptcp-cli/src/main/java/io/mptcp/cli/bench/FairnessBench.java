package io.mptcp.cli.bench;

import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Two connections from the client to the server start together and share one bottleneck. */
final class FairnessBench {
    private static final int FIRST_PORT = 5001;
    private static final double WARM_UP_SECONDS = 3;

    /** Who the two are. */
    enum Pairing {
        OURS_AND_KERNEL("this stack and the kernel", true, false),
        KERNEL_AND_KERNEL("the kernel twice", false, false),
        OURS_AND_OURS("this stack twice", true, true);

        private final String title;
        private final boolean firstOurs;
        private final boolean secondOurs;

        Pairing(String title, boolean firstOurs, boolean secondOurs) {
            this.title = title;
            this.firstOurs = firstOurs;
            this.secondOurs = secondOurs;
        }

        String title() {
            return title;
        }
    }

    /**
     * One pair of connections.
     *
     * @param run           counted from 1
     * @param latenessNanos how late the emulator, held up by other work of the machine, was at most
     */
    record Result(PathCell cell, Pairing pairing, int run, Sample first, Sample second, long latenessNanos) {
        /** What the first got, relative to the second. */
        double ratio() {
            return first.mbit() / second.mbit();
        }
    }

    private final List<PathCell> cells;
    private final int runs;
    private final Window window;
    private final long seed;
    private final PrintStream progress;
    private final boolean verbose;

    FairnessBench(List<PathCell> cells, int runs, Window window, long seed, PrintStream progress, boolean verbose) {
        this.cells = cells;
        this.runs = runs;
        this.window = window;
        this.seed = seed;
        this.progress = progress;
        this.verbose = verbose;
    }

    /** @throws LabException when a transfer fails */
    List<Result> run() {
        PathCell fastest = cells.stream().max((a, b) -> Double.compare(a.rateMbit(), b.rateMbit())).orElseThrow();
        progress.println("warming up");
        measure(fastest, Pairing.OURS_AND_KERNEL, 0, new Window(Math.min(window.nanos(), Math.round(WARM_UP_SECONDS * 1e9)), Long.MAX_VALUE));
        List<Result> results = new ArrayList<>();
        for (PathCell cell : cells) {
            for (int run = 1; run <= runs; run++) {
                for (Pairing pairing : Pairing.values()) {
                    Result result = measure(cell, pairing, run, window);
                    results.add(result);
                    say(result);
                }
            }
        }
        return results;
    }

    private Result measure(PathCell cell, Pairing pairing, int run, Window length) {
        try (Lab lab = Lab.create()) {
            BenchNetwork network = BenchNetwork.create(lab, cell, KernelBuffers.forPath(cell), null);
            network.reseed(Direction.UP, seed + run);
            network.emulator().takeMaxLatenessNanos();
            // Who is a moment earlier changes from run to run.
            boolean swapped = run % 2 == 0;
            boolean earlierOurs = swapped ? pairing.secondOurs : pairing.firstOurs;
            boolean laterOurs = swapped ? pairing.firstOurs : pairing.secondOurs;
            try (Transfer earlier = new Transfer(network, Direction.UP, earlierOurs, FIRST_PORT, length);
                    Transfer later = new Transfer(network, Direction.UP, laterOurs, FIRST_PORT + 1, length)) {
                Sample one = earlier.await();
                Sample other = later.await();
                return new Result(cell, pairing, run, swapped ? other : one, swapped ? one : other,
                        network.emulator().takeMaxLatenessNanos());
            }
        } catch (LabException e) {
            throw new LabException(cell + ", " + pairing.title() + ": " + e.getMessage(), e);
        }
    }

    private void say(Result result) {
        progress.println(String.format(Locale.ROOT, "%s, %s, run %d: %.2f and %.2f Mbit/s (%d and %d sent again), ratio %.3f, "
                        + "emulator at most %.1f ms late", result.cell(),
                result.pairing().title(), result.run(), result.first().mbit(), result.second().mbit(), result.first().retransmits(),
                result.second().retransmits(), result.ratio(), result.latenessNanos() / 1e6));
        if (verbose) {
            progress.println(result.first().statistics());
        }
    }
}
