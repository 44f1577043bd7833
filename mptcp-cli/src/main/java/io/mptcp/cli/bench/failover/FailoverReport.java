package io.mptcp.cli.bench.failover;

import io.mptcp.cli.TextTable;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** The results of {@code mptcp bench failover}. */
final class FailoverReport {
    static final String CSV_HEADER = "rtt_ms,cut,connection,number,gap_ms,goodput_of_one_path,return_s,emulator_late_ms";

    private FailoverReport() {
    }

    /** A line for each cell. */
    static TextTable table(List<CutSample> samples) {
        TextTable table = new TextTable("RTT ms", "cut", "", "cuts", "gap p50 ms", "p99", "max", "one path's goodput after 1 s p50", "least",
                "carries data again after p50 s", "p99", "max", "disturbed");
        for (double rtt : samples.stream().mapToDouble(CutSample::rttMillis).distinct().sorted().toArray()) {
            for (Kind kind : Kind.values()) {
                for (Pairing pairing : Pairing.values()) {
                    List<CutSample> own = samples.stream().filter(s -> s.rttMillis() == rtt && s.kind() == kind && s.pairing() == pairing).toList();
                    if (!own.isEmpty()) {
                        add(table, own);
                    }
                }
            }
        }
        return table;
    }

    private static void add(TextTable table, List<CutSample> own) {
        CutSample first = own.getFirst();
        double[] gaps = sorted(own, CutSample::gapMillis);
        double[] shares = sorted(own, CutSample::share);
        double[] returns = sorted(own, CutSample::returnSeconds);
        table.add(decimals(0, first.rttMillis()), first.kind().name().toLowerCase(Locale.ROOT), first.pairing().title(), Integer.toString(own.size()),
                decimals(0, quantile(gaps, 0.5)), decimals(0, quantile(gaps, 0.99)), decimals(0, quantile(gaps, 1)),
                decimals(2, quantile(shares, 0.5)), decimals(2, shares[0]),
                seconds(quantile(returns, 0.5)), seconds(quantile(returns, 0.99)), seconds(quantile(returns, 1)),
                Long.toString(own.stream().filter(CutSample::isDisturbed).count()));
    }

    /** A line for one cut. */
    static String csv(CutSample sample) {
        return String.join(",", decimals(0, sample.rttMillis()), sample.kind().name().toLowerCase(Locale.ROOT),
                sample.pairing().name().toLowerCase(Locale.ROOT), Integer.toString(sample.cut()), decimals(1, sample.gapMillis()),
                decimals(3, sample.share()), seconds(sample.returnSeconds()), decimals(1, sample.lateMillis()));
    }

    private static double[] sorted(List<CutSample> samples, ToDoubleFunction<CutSample> what) {
        return samples.stream().mapToDouble(what).sorted().toArray();
    }

    /** The smallest value that so many of all do not exceed. */
    static double quantile(double[] sorted, double quantile) {
        return sorted[Math.max(0, (int) Math.ceil(quantile * sorted.length) - 1)];
    }

    private static String seconds(double value) {
        return value == CutSample.NEVER ? "not" : decimals(2, value);
    }

    private static String decimals(int count, double value) {
        return String.format(Locale.ROOT, "%." + count + "f", value);
    }
}
