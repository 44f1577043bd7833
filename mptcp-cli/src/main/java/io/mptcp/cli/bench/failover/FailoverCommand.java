package io.mptcp.cli.bench.failover;

import io.mptcp.cli.CommandFailure;
import io.mptcp.cli.CommonOptions;
import io.mptcp.cli.ExitCodes;
import io.mptcp.cli.TextTable;
import io.mptcp.cli.bench.BenchOptions;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.netty.linux.KernelMptcp;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mptcp bench failover}. */
@Command(name = "failover",
        description = {"What an application sees when one of two equal paths dies in the middle of a transfer, and when it comes back: this stack and "
            + "the kernel's MPTCP, CUBIC both, in one run on the same emulated paths.",
            "silent: nothing passes, nobody is told. oneway: nothing passes in the direction of the data. down: the client's interface goes down. "
                + "Each cut is of a connection of its own; the seed decides when, and which path.",
            "Runs in network namespaces of its own and leaves nothing behind. Needs root, or a host that allows user namespaces."})
public final class FailoverCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Spec
    private CommandSpec command;

    @Option(names = "--rate", paramLabel = "MBIT", defaultValue = "10", description = "Rate of each path in Mbit/s (default: ${DEFAULT-VALUE}).")
    private double rateMbit;

    @Option(names = "--rtt", paramLabel = "MS", split = ",", defaultValue = "10,50,200",
            description = "Round-trip times in milliseconds; queues hold as much again, and 20 full frames at least (default: ${DEFAULT-VALUE}).")
    private List<Double> rtts;

    @Option(names = "--kind", paramLabel = "KIND", split = ",", defaultValue = "silent,oneway,down",
            description = "How the path dies (default: ${DEFAULT-VALUE}).")
    private List<Kind> kinds;

    @Option(names = "--only", paramLabel = "WHO", split = ",",
            description = "Who sends to whom: ${COMPLETION-CANDIDATES} (default: all).")
    private List<Pairing> pairings;

    @Option(names = "--cuts", paramLabel = "N", defaultValue = "50", description = "Cuts of each kind (default: ${DEFAULT-VALUE}).")
    private int cuts;

    @Option(names = "--networks", paramLabel = "N", defaultValue = "8",
            description = "Measure on so many networks at a time (default: ${DEFAULT-VALUE}).")
    private int networks;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Seed of the moments of the cuts (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--markdown", description = "Print the table as Markdown.")
    private boolean markdown;

    @Option(names = "--csv", paramLabel = "FILE", description = "Write a line for every cut to a file, as soon as it is measured.")
    private Path csv;

    @Override
    public Integer call() throws Exception {
        BenchOptions.check(command, rateMbit >= 1 && rateMbit <= 1000, "--rate must be between 1 and 1000");
        BenchOptions.check(command, rtts.stream().allMatch(rtt -> rtt >= 1 && rtt <= 2000), "--rtt must be between 1 and 2000");
        BenchOptions.check(command, cuts >= 1 && cuts <= 10_000, "--cuts must be between 1 and 10000");
        BenchOptions.check(command, networks >= 1 && networks <= 64, "--networks must be between 1 and 64");
        return BenchOptions.inLab(this::run);
    }

    private int run() throws Exception {
        if (!KernelMptcp.available()) {
            throw CommandFailure.failed("this kernel has no MPTCP to compare with (net.mptcp.enabled)");
        }
        List<LinkProfile> profiles = rtts.stream().map(rtt -> LinkProfile.of(rateMbit, rtt / 2, Math.max(rtt, BenchOptions.leastQueueMillis(rateMbit)))).toList();
        FailoverBench.Settings settings = new FailoverBench.Settings(profiles, pairings != null ? pairings : List.of(Pairing.values()), kinds, cuts,
                networks, seed);
        List<CutSample> samples;
        try (PrintStream lines = csv == null ? null : new PrintStream(Files.newOutputStream(csv), true)) {
            if (lines != null) {
                lines.println(FailoverReport.CSV_HEADER);
            }
            samples = new FailoverBench(settings, System.err, sample -> {
                if (lines != null) {
                    lines.println(FailoverReport.csv(sample));
                }
            }).run();
        }
        TextTable table = FailoverReport.table(samples);
        System.out.print(markdown ? table.markdown() : table.text());
        return ExitCodes.OK;
    }
}
