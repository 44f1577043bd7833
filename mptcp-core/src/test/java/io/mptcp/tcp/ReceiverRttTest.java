package io.mptcp.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ReceiverRttTest {
    private static final long MS = 1_000_000L;

    private final ReceiverRtt rtt = new ReceiverRtt();

    @Test
    void anEchoedTimestampTellsTheRoundTrip() {
        assertEquals(0, rtt.rttNanos());
        rtt.onTimestamp(1000 * MS, 20, 80, 80 * MS); // after a pause: nobody knows for how long the peer had nothing to send
        assertEquals(0, rtt.rttNanos());
        rtt.onTimestamp(1001 * MS, 21, 80, 80 * MS);
        assertEquals(80 * MS, rtt.rttNanos());
    }

    @Test
    void itFollowsAPathThatBecomesSlower() {
        long now = 1000 * MS;
        for (int i = 0; i < 100; i++) {
            now += 2 * MS;
            rtt.onTimestamp(now, i, 50, 50 * MS);
        }
        for (int i = 100; i < 200; i++) {
            now += 2 * MS;
            rtt.onTimestamp(now, i, 150, 50 * MS);
        }
        assertTrue(rtt.rttNanos() > 149 * MS && rtt.rttNanos() <= 150 * MS, () -> rtt.rttNanos() + " ns");
    }

    @Test
    void aPauseOfThePeersApplicationIsNoRoundTrip() {
        long now = 1000 * MS;
        for (int i = 0; i < 10; i++) {
            now += 2 * MS;
            rtt.onTimestamp(now, i, 50, 50 * MS);
        }
        for (int i = 10; i < 30; i++) {
            now += 1000 * MS;
            rtt.onTimestamp(now, i, 1000, 50 * MS);
        }
        assertEquals(50 * MS, rtt.rttNanos());
    }

    @Test
    void oneEchoIsOneSample() {
        rtt.onTimestamp(1000 * MS, 1, 50, 50 * MS);
        rtt.onTimestamp(1001 * MS, 2, 50, 50 * MS);
        for (int i = 2; i < 50; i++) {
            rtt.onTimestamp(1000 * MS + i * MS, 2, 50 + i, 50 * MS);
        }
        assertEquals(50 * MS, rtt.rttNanos());
    }

    @Test
    void nonsenseIsNoSample() {
        rtt.onTimestamp(1000 * MS, 1, 50, 50 * MS);
        rtt.onTimestamp(1001 * MS, 2, -5, 50 * MS);
        rtt.onTimestamp(1002 * MS, 3, 2_000_000, 50 * MS);
        assertEquals(0, rtt.rttNanos());
    }

    @Test
    void aClockTooCoarseGivesWayToWhatIsKnownBetter() {
        rtt.onTimestamp(1000 * MS, 1, 0, 60_000);
        rtt.onTimestamp(1000 * MS + 50_000, 2, 1, 60_000);
        assertEquals(60_000, rtt.rttNanos());
    }

    /** 64 KB promised at some moment have all come 100 ms later: the round trip is not longer than that. */
    @Test
    void withoutTimestampsAWindowFullBoundsIt() {
        rtt.onContiguous(0, 1000, 64_000);
        rtt.onContiguous(50 * MS, 40_000, 64_000);
        assertEquals(0, rtt.rttNanos());
        rtt.onContiguous(100 * MS, 65_000, 64_000);
        assertEquals(100 * MS, rtt.rttNanos());
        rtt.onContiguous(180 * MS, 129_000, 64_000);
        assertEquals(80 * MS, rtt.rttNanos());
        rtt.onContiguous(400 * MS, 193_000, 64_000);
        assertEquals(80 * MS, rtt.rttNanos(), "the least bound counts");
    }

    @Test
    void anOldBoundIsForgotten() {
        long now = 0;
        long received = 1000;
        for (int i = 0; i < 400; i++) {
            rtt.onContiguous(now, received, 64_000);
            now += i < 10 ? 50 * MS : 300 * MS;
            received += 64_000;
        }
        assertEquals(300 * MS, rtt.rttNanos());
    }
}
