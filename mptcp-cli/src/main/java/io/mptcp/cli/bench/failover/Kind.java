package io.mptcp.cli.bench.failover;

/** How a path dies. */
public enum Kind {
    /** Nothing passes either way; interfaces stay up. */
    SILENT,
    /** Nothing passes in the direction of the data; what comes the other way arrives. */
    ONEWAY,
    /** The client's interface goes down. */
    DOWN
}
