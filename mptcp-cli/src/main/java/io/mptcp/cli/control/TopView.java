package io.mptcp.cli.control;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** One picture of {@code mptcp top}: paths with their throughput of the last minute, and connections, the busiest first. */
final class TopView {
    private static final String BARS = " ▁▂▃▄▅▆▇█";
    private static final int LABEL_COLUMNS = 46;
    private static final int MIN_PLOT_COLUMNS = 10;

    /** @param bitsPerSecond since the picture before */
    private record Row(Json connection, double bitsPerSecond) {
    }

    private final Json status;
    private final Json paths;
    private final List<Row> rows = new ArrayList<>();
    private final Map<String, Double> bytesBefore = new HashMap<>();
    private final double uptimeSeconds;

    private TopView(Json status, Json paths) {
        this.status = status;
        this.paths = paths;
        this.uptimeSeconds = status.get("uptime_seconds").number();
    }

    /** @param before the picture before, null for the first */
    static TopView of(Json status, Json paths, Json connections, TopView before) {
        TopView view = new TopView(status, paths);
        for (Json connection : connections.list()) {
            Json info = connection.get("mptcp_info");
            double bytes = info.get("mptcpi_bytes_sent").number() + info.get("mptcpi_bytes_received").number();
            String key = connection.get("source").text() + connection.get("destination").text();
            view.bytesBefore.put(key, bytes);
            double seconds = before == null ? Math.max(1, connection.get("age_seconds").number()) : Math.max(0.1, view.uptimeSeconds - before.uptimeSeconds);
            double since = before == null ? 0 : before.bytesBefore.getOrDefault(key, 0.0);
            view.rows.add(new Row(connection, Math.max(0, bytes - since) * 8 / seconds));
        }
        view.rows.sort(Comparator.comparingDouble(Row::bitsPerSecond).reversed());
        return view;
    }

    /** @param maxLines no more than these */
    List<String> lines(int columns, int maxLines) {
        List<String> lines = new ArrayList<>();
        Json connections = status.get("connections");
        lines.add(String.format("mptcp-tun%s  up %s  connections %d  scheduler %s  congestion %s", StatusCommand.device(status),
                Units.seconds(uptimeSeconds), connections.get("active").whole(), status.get("scheduler").text(), status.get("congestion").text()));
        lines.add("");
        lines.add(String.format("%-10s %-7s %12s %12s", "PATH", "STATE", "IN", "OUT"));
        int plotColumns = Math.max(MIN_PLOT_COLUMNS, Math.min(60, columns - LABEL_COLUMNS));
        for (Json path : paths.list()) {
            lines.add(String.format("%-10s %-7s %12s %12s  %s", path.get("device").text(), path.get("state").text(), Units.bits(path.get("rx_bps").number()),
                    Units.bits(path.get("tx_bps").number()), plot(path, plotColumns)));
        }
        lines.add("");
        lines.add(String.format("%-24s %-26s %12s  %s", "FROM", "TO", "RATE", "SHARE OF PATHS"));
        for (Row row : rows) {
            lines.add(String.format("%-24s %-26s %12s  %s", row.connection().get("source").text(), row.connection().get("destination").text(),
                    Units.bits(row.bitsPerSecond()), shares(row.connection())));
        }
        return lines.stream().limit(maxLines).map(line -> line.length() > columns ? line.substring(0, columns) : line).toList();
    }

    /** In and out together, scaled to the largest of the path. */
    private static String plot(Json path, int columns) {
        List<Json> in = path.get("rx_history_bps").list();
        List<Json> out = path.get("tx_history_bps").list();
        double[] sums = new double[Math.min(columns, in.size())];
        double most = 1;
        for (int i = 0; i < sums.length; i++) {
            int at = in.size() - sums.length + i;
            sums[i] = in.get(at).number() + out.get(at).number();
            most = Math.max(most, sums[i]);
        }
        StringBuilder plot = new StringBuilder();
        for (double sum : sums) {
            plot.append(BARS.charAt((int) Math.ceil(sum / most * (BARS.length() - 1))));
        }
        return plot.toString();
    }

    private static String shares(Json connection) {
        if (connection.get("fallback").flag()) {
            return "plain TCP";
        }
        StringBuilder shares = new StringBuilder();
        for (Json subflow : connection.get("subflows").list()) {
            shares.append(String.format(Locale.ROOT, "%s %.0f%%  ", subflow.get("link").text(), subflow.get("share_percent").number()));
        }
        for (Json path : connection.get("unused_paths").list()) {
            shares.append(path.get("device").text()).append(" -  ");
        }
        return shares.toString().stripTrailing();
    }
}
