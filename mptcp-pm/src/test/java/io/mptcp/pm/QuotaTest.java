package io.mptcp.pm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.ZoneId;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes a path may carry in a period. */
class QuotaTest {
    private static ZonedDateTime at(String text) {
        return ZonedDateTime.parse(text + ":00Z").withZoneSameLocal(ZoneId.of("Europe/Berlin"));
    }

    @ParameterizedTest
    @CsvSource({"20G/month, 20000000000", "20g/month@15, 20000000000", "500M/day, 500000000", "1.5T/week, 1500000000000", "1234/day, 1234"})
    void quotasAreReadAsPeopleWriteThem(String text, long bytes) {
        PathQuota quota = PathQuota.parse(text, PathRole.OFF);
        assertEquals(bytes, quota.bytes());
        assertEquals(quota, PathQuota.parse(quota.toString(), PathRole.OFF));
    }

    @ParameterizedTest
    @ValueSource(strings = {"20G", "20G/year", "G/month", "/month", "20X/month", "0/day", "-5G/day", "NaN/day", "1e30T/day", "20G/month@29", "20G/month@0", "20G/day@3", "20G/month@x", "1/2/3"})
    void otherTextIsRefusedInWords(String text) {
        String message = assertThrows(IllegalArgumentException.class, () -> PathQuota.parse(text, PathRole.OFF)).getMessage();
        assertTrue(message.contains("quota"), message);
    }

    @ParameterizedTest
    @CsvSource({"1G/day, 2026-03-31T23:59, 2026-04-01T00:00", "1G/week, 2026-11-28T12:00, 2026-11-30T00:00", "1G/month, 2026-02-28T12:00, 2026-03-01T00:00",
        "1G/month@15, 2026-01-14T12:00, 2026-01-15T00:00", "1G/month@15, 2026-12-15T00:00, 2027-01-15T00:00"})
    void periodsEndAtMidnightWhereTheHostIs(String quota, String now, String end) {
        assertEquals(at(end), new QuotaMeter(PathQuota.parse(quota, PathRole.OFF), at(now)).endsAt());
    }

    @Test
    void aQuotaIsReachedOnceAndBeginsAnewWithThePeriod() {
        QuotaMeter meter = new QuotaMeter(PathQuota.parse("1K/day", PathRole.BACKUP), at("2026-05-01T10:00"));
        assertFalse(meter.update(at("2026-05-01T11:00"), 999));
        assertTrue(meter.update(at("2026-05-01T12:00"), 1000));
        assertTrue(meter.isReached());
        assertFalse(meter.update(at("2026-05-01T13:00"), 5000));
        assertTrue(meter.update(at("2026-05-02T00:00"), 5100));
        assertFalse(meter.isReached());
        assertEquals(100, meter.usedBytes());
    }

    @Test
    void whatWasUsedBeforeARestartCounts() {
        QuotaMeter meter = new QuotaMeter(PathQuota.parse("1K/day", PathRole.BACKUP), at("2026-05-01T10:00"));
        meter.restore(900);
        assertTrue(meter.update(at("2026-05-01T11:00"), 100));
    }

    @Test
    void afterAQuotaAPathIsNotUsedAsBefore() {
        assertThrows(IllegalArgumentException.class, () -> PathQuota.parse("1G/day", PathRole.USE));
    }
}
