package io.mptcp.cli.simulate;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers with units as people write them; {@link IllegalArgumentException} with a reason when they cannot be read. */
final class Quantity {
    private static final Pattern NUMBER_AND_UNIT = Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([a-zA-Z/%]*)");

    private Quantity() {
    }

    /** Bytes: {@code 64kB}, {@code 20MB}, {@code 1GB}, {@code 1460}; units of 1000, and of 1024 as {@code KiB}, {@code MiB}. */
    static long bytes(String text) {
        Matcher matcher = match(text, "a size such as 64kB or 20MB");
        double factor = switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
            case "", "b" -> 1;
            case "k", "kb" -> 1e3;
            case "m", "mb" -> 1e6;
            case "g", "gb" -> 1e9;
            case "kib" -> 1 << 10;
            case "mib" -> 1 << 20;
            case "gib" -> 1 << 30;
            default -> throw unknown(text, "a size such as 64kB or 20MB");
        };
        return Math.round(Double.parseDouble(matcher.group(1)) * factor);
    }

    /** Milliseconds: {@code 20}, {@code 20ms}, {@code 1.5s}. */
    static double millis(String text) {
        Matcher matcher = match(text, "a time such as 20ms or 1.5s");
        double factor = switch (matcher.group(2).toLowerCase(Locale.ROOT)) {
            case "", "ms" -> 1;
            case "s" -> 1e3;
            case "us" -> 1e-3;
            default -> throw unknown(text, "a time such as 20ms or 1.5s");
        };
        return Double.parseDouble(matcher.group(1)) * factor;
    }

    /** Seconds: {@code 3}, {@code 3s}, {@code 500ms}. */
    static double seconds(String text) {
        return text.matches("\\d+(\\.\\d+)?") ? Double.parseDouble(text) : millis(text) / 1e3;
    }

    /** Megabits per second: {@code 50}, {@code 50Mbit}, {@code 1Gbit/s}, {@code 500kbit}. */
    static double megabits(String text) {
        Matcher matcher = match(text, "a rate such as 50 (Mbit/s) or 500kbit");
        double factor = switch (matcher.group(2).toLowerCase(Locale.ROOT).replaceAll("(/s|ps)$", "")) {
            case "", "m", "mbit" -> 1;
            case "k", "kbit" -> 1e-3;
            case "g", "gbit" -> 1e3;
            default -> throw unknown(text, "a rate such as 50 (Mbit/s) or 500kbit");
        };
        return Double.parseDouble(matcher.group(1)) * factor;
    }

    /** Percent: {@code 0.1}, {@code 0.1%}. */
    static double percent(String text) {
        Matcher matcher = match(text, "a percentage such as 0.1");
        if (!matcher.group(2).isEmpty() && !matcher.group(2).equals("%")) {
            throw unknown(text, "a percentage such as 0.1");
        }
        return Double.parseDouble(matcher.group(1));
    }

    private static Matcher match(String text, String wanted) {
        Matcher matcher = NUMBER_AND_UNIT.matcher(text.strip());
        if (!matcher.matches()) {
            throw unknown(text, wanted);
        }
        return matcher;
    }

    private static IllegalArgumentException unknown(String text, String wanted) {
        return new IllegalArgumentException("'" + text + "' is not " + wanted);
    }
}
