package io.mptcp.cli.bench;

import io.mptcp.cli.CommandFailure;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LabRequirements;
import io.mptcp.cli.lab.UserNamespace;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options of all benchmarks. */
public final class BenchOptions {
    /** Smaller queues hold no burst at all. */
    private static final double MIN_QUEUE_BITS = 20 * 1514 * 8;
    private static final Pattern QUEUE = Pattern.compile("(\\d+(?:\\.\\d+)?)(bdp|ms)");

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command;

    @Option(names = "--queue", paramLabel = "SIZE", defaultValue = "1bdp",
            description = "Drop-tail queue before the bottleneck, in bandwidth-delay products or in milliseconds: 1bdp, 50ms; "
                    + "20 full frames at least (default: ${DEFAULT-VALUE}).")
    private String queue;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
            description = "Seed of random loss and reordering (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--markdown", description = "Print the table as Markdown.")
    private boolean markdown;

    @Option(names = "--csv", description = "Print one line for every run instead of the table.")
    private boolean csv;

    @Option(names = {"-v", "--verbose"}, description = "Say everything about every connection of this stack on standard error.")
    private boolean verbose;

    /** Of chance. */
    public long seed() {
        return seed;
    }

    /** Whether tables are wanted as Markdown. */
    public boolean markdown() {
        return markdown;
    }

    /** Whether single results are wanted instead of a table. */
    public boolean csv() {
        return csv;
    }

    /** Whether everything about connections of this stack is wanted. */
    public boolean verbose() {
        return verbose;
    }

    /** @throws ParameterException when an option says what cannot be */
    public PathCell cell(double rateMbit, double rttMillis, double lossPercent, double reorderPercent, double lateMillis) {
        check(rateMbit >= 1 && rateMbit <= 1000, "--rate must be between 1 and 1000");
        check(rttMillis >= 0 && rttMillis <= 2000, "--rtt must be between 0 and 2000");
        check(lossPercent >= 0 && lossPercent <= 50, "--loss must be between 0 and 50");
        check(reorderPercent >= 0 && reorderPercent <= 50, "--reorder must be between 0 and 50");
        check(lateMillis >= 0 && lateMillis <= 1000, "--late must be between 0 and 1000");
        return new PathCell(rateMbit, rttMillis, lossPercent, reorderPercent, lateMillis, queueMillis(rateMbit, rttMillis));
    }

    private double queueMillis(double rateMbit, double rttMillis) {
        Matcher matcher = QUEUE.matcher(queue);
        check(matcher.matches(), "--queue: '" + queue + "' is not a size such as 1bdp or 50ms");
        double size = Double.parseDouble(matcher.group(1));
        double millis = matcher.group(2).equals("bdp") ? size * rttMillis : size;
        check(millis <= 5000, "--queue must not be longer than 5000ms");
        return Math.max(millis, leastQueueMillis(rateMbit));
    }

    /** A queue shorter than twenty full frames drops what any sender sends at once. */
    public static double leastQueueMillis(double rateMbit) {
        return MIN_QUEUE_BITS / (rateMbit * 1e3);
    }

    /** @throws ParameterException with this message when the condition does not hold */
    public void check(boolean condition, String message) {
        check(command, condition, message);
    }

    /** As {@link #check(boolean, String)}, for a command without these options. */
    public static void check(CommandSpec command, boolean condition, String message) {
        if (!condition) {
            throw new ParameterException(command.commandLine(), message);
        }
    }

    /** Runs a measurement where namespaces can be made: here, or in a user namespace. */
    public static int inLab(Callable<Integer> measurement) throws Exception {
        try {
            List<String> missing = LabRequirements.missing();
            if (missing.isEmpty()) {
                return measurement.call();
            }
            String obstacle = UserNamespace.isInside() ? "not possible in this user namespace" : UserNamespace.obstacle();
            if (!obstacle.isEmpty()) {
                throw CommandFailure.failed(missing.getFirst() + "; a user namespace instead of root is not possible here: " + obstacle);
            }
            return UserNamespace.rerun();
        } catch (LabException e) {
            if (Lab.isShuttingDown()) {
                throw CommandFailure.silent();
            }
            throw CommandFailure.failed(e.getMessage(), e);
        }
    }
}
