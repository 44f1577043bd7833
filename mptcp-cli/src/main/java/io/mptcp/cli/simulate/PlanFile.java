package io.mptcp.cli.simulate;

import io.mptcp.cc.CongestionControllers;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.tun.ConfigException;
import io.mptcp.tun.ConfigNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A plan written as YAML; the keys are the names of the options. Every error names file and line. */
final class PlanFile {
    private PlanFile() {
    }

    static void read(Path file, PlanBuilder plan) throws ConfigException {
        read(ConfigNode.load(file), plan);
    }

    static void read(ConfigNode root, PlanBuilder plan) throws ConfigException {
        Map<String, ConfigNode> keys = root.map("paths", "cuts", "size", "direction", "scheduler", "congestion", "runs", "seed", "buffer");
        if (!keys.containsKey("paths")) {
            throw root.error("paths is missing", "list at least one path");
        }
        int number = 1;
        for (ConfigNode node : keys.get("paths").list()) {
            plan.paths.add(path(node, number++));
        }
        if (keys.containsKey("cuts")) {
            for (ConfigNode node : keys.get("cuts").list()) {
                plan.cuts.add(node.parsed(text -> Cut.parse(text, plan.paths), "write " + Cut.SYNTAX));
            }
        }
        if (keys.containsKey("size")) {
            plan.sizeBytes = keys.get("size").parsed(Quantity::bytes, "write for example 20MB");
        }
        if (keys.containsKey("direction")) {
            plan.down = keys.get("direction").parsed(PlanFile::isDown, "write up or down");
        }
        plan.schedulers = names(keys.get("scheduler"), Schedulers.names(), plan.schedulers);
        plan.congestion = names(keys.get("congestion"), CongestionControllers.names(), plan.congestion);
        if (keys.containsKey("runs")) {
            plan.runs = keys.get("runs").integer(1, SimulationPlan.MAX_RUNS);
        }
        if (keys.containsKey("seed")) {
            plan.seed = keys.get("seed").integer(0, Integer.MAX_VALUE);
        }
        if (keys.containsKey("buffer")) {
            plan.bufferBytes = keys.get("buffer").parsed(text -> Math.toIntExact(Quantity.bytes(text)), "write for example 4MiB");
        }
    }

    private static PlannedPath path(ConfigNode node, int number) throws ConfigException {
        PlannedPath.Builder builder = new PlannedPath.Builder(number);
        for (Map.Entry<String, ConfigNode> entry : node.map(PlannedPath.Builder.KEYS).entrySet()) {
            entry.getValue().parsed(text -> {
                builder.set(entry.getKey(), text);
                return text;
            }, "correct it");
        }
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw node.error(node.key() + ": " + e.getMessage(), "correct it");
        }
    }

    private static boolean isDown(String text) {
        return switch (text) {
            case "down" -> true;
            case "up" -> false;
            default -> throw new IllegalArgumentException("'" + text + "' is no direction");
        };
    }

    /** One name or a list of them. */
    private static List<String> names(ConfigNode node, List<String> known, List<String> otherwise) throws ConfigException {
        if (node == null) {
            return otherwise;
        }
        List<ConfigNode> nodes = node.isList() ? node.list() : List.of(node);
        List<String> names = new ArrayList<>();
        for (ConfigNode item : nodes) {
            if (!known.contains(item.text())) {
                throw item.error("unknown " + node.key() + " '" + item.text() + "'", "known are " + String.join(", ", known));
            }
            names.add(item.text());
        }
        return names.isEmpty() ? otherwise : names;
    }
}
