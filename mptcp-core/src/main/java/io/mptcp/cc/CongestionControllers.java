package io.mptcp.cc;

import java.util.List;

/** Controllers by name. */
public final class CongestionControllers {
    private static final List<String> NAMES = List.of(Cubic.NAME, NewReno.NAME);

    private CongestionControllers() {
    }

    /** The names {@link #create} knows, the default first. */
    public static List<String> names() {
        return NAMES;
    }

    /** @throws IllegalArgumentException naming the known ones when {@code name} is unknown */
    public static CongestionController create(String name) {
        return switch (name) {
            case Cubic.NAME -> new Cubic();
            case NewReno.NAME -> new NewReno();
            default -> throw new IllegalArgumentException("unknown congestion control '" + name + "', known: " + String.join(", ", NAMES));
        };
    }
}
