package io.mptcp.cli.bench.multipath;

import io.mptcp.cli.bench.PathCell;
import java.util.Locale;

/**
 * One transfer of fixed size.
 *
 * @param slowRttMillis of the slow path; the fast one is the same for all
 * @param bufferBytes   send buffer, 0 for the usual one
 * @param seconds       from the first write to the last byte
 * @param lateMillis    how late the emulator, held up by other work of the machine, was at most
 */
record CompletionSample(double slowRttMillis, long bytes, int bufferBytes, Ends ends, int run, double seconds, double lateMillis) {
    static final String CSV_HEADER = "slow_rtt_ms,bytes,send_buffer,sender_and_receiver,scheduler,paths,run,seconds,emulator_late_ms";
    private static final double TOLERABLE_MILLIS = 5;
    private static final double TOLERABLE_SHARE = 0.02;

    /** Whether the machine was too busy with other things for this to mean much. */
    boolean isDisturbed() {
        return lateMillis > Math.min(TOLERABLE_MILLIS, TOLERABLE_SHARE * seconds * 1e3);
    }

    String csv() {
        return String.join(",", PathCell.plain(slowRttMillis), Long.toString(bytes), Integer.toString(bufferBytes),
                ends.pairing().name().toLowerCase(Locale.ROOT), ends.scheduler(), Integer.toString(ends.paths()), Integer.toString(run),
                String.format(Locale.ROOT, "%.4f,%.1f", seconds, lateMillis));
    }
}
