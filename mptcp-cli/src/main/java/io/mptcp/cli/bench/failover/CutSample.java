package io.mptcp.cli.bench.failover;

/**
 * One cut.
 *
 * @param cut           number of the cut of its kind, which decides when and which path
 * @param gapMillis     longest time without anything for the application, of those that lasted beyond the cut and began within a second of it
 * @param share         of the payload one path carries in a second, what arrived in the second that began a second after the cut
 * @param returnSeconds from the path's return until it has carried data again, {@link #NEVER} when it did not while it was watched
 * @param lateMillis    how late the emulator, held up by other work of the machine, was at most
 */
record CutSample(double rttMillis, Pairing pairing, Kind kind, int cut, double gapMillis, double share, double returnSeconds, double lateMillis) {
    static final double NEVER = Double.POSITIVE_INFINITY;
    private static final double TOLERABLE_MILLIS = 10;

    /** Whether the machine was too busy with other things for this to mean much. */
    boolean isDisturbed() {
        return lateMillis > TOLERABLE_MILLIS;
    }
}
