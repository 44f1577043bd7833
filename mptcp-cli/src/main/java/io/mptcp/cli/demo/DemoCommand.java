package io.mptcp.cli.demo;

import io.mptcp.cli.CommandFailure;
import io.mptcp.cli.CommonOptions;
import io.mptcp.cli.ExitCodes;
import io.mptcp.cli.lab.Command;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LabRequirements;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.cli.lab.UserNamespace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code mptcp demo}. */
@CommandLine.Command(name = "demo",
        description = {"Downloads a file with curl through mptcp-tun over two emulated paths, cuts one on the way and brings it back.",
            "The far side is the Linux kernel's MPTCP where it has it, else this stack.",
            "Runs in network namespaces of its own and leaves nothing behind. Needs root, or a host that allows user namespaces; "
                + "without them the same story runs in the simulator."})
public final class DemoCommand implements Callable<Integer> {
    private static final long MEGA = 1_000_000;
    private static final double QUEUE_MILLIS = 50;
    private static final double SINGLE_SHARE = 0.25;

    @Mixin
    private CommonOptions common;

    @Option(names = "--json", description = "Print one JSON document instead of the live view and the table.")
    private boolean json;

    @Option(names = "--size", paramLabel = "MB", defaultValue = "100",
            description = "Size of the download over both paths in megabytes, at least 40 (default: ${DEFAULT-VALUE}).")
    private int sizeMegabytes;

    @Option(names = "--rate", paramLabel = "MBIT", defaultValue = "50",
            description = "Rate of each path in Mbit/s (default: ${DEFAULT-VALUE}).")
    private double rateMbit;

    @Option(names = "--rtt", paramLabel = "MS", split = ",", defaultValue = "20,40",
            description = "Round-trip times of the two paths in milliseconds (default: ${DEFAULT-VALUE}).")
    private List<Double> rttMillis;

    @Option(names = "--own-server", description = "Have this stack on the far side, too, even where the kernel has MPTCP.")
    private boolean ownServer;

    @Option(names = "--simulate", description = "Run in the simulator even where namespaces are possible.")
    private boolean simulate;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        DemoSettings settings = settings();
        try {
            List<String> obstacles = simulate ? List.of() : obstacles();
            if (!simulate && obstacles.isEmpty() && !UserNamespace.isInside() && !LabRequirements.missing().isEmpty()) {
                return UserNamespace.rerun();
            }
            obstacles.forEach(obstacle -> System.err.println("mptcp demo: " + obstacle));
            return judged(run(settings, simulate || !obstacles.isEmpty()));
        } catch (LabException e) {
            if (Lab.isShuttingDown()) {
                throw CommandFailure.silent();
            }
            throw CommandFailure.failed(e.getMessage(), e);
        }
    }

    private DemoReport run(DemoSettings settings, boolean simulated) {
        DemoView view = view(simulated);
        DemoReport report = simulated ? SimulatedDemo.run(settings, view) : NamespaceDemo.run(settings, view);
        if (json) {
            System.out.println(report.json());
        } else {
            view.step("");
            System.out.print(report.table());
        }
        return report;
    }

    private static int judged(DemoReport report) {
        List<String> failures = report.failures();
        if (!failures.isEmpty()) {
            throw CommandFailure.failed(failures.getFirst());
        }
        return ExitCodes.OK;
    }

    private DemoView view(boolean simulated) {
        if (json) {
            return DemoView.SILENT;
        }
        // Virtual time runs too fast for a line that is drawn anew.
        boolean terminal = !simulated && System.console() != null && System.console().isTerminal();
        return new PrintView(System.out, terminal, rateMbit * MEGA);
    }

    private DemoSettings settings() {
        if ((long) sizeMegabytes * MEGA < DemoSettings.MIN_SIZE_BYTES) {
            throw wrong("--size must be at least " + DemoSettings.MIN_SIZE_BYTES / MEGA);
        }
        if (!(rateMbit >= 1 && rateMbit <= 1000)) {
            throw wrong("--rate must be between 1 and 1000");
        }
        if (rttMillis.size() != 2 || rttMillis.stream().anyMatch(rtt -> !(rtt >= 0 && rtt <= 1000))) {
            throw wrong("--rtt takes two round-trip times between 0 and 1000, as in --rtt 20,40");
        }
        List<LinkProfile> paths = rttMillis.stream().map(rtt -> LinkProfile.of(rateMbit, rtt / 2, QUEUE_MILLIS)).toList();
        long size = sizeMegabytes * MEGA;
        return new DemoSettings(size, (long) (size * SINGLE_SHARE), paths, ownServer);
    }

    private CommandLine.ParameterException wrong(String message) {
        return new CommandLine.ParameterException(spec.commandLine(), message);
    }

    /** What keeps this machine from running the demonstration on real sockets, one line each; not what a user namespace can give. */
    private static List<String> obstacles() {
        List<String> obstacles = new ArrayList<>();
        if (Command.find("curl").isEmpty()) {
            obstacles.add("the program curl is missing: install curl");
        }
        Path tun = Path.of("/dev/net/tun");
        if (!Files.isReadable(tun) || !Files.isWritable(tun)) {
            obstacles.add(tun + (Files.exists(tun) ? " may not be opened: run as root" : " is missing: modprobe tun"));
        }
        List<String> missing = LabRequirements.missing();
        if (!missing.isEmpty()) {
            String obstacle = UserNamespace.isInside() ? "not possible in this user namespace" : UserNamespace.obstacle();
            if (!obstacle.isEmpty()) {
                obstacles.addAll(missing);
                obstacles.add("user namespaces: " + obstacle);
            }
        }
        return obstacles;
    }
}
