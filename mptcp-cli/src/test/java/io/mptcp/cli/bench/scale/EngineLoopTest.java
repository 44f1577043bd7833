package io.mptcp.cli.bench.scale;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two engines in one thread: what they leave alone when there is nothing to do, and what they do not allocate when there is much. */
class EngineLoopTest {
    private static final long SECOND_NANOS = 1_000_000_000L;
    private static final int SPELLS = 200;
    private static final int MOVES_OF_A_SPELL = 50;

    private StackPair pair;

    @AfterEach
    void close() {
        pair.close();
    }

    @Test
    void anIdleConnectionIsQuiet() {
        pair = new StackPair(10, 0);
        for (int i = 0; i < 10; i++) {
            pair.open();
        }
        assertEquals(0, pair.bufferBytes());
        settleFor(60); // probes of the subflows that had not been heard
        long before = pair.segments();
        settleFor(3600);
        assertEquals(before, pair.segments());
        assertEquals(0, pair.bufferBytes());
    }

    private void settleFor(int seconds) {
        for (int i = 0; i < seconds; i++) {
            pair.advance(SECOND_NANOS);
            pair.exchange();
        }
    }

    /** Both ends count: segments sent and received, acknowledged, written and read. Before, the compiler has to have seen the code. */
    @ParameterizedTest
    @ValueSource(ints = {0, 65_535})
    void aSegmentAllocatesNothing(int superSegmentBytes) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        assumeTrue(threads.isThreadAllocatedMemorySupported() && threads.isThreadAllocatedMemoryEnabled(), "this JVM does not count allocations");
        pair = new StackPair(1, superSegmentBytes);
        StackPair.Pair connection = pair.open();
        long leastBytes = Long.MAX_VALUE;
        for (int spell = 0; spell < SPELLS && leastBytes > 0; spell++) {
            long segments = pair.segments();
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < MOVES_OF_A_SPELL; i++) {
                pair.move(connection);
            }
            long bytes = threads.getCurrentThreadAllocatedBytes() - before;
            if (pair.segments() - segments >= MOVES_OF_A_SPELL) {
                leastBytes = Math.min(leastBytes, bytes);
            }
        }
        assertEquals(0, leastBytes);
    }
}
