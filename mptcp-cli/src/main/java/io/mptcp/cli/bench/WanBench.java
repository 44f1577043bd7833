package io.mptcp.cli.bench;

import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Runs the measurements of {@code mptcp bench wan}. A run of a cell has a network of its own, on which the kernel and this stack take turns;
 * runs that need little of the machine go on at the same time.
 */
final class WanBench {
    private static final int PORT = 5001;
    private static final PathCell WARM_UP_LOSSES = new PathCell(0, 10, 0.2, 0.5, 2, 20);
    private static final double WARM_UP_SECONDS = 2.5;
    /** How often a pair of transfers is made before a disturbed one counts. */
    private static final int ATTEMPTS = 3;

    private final WanSettings settings;
    private final PrintStream progress;
    private volatile String kernelBuffers = "";

    WanBench(WanSettings settings, PrintStream progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /**
     * Measures everything; nothing is left on the machine on return.
     *
     * @return in the order of the cells
     * @throws LabException when a transfer fails
     */
    List<WanResult> run() {
        warmUp();
        List<Task> tasks = new ArrayList<>();
        for (PathCell cell : settings.cells()) {
            for (int run = 1; run <= settings.runs(); run++) {
                tasks.add(new Task(cell, run));
            }
        }
        List<WanResult> results = new ArrayList<>();
        new ParallelRuns(settings.parallelMbit()).run(tasks, task -> task.cell.expectedMbit(), this::measure).forEach(results::addAll);
        results.sort(Comparator.<WanResult>comparingInt(result -> settings.cells().indexOf(result.cell()))
                .thenComparing(WanResult::direction).thenComparing(WanResult::run));
        return results;
    }

    /** Limits of the kernel's buffers in the network with the largest ones. */
    String kernelBuffers() {
        return kernelBuffers;
    }

    /** The virtual machine compiles what it runs often: this stack, its links, the emulator. */
    private void warmUp() {
        PathCell losses = WARM_UP_LOSSES;
        PathCell cell = new PathCell(settings.maxRateMbit(), losses.rttMillis(), losses.lossPercent(), losses.reorderPercent(),
                losses.lateMillis(), losses.queueMillis());
        PathCell clean = new PathCell(settings.maxRateMbit(), losses.rttMillis(), 0, 0, 0, losses.queueMillis());
        say("warming up");
        for (PathCell path : List.of(clean, cell)) {
            try (Lab lab = Lab.create()) {
                BenchNetwork network = BenchNetwork.create(lab, path, KernelBuffers.forPath(path), null);
                Window window = Window.ofSeconds(Math.min(WARM_UP_SECONDS, settings.window().nanos() / 1e9));
                for (Direction direction : settings.directions()) {
                    transfer(network, path, direction, true, settings.seed(), window);
                }
            }
        }
    }

    private List<WanResult> measure(Task task) {
        PathCell cell = task.cell;
        List<WanResult> results = new ArrayList<>();
        try (Lab lab = Lab.create()) {
            BenchNetwork network = BenchNetwork.create(lab, cell, KernelBuffers.forPath(cell), settings.pcap());
            if (task.run == 1 && cell.equals(largest())) {
                kernelBuffers = KernelBuffers.describe(network.server());
            }
            for (Direction direction : settings.directions()) {
                WanResult result = measure(network, task, direction);
                for (int attempt = 1; attempt < ATTEMPTS && result.isDisturbed(); attempt++) {
                    say(result);
                    result = measure(network, task, direction);
                }
                results.add(result);
                say(result);
            }
        }
        return results;
    }

    private WanResult measure(BenchNetwork network, Task task, Direction direction) {
        // Who is first changes from run to run.
        boolean oursFirst = task.run % 2 == 0;
        long seed = settings.seed() + task.run;
        network.emulator().takeMaxLatenessNanos();
        Sample first = transfer(network, task.cell, direction, oursFirst, seed, settings.window(task.cell));
        Sample second = transfer(network, task.cell, direction, !oursFirst, seed, settings.window(task.cell));
        return new WanResult(task.cell, direction, task.run, oursFirst ? second : first, oursFirst ? first : second,
                network.emulator().takeMaxLatenessNanos());
    }

    private PathCell largest() {
        return settings.cells().stream().max(Comparator.comparingLong(cell -> KernelBuffers.forPath(cell).maxBytes())).orElseThrow();
    }

    private static Sample transfer(BenchNetwork network, PathCell cell, Direction direction, boolean ours, long seed, Window window) {
        network.reseed(direction, seed);
        Sample sample;
        try (Transfer transfer = new Transfer(network, direction, ours, PORT, window)) {
            sample = transfer.await();
        } catch (LabException e) {
            throw new LabException(cell + ", " + (ours ? "this stack" : "kernel") + " " + direction.name().toLowerCase(Locale.ROOT) + ": "
                    + e.getMessage(), e);
        }
        try {
            Thread.sleep(cell.drainMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
        return sample;
    }

    private void say(WanResult result) {
        say(String.format(Locale.ROOT, "%s, %s, run %d: kernel %.2f Mbit/s (%d sent again, %d timeouts, %d dropped), "
                        + "this stack %.2f Mbit/s (%d sent again, %d timeouts, %d dropped), ratio %.3f%s", result.cell(),
                result.direction().name().toLowerCase(Locale.ROOT), result.run(), result.kernel().mbit(), result.kernel().retransmits(),
                result.kernel().timeouts(), result.kernel().queueDrops(), result.ours().mbit(), result.ours().retransmits(),
                result.ours().timeouts(), result.ours().queueDrops(), result.ratio(),
                result.isDisturbed() ? ", disturbed: the emulator was " + result.latenessNanos() / 1_000_000 + " ms late" : ""));
        if (settings.verbose()) {
            say(result.ours().statistics());
        }
    }

    private void say(String line) {
        if (progress != null) {
            progress.println(line);
        }
    }

    /** One run of a cell. */
    private record Task(PathCell cell, int run) {
    }
}
