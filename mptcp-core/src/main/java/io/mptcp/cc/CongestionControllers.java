package io.mptcp.cc;

import java.util.List;

/** Controllers by name. */
public final class CongestionControllers {
    private static final List<String> NAMES = List.of(Cubic.NAME, NewReno.NAME, Bbr.NAME, Lia.NAME, Olia.NAME, Balia.NAME);

    private CongestionControllers() {
    }

    /** The names {@link #create} knows, the default first. */
    public static List<String> names() {
        return NAMES;
    }

    /**
     * The controller of a subflow that has no others beside it.
     *
     * @throws IllegalArgumentException naming the known ones when {@code name} is unknown
     */
    public static CongestionController create(String name) {
        return create(name, new CoupledGroup());
    }

    /**
     * @param group of the connection; controllers that are not coupled leave it alone
     * @throws IllegalArgumentException naming the known ones when {@code name} is unknown
     */
    public static CongestionController create(String name, CoupledGroup group) {
        return switch (name) {
            case Cubic.NAME -> new Cubic();
            case NewReno.NAME -> new NewReno();
            case Bbr.NAME -> new Bbr();
            case Lia.NAME -> new Lia(group);
            case Olia.NAME -> new Olia(group);
            case Balia.NAME -> new Balia(group);
            default -> throw new IllegalArgumentException("unknown congestion control '" + name + "', known: " + String.join(", ", NAMES));
        };
    }
}
