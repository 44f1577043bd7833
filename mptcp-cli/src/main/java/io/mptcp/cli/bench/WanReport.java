package io.mptcp.cli.bench;

import io.mptcp.cli.TextTable;
import java.util.List;
import java.util.Locale;

/** The results of {@code mptcp bench wan} for people and for programs. */
final class WanReport {
    private WanReport() {
    }

    /** One line for each cell and direction. */
    static TextTable table(List<WanResult> results) {
        TextTable table = new TextTable("Mbit/s", "RTT ms", "loss %", "reordered %", "direction", "kernel Mbit/s", "of capacity",
                "this stack Mbit/s", "ratio, all runs", "ratio, median (min–max)", "sent again", "timeouts");
        for (WanRow row : WanRow.of(results)) {
            PathCell cell = row.cell();
            table.add(PathCell.plain(cell.rateMbit()), PathCell.plain(cell.rttMillis()), PathCell.plain(cell.lossPercent()),
                    PathCell.plain(cell.reorderPercent()), name(row.direction()), decimals(2, row.kernelMbit()),
                    decimals(0, 100 * row.kernelUse()) + " %", decimals(2, row.oursMbit()), decimals(3, row.totalRatio()),
                    row.ratios().toString(), row.retransmits(), row.timeouts());
        }
        return table;
    }

    /** One line for each pair of transfers, with a header. */
    static String csv(List<WanResult> results) {
        StringBuilder csv = new StringBuilder("rate_mbit,rtt_ms,loss_percent,reorder_percent,queue_ms,direction,run,kernel_mbit,ours_mbit,ratio,"
                + "kernel_bytes,ours_bytes,kernel_retransmits,ours_retransmits,kernel_timeouts,ours_timeouts,kernel_queue_drops,"
                + "ours_queue_drops,lateness_ms\n");
        for (WanResult result : results) {
            PathCell cell = result.cell();
            Sample kernel = result.kernel();
            Sample ours = result.ours();
            csv.append(String.join(",", PathCell.plain(cell.rateMbit()), PathCell.plain(cell.rttMillis()), PathCell.plain(cell.lossPercent()),
                    PathCell.plain(cell.reorderPercent()), decimals(1, cell.queueMillis()), name(result.direction()),
                    Integer.toString(result.run()), decimals(3, kernel.mbit()), decimals(3, ours.mbit()), decimals(4, result.ratio()),
                    Long.toString(kernel.goodput().bytes()), Long.toString(ours.goodput().bytes()), Long.toString(kernel.retransmits()),
                    Long.toString(ours.retransmits()), Long.toString(kernel.timeouts()), Long.toString(ours.timeouts()),
                    Long.toString(kernel.queueDrops()), Long.toString(ours.queueDrops()), decimals(2, result.latenessNanos() / 1e6))).append('\n');
        }
        return csv.toString();
    }

    /** How to read the table. */
    static String legend(WanSettings settings, String kernelBuffers, List<WanResult> results) {
        long disturbed = results.stream().filter(WanResult::isDisturbed).count();
        long lossy = settings.cells().stream().filter(PathCell::hasRandomLoss).count();
        return String.format(Locale.ROOT, "Linux %s, CUBIC on both sides, %s. Goodput of the first %s s of a connection%s, %d runs%s; every byte "
                        + "compared; seed %d. Up: from this stack to the kernel, down: from the kernel to this stack. Sent again (segments a run) "
                        + "and timeouts (all runs): of the sender, with this stack / without it.%s",
                System.getProperty("os.version"), kernelBuffers, PathCell.plain(settings.window().nanos() / 1e9),
                settings.window().limitBytes() == Long.MAX_VALUE ? "" : " or " + settings.window().limitBytes() / 1e6 + " MB", settings.runs(),
                lossy == 0 || settings.lossyFactor() == 1 ? "" : " (with random loss " + settings.lossyFactor() + " times as long)",
                settings.seed(), disturbed == 0 ? "" : " Disturbed by other work of this machine: " + disturbed + " of " + results.size()
                        + " pairs of transfers.");
    }

    private static String name(Direction direction) {
        return direction.name().toLowerCase(Locale.ROOT);
    }

    private static String decimals(int count, double value) {
        return String.format(Locale.ROOT, "%." + count + "f", value);
    }
}
