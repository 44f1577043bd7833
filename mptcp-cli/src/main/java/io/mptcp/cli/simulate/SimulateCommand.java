package io.mptcp.cli.simulate;

import io.mptcp.cc.CongestionControllers;
import io.mptcp.cli.CommandFailure;
import io.mptcp.cli.CommonOptions;
import io.mptcp.cli.ExitCodes;
import io.mptcp.cli.simulate.SimulationPlan.Variant;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.tun.ConfigException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code mptcp simulate}. */
@Command(name = "simulate",
        description = {"What a transfer over these paths would be like: goodput, share of each path, times, pauses; each path alone beside it.",
            "The real stack runs at both ends of simulated paths in virtual time. Needs no privileges; the same seed gives the same result."},
        footerHeading = "%nExample:%n",
        footer = "  mptcp simulate --path 50,20,name=fibre --path 10,200,0.1,name=sat --scheduler default,roundrobin --size 20MB")
public final class SimulateCommand implements Callable<Integer> {
    @Spec
    private CommandSpec command;

    @Mixin
    private CommonOptions common;

    @Parameters(arity = "0..1", paramLabel = "FILE", description = "A plan as YAML, with the names of the options as keys (docs/simulate.md).")
    private Path file;

    @Option(names = "--path", paramLabel = "RATE,RTT[,LOSS][,QUEUE][,KEY=VALUE...]", split = "\\s+", description = {
        "A path; give it once per path. RATE in Mbit/s or as 500kbit, 1gbit; RTT in ms; LOSS in percent, each way; QUEUE as 1bdp or 50ms. Keys:",
        "  name=TEXT     what it is called in the report",
        "  up=RATE       rate towards the server, where it is another",
        "  jitter=MS     packets are delayed by up to this, in order",
        "  reorder=PCT   packets that are overtaken by others",
        "  backup        used only when no other path works",
        "  weight=N      for schedulers that use weights"})
    private List<String> paths = new ArrayList<>();

    @Option(names = "--cut", paramLabel = Cut.SYNTAX, description = "A path fails at a time, for a time or for good: silently (default), or the interface "
            + "goes down, or only what the server sends is lost. May be repeated.")
    private List<String> cuts = new ArrayList<>();

    @Option(names = "--size", paramLabel = "SIZE", description = "Payload of a transfer (default: 20MB).")
    private String size;

    @Option(names = "--direction", paramLabel = "up|down", description = "Who sends: the client (up) or the server (down, default).")
    private String direction;

    @Option(names = "--scheduler", paramLabel = "NAME", split = ",", description = "Schedulers to compare (default: default).")
    private List<String> schedulers;

    @Option(names = "--congestion", paramLabel = "NAME", split = ",", description = "Congestion controls to compare (default: cubic).")
    private List<String> congestion;

    @Option(names = "--runs", paramLabel = "N", description = "Transfers of each kind, with seeds of their own (default: 10).")
    private Integer runs;

    @Option(names = "--seed", paramLabel = "N", description = "The first seed (default: 1).")
    private Long seed;

    @Option(names = "--buffer", paramLabel = "SIZE", description = "Fixed send and receive buffers (default: they follow the traffic).")
    private String buffer;

    @Option(names = "--csv", paramLabel = "FILE", description = "Write one line for every transfer.")
    private Path csv;

    @Option(names = "--svg", paramLabel = "FILE", description = "Draw what arrives over each path, over time, in the first run of each kind.")
    private Path svg;

    @Option(names = "--json", description = "Print one JSON document instead of tables.")
    private boolean json;

    @Override
    public Integer call() {
        SimulationPlan plan = plan();
        Simulator simulator = new Simulator(plan);
        List<Summary> summaries = new ArrayList<>();
        for (Variant variant : plan.variants()) {
            List<Outcome> outcomes = new ArrayList<>();
            for (int run = 0; run < plan.runs(); run++) {
                outcomes.add(simulator.run(variant, plan.firstSeed() + run, svg != null && run == 0));
            }
            summaries.add(new Summary(variant, outcomes));
        }
        SimulationReport report = new SimulationReport(plan, summaries);
        PrintWriter out = command.commandLine().getOut();
        out.print(json ? report.json() + System.lineSeparator() : report.text());
        out.flush();
        write(csv, report::csv);
        write(svg, new RatePlot(plan, summaries)::svg);
        return ExitCodes.OK;
    }

    private SimulationPlan plan() {
        PlanBuilder plan = new PlanBuilder();
        if (file != null) {
            try {
                PlanFile.read(file, plan);
            } catch (ConfigException e) {
                throw CommandFailure.usage(e.getMessage());
            }
        }
        if (!paths.isEmpty()) {
            plan.paths.clear();
        }
        for (int i = 0; i < paths.size(); i++) {
            int number = i + 1;
            option("--path", paths.get(i), text -> PlannedPath.parse(text, number), plan.paths::add);
        }
        cuts.forEach(cut -> option("--cut", cut, text -> Cut.parse(text, plan.paths), plan.cuts::add));
        option("--size", size, Quantity::bytes, value -> plan.sizeBytes = value);
        option("--direction", direction, SimulateCommand::isDown, value -> plan.down = value);
        option("--buffer", buffer, text -> Math.toIntExact(Quantity.bytes(text)), value -> plan.bufferBytes = value);
        plan.schedulers = known("--scheduler", schedulers, Schedulers.names(), plan.schedulers);
        plan.congestion = known("--congestion", congestion, CongestionControllers.names(), plan.congestion);
        plan.runs = runs == null ? plan.runs : runs;
        plan.seed = seed == null ? plan.seed : seed;
        try {
            return plan.build();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), e.getMessage());
        }
    }

    private <T> void option(String name, String value, Function<String, T> parser, Consumer<T> set) {
        if (value == null) {
            return;
        }
        T parsed;
        try {
            parsed = parser.apply(value);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new ParameterException(command.commandLine(), name + " '" + value + "': " + e.getMessage());
        }
        set.accept(parsed);
    }

    private static boolean isDown(String text) {
        return switch (text) {
            case "down" -> true;
            case "up" -> false;
            default -> throw new IllegalArgumentException("it is 'up' or 'down'");
        };
    }

    private List<String> known(String option, List<String> names, List<String> known, List<String> otherwise) {
        if (names == null) {
            return otherwise;
        }
        for (String name : names) {
            if (!known.contains(name)) {
                throw new ParameterException(command.commandLine(), option + ": unknown name '" + name + "', known are " + String.join(", ", known));
            }
        }
        return List.copyOf(new LinkedHashSet<>(names));
    }

    private static void write(Path path, Supplier<String> content) {
        if (path == null) {
            return;
        }
        try {
            Files.writeString(path, content.get());
        } catch (IOException e) {
            throw CommandFailure.failed(path + " cannot be written (" + e.getClass().getSimpleName() + "): give a file in a folder you may write to", e);
        }
    }
}
