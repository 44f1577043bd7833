package io.mptcp.cli.control;

import java.util.Locale;

/** Numbers as people read them. */
final class Units {
    private static final String[] PREFIXES = {"", "k", "M", "G", "T", "P"};
    private static final int THOUSAND = 1000;

    private Units() {
    }

    static String bytes(double bytes) {
        return scaled(bytes) + "B";
    }

    static String bits(double bitsPerSecond) {
        return scaled(bitsPerSecond) + "bit/s";
    }

    private static String scaled(double value) {
        int prefix = 0;
        while (value >= THOUSAND && prefix < PREFIXES.length - 1) {
            value /= THOUSAND;
            prefix++;
        }
        return String.format(Locale.ROOT, prefix == 0 || value >= 100 ? "%.0f %s" : "%.1f %s", value, PREFIXES[prefix]);
    }

    static String millis(double millis) {
        return millis == 0 ? "-" : String.format(Locale.ROOT, millis < 10 ? "%.1f ms" : "%.0f ms", millis);
    }

    static String seconds(double seconds) {
        long whole = Math.round(seconds);
        return whole < 120 ? whole + "s" : whole < 7200 ? whole / 60 + "m" : whole < 172_800 ? whole / 3600 + "h" : whole / 86_400 + "d";
    }
}
