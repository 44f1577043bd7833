package io.mptcp.cli.bench;

import io.mptcp.cli.CommonOptions;
import io.mptcp.cli.ExitCodes;
import io.mptcp.cli.TextTable;
import io.mptcp.cli.bench.FairnessBench.Pairing;
import io.mptcp.cli.bench.FairnessBench.Result;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code mptcp bench fairness}. */
@Command(name = "fairness",
        description = {"How this stack and the kernel share a bottleneck: two connections, CUBIC both, start together and send for a while. "
            + "Beside that the kernel with itself and this stack with itself, which tells what chance does. Who is a moment earlier changes "
            + "from run to run.",
            "Runs in network namespaces of its own and leaves nothing behind. Needs root, or a host that allows user namespaces."})
final class FairnessCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Mixin
    private BenchOptions options;

    @Option(names = "--rate", paramLabel = "MBIT", split = ",", defaultValue = "50",
            description = "Rates of the bottleneck in Mbit/s (default: ${DEFAULT-VALUE}).")
    private List<Double> rates;

    @Option(names = "--rtt", paramLabel = "MS", split = ",", defaultValue = "40",
            description = "Round-trip times in milliseconds (default: ${DEFAULT-VALUE}).")
    private List<Double> rtts;

    @Option(names = "--loss", paramLabel = "PERCENT", defaultValue = "0",
            description = "Random loss of frames, each way (default: ${DEFAULT-VALUE}).")
    private double lossPercent;

    @Option(names = "--pairs", paramLabel = "PAIR", split = ",", defaultValue = "ours-kernel,kernel-kernel,ours-ours",
            description = "Who shares it (default: ${DEFAULT-VALUE}).", converter = PairingConverter.class)
    private List<Pairing> pairings;

    @Option(names = "--parallel", paramLabel = "MBIT", defaultValue = "200",
            description = "Measure several pairs at a time, on networks of their own, while these need no more than this together "
                    + "(default: ${DEFAULT-VALUE}).")
    private double parallelMbit;

    @Option(names = "--runs", paramLabel = "N", defaultValue = "1", description = "Runs of each cell (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "60", description = "Length of a run (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Override
    public Integer call() throws Exception {
        options.check(runs >= 1 && runs <= 1000, "--runs must be between 1 and 1000");
        options.check(parallelMbit >= 1, "--parallel must be at least 1");
        options.check(seconds >= 0.1 && seconds <= 3600, "--seconds must be between 0.1 and 3600");
        List<PathCell> cells = new ArrayList<>();
        for (double rate : rates) {
            for (double rtt : rtts) {
                cells.add(options.cell(rate, rtt, lossPercent, 0, 0));
            }
        }
        return BenchOptions.inLab(() -> run(cells));
    }

    private int run(List<PathCell> cells) {
        List<Result> results = new FairnessBench(cells, pairings, runs, Window.ofSeconds(seconds), options.seed(), parallelMbit, System.err,
                options.verbose()).run();
        if (options.csv()) {
            System.out.print(csv(results));
            return ExitCodes.OK;
        }
        TextTable table = table(cells, results);
        System.out.print(options.markdown() ? table.markdown() : table.text());
        return ExitCodes.OK;
    }

    private TextTable table(List<PathCell> cells, List<Result> results) {
        TextTable table = new TextTable("Mbit/s", "RTT ms", "loss %", "queue ms", "connections", "first Mbit/s", "second Mbit/s",
                "mean share", "share, median (min–max)", "sent again", "of capacity");
        for (PathCell cell : cells) {
            for (Pairing pairing : pairings) {
                List<Result> own = results.stream().filter(result -> result.cell().equals(cell) && result.pairing() == pairing).toList();
                double first = mean(own, result -> result.first().mbit());
                double second = mean(own, result -> result.second().mbit());
                table.add(PathCell.plain(cell.rateMbit()), PathCell.plain(cell.rttMillis()), PathCell.plain(cell.lossPercent()),
                        decimals(0, cell.queueMillis()), pairing.title(), decimals(2, first), decimals(2, second),
                        decimals(2, mean(own, Result::share)), Spread.of(own.stream().mapToDouble(Result::share).toArray()).toString(),
                        decimals(0, mean(own, result -> result.first().retransmits())) + " / "
                                + decimals(0, mean(own, result -> result.second().retransmits())),
                        decimals(0, 100 * (first + second) / cell.capacityMbit()) + " %");
            }
        }
        return table;
    }

    private static double mean(List<Result> results, ToDoubleFunction<Result> figure) {
        return results.stream().mapToDouble(figure).average().orElseThrow();
    }

    private static String csv(List<Result> results) {
        StringBuilder csv = new StringBuilder("rate_mbit,rtt_ms,loss_percent,queue_ms,connections,run,first_mbit,second_mbit,share\n");
        for (Result result : results) {
            csv.append(String.join(",", PathCell.plain(result.cell().rateMbit()), PathCell.plain(result.cell().rttMillis()),
                    PathCell.plain(result.cell().lossPercent()), decimals(1, result.cell().queueMillis()), result.pairing().title(),
                    Integer.toString(result.run()), decimals(3, result.first().mbit()), decimals(3, result.second().mbit()),
                    decimals(4, result.share()))).append('\n');
        }
        return csv.toString();
    }

    private static String decimals(int count, double value) {
        return String.format(Locale.ROOT, "%." + count + "f", value);
    }

    /** {@code ours-kernel} for {@link Pairing#OURS_KERNEL}. */
    static final class PairingConverter implements ITypeConverter<Pairing> {
        @Override
        public Pairing convert(String name) {
            return Arrays.stream(Pairing.values()).filter(pairing -> pairing.optionName().equals(name)).findFirst()
                    .orElseThrow(() -> new TypeConversionException("'" + name + "' is not one of "
                            + Arrays.stream(Pairing.values()).map(Pairing::optionName).collect(Collectors.joining(", "))));
        }
    }
}
