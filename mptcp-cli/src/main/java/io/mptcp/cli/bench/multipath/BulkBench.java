package io.mptcp.cli.bench.multipath;

import io.mptcp.cli.bench.Arrivals;
import io.mptcp.cli.bench.ParallelRuns;
import io.mptcp.cli.bench.PathCell;
import io.mptcp.cli.bench.SendPlan;
import io.mptcp.cli.bench.failover.Pairing;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Goodput and pauses of transfers over two paths. A run has a network of its own, on which the pairings take turns. */
final class BulkBench {
    /**
     * What is to be measured.
     *
     * @param seconds       of each transfer
     * @param warmUpSeconds of these, for slow start
     * @param parallelMbit  what may be measured at the same time
     * @param pcap          file for every segment of this stack at the client, or null
     */
    record Settings(List<PathPair> pairs, List<Pairing> pairings, String scheduler, int runs, double seconds, double warmUpSeconds, long seed,
                    double parallelMbit, Path pcap, boolean verbose) {
    }

    private static final int ATTEMPTS = 3;
    private static final double JIT_SECONDS = 2;
    private static final int JIT_CONNECTIONS = 200;
    private static final long JIT_CONNECTION_BYTES = 100_000;
    private static final long CONNECT_PATIENCE_NANOS = 60_000_000_000L;

    private record Task(PathPair pair, int run) {
    }

    private final Settings settings;
    private final PrintStream progress;

    BulkBench(Settings settings, PrintStream progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /** Measures everything; nothing is left on the machine on return. @throws LabException when a transfer fails */
    List<BulkSample> run() {
        warmUp(settings.pairs().getFirst(), settings.scheduler(), progress);
        List<Task> tasks = new ArrayList<>();
        for (PathPair pair : settings.pairs()) {
            for (int run = 1; run <= settings.runs(); run++) {
                tasks.add(new Task(pair, run));
            }
        }
        return new ParallelRuns(settings.parallelMbit()).run(tasks, task -> task.pair.rateMbit(), this::measure).stream().flatMap(List::stream).toList();
    }

    /** The virtual machine compiles what it runs often: this stack, its links, the emulator; and what every connection begins with, a join included. */
    static void warmUp(PathPair pair, String scheduler, PrintStream progress) {
        progress.println("warming up");
        PathCell first = pair.first();
        PathCell clean = new PathCell(first.rateMbit(), 10, 0, 0, 0, 20);
        try (Lab lab = Lab.create()) {
            MultipathNetwork network = new MultipathNetwork(lab, new PathPair(clean, clean));
            for (Pairing pairing : List.of(Pairing.OURS_UP, Pairing.OURS_DOWN)) {
                warmUp(network, new Ends(pairing, scheduler, 2), JIT_SECONDS, Long.MAX_VALUE);
            }
        }
        PathCell near = new PathCell(first.rateMbit(), 1, 0, 0, 0, 20);
        try (Lab lab = Lab.create()) {
            MultipathNetwork network = new MultipathNetwork(lab, new PathPair(near, near));
            for (int i = 0; i < JIT_CONNECTIONS; i++) {
                warmUp(network, new Ends(Pairing.OURS_UP, scheduler, 2), JIT_SECONDS, JIT_CONNECTION_BYTES);
            }
        }
    }

    private static void warmUp(MultipathNetwork network, Ends ends, double seconds, long bytes) {
        Arrivals arrivals = new Arrivals(Math.round(seconds * 1e9), bytes);
        try (MultipathNetwork.Transfer ignored = network.transfer(ends, SendPlan.endless(true), arrivals)) {
            arrivals.await(CONNECT_PATIENCE_NANOS);
        }
    }

    private List<BulkSample> measure(Task task) {
        List<BulkSample> samples = new ArrayList<>();
        try (Lab lab = Lab.create()) {
            MultipathNetwork network = new MultipathNetwork(lab, task.pair, settings.pcap());
            for (int i = 0; i < settings.pairings().size(); i++) {
                // Who is first changes from run to run.
                Pairing pairing = settings.pairings().get((i + task.run - 1) % settings.pairings().size());
                Ends ends = new Ends(pairing, settings.scheduler(), 2);
                BulkSample sample = transfer(network, task, ends);
                for (int attempt = 1; attempt < ATTEMPTS && sample.isDisturbed(); attempt++) {
                    sample = transfer(network, task, ends);
                }
                samples.add(sample);
            }
        }
        return samples;
    }

    private BulkSample transfer(MultipathNetwork network, Task task, Ends ends) {
        network.reseed(settings.seed() + task.run);
        network.takeLateMillis();
        ArrivalWatch watch = new ArrivalWatch(Math.round(settings.warmUpSeconds() * 1e9));
        Arrivals arrivals = new Arrivals(Math.round(settings.seconds() * 1e9), Long.MAX_VALUE, watch);
        BulkSample sample;
        String statistics;
        try (MultipathNetwork.Transfer transfer = network.transfer(ends, SendPlan.endless(true), arrivals)) {
            double mbit = arrivals.await(CONNECT_PATIENCE_NANOS).mbit();
            sample = new BulkSample(task.pair, ends, task.run, mbit, watch.laterMbit(), watch.earlyPauseMillis(), watch.pauseMillis(), network.takeLateMillis());
            statistics = transfer.statistics();
        } catch (LabException e) {
            throw new LabException(task.pair + ", " + ends.title() + ": " + e.getMessage(), e);
        }
        progress.println(String.format(Locale.ROOT, "%s, %s, run %d: %.2f Mbit/s, %.3f of both paths (%.3f with slow start), longest pause %.0f ms (%.0f in slow start)%s",
                task.pair, ends.title(), task.run, sample.laterMbit(), sample.laterShare(), sample.wholeShare(), sample.pauseMillis(), sample.earlyPauseMillis(),
                sample.isDisturbed() ? String.format(Locale.ROOT, ", disturbed: the emulator was %.0f ms late", sample.lateMillis()) : ""));
        if (settings.verbose() && !statistics.isEmpty()) {
            progress.println(statistics);
        }
        pause(task.pair.drainMillis());
        return sample;
    }

    static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
    }
}
