package io.mptcp.cli.dump;

/** Figures for people. */
final class Numbers {
    private static final long NANOS_PER_MICRO = 1000;
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private Numbers() {
    }

    /** Seconds with six decimals. */
    static String seconds(long nanos) {
        long micros = Math.floorDiv(nanos, NANOS_PER_MICRO);
        long magnitude = Math.abs(micros);
        String fraction = Long.toString(magnitude % 1_000_000 + 1_000_000).substring(1);
        return (micros < 0 ? "-" : "") + magnitude / 1_000_000 + "." + fraction;
    }

    /** Seconds from one second on, else milliseconds. */
    static String duration(long nanos) {
        if (nanos < 0) {
            return "-" + duration(nanos == Long.MIN_VALUE ? Long.MAX_VALUE : -nanos);
        }
        if (nanos >= NANOS_PER_SECOND) {
            return thousandths(nanos / NANOS_PER_MILLI) + " s";
        }
        return thousandths(nanos / NANOS_PER_MICRO) + " ms";
    }

    private static String thousandths(long value) {
        return value / 1000 + "." + Long.toString(value % 1000 + 1000).substring(1);
    }

    /** A share of a whole that is not 0. */
    static String percent(long part, long whole) {
        return Math.round(100.0 * part / whole) + " %";
    }

    static String bytes(long count) {
        return count + (count == 1 ? " byte" : " bytes");
    }
}
