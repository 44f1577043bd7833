package io.mptcp.sim;

import io.mptcp.pm.HostPathManager;
import io.mptcp.pm.Path;
import io.mptcp.stack.StackConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Cuts of one of two equal paths in the middle of a transfer that never ends, each in a simulation of its own: at what moment, of which path and in
 * which direction of the transfer the seed says. What users see of it is in virtual time.
 *
 * @param rttMillis round trip of both paths; their queues hold as much again, and 20 packets at least
 */
record FailoverCell(Kind kind, double rttMillis) {
    /** What happens to the path. */
    enum Kind {
        /** Nothing passes, and nobody is told. */
        SILENT,
        /** Nothing passes in the direction of the data, nobody is told, and what comes the other way arrives. */
        ONE_WAY,
        /** The client's interface goes down: it is told, and tells the server. */
        DOWN
    }

    static final double RATE_MBIT = 20;
    private static final int MSS_BYTES = 1428;
    private static final int PACKET_BYTES = 1500;
    private static final int MIN_QUEUE_PACKETS = 20;
    /** Both paths are in congestion avoidance then. */
    private static final double EARLIEST_CUT_SECONDS = 3;
    private static final double LATEST_CUT_SECONDS = 5;
    private static final double OUTAGE_SECONDS = 2.5;
    private static final double RETURN_SECONDS = 2.5;
    private static final double STEP_SECONDS = 0.005;

    /**
     * One cut.
     *
     * @param gapMillis     longest time without anything for the application of those that began in the second after the cut
     * @param share         of the payload one path can carry, what arrived in the second that began a second after the cut
     * @param returnSeconds from the path's return to the first payload over it
     */
    record Outcome(long seed, double gapMillis, double share, double returnSeconds) {
    }

    /** Of all cuts, sorted by what they say each. */
    record Distribution(FailoverCell cell, List<Outcome> outcomes) {
        double gapMillis(double quantile) {
            return quantile(outcomes.stream().mapToDouble(Outcome::gapMillis).sorted().toArray(), quantile);
        }

        double leastShare() {
            return outcomes.stream().mapToDouble(Outcome::share).min().orElseThrow();
        }

        double longestReturnSeconds() {
            return outcomes.stream().mapToDouble(Outcome::returnSeconds).max().orElseThrow();
        }

        private static double quantile(double[] sorted, double quantile) {
            return sorted[Math.max(0, (int) Math.ceil(quantile * sorted.length) - 1)];
        }

        @Override
        public String toString() {
            Outcome worst = outcomes.stream().max((a, b) -> Double.compare(a.gapMillis, b.gapMillis)).orElseThrow();
            Outcome slowest = outcomes.stream().min((a, b) -> Double.compare(a.share, b.share)).orElseThrow();
            Outcome last = outcomes.stream().max((a, b) -> Double.compare(a.returnSeconds, b.returnSeconds)).orElseThrow();
            return String.format(Locale.ROOT, "%-7s RTT %3.0f ms, %d cuts: gap p50 %.0f p99 %.0f max %.0f ms (seed %d), "
                            + "goodput of one path p50 %.3f min %.3f (seed %d), back after p50 %.2f max %.2f s (seed %d)",
                    cell.kind, cell.rttMillis, outcomes.size(), gapMillis(0.5), gapMillis(0.99), worst.gapMillis, worst.seed,
                    quantile(outcomes.stream().mapToDouble(Outcome::share).sorted().toArray(), 0.5), slowest.share, slowest.seed,
                    quantile(outcomes.stream().mapToDouble(Outcome::returnSeconds).sorted().toArray(), 0.5), last.returnSeconds, last.seed);
        }
    }

    Distribution measure(int cuts) {
        return new Distribution(this, IntStream.rangeClosed(1, cuts).mapToObj(seed -> cut(seed)).toList());
    }

    private LinkSpec link() {
        LinkSpec link = LinkSpec.of(RATE_MBIT, rttMillis / 2);
        long bdp = Math.round(RATE_MBIT * 1e6 / 8 * rttMillis / 1e3);
        return link.withQueue(Math.max(bdp, MIN_QUEUE_PACKETS * PACKET_BYTES));
    }

    Outcome cut(long seed) {
        SeededRandom random = new SeededRandom(seed);
        double at = EARLIEST_CUT_SECONDS + random.nextDouble() * (LATEST_CUT_SECONDS - EARLIEST_CUT_SECONDS);
        int dead = random.chance(0.5) ? 0 : 1;
        boolean upload = random.chance(0.5);
        long bytes = Math.round(2 * RATE_MBIT * 1e6 / 8 * (LATEST_CUT_SECONDS + OUTAGE_SECONDS + RETURN_SECONDS + 1));
        Scenario scenario = new Scenario(seed).path(link()).path(link()).clientConfig(client()).transfer(upload ? bytes : 0, upload ? 0 : bytes);
        scenario.simulation().monitor().setEnabled(false); // which remembers every byte
        Simulation simulation = scenario.open().simulation();
        simulation.runTo(nanos(at));
        StreamChecker reader = (upload ? scenario.server() : scenario.client()).checker();
        double[] gap = {0};
        long[] started = {reader.lastNanos()};
        reader.onGap(nanos -> {
            if (started[0] <= nanos(at + 1)) {
                gap[0] = Math.max(gap[0], simulation.nowNanos() - started[0]);
            }
            started[0] = simulation.nowNanos();
        });
        set(scenario.path(dead), upload, false);
        simulation.runTo(nanos(at + 1));
        long before = reader.receivedBytes();
        simulation.runTo(nanos(at + 2));
        double share = (reader.receivedBytes() - before) / (RATE_MBIT * 1e6 / 8 * MSS_BYTES / PACKET_BYTES);
        simulation.runTo(nanos(at + OUTAGE_SECONDS));
        set(scenario.path(dead), upload, true);
        double back = back(simulation, upload ? scenario.path(dead).up() : scenario.path(dead).down());
        scenario.topology().client().stack().close();
        scenario.topology().server().stack().close();
        return new Outcome(seed, gap[0] / 1e6, share, back);
    }

    private void set(SimPath path, boolean upload, boolean passing) {
        switch (kind) {
            case SILENT -> path.setPassing(passing);
            case ONE_WAY -> (upload ? path.up() : path.down()).setUp(passing);
            case DOWN -> path.setCarrier(passing);
        }
    }

    private static double back(Simulation simulation, SimLink link) {
        long before = link.statistics().payloadBytesDelivered;
        long start = simulation.nowNanos();
        while (link.statistics().payloadBytesDelivered < before + MSS_BYTES && simulation.nowNanos() - start < nanos(RETURN_SECONDS)) {
            simulation.runTo(simulation.nowNanos() + nanos(STEP_SECONDS));
        }
        return (simulation.nowNanos() - start) / 1e9;
    }

    private static StackConfig client() {
        List<Path> paths = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            paths.add(new Path(i, Topology.clientAddress(i, false), null, false));
        }
        return StackConfig.defaults().withPathManager(() -> HostPathManager.forPaths(paths, 0, List.of()).create());
    }

    private static long nanos(double seconds) {
        return Math.round(seconds * 1e9);
    }
}
