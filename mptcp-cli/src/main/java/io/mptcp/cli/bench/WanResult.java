package io.mptcp.cli.bench;

/**
 * One pair of transfers over the same path, one after the other.
 *
 * @param run           counted from 1
 * @param latenessNanos how late the emulator, held up by other work of the machine, was at most
 */
record WanResult(PathCell cell, Direction direction, int run, Sample kernel, Sample ours, long latenessNanos) {
    private static final long TOLERABLE_NANOS = 10_000_000;
    private static final double TOLERABLE_RTTS = 0.2;

    /** Whether the machine was too busy with other things for this to mean anything. */
    boolean isDisturbed() {
        return latenessNanos > Math.max(TOLERABLE_NANOS, TOLERABLE_RTTS * cell.rttMillis() * 1e6);
    }

    double ratio() {
        return ours.mbit() / kernel.mbit();
    }
}
