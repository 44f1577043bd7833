package io.mptcp.pm;

import java.util.Locale;

/** {@code net.mptcp.path_manager}: who decides which subflows a connection has. */
public enum PathManagerType {
    /** Endpoints and limits do, the same for all connections. */
    KERNEL,
    /** A program does, connection by connection. */
    USERSPACE;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
