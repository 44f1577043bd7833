package io.mptcp.cli.bench.multipath;

import io.mptcp.cli.CommonOptions;
import io.mptcp.cli.ExitCodes;
import io.mptcp.cli.bench.BenchOptions;
import io.mptcp.cli.bench.failover.Pairing;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mptcp bench never-slower}. */
@Command(name = "never-slower",
        description = {"How long transfers take over a fast path beside a slow one, compared with the fast path alone: this stack and the kernel's MPTCP, CUBIC both, by "
            + "turns on the same emulated paths. Clients send; the kernel alone is its TCP.",
            "Runs in network namespaces of its own and leaves nothing behind. Needs root, or a host that allows user namespaces."})
public final class NeverSlowerCommand implements Callable<Integer> {
    private static final int MAX_BUFFER_BYTES = 64 << 20;

    @Mixin
    private CommonOptions common;

    @Mixin
    private BenchOptions options;

    @Option(names = "--fast", paramLabel = "RATE/RTT", defaultValue = "100/10", description = "The fast path: Mbit/s, milliseconds (default: ${DEFAULT-VALUE}).")
    private String fast;

    @Option(names = "--slow-rate", paramLabel = "MBIT", defaultValue = "2", description = "Rate of the slow path (default: ${DEFAULT-VALUE}).")
    private String slowRate;

    @Option(names = "--rtt", paramLabel = "MS", split = ",", defaultValue = "1,10,50,100,300",
            description = "Round-trip times of the slow path (default: ${DEFAULT-VALUE}).")
    private List<String> rtts;

    @Option(names = "--size", paramLabel = "BYTES", split = ",", defaultValue = "64000,1000000,20000000", description = "What is sent (default: ${DEFAULT-VALUE}).")
    private List<Long> sizes;

    @Option(names = "--send-buffer", paramLabel = "BYTES", split = ",", defaultValue = "0,65536",
            description = "Send buffers, 0 for the usual one (default: ${DEFAULT-VALUE}).")
    private List<Integer> buffers;

    @Option(names = "--scheduler", paramLabel = "NAME", split = ",", defaultValue = "default",
            description = "Packet schedulers of this stack (default: ${DEFAULT-VALUE}).")
    private List<String> schedulers;

    @Option(names = "--only", paramLabel = "WHO", split = ",", defaultValue = "OURS_TO_KERNEL,OURS_UP,KERNEL_UP",
            description = "Who sends to whom: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private List<Pairing> pairings;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "1", description = "Transfers of each kind (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Option(names = "--pause", paramLabel = "MS", defaultValue = "0",
            description = "Between the connection being there and the first write, for the second subflow to join (default: ${DEFAULT-VALUE}).")
    private long pauseMillis;

    @Option(names = "--parallel", paramLabel = "MBIT", defaultValue = "215",
            description = "Measure at the same time, on networks of their own, what needs so much together (default: ${DEFAULT-VALUE}).")
    private double parallelMbit;

    @Override
    public Integer call() throws Exception {
        List<PathPair> pairs = rtts.stream().map(rtt -> MultipathCommand.pair(options, fast + "+" + slowRate + "/" + rtt)).toList();
        options.check(sizes.stream().allMatch(size -> size >= 1 && size <= 10_000_000_000L), "--size must be between 1 and 10000000000");
        options.check(buffers.stream().allMatch(buffer -> buffer == 0 || buffer >= 4096 && buffer <= MAX_BUFFER_BYTES),
                "--send-buffer must be 0, or between 4096 and " + MAX_BUFFER_BYTES);
        schedulers.forEach(name -> MultipathCommand.checkScheduler(options, name));
        options.check(pairings.stream().allMatch(pairing -> pairing.clientSends), "--only: clients send here");
        options.check(runs >= 1 && runs <= 1000, "--runs must be between 1 and 1000");
        options.check(pauseMillis >= 0 && pauseMillis <= 60_000, "--pause must be between 0 and 60000");
        options.check(parallelMbit >= 1, "--parallel must be at least 1");
        return MultipathCommand.inLab(() -> run(new NeverSlowerBench.Settings(pairs, pairings, schedulers, sizes, buffers, runs, pauseMillis, options.seed(),
                parallelMbit)));
    }

    private int run(NeverSlowerBench.Settings settings) {
        List<CompletionSample> samples = new NeverSlowerBench(settings, System.err).run();
        MultipathCommand.print(options, CompletionSample.CSV_HEADER, samples.stream().map(CompletionSample::csv).toList(), MultipathReport.neverSlower(samples));
        return ExitCodes.OK;
    }
}
