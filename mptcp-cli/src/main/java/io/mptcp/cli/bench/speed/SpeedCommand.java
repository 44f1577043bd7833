package io.mptcp.cli.bench.speed;

import io.mptcp.cli.CommandFailure;
import io.mptcp.cli.CommonOptions;
import io.mptcp.cli.ExitCodes;
import io.mptcp.cli.TextTable;
import io.mptcp.cli.bench.BenchOptions;
import io.mptcp.netty.linux.KernelMptcp;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code mptcp bench speed}. */
@Command(name = "speed",
        description = {"How fast this stack is beside the kernel's MPTCP, over two virtual cables without a rate: the two take turns, all in one run, "
            + "CUBIC on both sides.",
            "bulk: one connection, two subflows. library: the same by a Netty channel, and by a java.net socket. mtu: the same without segmentation, merging and checksum offloads. tcp: plain TCP over one path. "
                + "tun: kernel TCP through mptcp-tun to a kernel MPTCP server. echo: 64 bytes there and back. connect: a connection, an echo, the end, one "
                + "after the other.",
            "Processor time is that of both ends together: seconds per gigabyte, or per thousand echoes or connections.",
            "Runs in network namespaces of its own and leaves nothing behind. Needs root, or a host that allows user namespaces."})
public final class SpeedCommand implements Callable<Integer> {
    @Mixin
    private CommonOptions common;

    @Spec
    private CommandSpec command;

    @Option(names = "--only", paramLabel = "KIND", split = ",", defaultValue = "bulk,library,mtu,tcp,tun,echo,connect",
            description = "What to measure (default: ${DEFAULT-VALUE}).")
    private List<SpeedBench.Kind> kinds;

    @Option(names = "--case", paramLabel = "TEXT",
            description = "Only what has this in the title its row has in the table, and what that is compared with.")
    private String titlePart = "";

    @Option(names = "--runs", paramLabel = "N", defaultValue = "5", description = "Runs of each case (default: ${DEFAULT-VALUE}).")
    private int runs;

    @Option(names = "--warm-up", paramLabel = "N", defaultValue = "1", description = "Runs before, which are not counted (default: ${DEFAULT-VALUE}).")
    private int warmUps;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "3", description = "Length of a run (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Option(names = "--markdown", description = "Print the table as Markdown.")
    private boolean markdown;

    @Option(names = "--csv", description = "Print one line for every run instead of the table.")
    private boolean csv;

    @Override
    public Integer call() throws Exception {
        check(runs >= 1 && runs <= 1000, "--runs must be between 1 and 1000");
        check(warmUps >= 0 && warmUps <= 1000, "--warm-up must be between 0 and 1000");
        check(seconds >= 0.1 && seconds <= 3600, "--seconds must be between 0.1 and 3600");
        return BenchOptions.inLab(this::run);
    }

    private int run() {
        if (!KernelMptcp.available()) {
            throw CommandFailure.failed("this kernel has no MPTCP to compare with (net.mptcp.enabled)");
        }
        List<SpeedSample> samples = new SpeedBench(kinds, titlePart, runs, warmUps, Math.round(seconds * 1e9), System.err).run();
        TextTable table = SpeedReport.table(samples);
        System.out.print(csv ? SpeedReport.csv(samples) : markdown ? table.markdown() : table.text());
        return ExitCodes.OK;
    }

    private void check(boolean condition, String message) {
        if (!condition) {
            throw new ParameterException(command.commandLine(), message);
        }
    }
}
