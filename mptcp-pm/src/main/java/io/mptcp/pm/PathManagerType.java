package io.mptcp.pm;

import java.util.Locale;

/** {@code net.mptcp.path_manager}: who decides which subflows a connection has. */
public enum PathManagerType {
    /** Endpoints and limits do, the same for all connections. */
    KERNEL,
    /** A program does, connection by connection. */
    USERSPACE;

    /**
     * The type of that name.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static PathManagerType of(String name) {
        for (PathManagerType type : values()) {
            if (type.toString().equals(name)) {
                return type;
            }
        }
        throw new IllegalArgumentException("there is no path manager " + name + ", there are kernel, userspace");
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
