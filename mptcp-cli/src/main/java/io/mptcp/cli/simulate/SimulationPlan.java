package io.mptcp.cli.simulate;

import io.mptcp.tcp.TcpConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * What is simulated: every scheduler with every congestion control, and each path alone to compare with, each with the same seeds.
 *
 * @param sizeBytes   payload of a transfer
 * @param down        whether the server sends; else the client does
 * @param runs        transfers of each row; run {@code i} has seed {@code firstSeed + i}
 * @param bufferBytes send and receive buffer of a connection, 0 for windows that follow the traffic
 */
record SimulationPlan(List<PlannedPath> paths, List<Cut> cuts, long sizeBytes, boolean down, List<String> schedulers, List<String> congestion,
                      int runs, long firstSeed, int bufferBytes) {
    static final int MAX_PATHS = 16;
    static final int MAX_RUNS = 10_000;
    static final long MAX_SIZE_BYTES = 100_000_000_000L;
    static final int MIN_BUFFER_BYTES = 16 * 1024;
    static final int MAX_BUFFER_BYTES = TcpConfig.MAX_BUFFER_BYTES;

    SimulationPlan {
        require(!paths.isEmpty(), "a path is needed: --path " + PlannedPath.SYNTAX);
        require(paths.size() <= MAX_PATHS, "there can be " + MAX_PATHS + " paths at most");
        require(paths.stream().map(PlannedPath::name).distinct().count() == paths.size(), "two paths have the same name");
        require(sizeBytes >= 1 && sizeBytes <= MAX_SIZE_BYTES, "the size is between 1 byte and 100 GB");
        require(runs >= 1 && runs <= MAX_RUNS, "runs are between 1 and " + MAX_RUNS);
        require(bufferBytes == 0 || bufferBytes >= MIN_BUFFER_BYTES && bufferBytes <= MAX_BUFFER_BYTES, "the buffer is between 16KiB and 512MiB");
    }

    private static void require(boolean condition, String rule) {
        if (!condition) {
            throw new IllegalArgumentException(rule);
        }
    }

    /** The rows of the report: each path alone where there are several, then every scheduler with every congestion control. */
    List<Variant> variants() {
        List<Variant> rows = new ArrayList<>();
        if (paths.size() > 1) {
            for (int i = 0; i < paths.size(); i++) {
                rows.add(new Variant(paths.get(i).name() + " alone", schedulers.getFirst(), congestion.getFirst(), i));
            }
        }
        for (String scheduler : schedulers) {
            for (String control : congestion) {
                String name = congestion.size() == 1 ? scheduler : scheduler + ", " + control;
                rows.add(new Variant(name, scheduler, control, Variant.ALL_PATHS));
            }
        }
        return rows;
    }

    /**
     * One row.
     *
     * @param onlyPath the one path it uses, or {@link #ALL_PATHS}
     */
    record Variant(String name, String scheduler, String congestion, int onlyPath) {
        static final int ALL_PATHS = -1;
    }
}
