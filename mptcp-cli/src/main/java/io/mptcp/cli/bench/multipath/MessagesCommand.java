package io.mptcp.cli.bench.multipath;

import io.mptcp.cli.CommonOptions;
import io.mptcp.cli.ExitCodes;
import io.mptcp.cli.bench.BenchOptions;
import io.mptcp.cli.bench.failover.Kind;
import io.mptcp.cli.bench.failover.Pairing;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mptcp bench messages}. */
@Command(name = "messages",
        description = {"How late messages come, 1 kB every 20 ms over two equal paths, when one of these dies on the way: this stack with each scheduler, and the kernel's MPTCP, "
            + "by turns on the same emulated paths.",
            "Runs in network namespaces of its own and leaves nothing behind. Needs root, or a host that allows user namespaces."})
public final class MessagesCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private BenchOptions options;

    @Option(names = "--rate", paramLabel = "MBIT", defaultValue = "20", description = "Rate of each path in Mbit/s (default: ${DEFAULT-VALUE}).")
    private double rateMbit;

    @Option(names = "--rtt", paramLabel = "MS", defaultValue = "50", description = "Round-trip time of each path (default: ${DEFAULT-VALUE}).")
    private double rttMillis;

    @Option(names = "--kind", paramLabel = "KIND", split = ",", defaultValue = "silent,oneway,down", description = "How the path dies (default: ${DEFAULT-VALUE}).")
    private List<Kind> kinds;

    @Option(names = "--scheduler", paramLabel = "NAME", split = ",", defaultValue = "redundant,default",
            description = "Packet schedulers of this stack (default: ${DEFAULT-VALUE}).")
    private List<String> schedulers;

    @Option(names = "--only", paramLabel = "WHO", split = ",", defaultValue = "OURS_TO_KERNEL,OURS_UP,OURS_DOWN,KERNEL_UP",
            description = "Who sends to whom: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private List<Pairing> pairings;

    @Option(names = "--cuts", paramLabel = "N", defaultValue = "10", description = "Cuts of each kind (default: ${DEFAULT-VALUE}).")
    private int cuts;

    @Option(names = "--networks", paramLabel = "N", defaultValue = "8", description = "Measure on so many networks at a time (default: ${DEFAULT-VALUE}).")
    private int networks;

    @Override
    public Integer call() throws Exception {
        PathPair pair = new PathPair(options.cell(rateMbit, rttMillis, 0, 0, 0), options.cell(rateMbit, rttMillis, 0, 0, 0));
        schedulers.forEach(name -> MultipathCommand.checkScheduler(options, name));
        options.check(cuts >= 1 && cuts <= 10_000, "--cuts must be between 1 and 10000");
        options.check(networks >= 1 && networks <= 64, "--networks must be between 1 and 64");
        return MultipathCommand.inLab(() -> run(new MessageBench.Settings(pair, pairings, schedulers, kinds, cuts, networks, options.seed())));
    }

    private int run(MessageBench.Settings settings) {
        List<MessageSample> samples = new MessageBench(settings, System.err).run();
        MultipathCommand.print(options, MessageSample.CSV_HEADER, samples.stream().map(MessageSample::csv).toList(), MultipathReport.messages(samples));
        return ExitCodes.OK;
    }
}
