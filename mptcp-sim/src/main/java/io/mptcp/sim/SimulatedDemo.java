package io.mptcp.sim;

import io.mptcp.stack.StackConfig;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A download over two paths of 50 Mbit/s, 20 and 40 ms, as a story with numbers: over path 1 alone, over both, and over both with
 * path 1 cut when half has arrived and brought back later. All in virtual time; the same seed tells the same story.
 */
public final class SimulatedDemo {
    private static final double RATE_MEGABITS = 50;
    private static final double DELAY_1_MILLIS = 20;
    private static final double DELAY_2_MILLIS = 40;
    private static final double OUTAGE_SECONDS = 2;
    private static final double BUDGET_SECONDS = 600;
    private static final long SAMPLE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /**
     * What came out.
     *
     * @param cutNanos      when path 1 went down in the third run, from its start
     * @param restoredNanos when it came back
     */
    public record Result(Report single, Report two, Report cut, long cutNanos, long restoredNanos) {
    }

    /** Tells which of the three runs a sample belongs to. */
    public enum Run {
        SINGLE_PATH,
        TWO_PATHS,
        PATH_CUT
    }

    /** Gets samples as virtual time goes by. */
    @FunctionalInterface
    public interface Viewer {
        void sample(Run run, Report.Sample sample);
    }

    private SimulatedDemo() {
    }

    /**
     * Runs all three.
     *
     * @param bytes  size of the download, each time
     * @throws SimulationFailure if a run does not end well
     */
    public static Result run(long seed, long bytes, Viewer viewer) {
        Report single = download(seed, bytes, 1, sample -> viewer.sample(Run.SINGLE_PATH, sample)).runUntilDelivered(BUDGET_SECONDS);
        Report two = download(seed, bytes, 2, sample -> viewer.sample(Run.TWO_PATHS, sample)).runUntilDelivered(BUDGET_SECONDS);

        Scenario scenario = download(seed, bytes, 2, sample -> viewer.sample(Run.PATH_CUT, sample));
        Simulation simulation = scenario.simulation();
        simulation.runUntil(() -> scenario.client().checker().receivedBytes() >= bytes / 2, TimeUnit.SECONDS.toNanos((long) BUDGET_SECONDS));
        long cutNanos = simulation.nowNanos();
        scenario.path(0).setPassing(false);
        long restoredNanos = cutNanos + Math.round(OUTAGE_SECONDS * 1e9);
        simulation.at(restoredNanos, () -> scenario.path(0).setPassing(true));
        return new Result(single, two, scenario.runUntilDelivered(BUDGET_SECONDS), cutNanos, restoredNanos);
    }

    private static Scenario download(long seed, long bytes, int paths, Consumer<Report.Sample> live) {
        Scenario scenario = new Scenario(seed).config(StackConfig.defaults()).path(LinkSpec.of(RATE_MEGABITS, DELAY_1_MILLIS));
        if (paths > 1) {
            scenario.path(LinkSpec.of(RATE_MEGABITS, DELAY_2_MILLIS));
        }
        return scenario.transfer(0, bytes).sampling(SAMPLE_NANOS, live);
    }
}
