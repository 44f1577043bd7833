package io.mptcp.cli.bench;

import io.mptcp.cli.CommonOptions;
import io.mptcp.cli.ExitCodes;
import io.mptcp.cli.TextTable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code mptcp bench wan}. */
@Command(name = "wan",
        description = {"Goodput of plain TCP over emulated paths: this stack to and from the kernel, compared with the kernel to itself.",
            "Every rate is measured with every round-trip time and every loss, and, without loss, with every degree of reordering. "
                + "On each path the two take turns and see the same random losses.",
            "Runs in network namespaces of its own and leaves nothing behind. Needs root, or a host that allows user namespaces."})
final class WanCommand implements Callable<Integer> {
    private static final List<Double> QUICK_RATES = List.of(10.0, 100.0);
    private static final List<Double> QUICK_RTTS = List.of(20.0, 100.0);
    private static final List<Double> QUICK_LOSSES = List.of(0.0, 1.0);
    private static final double QUICK_SECONDS = 5;
    private static final int QUICK_RUNS = 1;

    @Mixin
    private CommonOptions common;

    @Mixin
    private BenchOptions options;

    @Option(names = "--rate", paramLabel = "MBIT", split = ",", description = "Rates of the bottleneck in Mbit/s (default: 10,50,200).")
    private List<Double> rates;

    @Option(names = "--rtt", paramLabel = "MS", split = ",", description = "Round-trip times in milliseconds (default: 10,50,200).")
    private List<Double> rtts;

    @Option(names = "--loss", paramLabel = "PERCENT", split = ",", description = "Random loss of frames, each way (default: 0,0.1,2).")
    private List<Double> losses;

    @Option(names = "--reorder", paramLabel = "PERCENT", split = ",", description = "Frames that are late, each way (default: 0,1).")
    private List<Double> reorders;

    @Option(names = "--late", paramLabel = "MS", defaultValue = "3", description = "How much later these are (default: ${DEFAULT-VALUE}).")
    private double lateMillis;

    @Option(names = "--direction", paramLabel = "WAY", defaultValue = "both",
            description = "up (this stack sends), down (the kernel sends) or both (default: ${DEFAULT-VALUE}).")
    private Way way;

    @Option(names = "--runs", paramLabel = "N", description = "Runs of each cell (default: 3).")
    private Integer runs;

    @Option(names = "--seconds", paramLabel = "S", description = "Length of a transfer, from the connection being there (default: 10).")
    private Double seconds;

    @Option(names = "--size", paramLabel = "MB", description = "End a transfer earlier, after so many megabytes.")
    private Double megabytes;

    @Option(names = "--lossy-factor", paramLabel = "N", defaultValue = "2",
            description = "Transfers with random loss are this many times as long (default: ${DEFAULT-VALUE}).")
    private int lossyFactor;

    @Option(names = "--parallel", paramLabel = "MBIT", defaultValue = "200",
            description = "Measure on several paths at a time while these need no more than this together (default: ${DEFAULT-VALUE}).")
    private double parallelMbit;

    @Option(names = "--quick", description = "A small selection in a few minutes: other defaults for what is not given.")
    private boolean quick;

    @Option(names = "--pcap", paramLabel = "FILE", description = "Record every segment of this stack; for one cell and --runs 1.")
    private Path pcap;

    /** What {@code --direction} takes. */
    enum Way { UP, DOWN, BOTH }

    @Override
    public Integer call() throws Exception {
        WanSettings settings = settings();
        return BenchOptions.inLab(() -> run(settings));
    }

    private int run(WanSettings settings) {
        WanBench bench = new WanBench(settings, System.err);
        List<WanResult> results = bench.run();
        if (options.csv()) {
            System.out.print(WanReport.csv(results));
            return ExitCodes.OK;
        }
        TextTable table = WanReport.table(results);
        System.out.print(options.markdown() ? table.markdown() : table.text());
        System.out.println();
        System.out.println(WanReport.legend(settings, bench.kernelBuffers(), results));
        return ExitCodes.OK;
    }

    private WanSettings settings() {
        int runCount = runs != null ? runs : quick ? QUICK_RUNS : 3;
        double length = seconds != null ? seconds : quick ? QUICK_SECONDS : 10;
        options.check(runCount >= 1 && runCount <= 1000, "--runs must be between 1 and 1000");
        options.check(length >= 0.1 && length <= 3600, "--seconds must be between 0.1 and 3600");
        options.check(megabytes == null || megabytes > 0, "--size must be more than 0");
        options.check(lossyFactor >= 1 && lossyFactor <= 100, "--lossy-factor must be between 1 and 100");
        options.check(parallelMbit >= 1, "--parallel must be at least 1");
        Window window = new Window(Math.round(length * 1e9), megabytes == null ? Long.MAX_VALUE : Math.round(megabytes * 1e6));
        List<PathCell> cells = cells();
        options.check(pcap == null || cells.size() == 1 && runCount == 1,
                "--pcap is for one rate, RTT, loss and degree of reordering, and --runs 1");
        return new WanSettings(cells, directions(), runCount, window, lossyFactor, options.seed(), parallelMbit, pcap, options.verbose());
    }

    private List<Direction> directions() {
        return switch (way) {
            case UP -> List.of(Direction.UP);
            case DOWN -> List.of(Direction.DOWN);
            case BOTH -> List.of(Direction.values());
        };
    }

    private List<PathCell> cells() {
        Set<PathCell> cells = new LinkedHashSet<>();
        List<Double> lossList = losses != null ? losses : quick ? QUICK_LOSSES : List.of(0.0, 0.1, 2.0);
        List<Double> reorderList = reorders != null ? reorders : List.of(0.0, 1.0);
        boolean both = lossList.size() > 1 && reorderList.size() > 1;
        for (double loss : lossList) {
            for (double reorder : reorderList) {
                if (both && loss > 0 && reorder > 0) {
                    continue; // One trouble at a time, unless asked for.
                }
                for (double rate : rates != null ? rates : quick ? QUICK_RATES : List.of(10.0, 50.0, 200.0)) {
                    for (double rtt : rtts != null ? rtts : quick ? QUICK_RTTS : List.of(10.0, 50.0, 200.0)) {
                        cells.add(options.cell(rate, rtt, loss, reorder, lateMillis));
                    }
                }
            }
        }
        return new ArrayList<>(cells);
    }
}
