package io.mptcp.cli.simulate;

import io.mptcp.sim.LinkSpec;
import io.mptcp.sim.Topology.PathSpec;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * A path as it is described by {@code --path} and in plan files. What is random on it (loss, jitter, late packets) is so in each direction.
 *
 * @param downMbit       rate towards the client, in Mbit/s
 * @param upMbit         rate towards the server
 * @param queueMillis    longest time a packet waits for the wire before the queue is full, at the rate of the direction
 * @param reorderPercent packets that are held up by {@link #LATE_MILLIS} while others pass
 */
record PlannedPath(String name, double downMbit, double upMbit, double rttMillis, double lossPercent, double queueMillis, double jitterMillis,
                   double reorderPercent, boolean backup, int weight) {
    static final String SYNTAX = "RATE,RTT[,LOSS][,QUEUE][,KEY=VALUE...]";
    private static final double LATE_MILLIS = 3;
    private static final int MAX_WEIGHT = 1000;
    /** Smaller queues hold no burst at all. */
    private static final long MIN_QUEUE_BYTES = 20 * 1514;

    PlannedPath {
        require(!name.isBlank() && name.length() <= 20, "the name of a path has 1 to 20 characters");
        require(downMbit >= 0.01 && downMbit <= 10_000 && upMbit >= 0.01 && upMbit <= 10_000, "the rate is between 0.01 and 10000 Mbit/s");
        require(rttMillis >= 0 && rttMillis <= 5000, "the round-trip time is between 0 and 5000 ms");
        require(lossPercent >= 0 && lossPercent <= 90, "loss is between 0 and 90 %");
        require(reorderPercent >= 0 && reorderPercent <= 90, "reorder is between 0 and 90 %");
        require(queueMillis >= 0 && queueMillis <= 10_000, "the queue is at most 10000 ms long");
        require(jitterMillis >= 0 && jitterMillis <= 1000, "jitter is between 0 and 1000 ms");
        require(weight >= 1 && weight <= MAX_WEIGHT, "weight is between 1 and " + MAX_WEIGHT);
    }

    private static void require(boolean condition, String rule) {
        if (!condition) {
            throw new IllegalArgumentException(rule);
        }
    }

    /**
     * Reads {@value #SYNTAX}.
     *
     * @param number  of the path, from 1: its name when it is given none
     * @throws IllegalArgumentException with the reason
     */
    static PlannedPath parse(String text, int number) {
        String[] parts = text.split(",", -1);
        require(parts.length >= 2, "rate and round-trip time are needed: " + SYNTAX);
        Builder builder = new Builder(number);
        Set<String> seen = new HashSet<>();
        builder.set("rate", parts[0]);
        builder.set("rtt", parts[1]);
        for (int i = 2; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            String key = equals >= 0 ? parts[i].substring(0, equals) : positional(parts[i]);
            require(seen.add(key), "'" + key + "' is given twice");
            builder.set(key, equals >= 0 ? parts[i].substring(equals + 1) : parts[i]);
        }
        return builder.build();
    }

    /** What a part without a key is. */
    private static String positional(String part) {
        String text = part.toLowerCase(Locale.ROOT);
        if (text.equals("backup")) {
            return "backup";
        }
        return text.endsWith("bdp") || text.endsWith("ms") ? "queue" : "loss";
    }

    PathSpec spec() {
        return new PathSpec(link(upMbit), link(downMbit), backup, weight);
    }

    private LinkSpec link(double megabits) {
        long queueBytes = Math.max(MIN_QUEUE_BYTES, Math.round(megabits * 1e3 / 8 * queueMillis));
        LinkSpec link = LinkSpec.of(megabits, rttMillis / 2).withQueue(queueBytes).withLoss(lossPercent / 100).withJitter(jitterMillis);
        return reorderPercent > 0 ? link.withReorder(reorderPercent / 100, LATE_MILLIS) : link;
    }

    /** One line for people. */
    String describe() {
        StringBuilder text = new StringBuilder(String.format(Locale.ROOT, "%s Mbit/s", number(downMbit)));
        if (upMbit != downMbit) {
            text.append(" down, ").append(number(upMbit)).append(" up");
        }
        text.append(", ").append(number(rttMillis)).append(" ms, queue ").append(number(queueMillis)).append(" ms");
        if (lossPercent > 0) {
            text.append(", loss ").append(number(lossPercent)).append(" %");
        }
        if (jitterMillis > 0) {
            text.append(", jitter ").append(number(jitterMillis)).append(" ms");
        }
        if (reorderPercent > 0) {
            text.append(", reorder ").append(number(reorderPercent)).append(" %");
        }
        if (weight != 1) {
            text.append(", weight ").append(weight);
        }
        return text.append(backup ? ", backup" : "").toString();
    }

    static String number(double value) {
        String text = String.format(Locale.ROOT, "%.2f", value);
        return text.replaceAll("\\.?0+$", "");
    }

    /** Collects the values of one path, by their keys, which are those of {@code --path} and of plan files. */
    static final class Builder {
        static final String[] KEYS = {"name", "rate", "up", "rtt", "loss", "queue", "jitter", "reorder", "backup", "weight"};

        private String name;
        private double downMbit = -1;
        private double upMbit = -1;
        private double rttMillis = -1;
        private double lossPercent;
        private String queue = "1bdp";
        private double jitterMillis;
        private double reorderPercent;
        private boolean backup;
        private int weight = 1;

        Builder(int number) {
            name = "path" + number;
        }

        void set(String key, String value) {
            switch (key) {
                case "name" -> name = value;
                case "rate" -> downMbit = Quantity.megabits(value);
                case "up" -> upMbit = Quantity.megabits(value);
                case "rtt" -> rttMillis = Quantity.millis(value);
                case "loss" -> lossPercent = Quantity.percent(value);
                case "queue" -> queue = value;
                case "jitter" -> jitterMillis = Quantity.millis(value);
                case "reorder" -> reorderPercent = Quantity.percent(value);
                case "backup" -> backup = yes(value);
                case "weight" -> weight = weight(value);
                default -> throw new IllegalArgumentException("unknown key '" + key + "', known are " + String.join(", ", KEYS));
            }
        }

        private static boolean yes(String value) {
            return switch (value) {
                case "backup", "true", "yes", "on" -> true;
                case "false", "no", "off" -> false;
                default -> throw new IllegalArgumentException("backup is 'on' or 'off', not '" + value + "'");
            };
        }

        private static int weight(String value) {
            require(value.matches("\\d{1,4}"), "weight is between 1 and " + MAX_WEIGHT + ", not '" + value + "'");
            return Integer.parseInt(value);
        }

        PlannedPath build() {
            require(downMbit >= 0, "rate is missing");
            require(rttMillis >= 0, "rtt is missing");
            return new PlannedPath(name, downMbit, upMbit < 0 ? downMbit : upMbit, rttMillis, lossPercent, queueMillis(), jitterMillis,
                    reorderPercent, backup, weight);
        }

        private double queueMillis() {
            if (!queue.endsWith("bdp")) {
                return Quantity.millis(queue);
            }
            String factor = queue.substring(0, queue.length() - 3);
            require(factor.matches("\\d+(\\.\\d+)?"), "queue is a size such as 1bdp or 50ms, not '" + queue + "'");
            return Double.parseDouble(factor) * rttMillis;
        }
    }
}
