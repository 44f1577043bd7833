package io.mptcp.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The verdict on a demonstration. */
class DemoReportTest {
    private static final String HASH = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    @Test
    void everythingAsPromisedIsNoFailure() {
        assertEquals(List.of(), good().failures());
    }

    @Test
    void otherContentFails() {
        assertFailure("content differs", report(45, 90, 100, List.of(24L, 26L), 10, 5, true, HASH.replace('0', '1')));
    }

    @Test
    void missingBytesFail() {
        assertFailure("content differs", report(45, 90, 99, List.of(24L, 26L), 10, 5, true, HASH));
    }

    @Test
    void aPathWithLessThanAThirdFails() {
        assertFailure("path 2 carried 32 %", report(45, 90, 100, List.of(34L, 16L), 10, 5, true, HASH));
    }

    @Test
    void aRatioBelowThePromiseFails() {
        assertFailure("1.69 times", report(50, 84.5, 100, List.of(24L, 26L), 10, 5, true, HASH));
    }

    @Test
    void nothingMeasuredFails() {
        List<String> failures = report(0, 0, 100, List.of(0L, 0L), 10, 5, true, HASH).failures();
        assertTrue(failures.stream().anyMatch(line -> line.contains("times as fast")), failures::toString);
    }

    @Test
    void aStandstillWhilePath1IsAwayFails() {
        assertFailure("nothing arrived while", report(45, 90, 100, List.of(24L, 26L), 0, 5, true, HASH));
    }

    @Test
    void aDownloadThatEndsBeforeTheReturnFails() {
        assertFailure("ended before path 1 returned", report(45, 90, 100, List.of(24L, 26L), 10, 0, false, HASH));
    }

    @Test
    void aPathThatStaysAwayFails() {
        assertFailure("carried nothing after its return", report(45, 90, 100, List.of(24L, 26L), 10, 0, true, HASH));
    }

    @Test
    void theTableNamesWhatWasMeasured() {
        String table = good().table();
        for (String part : List.of("45.0 Mbit/s", "90.0 Mbit/s", "2.00 x", "123 ms", "48 %", "52 %", "0123456789abcdef...")) {
            assertTrue(table.contains(part), part + " is not in\n" + table);
        }
    }

    @Test
    void theJsonDocumentIsOneLineWithTheVerdict() {
        String json = good().json();
        assertTrue(json.startsWith("{\"ok\":true,\"simulated\":false,"), json);
        assertTrue(json.contains("\"ratio\":2,"), json);
        assertTrue(json.contains("\"bytes_before_cut\":[24,26]"), json);
        assertTrue(json.contains("\"kernel_tcp_mbit_per_second\":null"), json);
        assertTrue(json.endsWith("\"failures\":[]}"), json);
        assertEquals(-1, json.indexOf('\n'));
    }

    private static DemoReport good() {
        return report(45, 90, 100, List.of(24L, 26L), 10, 5, true, HASH);
    }

    private static DemoReport report(double singleMbit, double doubleMbit, long bytes, List<Long> beforeCut, long whileCut,
                                     long afterReturn, boolean returnedInTime, String sha256) {
        return new DemoReport(false, "test", Double.NaN, singleMbit * 1e6, doubleMbit * 1e6, bytes, 100, 12.5, beforeCut, whileCut,
                afterReturn, returnedInTime, 123.4, sha256, HASH);
    }

    private static void assertFailure(String part, DemoReport report) {
        assertEquals(1, report.failures().size(), () -> report.failures().toString());
        assertTrue(report.failures().getFirst().contains(part), () -> report.failures().toString());
    }
}
