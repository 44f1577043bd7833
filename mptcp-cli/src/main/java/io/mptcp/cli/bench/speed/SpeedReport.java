package io.mptcp.cli.bench.speed;

import io.mptcp.cli.TextTable;
import io.mptcp.cli.bench.Spread;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The results of {@code mptcp bench speed}. */
final class SpeedReport {
    private SpeedReport() {
    }

    /** Of one sample, for the progress. */
    static String figures(SpeedSample sample) {
        return switch (sample.measured().service()) {
            case SINK, SOURCE -> String.format(Locale.ROOT, "%7.2f Gbit/s  %.2f CPU s/GB", sample.figures()[0], sample.cpu());
            case ECHO -> String.format(Locale.ROOT, "p50 %.1f µs  p99 %.1f µs  %.3f CPU s/1000", sample.figures()[0], sample.figures()[1], sample.cpu());
            case ONCE -> String.format(Locale.ROOT, "%.0f connections/s  %.3f CPU s/1000", sample.figures()[0], sample.cpu());
        };
    }

    /** A line for each case. Ratios are of runs of the same number. */
    static TextTable table(List<SpeedSample> samples) {
        Map<String, List<SpeedSample>> byTitle = new LinkedHashMap<>();
        samples.forEach(sample -> byTitle.computeIfAbsent(sample.measured().title(), _ -> new ArrayList<>()).add(sample));
        TextTable table = new TextTable("", "unit", "median", "min", "max", "to the kernel's, median (min–max)", "CPU", "kernel's CPU");
        byTitle.forEach((title, own) -> {
            SpeedCase measured = own.getFirst().measured();
            List<SpeedSample> reference = measured.reference() == null ? null : byTitle.get(measured.reference());
            for (int figure = 0; figure < own.getFirst().figures().length; figure++) {
                int index = figure;
                Spread spread = Spread.of(own.stream().mapToDouble(sample -> sample.figures()[index]).toArray());
                table.add(title, unit(measured.service(), figure), decimals(spread.median()), decimals(spread.min()), decimals(spread.max()),
                        reference == null ? "" : ratio(own, reference, figure).toString(), decimals(cpu(own)),
                        reference == null ? "" : decimals(cpu(reference)));
            }
        });
        return table;
    }

    private static Spread ratio(List<SpeedSample> own, List<SpeedSample> reference, int figure) {
        double[] ratios = new double[own.size()];
        for (int run = 0; run < ratios.length; run++) {
            ratios[run] = own.get(run).figures()[figure] / reference.get(run).figures()[figure];
        }
        return Spread.of(ratios);
    }

    private static double cpu(List<SpeedSample> samples) {
        return Spread.of(samples.stream().mapToDouble(SpeedSample::cpu).toArray()).median();
    }

    private static String unit(Service service, int figure) {
        return switch (service) {
            case SINK, SOURCE -> "Gbit/s";
            case ECHO -> figure == 0 ? "µs p50" : "µs p99";
            case ONCE -> "1/s";
        };
    }

    /** A line for each sample, with a header. */
    static String csv(List<SpeedSample> samples) {
        StringBuilder csv = new StringBuilder("what,run,unit,figure,cpu\n");
        for (SpeedSample sample : samples) {
            for (int i = 0; i < sample.figures().length; i++) {
                csv.append(String.format(Locale.ROOT, "\"%s\",%d,%s,%.4f,%.4f%n", sample.measured().title(), sample.run(),
                        unit(sample.measured().service(), i), sample.figures()[i], sample.cpu()));
            }
        }
        return csv.toString();
    }

    private static String decimals(double value) {
        return String.format(Locale.ROOT, value >= 1000 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
    }
}
