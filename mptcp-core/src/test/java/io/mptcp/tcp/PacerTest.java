package io.mptcp.tcp;

import static io.mptcp.tcp.TestTcb.MS;
import static io.mptcp.tcp.TestTcb.MSS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** An initial window of ten segments of 1000 bytes on a path of 100 ms, in slow start: twice of 100 kB/s, a segment each 5 ms. */
class PacerTest {
    private final TestTcb net = new TestTcb();
    private final Pacer pacer = new Pacer(net.tcb, true);

    private void measure() {
        net.tcb.rtt.onSample(0, 100 * MS);
    }

    @Test
    void withoutARoundTripTimeNothingIsHeld() {
        for (int i = 0; i < 100; i++) {
            pacer.onSent(0, MSS);
        }
        assertFalse(pacer.holds(0));
        assertEquals(Long.MAX_VALUE, pacer.maxBurstBytes());
    }

    @Test
    void theRateIsTwiceTheWindowInARoundTripWhileThatDoubles() {
        measure();
        assertEquals(200_000, Pacer.bytesPerSecond(net.tcb), 1);
        assertEquals(10 * MSS, pacer.maxBurstBytes(), "a millisecond would be 200 bytes, ten segments are always taken at once");
    }

    @Test
    void behindABurstOfTenItRestsUntilTheyWouldHaveLeftAtTheRate() {
        measure();
        for (int i = 0; i < 9; i++) {
            pacer.onSent(0, MSS);
        }
        assertFalse(pacer.holds(0));
        pacer.onSent(0, MSS);
        assertTrue(pacer.holds(0));
        assertEquals(49 * MS, pacer.deadlineNanos(), "50 ms, less the millisecond that may be made up for");
        assertTrue(pacer.holds(49 * MS - 1));
        assertFalse(pacer.holds(49 * MS));
        assertEquals(Long.MAX_VALUE, pacer.deadlineNanos());
    }

    @Test
    void whatIsOffHoldsNothing() {
        measure();
        Pacer off = new Pacer(net.tcb, false);
        for (int i = 0; i < 100; i++) {
            off.onSent(0, MSS);
        }
        assertFalse(off.holds(0));
    }

    @Test
    void whatIsOffSpreadsTheWindowOverARoundTripWhereSendingHadToWait() {
        measure();
        Pacer off = new Pacer(net.tcb, false);
        off.onResumed();
        for (int i = 0; i < 10; i++) {
            off.onSent(0, MSS);
        }
        assertTrue(off.holds(0), "10 segments at once, and the rest of it with the 12 that 100 ms are worth");
        assertEquals(100 * MS * 10 / 12 - MS, off.deadlineNanos(), 1000);
        off.onSent(100 * MS, MSS); // the round trip is over
        for (int i = 0; i < 100; i++) {
            off.onSent(100 * MS, MSS);
        }
        assertFalse(off.holds(100 * MS));
    }
}
