package io.mptcp.cli.demo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.LinkProfile;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What follows from the size and the paths. */
class DemoSettingsTest {
    private static final List<LinkProfile> PATHS = List.of(LinkProfile.of(50, 10, 50), LinkProfile.of(50, 20, 50));

    @Test
    void path1ReturnsWhilePath2StillHasMuchToDo() {
        for (long size : new long[] {40_000_000, 60_000_000, 100_000_000, 1_000_000_000}) {
            DemoSettings settings = new DemoSettings(size, size / 4, PATHS, false);
            double restSeconds = (size - settings.cutAtBytes()) * 8 / 50e6;
            assertTrue(settings.outageNanos() / 1e9 <= restSeconds / 2, "size " + size);
            assertTrue(settings.outageNanos() >= 1_000_000_000L, "size " + size);
        }
        assertEquals(3_000_000_000L, new DemoSettings(1_000_000_000, 1, PATHS, false).outageNanos());
    }

    @Test
    void tooSmallDownloadsAndOtherNumbersOfPathsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new DemoSettings(39_999_999, 1, PATHS, false));
        assertThrows(IllegalArgumentException.class, () -> new DemoSettings(40_000_000, 1, PATHS.subList(0, 1), false));
    }
}
