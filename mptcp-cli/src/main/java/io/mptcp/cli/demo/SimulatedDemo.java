package io.mptcp.cli.demo;

import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.sim.LinkSpec;
import io.mptcp.sim.Report;
import io.mptcp.sim.Scenario;
import io.mptcp.sim.SimulationFailure;
import java.util.List;

/**
 * The same story where nothing privileged is possible: the same engine on both ends, over simulated links in virtual time. Every byte that
 * arrives is compared with what was sent.
 */
final class SimulatedDemo {
    private static final long SEED = 1;
    private static final long SAMPLE_NANOS = 1_000_000;
    private static final int SAMPLES_PER_VIEW = 500;
    private static final double LIMIT_SECONDS = 600;

    private final DemoSettings settings;
    private final DemoView view;

    private SimulatedDemo(DemoSettings settings, DemoView view) {
        this.settings = settings;
        this.view = view;
    }

    /** @throws LabException when the simulated download fails */
    static DemoReport run(DemoSettings settings, DemoView view) {
        try {
            return new SimulatedDemo(settings, view).run();
        } catch (SimulationFailure e) {
            throw new LabException("the simulated download failed: " + e.getMessage().lines().findFirst().orElse(""), e);
        }
    }

    private DemoReport run() {
        view.step("SIMULATED: virtual time, this stack on both sides, no real sockets");
        view.step("path 1 alone (simulated)");
        Download alone = new Download(1, settings.singleSizeBytes());
        double single = alone.scenario.runUntilDelivered(LIMIT_SECONDS).goodputBitsPerSecond();

        view.step("both paths (simulated)");
        Download both = new Download(2, settings.sizeBytes());
        both.runUntilReceived(settings.cutAtBytes());
        long cutNanos = both.nowNanos();
        List<Long> bytesBeforeCut = both.scenario.report().bytesPerPath();
        both.scenario.path(0).setPassing(false);
        view.step("path 1 goes silent");
        both.scenario.simulation().runTo(cutNanos + settings.outageNanos());
        boolean returnedInTime = !both.scenario.isDelivered();
        long returnNanos = both.nowNanos();
        long path1BytesAtReturn = both.scenario.path(0).payloadBytesDelivered();
        both.scenario.path(0).setPassing(true);
        view.step("path 1 is back");
        Report end = both.scenario.runUntilDelivered(LIMIT_SECONDS);

        ArrivalLog arrivals = both.arrivals;
        return new DemoReport(true, "this stack", Double.NaN, single, arrivals.goodputUntil(cutNanos), end.bytes(), settings.sizeBytes(),
                end.seconds(), bytesBeforeCut, arrivals.bytesAt(returnNanos) - arrivals.bytesAt(cutNanos),
                end.bytesPerPath().getFirst() - path1BytesAtReturn, returnedInTime,
                arrivals.longestStallNanos(cutNanos, returnNanos) / 1e6, null, null);
    }

    private static LinkSpec link(LinkProfile profile) {
        long queueBytes = (long) (profile.rateBitsPerSecond() / 8e9 * profile.queueNanos());
        return LinkSpec.of(profile.rateBitsPerSecond() / 1e6, profile.delayNanos() / 1e6).withQueue(queueBytes);
    }

    /** A download with its arrivals sampled every millisecond. */
    private final class Download {
        private final Scenario scenario = new Scenario(SEED);
        private final ArrivalLog arrivals;
        private final long sizeBytes;
        private Report.Sample lastShown;
        private int samples;

        Download(int paths, long sizeBytes) {
            this.sizeBytes = sizeBytes;
            settings.paths().subList(0, paths).forEach(profile -> scenario.path(link(profile)));
            scenario.transfer(0, sizeBytes);
            arrivals = new ArrivalLog(nowNanos());
            scenario.sampling(SAMPLE_NANOS, this::sample);
        }

        long nowNanos() {
            return scenario.simulation().nowNanos();
        }

        void runUntilReceived(long bytes) {
            scenario.simulation().runUntil(() -> scenario.client().checker().receivedBytes() >= bytes,
                    nowNanos() + (long) (LIMIT_SECONDS * 1e9));
        }

        private void sample(Report.Sample sample) {
            int fresh = (int) (sample.deliveredBytes() - arrivals.totalBytes());
            if (fresh > 0) {
                arrivals.add(nowNanos(), fresh);
            }
            if (samples++ % SAMPLES_PER_VIEW == 0) {
                show(sample);
            }
        }

        private void show(Report.Sample sample) {
            if (lastShown != null) {
                double seconds = (sample.timeNanos() - lastShown.timeNanos()) / 1e9;
                double[] rates = new double[sample.bytesPerPath().size()];
                for (int path = 0; path < rates.length; path++) {
                    rates[path] = (sample.bytesPerPath().get(path) - lastShown.bytesPerPath().get(path)) * 8 / seconds;
                }
                view.sample(sample.timeNanos() / 1e9, rates, sample.deliveredBytes(), sizeBytes);
            }
            lastShown = sample;
        }
    }
}
