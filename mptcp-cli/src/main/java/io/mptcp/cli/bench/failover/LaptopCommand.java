package io.mptcp.cli.bench.failover;

import io.mptcp.cli.CommandFailure;
import io.mptcp.cli.CommonOptions;
import io.mptcp.cli.ExitCodes;
import io.mptcp.cli.RatePicture;
import io.mptcp.cli.TextTable;
import io.mptcp.cli.bench.BenchOptions;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.netty.linux.KernelMptcp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mptcp bench laptop}. */
@Command(name = "laptop",
        description = {"A laptop downloads over Ethernet and Wi-Fi; Ethernet is pulled, so that it has Wi-Fi alone, and plugged in again. This stack and the "
            + "kernel's MPTCP, CUBIC both, one after the other on the same emulated paths: goodput of each phase, the longest pause, and a picture.",
            "Ethernet is pulled by taking the client's interface down. The link layer of Wi-Fi is not emulated: it is a path with a rate of its own.",
            "Runs in network namespaces of its own and leaves nothing behind. Needs root, or a host that allows user namespaces."})
public final class LaptopCommand implements Callable<Integer> {
    /** Not looked at: the first run is by code that has not been compiled yet. */
    private static final double WARM_UP_PHASE_SECONDS = 0.5;

    @Mixin
    private CommonOptions common;

    @Spec
    private CommandSpec command;

    @Option(names = "--rate", paramLabel = "MBIT", split = ",", defaultValue = "100,38",
            description = "Rates of Ethernet and Wi-Fi in Mbit/s (default: ${DEFAULT-VALUE}).")
    private List<Double> rates;

    @Option(names = "--rtt", paramLabel = "MS", split = ",", defaultValue = "20,30",
            description = "Their round-trip times in milliseconds; queues hold as much again, and 20 full frames at least (default: ${DEFAULT-VALUE}).")
    private List<Double> rtts;

    @Option(names = "--phase", paramLabel = "S", defaultValue = "8", description = "Length of each of the three phases in seconds (default: ${DEFAULT-VALUE}).")
    private double phaseSeconds;

    @Option(names = "--only", paramLabel = "WHO", split = ",", defaultValue = "KERNEL_TO_OURS,OURS_DOWN,KERNEL_DOWN",
            description = "Who sends to whom: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
    private List<Pairing> pairings;

    @Option(names = "--markdown", description = "Print the table as Markdown.")
    private boolean markdown;

    @Option(names = "--svg", paramLabel = "FILE", description = "Draw what arrived over each path, over time.")
    private Path svg;

    @Override
    public Integer call() throws Exception {
        BenchOptions.check(command, rates.size() == 2 && rates.stream().allMatch(rate -> rate >= 1 && rate <= 1000),
                "--rate takes two rates between 1 and 1000, as in --rate 100,38");
        BenchOptions.check(command, rtts.size() == 2 && rtts.stream().allMatch(rtt -> rtt >= 1 && rtt <= 2000),
                "--rtt takes two round-trip times between 1 and 2000, as in --rtt 20,30");
        BenchOptions.check(command, phaseSeconds >= 0.5 && phaseSeconds <= 60, "--phase must be between 0.5 and 60");
        return BenchOptions.inLab(this::run);
    }

    private int run() {
        if (!KernelMptcp.available()) {
            throw CommandFailure.failed("this kernel has no MPTCP to compare with (net.mptcp.enabled)");
        }
        List<LaptopTrace> traces = new ArrayList<>();
        try (Lab lab = Lab.create()) {
            FailoverNetwork network = new FailoverNetwork(lab, profile(0), profile(1));
            for (Pairing pairing : pairings) {
                new LaptopRun(network, pairing).run(WARM_UP_PHASE_SECONDS);
                System.err.println(pairing.title());
                traces.add(new LaptopRun(network, pairing).run(phaseSeconds));
            }
        }
        System.out.print(markdown ? table(traces).markdown() : table(traces).text());
        if (svg != null) {
            draw(traces);
        }
        return ExitCodes.OK;
    }

    private LinkProfile profile(int path) {
        return LinkProfile.of(rates.get(path), rtts.get(path) / 2, Math.max(rtts.get(path), BenchOptions.leastQueueMillis(rates.get(path))));
    }

    private static TextTable table(List<LaptopTrace> traces) {
        TextTable table = new TextTable("download", "both, Mbit/s", "Wi-Fi alone", "both again", "longest pause, ms", "at, s", "Ethernet again after, s", "late, ms");
        for (LaptopTrace trace : traces) {
            table.add(trace.pairing().title(), number("%.1f", trace.mbit().get(0)), number("%.1f", trace.mbit().get(1)), number("%.1f", trace.mbit().get(2)),
                    number("%.0f", trace.longestPauseMillis()), number("%.2f", trace.pauseAtSeconds()),
                    trace.returnSeconds() == CutSample.NEVER ? "never" : number("%.2f", trace.returnSeconds()), number("%.1f", trace.lateMillis()));
        }
        return table;
    }

    private static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }

    private void draw(List<LaptopTrace> traces) {
        RatePicture picture = new RatePicture(List.of("Ethernet", "Wi-Fi"), "frames arriving, Mbit/s, over seconds", traces.stream().map(LaptopTrace::panel).toList(),
                3 * phaseSeconds);
        try {
            Files.writeString(svg, picture.svg());
        } catch (IOException e) {
            throw CommandFailure.failed("cannot write " + svg + ": " + e.getMessage(), e);
        }
    }
}
