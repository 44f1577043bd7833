package io.mptcp.cli.bench;

import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Two connections from the client to the server start together and share one bottleneck. */
final class FairnessBench {
    private static final int FIRST_PORT = 5001;
    private static final double WARM_UP_SECONDS = 3;

    /** Who the two are. */
    enum Pairing {
        OURS_KERNEL("this stack and the kernel", true, false),
        KERNEL_KERNEL("the kernel twice", false, false),
        OURS_OURS("this stack twice", true, true);

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

        /** As {@code --pairs} has it. */
        String optionName() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * One pair of connections.
     *
     * @param run           counted from 1
     * @param latenessNanos how late the emulator, held up by other work of the machine, was at most
     */
    record Result(PathCell cell, Pairing pairing, int run, Sample first, Sample second, long latenessNanos) {
        /** What the first got of a fair half: 1 when both got the same. */
        double share() {
            return 2 * first.mbit() / (first.mbit() + second.mbit());
        }
    }

    private final List<PathCell> cells;
    private final List<Pairing> pairings;
    private final int runs;
    private final Window window;
    private final long seed;
    private final double parallelMbit;
    private final PrintStream progress;
    private final boolean verbose;

    /** @param parallelMbit pairs run at the same time, on networks of their own, as long as their bottlenecks have no more than this together */
    FairnessBench(List<PathCell> cells, List<Pairing> pairings, int runs, Window window, long seed, double parallelMbit, PrintStream progress,
                  boolean verbose) {
        this.cells = cells;
        this.pairings = pairings;
        this.runs = runs;
        this.window = window;
        this.seed = seed;
        this.parallelMbit = parallelMbit;
        this.progress = progress;
        this.verbose = verbose;
    }

    /**
     * Measures everything; nothing is left on the machine on return.
     *
     * @throws LabException when a transfer fails
     */
    List<Result> run() {
        PathCell fastest = cells.stream().max(Comparator.comparingDouble(PathCell::rateMbit)).orElseThrow();
        progress.println("warming up");
        long warmUpNanos = Math.min(window.nanos(), Math.round(WARM_UP_SECONDS * 1e9));
        measure(new Task(fastest, Pairing.OURS_KERNEL, 0), new Window(warmUpNanos, Long.MAX_VALUE));
        List<Task> tasks = new ArrayList<>();
        for (PathCell cell : cells) {
            for (int run = 1; run <= runs; run++) {
                for (Pairing pairing : pairings) {
                    tasks.add(new Task(cell, pairing, run));
                }
            }
        }
        return new ParallelRuns(parallelMbit).run(tasks, task -> task.cell.rateMbit(), task -> {
            Result result = measure(task, window);
            say(result);
            return result;
        });
    }

    private Result measure(Task task, Window length) {
        PathCell cell = task.cell;
        Pairing pairing = task.pairing;
        int run = task.run;
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
        String line = String.format(Locale.ROOT, "%s, queue %s ms, %s, run %d: %.2f and %.2f Mbit/s (%d and %d sent again), share %.3f, "
                        + "emulator at most %.1f ms late", result.cell(), PathCell.plain(result.cell().queueMillis()), result.pairing().title(),
                result.run(), result.first().mbit(), result.second().mbit(), result.first().retransmits(), result.second().retransmits(),
                result.share(), result.latenessNanos() / 1e6);
        synchronized (progress) {
            progress.println(line);
            if (verbose) {
                progress.println("  first:  " + parts(result.first()));
                progress.println("  second: " + parts(result.second()));
                progress.println(result.first().statistics());
            }
        }
    }

    private static String parts(Sample sample) {
        return sample.parts().stream().map(part -> String.format(Locale.ROOT, "%.1f", part.mbit())).collect(Collectors.joining(" "));
    }

    /** One run of a pair. */
    private record Task(PathCell cell, Pairing pairing, int run) {
    }
}
