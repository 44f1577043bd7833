package io.mptcp.tun;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How fast something may go. Written as {@code 20Mbit/s}; units are k, M and G, powers of 1000. */
public record BitRate(long bitsPerSecond) {
    private static final Pattern TEXT = Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,9})?) ?([kKMG])bit(?:/s)?");
    private static final String UNITS = "kMG";
    /** A second of it is a packet and more; and far from what overflows. */
    private static final long LEAST = 64_000;
    private static final long MOST = 1_000_000_000_000L;

    public BitRate {
        if (bitsPerSecond < LEAST || bitsPerSecond > MOST) {
            throw new IllegalArgumentException("a rate is between 64kbit/s and 1000Gbit/s");
        }
    }

    /** @throws IllegalArgumentException when it is no such text */
    public static BitRate parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not a rate like 20Mbit/s or 500kbit/s");
        }
        int unit = UNITS.indexOf(matcher.group(2).replace('K', 'k'));
        return new BitRate(Math.round(Double.parseDouble(matcher.group(1)) * Math.pow(1000, unit + 1)));
    }

    /** For people, and for {@link #parse}. */
    @Override
    public String toString() {
        int unit = UNITS.length() - 1;
        while (unit > 0 && bitsPerSecond % Math.round(Math.pow(1000, unit + 1)) != 0) {
            unit--;
        }
        double number = bitsPerSecond / Math.pow(1000, unit + 1);
        return (number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number)) + UNITS.charAt(unit) + "bit/s";
    }
}
