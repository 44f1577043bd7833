package io.mptcp.cli.bench.multipath;

import io.mptcp.cli.bench.PathCell;
import io.mptcp.cli.bench.failover.Pairing;

/**
 * One transfer that does not end.
 *
 * @param wholeMbit        goodput from the connection being there
 * @param laterMbit        goodput after the warm-up
 * @param earlyPauseMillis longest pause of the reader that began in the warm-up
 * @param pauseMillis      longest pause that began after it
 * @param lateMillis       how late the emulator, held up by other work of the machine, was at most
 */
record BulkSample(PathPair pair, Ends ends, int run, double wholeMbit, double laterMbit, double earlyPauseMillis, double pauseMillis, double lateMillis) {
    static final double TOLERABLE_MILLIS = 10;

    Pairing pairing() {
        return ends.pairing();
    }

    /** Of the payload both paths can carry. */
    double laterShare() {
        return laterMbit / pair.capacityMbit();
    }

    double wholeShare() {
        return wholeMbit / pair.capacityMbit();
    }

    /** Whether the machine was too busy with other things for this to mean much. */
    boolean isDisturbed() {
        return lateMillis > TOLERABLE_MILLIS;
    }

    static final String CSV_HEADER = "paths,sender_and_receiver,scheduler,run,mbit_whole,mbit_later,share_later,early_pause_ms,pause_ms,emulator_late_ms";

    String csv() {
        return String.join(",", pair.toString(), pairing().name().toLowerCase(java.util.Locale.ROOT), ends.scheduler(), Integer.toString(run),
                PathCell.plain(round(wholeMbit, 2)), PathCell.plain(round(laterMbit, 2)), PathCell.plain(round(laterShare(), 4)),
                PathCell.plain(round(earlyPauseMillis, 1)), PathCell.plain(round(pauseMillis, 1)), PathCell.plain(round(lateMillis, 1)));
    }

    private static double round(double value, int digits) {
        double scale = Math.pow(10, digits);
        return Math.rint(value * scale) / scale;
    }
}
