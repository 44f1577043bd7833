package io.mptcp.cli.bench;

/**
 * How long a transfer is measured, from the connection being there.
 *
 * @param limitBytes the measurement ends early when this many bytes have arrived
 */
record Window(long nanos, long limitBytes) {
    static Window ofSeconds(double seconds) {
        return new Window(Math.round(seconds * 1e9), Long.MAX_VALUE);
    }

    Window times(double factor) {
        return new Window(Math.round(nanos * factor), limitBytes);
    }
}
