package io.mptcp.cc;

import java.util.List;

/** Controllers by name. */
public final class CongestionControllers {
    private CongestionControllers() {
    }

    public static List<String> names() {
        throw new UnsupportedOperationException();
    }

    /** @throws IllegalArgumentException naming the known ones when {@code name} is unknown */
    public static CongestionController create(String name) {
        throw new UnsupportedOperationException();
    }
}
