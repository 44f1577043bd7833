package io.mptcp.tun.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.mptcp.stack.Counter;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class FloodWatchTest {
    private final FloodWatch watch = new FloodWatch();
    private final Map<Counter, Long> counters = new EnumMap<>(Counter.class);

    private int lookAfter(long seconds, Counter counter, long more) {
        counters.merge(counter, more, Long::sum);
        return watch.look(TimeUnit.SECONDS.toNanos(seconds), which -> counters.getOrDefault(which, 0L));
    }

    @Test
    void aFewAreNothingToTell() {
        for (int i = 0; i < 100; i++) {
            assertEquals(0, lookAfter(5L * i, Counter.MPJoinNoTokenFound, FloodWatch.MANY - 1));
        }
    }

    @Test
    void aFloodIsToldOnceAnHourEachKindByItself() {
        assertEquals(1, lookAfter(5, Counter.MPJoinNoTokenFound, FloodWatch.MANY));
        assertEquals(0, lookAfter(10, Counter.MPJoinNoTokenFound, 1000));
        assertEquals(1, lookAfter(15, Counter.TCPReqQFullDoCookies, 1000));
        assertEquals(0, lookAfter(3600, Counter.MPJoinNoTokenFound, 1000));
        assertEquals(1, lookAfter(3605, Counter.MPJoinNoTokenFound, 1000));
    }
}
