package io.mptcp.cli.bench.failover;

import io.mptcp.cli.bench.JobWorkers;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LinkProfile;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;

/** Runs the cuts of all cells, on several networks at a time: what a path carries is little. */
final class FailoverBench {
    /**
     * What is to be measured.
     *
     * @param profiles one direction of the paths, one for each round-trip time
     * @param networks how many are measured on at a time
     */
    record Settings(List<LinkProfile> profiles, List<Pairing> pairings, List<Kind> kinds, int cuts, int networks, long seed) {
    }

    private static final int ATTEMPTS = 3;

    private record Job(Pairing pairing, Kind kind, int cut) {
    }

    private final Settings settings;
    private final PrintStream progress;
    private final Consumer<CutSample> live;

    /** @param live is told of each sample as soon as there is one; called by one thread at a time */
    FailoverBench(Settings settings, PrintStream progress, Consumer<CutSample> live) {
        this.settings = settings;
        this.progress = progress;
        this.live = live;
    }

    List<CutSample> run() {
        List<CutSample> samples = new ArrayList<>();
        for (LinkProfile profile : settings.profiles()) {
            Queue<Job> jobs = new ConcurrentLinkedQueue<>();
            for (int cut = 1; cut <= settings.cuts(); cut++) {
                for (Kind kind : settings.kinds()) {
                    for (Pairing pairing : settings.pairings()) {
                        jobs.add(new Job(pairing, kind, cut));
                    }
                }
            }
            progress.printf("RTT %.0f ms: %d cuts on %d networks%n", 2 * profile.delayNanos() / 1e6, jobs.size(), settings.networks());
            samples.addAll(run(profile, jobs));
        }
        return samples;
    }

    private List<CutSample> run(LinkProfile profile, Queue<Job> jobs) {
        List<CutSample> samples = Collections.synchronizedList(new ArrayList<>());
        List<Lab> labs = new ArrayList<>();
        try {
            JobWorkers.run(settings.networks(), jobs, _ -> {
                Lab lab = Lab.create();
                labs.add(lab);
                FailoverNetwork network = new FailoverNetwork(lab, profile);
                return () -> work(network, profile, jobs, samples);
            });
        } finally {
            labs.forEach(Lab::close);
        }
        return samples;
    }

    /** A cut during which the machine held up the emulator is made again. */
    private CutSample undisturbed(FailoverNetwork network, LinkProfile profile, Job job) {
        CutSample sample = null;
        for (int attempt = 0; attempt < ATTEMPTS && (sample == null || sample.isDisturbed()); attempt++) {
            sample = new CutRun(network, profile, job.pairing(), job.kind(), job.cut()).run(settings.seed());
        }
        return sample;
    }

    private void work(FailoverNetwork network, LinkProfile profile, Queue<Job> jobs, List<CutSample> samples) {
        // Not counted: the first run is by code that has not been compiled yet.
        new CutRun(network, profile, settings.pairings().getFirst(), Kind.SILENT, 0).run(settings.seed());
        for (Job job = jobs.poll(); job != null; job = jobs.poll()) {
            CutSample sample = undisturbed(network, profile, job);
            synchronized (samples) {
                samples.add(sample);
                live.accept(sample);
            }
        }
    }
}
