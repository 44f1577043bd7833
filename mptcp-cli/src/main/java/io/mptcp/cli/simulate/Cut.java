package io.mptcp.cli.simulate;

import io.mptcp.sim.Scenario;
import io.mptcp.sim.SimPath;
import java.util.List;
import java.util.Locale;

/**
 * A path that fails.
 *
 * @param path       its number, from 0
 * @param atSeconds  from the opening of the connection
 * @param forSeconds how long; infinite for ever
 */
record Cut(int path, double atSeconds, double forSeconds, Kind kind) {
    static final String SYNTAX = "PATH,AT[,FOR][,silent|down|up-only]";

    /** How a path can fail. */
    enum Kind {
        /** Packets vanish in both directions, nobody is told. */
        SILENT("silent"),
        /** The interface loses its carrier, and this host is told. */
        DOWN("down"),
        /** What the server sends vanishes; what the client sends arrives. */
        UP_ONLY("up-only");

        private final String word;

        Kind(String word) {
            this.word = word;
        }

        static Kind of(String word) {
            for (Kind kind : values()) {
                if (kind.word.equals(word)) {
                    return kind;
                }
            }
            throw new IllegalArgumentException("'" + word + "' is none of silent, down, up-only");
        }
    }

    Cut {
        if (!(atSeconds >= 0) || !(forSeconds > 0)) {
            throw new IllegalArgumentException("a cut begins at 0 s or later and lasts");
        }
    }

    /**
     * Reads {@value #SYNTAX}.
     *
     * @throws IllegalArgumentException with the reason
     */
    static Cut parse(String text, List<PlannedPath> paths) {
        String[] parts = text.split(",", -1);
        if (parts.length < 2 || parts.length > 4) {
            throw new IllegalArgumentException("write " + SYNTAX);
        }
        Kind kind = Kind.SILENT;
        double forSeconds = Double.POSITIVE_INFINITY;
        for (int i = 2; i < parts.length; i++) {
            if (Character.isDigit(parts[i].isEmpty() ? 'x' : parts[i].charAt(0))) {
                forSeconds = Quantity.seconds(parts[i]);
            } else {
                kind = Kind.of(parts[i]);
            }
        }
        return new Cut(path(parts[0], paths), Quantity.seconds(parts[1]), forSeconds, kind);
    }

    /** @param path its name, or its number from 1 */
    static int path(String path, List<PlannedPath> paths) {
        for (int i = 0; i < paths.size(); i++) {
            if (paths.get(i).name().equals(path) || path.equals(String.valueOf(i + 1))) {
                return i;
            }
        }
        throw new IllegalArgumentException("there is no path '" + path + "', known are "
                + String.join(", ", paths.stream().map(PlannedPath::name).toList()));
    }

    void schedule(Scenario scenario) {
        SimPath way = scenario.path(path);
        scenario.at(atSeconds, () -> set(way, false));
        if (Double.isFinite(forSeconds)) {
            scenario.at(atSeconds + forSeconds, () -> set(way, true));
        }
    }

    private void set(SimPath way, boolean working) {
        switch (kind) {
            case SILENT -> way.setPassing(working);
            case DOWN -> way.setCarrier(working);
            case UP_ONLY -> way.down().setUp(working);
        }
    }

    String describe(List<PlannedPath> paths) {
        String end = Double.isFinite(forSeconds) ? " for " + PlannedPath.number(forSeconds) + " s" : " for good";
        return String.format(Locale.ROOT, "%s fails at %s s%s (%s)", paths.get(path).name(), PlannedPath.number(atSeconds), end, kind.word);
    }
}
