package io.mptcp.sim;

import io.mptcp.stack.MptcpConnection;

/** An application on one connection of a {@link Host}; the attachment of every connection and listener of a simulation. */
@FunctionalInterface
public interface StreamApp {
    /**
     * The connection has news. For a new passive connection the listener's app is asked first, with
     * {@link io.mptcp.stack.Readiness#ACCEPTED}; it may attach another one.
     */
    void ready(Host host, MptcpConnection connection, int readiness);
}
