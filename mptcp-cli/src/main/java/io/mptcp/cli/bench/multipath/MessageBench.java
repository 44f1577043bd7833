package io.mptcp.cli.bench.multipath;

import io.mptcp.cli.bench.Arrivals;
import io.mptcp.cli.bench.JobWorkers;
import io.mptcp.cli.bench.SendPlan;
import io.mptcp.cli.bench.failover.Kind;
import io.mptcp.cli.bench.failover.Pairing;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A message of 1 kB every 20 ms over two paths, one of which dies. What is in flight is little, so many networks are measured at a time. */
final class MessageBench {
    /** What is to be measured. */
    record Settings(PathPair pair, List<Pairing> pairings, List<String> schedulers, List<Kind> kinds, int cuts, int networks, long seed) {
    }

    private static final int MESSAGE_BYTES = 1000;
    private static final int MESSAGES = 150;
    private static final long INTERVAL_NANOS = 20_000_000L;
    /** For the second subflow to join; the messages before that do not count. */
    private static final long PAUSE_NANOS = 700_000_000L;
    private static final double CUT_AFTER_SECONDS = 1;
    private static final double CUT_WITHIN_SECONDS = 0.5;
    /** So much longer than the messages take it is waited for them. */
    private static final long GRACE_NANOS = 3_000_000_000L;
    private static final long CONNECT_PATIENCE_NANOS = 60_000_000_000L;
    private static final int ATTEMPTS = 3;

    private record Job(Ends ends, Kind kind, int cut) {
    }

    private final Settings settings;
    private final PrintStream progress;

    MessageBench(Settings settings, PrintStream progress) {
        this.settings = settings;
        this.progress = progress;
    }

    /** Measures everything; nothing is left on the machine on return. @throws LabException when a transfer fails */
    List<MessageSample> run() {
        BulkBench.warmUp(settings.pair(), settings.schedulers().getFirst(), progress);
        Queue<Job> jobs = new ConcurrentLinkedQueue<>();
        for (int cut = 1; cut <= settings.cuts(); cut++) {
            for (Kind kind : settings.kinds()) {
                for (Pairing pairing : settings.pairings()) {
                    for (String scheduler : pairing.oursAtClient || pairing.oursAtServer ? settings.schedulers() : List.of("default")) {
                        jobs.add(new Job(new Ends(pairing, scheduler, 2), kind, cut));
                    }
                }
            }
        }
        progress.printf("%d cuts on %d networks%n", jobs.size(), settings.networks());
        List<MessageSample> samples = Collections.synchronizedList(new ArrayList<>());
        JobWorkers.run(settings.networks(), jobs, _ -> () -> work(jobs, samples));
        return List.copyOf(samples);
    }

    private void work(Queue<Job> jobs, List<MessageSample> samples) {
        try (Lab lab = Lab.create()) {
            MultipathNetwork network = new MultipathNetwork(lab, settings.pair());
            // Not counted: the first connection is by code that has not been compiled yet.
            measure(network, new Job(new Ends(settings.pairings().getFirst(), settings.schedulers().getFirst(), 2), Kind.SILENT, 0));
            for (Job job = jobs.poll(); job != null; job = jobs.poll()) {
                MessageSample sample = measure(network, job);
                for (int attempt = 1; attempt < ATTEMPTS && sample.isDisturbed(); attempt++) {
                    sample = measure(network, job);
                }
                samples.add(sample);
                progress.println(sample.csv());
            }
        }
    }

    private MessageSample measure(MultipathNetwork network, Job job) {
        Random random = new Random(settings.seed() * 1_000_003 + job.cut);
        int path = 1 + random.nextInt(2);
        long cutAfterNanos = PAUSE_NANOS + Math.round((CUT_AFTER_SECONDS + CUT_WITHIN_SECONDS * random.nextDouble()) * 1e9);
        MessageLog log = new MessageLog(MESSAGES, MESSAGE_BYTES);
        long windowNanos = PAUSE_NANOS + MESSAGES * INTERVAL_NANOS + GRACE_NANOS;
        Arrivals arrivals = new Arrivals(windowNanos, (long) MESSAGES * MESSAGE_BYTES, log);
        network.takeLateMillis();
        try (MultipathNetwork.Transfer ignored = network.transfer(job.ends,
                SendPlan.messages(MESSAGES, MESSAGE_BYTES, INTERVAL_NANOS, PAUSE_NANOS), arrivals)) {
            BulkBench.pause(cutAfterNanos / 1_000_000);
            long cutNanos = System.nanoTime();
            network.cuts().cut(job.kind, job.ends.pairing(), path);
            try {
                arrivals.await(CONNECT_PATIENCE_NANOS);
                return sample(job, log, arrivals.firstWriteNanos(), cutNanos, network.takeLateMillis());
            } finally {
                network.cuts().restore(job.kind, job.ends.pairing(), path);
            }
        } catch (LabException e) {
            throw new LabException(String.format(Locale.ROOT, "%s, %s: %s", job.ends.title(), job.kind, e.getMessage()), e);
        } finally {
            BulkBench.pause(settings.pair().drainMillis());
        }
    }

    private static MessageSample sample(Job job, MessageLog log, long firstWriteNanos, long cutNanos, double lateMillis) {
        double usualMillis = 0;
        double longestMillis = 0;
        for (int i = 0; i < log.count(); i++) {
            double millis = (log.arrivedNanos(i) - firstWriteNanos - i * INTERVAL_NANOS) / 1e6;
            if (log.arrivedNanos(i) < cutNanos) {
                usualMillis = Math.max(usualMillis, millis);
            } else {
                longestMillis = Math.max(longestMillis, millis);
            }
        }
        return new MessageSample(job.ends, job.kind, job.cut, usualMillis, longestMillis, MESSAGES - log.count(), lateMillis);
    }
}
