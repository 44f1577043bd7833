package io.mptcp.cli.bench.multipath;

import io.mptcp.cli.TextTable;
import io.mptcp.cli.bench.PathCell;
import io.mptcp.cli.bench.failover.Kind;
import io.mptcp.cli.bench.failover.Pairing;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** The results of {@code mptcp bench multipath}. */
final class MultipathReport {
    private static final double NANOS_TO_MILLIS = 1e3;

    private MultipathReport() {
    }

    /** A line for each pair of paths and pairing. */
    static TextTable bulk(List<BulkSample> samples) {
        TextTable table = new TextTable("paths", "", "runs", "share of both paths' payload", "least", "of the kernel's", "with slow start",
                "longest pause p50 ms", "max", "in slow start max", "disturbed");
        for (PathPair pair : samples.stream().map(BulkSample::pair).distinct().toList()) {
            for (Pairing pairing : Pairing.values()) {
                List<BulkSample> own = of(samples, pair, pairing);
                if (!own.isEmpty()) {
                    Pairing kernel = pairing.clientSends ? Pairing.KERNEL_UP : Pairing.KERNEL_DOWN;
                    List<BulkSample> kernels = of(samples, pair, kernel);
                    double share = median(own, BulkSample::laterShare);
                    table.add(pair.toString(), own.getFirst().ends().title(), Integer.toString(own.size()),
                            decimals(3, share), decimals(3, -max(own, sample -> -sample.laterShare())),
                            pairing == kernel || kernels.isEmpty() ? "-" : decimals(3, share / median(kernels, BulkSample::laterShare)),
                            decimals(3, median(own, BulkSample::wholeShare)),
                            decimals(0, median(own, BulkSample::pauseMillis)), decimals(0, max(own, BulkSample::pauseMillis)),
                            decimals(0, max(own, BulkSample::earlyPauseMillis)), Long.toString(own.stream().filter(BulkSample::isDisturbed).count()));
                }
            }
        }
        return table;
    }

    private static List<BulkSample> of(List<BulkSample> samples, PathPair pair, Pairing pairing) {
        return samples.stream().filter(sample -> sample.pair().equals(pair) && sample.pairing() == pairing).toList();
    }

    /** A line for each size, buffer and slow path; median times, and how they compare with the fast path alone. */
    static TextTable neverSlower(List<CompletionSample> samples) {
        TextTable table = new TextTable("bytes", "send buffer", "slow RTT ms", "", "runs", "alone ms", "both ms", "both / alone", "disturbed");
        List<Long> sizes = samples.stream().map(CompletionSample::bytes).distinct().sorted().toList();
        List<Integer> buffers = samples.stream().map(CompletionSample::bufferBytes).distinct().sorted().toList();
        List<Double> rtts = samples.stream().map(CompletionSample::slowRttMillis).distinct().sorted().toList();
        List<Ends> both = samples.stream().map(CompletionSample::ends).filter(ends -> ends.paths() == 2).distinct().toList();
        for (long size : sizes) {
            for (int buffer : buffers) {
                for (double rtt : rtts) {
                    for (Ends ends : both) {
                        List<CompletionSample> cell = samples.stream()
                                .filter(sample -> sample.bytes() == size && sample.bufferBytes() == buffer && sample.slowRttMillis() == rtt
                                        && sample.ends().pairing() == ends.pairing()).toList();
                        List<CompletionSample> together = cell.stream().filter(sample -> sample.ends().equals(ends)).toList();
                        List<CompletionSample> alone = cell.stream().filter(sample -> sample.ends().paths() == 1).toList();
                        double aloneSeconds = median(alone, CompletionSample::seconds);
                        double seconds = median(together, CompletionSample::seconds);
                        table.add(Long.toString(size), buffer == 0 ? "usual" : Integer.toString(buffer), PathCell.plain(rtt), ends.title(),
                                Integer.toString(together.size()), decimals(1, aloneSeconds * NANOS_TO_MILLIS), decimals(1, seconds * NANOS_TO_MILLIS),
                                decimals(3, seconds / aloneSeconds),
                                Long.toString(Stream.concat(alone.stream(), together.stream()).filter(CompletionSample::isDisturbed).count()));
                    }
                }
            }
        }
        return table;
    }

    /** A line for each way to die, pairing and scheduler. */
    static TextTable messages(List<MessageSample> samples) {
        TextTable table = new TextTable("cut", "", "cuts", "usually at most ms p50", "longest after the cut p50 ms", "max", "added p50 ms", "max", "missing", "disturbed");
        for (Kind kind : Kind.values()) {
            for (Ends ends : samples.stream().map(MessageSample::ends).distinct().toList()) {
                List<MessageSample> own = samples.stream().filter(sample -> sample.kind() == kind && sample.ends().equals(ends)).toList();
                if (!own.isEmpty()) {
                    table.add(kind.name().toLowerCase(Locale.ROOT), ends.title(), Integer.toString(own.size()),
                            decimals(1, median(own, MessageSample::usualMillis)),
                            decimals(1, median(own, MessageSample::longestMillis)), decimals(1, max(own, MessageSample::longestMillis)),
                            decimals(1, median(own, MessageSample::addedMillis)), decimals(1, max(own, MessageSample::addedMillis)),
                            Integer.toString(own.stream().mapToInt(MessageSample::missing).sum()),
                            Long.toString(own.stream().filter(MessageSample::isDisturbed).count()));
                }
            }
        }
        return table;
    }

    private static <T> double median(List<T> samples, ToDoubleFunction<T> what) {
        double[] sorted = samples.stream().mapToDouble(what).sorted().toArray();
        return sorted.length == 0 ? Double.NaN : (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    private static <T> double max(List<T> samples, ToDoubleFunction<T> what) {
        return samples.stream().mapToDouble(what).max().orElse(Double.NaN);
    }

    private static String decimals(int count, double value) {
        return String.format(Locale.ROOT, "%." + count + "f", value);
    }
}
