package io.mptcp.cli.bench.scale;

import io.mptcp.cli.CommonOptions;
import io.mptcp.cli.ExitCodes;
import io.mptcp.cli.TextTable;
import io.mptcp.cli.bench.BenchOptions;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mptcp bench scale}. */
@Command(name = "scale",
        description = {"What many connections cost: heap of an idle one, and time for a segment of a busy one beside them.",
            "Two stacks in one thread, without any I/O and with virtual time between them. Every connection has two subflows and has carried a message "
                + "each way; both of its ends are in this process, and both are counted. Needs no privilege, and heap for all of them: "
                + "MPTCP_JAVA_OPTS=-Xmx2g."})
public final class ScaleCommand implements Callable<Integer> {
    private static final int MAX_CONNECTIONS = 1_000_000;

    @Mixin
    private CommonOptions common;

    @Spec
    private CommandSpec command;

    @Option(names = "--connections", paramLabel = "N", split = ",", defaultValue = "1,1000,10000,100000",
            description = "Numbers of connections, rising (default: ${DEFAULT-VALUE}).")
    private List<Integer> connections;

    @Option(names = "--busy", paramLabel = "N", defaultValue = "1000", description = "Connections that are busy in turn (default: ${DEFAULT-VALUE}).")
    private int busy;

    @Option(names = "--super-segments", description = "Segments of up to 64 KB instead of one MSS.")
    private boolean superSegments;

    @Option(names = "--seconds", paramLabel = "S", defaultValue = "2", description = "Length of a measurement (default: ${DEFAULT-VALUE}).")
    private double seconds;

    @Option(names = "--by-class", description = "Also say which classes the heap of an idle end is made of, between the last two numbers of connections.")
    private boolean byClass;

    @Override
    public Integer call() {
        BenchOptions.check(command, !connections.isEmpty() && connections.getFirst() >= 1 && connections.getLast() <= MAX_CONNECTIONS
                && IntStream.range(1, connections.size()).allMatch(i -> connections.get(i - 1) < connections.get(i)),
                "--connections must be rising numbers between 1 and " + MAX_CONNECTIONS);
        BenchOptions.check(command, !byClass || connections.size() > 1,
                "--by-class compares two numbers of connections: --connections must have them");
        BenchOptions.check(command, !byClass || HeapHistogram.isAvailable(),
                "--by-class needs a whole JDK: this Java runtime cannot count its objects (set MPTCP_JAVA_HOME)");
        BenchOptions.check(command, busy >= 1, "--busy must be at least 1");
        BenchOptions.check(command, seconds >= 0.01 && seconds <= 3600, "--seconds must be between 0.01 and 3600");
        List<ScaleBench.Step> steps = new ScaleBench(busy, superSegments ? 0xffff : 0, Math.round(seconds * 1e9), byClass, System.err).run(connections);
        TextTable table = new TextTable("connections", "heap bytes each end", "payload memory", "ns per segment, 1 busy",
                busy + " busy", "bytes allocated per segment");
        for (ScaleBench.Step step : steps) {
            table.add("" + step.connections(), String.format(Locale.ROOT, "%.0f", step.heapBytesEach()), "" + step.bufferBytes(),
                    String.format(Locale.ROOT, "%.0f", step.nanosPerSegment()), String.format(Locale.ROOT, "%.0f", step.nanosPerSegmentOfMany()),
                    String.format(Locale.ROOT, "%.3f", step.allocatedPerSegment()));
        }
        System.out.print(table.text());
        if (byClass) {
            System.out.print(byClass(steps.get(steps.size() - 2), steps.getLast()).leftAligned());
        }
        return ExitCodes.OK;
    }

    private static TextTable byClass(ScaleBench.Step before, ScaleBench.Step after) {
        double ends = 2.0 * (after.connections() - before.connections());
        TextTable table = new TextTable("class", "objects an end", "bytes an end");
        for (Map.Entry<String, HeapHistogram.Use> entry : after.histogram().since(before.histogram())) {
            double objects = entry.getValue().instances() / ends;
            double bytes = entry.getValue().bytes() / ends;
            if (bytes >= 0.5) {
                table.add(entry.getKey(), String.format(Locale.ROOT, "%.2f", objects), String.format(Locale.ROOT, "%.0f", bytes));
            }
        }
        return table;
    }
}
