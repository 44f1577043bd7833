package io.mptcp.pm;

import java.time.LocalDate;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * How many bytes a path may carry in a period, both directions together.
 *
 * @param bytes    as the packets on the link are long
 * @param period   how often it begins anew
 * @param resetDay day of the month it begins on, 1 to 28; 1 for other periods
 * @param then     the role of the path for the rest of the period: {@link PathRole#BACKUP} or {@link PathRole#OFF}
 */
public record PathQuota(long bytes, Period period, int resetDay, PathRole then) {
    private static final String UNITS = "KMGT";
    private static final int LAST_RESET_DAY = 28;
    /** Beyond it multiplying by the unit overflows. */
    private static final double MAX_BYTES = 1e18;

    /** How often a quota begins anew: at midnight, on Monday, or on a day of the month. */
    public enum Period {
        DAY, WEEK, MONTH;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public PathQuota {
        if (bytes <= 0) {
            throw new IllegalArgumentException("a quota of " + bytes + " bytes is none");
        }
        if (resetDay < 1 || resetDay > LAST_RESET_DAY || period != Period.MONTH && resetDay != 1) {
            throw new IllegalArgumentException("a quota begins on a day of the month from 1 to " + LAST_RESET_DAY + ", not " + resetDay);
        }
        if (then == PathRole.USE) {
            throw new IllegalArgumentException("what comes after a quota is backup or off");
        }
    }

    /**
     * Reads {@code 20G/month}, {@code 20G/month@15}, {@code 500M/day}; units K, M, G and T are powers of 1000.
     *
     * @throws IllegalArgumentException when it is none of these
     */
    public static PathQuota parse(String text, PathRole then) {
        String[] parts = text.split("/", -1);
        String[] when = parts.length == 2 ? parts[1].split("@", -1) : new String[0];
        if (when.length != 1 && when.length != 2) {
            throw notAQuota(text);
        }
        try {
            return new PathQuota(bytes(parts[0]), Period.valueOf(when[0].toUpperCase(Locale.ROOT)), when.length == 2 ? Integer.parseInt(when[1]) : 1, then);
        } catch (NumberFormatException e) {
            throw notAQuota(text);
        } catch (IllegalArgumentException e) {
            throw e.getMessage().startsWith("No enum") ? notAQuota(text) : e;
        }
    }

    private static long bytes(String text) {
        int unit = text.isEmpty() ? -1 : UNITS.indexOf(Character.toUpperCase(text.charAt(text.length() - 1)));
        double number = Double.parseDouble(unit < 0 ? text : text.substring(0, text.length() - 1));
        double bytes = number * Math.pow(1000, unit + 1);
        if (!(bytes >= 0 && bytes <= MAX_BYTES)) {
            throw new NumberFormatException(text);
        }
        return Math.round(bytes);
    }

    private static IllegalArgumentException notAQuota(String text) {
        return new IllegalArgumentException("'" + text + "' is not a quota like 20G/month, 20G/month@15 or 500M/day");
    }

    /** When the period began that a time lies in. */
    ZonedDateTime startOf(ZonedDateTime now) {
        LocalDate day = now.toLocalDate();
        LocalDate start = switch (period) {
            case DAY -> day;
            case WEEK -> day.minusDays(day.getDayOfWeek().getValue() - 1);
            case MONTH -> (day.getDayOfMonth() >= resetDay ? day : day.minusMonths(1)).withDayOfMonth(resetDay);
        };
        return start.atStartOfDay(now.getZone());
    }

    /** When the next one begins. */
    ZonedDateTime endOf(ZonedDateTime now) {
        ZonedDateTime start = startOf(now);
        return start.plus(1, switch (period) {
            case DAY -> ChronoUnit.DAYS;
            case WEEK -> ChronoUnit.WEEKS;
            case MONTH -> ChronoUnit.MONTHS;
        });
    }

    /** For people, and for {@link #parse}. */
    @Override
    public String toString() {
        int unit = -1;
        long rest = bytes;
        while (unit < UNITS.length() - 1 && rest % 1000 == 0) {
            rest /= 1000;
            unit++;
        }
        return rest + (unit < 0 ? "" : UNITS.substring(unit, unit + 1)) + "/" + period + (resetDay == 1 ? "" : "@" + resetDay);
    }
}
