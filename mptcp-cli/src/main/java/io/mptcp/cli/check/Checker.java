package io.mptcp.cli.check;

import java.util.List;

/** Tries all paths at once. Does no I/O and knows no clock. */
final class Checker {
    private final ProbeContext context;
    private final List<PathProbe> probes;

    Checker(ProbeContext context) {
        this.context = context;
        this.probes = context.paths().stream().map(path -> new PathProbe(context, path)).toList();
    }

    /** Opens a connection over each path. */
    void start(long nowNanos) {
        probes.forEach(probe -> probe.start(nowNanos));
    }

    /** To be called every few milliseconds. @return whether everything is known */
    boolean step(long nowNanos) {
        boolean done = true;
        for (PathProbe probe : probes) {
            done &= probe.step(nowNanos);
        }
        return done;
    }

    /** Resets all connections. */
    void cancel() {
        probes.forEach(PathProbe::cancel);
    }

    /** What was found; after {@link #step} has said that everything is known. */
    CheckReport report() {
        return new CheckReport(context.settings(), probes.stream().map(PathProbe::result).toList());
    }
}
