package io.mptcp.sim.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.List;
import java.util.Objects;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * A million segments that are wrong in some way, at listening, connecting, established and closing connections: no exception, no leak, no stuck
 * connection. {@code -Dfuzz.segments=N} for more or fewer.
 */
class FuzzTest {
    private static final long SEGMENTS = Long.getLong("fuzz.segments", 1_000_000);
    private static final long FIRST = Long.getLong("fuzz.first", 1);
    private static final int SEGMENTS_PER_SEED = 2_000;

    @Test
    void anySegmentsAtAnyStateLeaveTheStackWhole() {
        assertTrue(SEGMENTS > 0);
        long seeds = (SEGMENTS + SEGMENTS_PER_SEED - 1) / SEGMENTS_PER_SEED;
        // Each seed has hosts, a wire and a clock of its own.
        List<AssertionError> failures = LongStream.range(FIRST, FIRST + seeds).parallel().mapToObj(FuzzTest::failure).filter(Objects::nonNull).toList();
        if (!failures.isEmpty()) {
            fail(failures.size() + " of " + seeds + " seeds failed. The first: " + failures.getFirst().getMessage(), failures.getFirst());
        }
    }

    /** Null for a seed that is well. */
    private static AssertionError failure(long seed) {
        try {
            new FuzzRun(seed).run(SEGMENTS_PER_SEED);
            return null;
        } catch (AssertionError e) {
            return new AssertionError("seed " + seed + " " + e.getMessage() + "\nreplay: ./mvnw -pl mptcp-sim -am test -Dtest=FuzzTest -Dfuzz.first=" + seed
                    + " -Dfuzz.segments=" + SEGMENTS_PER_SEED + " -Dsurefire.failIfNoSpecifiedTests=false", e);
        }
    }

    /** A probe of a connection whose window had been shut told of the new one, and was taken for nothing by the oracle. */
    @Test
    void seed2308AKeepAliveProbeOpensTheWindow() {
        new FuzzRun(2308).run(SEGMENTS_PER_SEED);
    }

    /** A connection of the server was reset, and its SYN, sent again, made another in the same tick of the clock: with the same numbers, and all anew. */
    @Test
    void seed2319AnotherConnectionMayHaveTheSameNumbers() {
        new FuzzRun(2319).run(SEGMENTS_PER_SEED);
    }
}
