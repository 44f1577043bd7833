package io.mptcp.cli.bench;

/** Which way payload flows, seen from this stack, which is the client. */
enum Direction {
    /** From this stack to the kernel. */
    UP,
    /** From the kernel to this stack. */
    DOWN
}
