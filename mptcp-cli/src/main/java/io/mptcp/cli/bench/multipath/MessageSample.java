package io.mptcp.cli.bench.multipath;

import io.mptcp.cli.bench.PathCell;
import io.mptcp.cli.bench.failover.Kind;
import java.util.Locale;

/**
 * Messages at regular intervals, while one of two paths dies.
 *
 * @param usualMillis   from the write of a message to its arrival, the longest of those before the cut
 * @param longestMillis the longest of those written later, or not yet there at the cut
 * @param missing       messages that did not arrive while it was looked at
 * @param lateMillis    how late the emulator, held up by other work of the machine, was at most
 */
record MessageSample(Ends ends, Kind kind, int cut, double usualMillis, double longestMillis, int missing, double lateMillis) {
    static final String CSV_HEADER = "cut,sender_and_receiver,scheduler,number,usual_ms,longest_ms,missing,emulator_late_ms";
    private static final double TOLERABLE_MILLIS = 2;

    /** What the death of the path adds to the message it adds most to. */
    double addedMillis() {
        return longestMillis - usualMillis;
    }

    /** Whether the machine was too busy with other things for this to mean much. */
    boolean isDisturbed() {
        return lateMillis > TOLERABLE_MILLIS;
    }

    String csv() {
        return String.join(",", kind.name().toLowerCase(Locale.ROOT), ends.pairing().name().toLowerCase(Locale.ROOT), ends.scheduler(), Integer.toString(cut),
                String.format(Locale.ROOT, "%.2f,%.2f", usualMillis, longestMillis), Integer.toString(missing), PathCell.plain(Math.rint(lateMillis * 10) / 10));
    }
}
