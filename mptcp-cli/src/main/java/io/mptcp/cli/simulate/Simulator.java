package io.mptcp.cli.simulate;

import io.mptcp.cli.CommandFailure;
import io.mptcp.cli.simulate.SimulationPlan.Variant;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.sim.Report;
import io.mptcp.sim.Scenario;
import io.mptcp.sim.SimPath;
import io.mptcp.sim.SimulationFailure;
import io.mptcp.sim.TransferApp;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs transfers of a plan: two stacks, the paths between them, virtual time. The same seed gives the same transfer. */
final class Simulator {
    /** Virtual time a transfer may take; what is slower counts as not delivered. */
    static final double LIMIT_SECONDS = 3600;
    private static final long SAMPLE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final SimulationPlan plan;

    Simulator(SimulationPlan plan) {
        this.plan = plan;
    }

    /**
     * @param sampled whether the totals over time are wanted
     * @throws CommandFailure when an invariant of the stream did not hold
     */
    Outcome run(Variant variant, long seed, boolean sampled) {
        Scenario scenario = scenario(variant, seed);
        Pauses pauses = new Pauses();
        TransferApp reader = plan.down() ? scenario.open().client() : scenario.open().server();
        reader.checker().onGap(pauses::add);
        List<Report.Sample> samples = new ArrayList<>();
        if (sampled) {
            scenario.sampling(SAMPLE_NANOS, samples::add);
        }
        boolean[] over = {false};
        scenario.at(LIMIT_SECONDS, () -> over[0] = true);
        try {
            scenario.simulation().runUntil(() -> over[0] || scenario.isDelivered(), Long.MAX_VALUE);
        } catch (SimulationFailure failure) {
            throw CommandFailure.failed("seed " + seed + ": " + failure.getMessage().lines().findFirst().orElse("") + "; a fault of this program", failure);
        }
        double seconds = over[0] ? Double.POSITIVE_INFINITY : scenario.report().seconds();
        return outcome(variant, seed, scenario, reader, seconds, pauses, samples);
    }

    private Scenario scenario(Variant variant, long seed) {
        StackConfig config = StackConfig.defaults().withCongestionControl(variant.congestion());
        if (plan.bufferBytes() > 0) {
            config = config.withTcp(TcpConfig.defaults().withBuffers(plan.bufferBytes(), plan.bufferBytes()));
        }
        ConnectOptions options = ConnectOptions.DEFAULT.withScheduler(() -> Schedulers.create(variant.scheduler()));
        Scenario scenario = new Scenario(seed).config(config).clientOptions(options).serverOptions(options);
        for (int i = 0; i < plan.paths().size(); i++) {
            if (isUsed(variant, i)) {
                scenario.path(plan.paths().get(i).spec());
            }
        }
        scenario.transfer(plan.down() ? 0 : plan.sizeBytes(), plan.down() ? plan.sizeBytes() : 0);
        if (variant.onlyPath() == Variant.ALL_PATHS) {
            plan.cuts().forEach(cut -> cut.schedule(scenario));
        }
        return scenario;
    }

    private static boolean isUsed(Variant variant, int path) {
        return variant.onlyPath() == Variant.ALL_PATHS || variant.onlyPath() == path;
    }

    private Outcome outcome(Variant variant, long seed, Scenario scenario, TransferApp reader, double seconds, Pauses pauses, List<Report.Sample> samples) {
        long[] bytesPerPath = new long[plan.paths().size()];
        int next = 0;
        for (int i = 0; i < bytesPerPath.length; i++) {
            if (isUsed(variant, i)) {
                SimPath path = scenario.path(next++);
                bytesPerPath[i] = (plan.down() ? path.down() : path.up()).statistics().payloadBytesDelivered;
            }
        }
        long arrived = 0;
        for (long bytes : bytesPerPath) {
            arrived += bytes;
        }
        long received = reader.checker().receivedBytes();
        double goodput = Double.isFinite(seconds) ? received * 8 / seconds / 1e6 : 0;
        return new Outcome(seed, seconds, goodput, bytesPerPath, arrived - received, pauses, samples);
    }
}
