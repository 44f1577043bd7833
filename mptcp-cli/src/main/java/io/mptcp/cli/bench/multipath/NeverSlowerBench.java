package io.mptcp.cli.bench.multipath;

import io.mptcp.cli.bench.Arrivals;
import io.mptcp.cli.bench.ParallelRuns;
import io.mptcp.cli.bench.SendPlan;
import io.mptcp.cli.bench.failover.Pairing;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How long transfers take over a fast path beside a slow one, and over the fast path alone. Clients send. */
final class NeverSlowerBench {
    /**
     * What is to be measured.
     *
     * @param pairs       the fast path first
     * @param sizes       of transfers, in bytes
     * @param buffers     send buffers in bytes, 0 for the usual one
     * @param pauseMillis between the connection being there and the first write, for the second subflow to join
     */
    record Settings(List<PathPair> pairs, List<Pairing> pairings, List<String> schedulers, List<Long> sizes, List<Integer> buffers, int runs,
                    long pauseMillis, long seed, double parallelMbit) {
    }

    private static final int ATTEMPTS = 4;
    private static final long CONNECT_PATIENCE_NANOS = 60_000_000_000L;
    private static final long WINDOW_NANOS = 300_000_000_000L;

    private record Task(PathPair pair, int run) {
    }

    private final Settings settings;
    private final PrintStream progress;

    NeverSlowerBench(Settings settings, PrintStream progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /** Measures everything; nothing is left on the machine on return. @throws LabException when a transfer fails */
    List<CompletionSample> run() {
        BulkBench.warmUp(settings.pairs().getFirst(), settings.schedulers().getFirst(), progress);
        List<Task> tasks = new ArrayList<>();
        for (int run = 1; run <= settings.runs(); run++) {
            for (PathPair pair : settings.pairs()) {
                tasks.add(new Task(pair, run));
            }
        }
        return new ParallelRuns(settings.parallelMbit()).run(tasks, task -> task.pair.rateMbit(), this::measure).stream().flatMap(List::stream).toList();
    }

    private List<CompletionSample> measure(Task task) {
        List<CompletionSample> samples = new ArrayList<>();
        try (Lab lab = Lab.create()) {
            MultipathNetwork network = new MultipathNetwork(lab, task.pair);
            for (int buffer : settings.buffers()) {
                for (long size : settings.sizes()) {
                    for (Pairing pairing : settings.pairings()) {
                        samples.addAll(measure(network, task, pairing, size, buffer));
                    }
                }
            }
            progress.printf("%s, run %d: %d transfers%n", task.pair, task.run, samples.size());
        }
        return samples;
    }

    private List<CompletionSample> measure(MultipathNetwork network, Task task, Pairing pairing, long size, int buffer) {
        List<Ends> all = new ArrayList<>(List.of(new Ends(pairing, settings.schedulers().getFirst(), 1)));
        for (String scheduler : pairing.oursAtClient ? settings.schedulers() : settings.schedulers().subList(0, 1)) {
            all.add(new Ends(pairing, scheduler, 2));
        }
        List<CompletionSample> samples = new ArrayList<>();
        for (Ends ends : all) {
            CompletionSample sample = transfer(network, task, ends, size, buffer);
            for (int attempt = 1; attempt < ATTEMPTS && sample.isDisturbed(); attempt++) {
                sample = transfer(network, task, ends, size, buffer);
            }
            samples.add(sample);
        }
        return samples;
    }

    private CompletionSample transfer(MultipathNetwork network, Task task, Ends ends, long size, int buffer) {
        network.reseed(settings.seed() + task.run);
        network.takeLateMillis();
        Arrivals arrivals = new Arrivals(WINDOW_NANOS, size);
        CompletionSample sample;
        try (MultipathNetwork.Transfer ignored = network.transfer(ends, SendPlan.of(size, settings.pauseMillis() * 1_000_000, buffer), arrivals)) {
            arrivals.await(CONNECT_PATIENCE_NANOS);
            sample = new CompletionSample(task.pair.second().rttMillis(), size, buffer, ends, task.run, arrivals.sinceFirstWriteNanos() / 1e9, network.takeLateMillis());
        } catch (LabException e) {
            throw new LabException(String.format(Locale.ROOT, "%s, %s, %d bytes: %s", task.pair, ends.title(), size, e.getMessage()), e);
        }
        BulkBench.pause(task.pair.drainMillis());
        return sample;
    }
}
