package io.mptcp.cli.bench.multipath;

import io.mptcp.cli.CommandFailure;
import io.mptcp.cli.CommonOptions;
import io.mptcp.cli.ExitCodes;
import io.mptcp.cli.TextTable;
import io.mptcp.cli.bench.BenchOptions;
import io.mptcp.cli.bench.PathCell;
import io.mptcp.cli.bench.failover.Pairing;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.scheduler.Schedulers;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mptcp bench multipath}. */
@Command(name = "multipath",
        description = {"What two paths carry together, as a share of the payload both can carry, and how long the reader has to wait at most: this stack and the "
            + "kernel's MPTCP, CUBIC both, by turns on the same emulated paths.",
            "Every byte is compared. Goodput and pauses are those after slow start, for which --warm-up is allowed.",
            "Runs in network namespaces of its own and leaves nothing behind. Needs root, or a host that allows user namespaces."})
public final class MultipathCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private BenchOptions options;

    @Option(names = "--paths", paramLabel = "RATE/RTT[/LOSS]+RATE/RTT[/LOSS]", split = ",",
            defaultValue = "100/20+100/20,100/20+20/100,50/20+10/200,50/20/0.5+50/20/0.5",
            description = "Pairs of paths: Mbit/s, milliseconds, percent each way (default: ${DEFAULT-VALUE}).")
    private List<String> paths;

    @Option(names = "--only", paramLabel = "WHO", split = ",", description = "Who sends to whom: ${COMPLETION-CANDIDATES} (default: all).")
    private List<Pairing> pairings;

    @Option(names = "--scheduler", paramLabel = "NAME", defaultValue = "default", description = "Packet scheduler of this stack (default: ${DEFAULT-VALUE}).")
    private String scheduler;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "1", description = "Transfers of each kind (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "10", description = "Length of a transfer (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Option(names = "--warm-up", paramLabel = "S", defaultValue = "3", description = "Of these, for slow start (default: ${DEFAULT-VALUE}).")
    private double warmUpSeconds;

    @Option(names = "--parallel", paramLabel = "MBIT", defaultValue = "130",
            description = "Measure at the same time, on networks of their own, what needs so much together (default: ${DEFAULT-VALUE}).")
    private double parallelMbit;

    @Option(names = "--pcap", paramLabel = "FILE", description = "Record what this stack sends and receives at the client; for one pair of paths, and one WHO.")
    private Path pcap;

    @Override
    public Integer call() throws Exception {
        List<PathPair> pairs = paths.stream().map(text -> pair(options, text)).toList();
        options.check(runs >= 1 && runs <= 1000, "--runs must be between 1 and 1000");
        options.check(seconds >= 0.5 && seconds <= 3600, "--seconds must be between 0.5 and 3600");
        options.check(warmUpSeconds >= 0 && warmUpSeconds < seconds, "--warm-up must be less than --seconds");
        options.check(parallelMbit >= 1, "--parallel must be at least 1");
        checkScheduler(options, scheduler);
        List<Pairing> who = pairings != null ? pairings : List.of(Pairing.values());
        options.check(pcap == null || pairs.size() == 1 && who.size() == 1 && runs == 1, "--pcap is for one pair of --paths, one --only, and --runs 1");
        return inLab(() -> run(new BulkBench.Settings(pairs, who, scheduler, runs, seconds, warmUpSeconds, options.seed(), parallelMbit, pcap,
                options.verbose())));
    }

    private int run(BulkBench.Settings settings) {
        List<BulkSample> samples = new BulkBench(settings, System.err).run();
        print(options, BulkSample.CSV_HEADER, samples.stream().map(BulkSample::csv).toList(), MultipathReport.bulk(samples));
        return ExitCodes.OK;
    }

    static PathPair pair(BenchOptions options, String text) {
        String[] both = text.split("\\+");
        options.check(both.length == 2, "--paths: '" + text + "' is not a pair of paths such as 50/20+10/200");
        return new PathPair(cell(options, both[0]), cell(options, both[1]));
    }

    private static PathCell cell(BenchOptions options, String text) {
        options.check(text.matches("[\\d.]+/[\\d.]+(/[\\d.]+)?"), "--paths: '" + text + "' is not a path such as 50/20 or 50/20/0.5");
        String[] parts = text.split("/");
        return options.cell(Double.parseDouble(parts[0]), Double.parseDouble(parts[1]), parts.length == 3 ? Double.parseDouble(parts[2]) : 0, 0, 0);
    }

    static void checkScheduler(BenchOptions options, String name) {
        options.check(Schedulers.names().contains(name), "--scheduler: '" + name + "' is none of " + String.join(", ", Schedulers.names()));
    }

    static int inLab(Callable<Integer> measurement) throws Exception {
        return BenchOptions.inLab(() -> {
            if (!KernelMptcp.available()) {
                throw CommandFailure.failed("this kernel has no MPTCP to compare with (net.mptcp.enabled)");
            }
            return measurement.call();
        });
    }

    static void print(BenchOptions options, String csvHeader, List<String> csv, TextTable table) {
        if (options.csv()) {
            System.out.println(csvHeader);
            csv.forEach(System.out::println);
        } else {
            System.out.print(options.markdown() ? table.markdown() : table.text());
        }
    }
}
