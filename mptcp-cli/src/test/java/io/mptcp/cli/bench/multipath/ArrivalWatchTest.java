package io.mptcp.cli.bench.multipath;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ArrivalWatchTest {
    private static final long MILLI = 1_000_000L;
    private static final long BEGINNING = 77_000 * MILLI;

    @Test
    void pausesOfTheWarmUpAreCountedApartAndGoodputBeginsAfterIt() {
        ArrivalWatch watch = new ArrivalWatch(1_000 * MILLI);
        watch.arrived(BEGINNING, 1_000);
        watch.arrived(BEGINNING + 300 * MILLI, 2_000);
        watch.arrived(BEGINNING + 950 * MILLI, 100_000);
        watch.arrived(BEGINNING + 1_050 * MILLI, 200_000);
        watch.arrived(BEGINNING + 1_120 * MILLI, 300_000);
        watch.arrived(BEGINNING + 2_050 * MILLI, 1_200_000);

        assertEquals(650, watch.earlyPauseMillis(), 1e-9);
        assertEquals(930, watch.pauseMillis(), 1e-9);
        assertEquals(8.0, watch.laterMbit(), 1e-9);
    }

    @Test
    void aMessageHasArrivedWhenItsLastByteHas() {
        MessageLog log = new MessageLog(3, 1000);
        log.arrived(5, 999);
        assertEquals(0, log.count());
        log.arrived(6, 2_500);
        log.arrived(9, 3_000);

        assertEquals(3, log.count());
        assertEquals(6, log.arrivedNanos(0));
        assertEquals(6, log.arrivedNanos(1));
        assertEquals(9, log.arrivedNanos(2));
    }
}
