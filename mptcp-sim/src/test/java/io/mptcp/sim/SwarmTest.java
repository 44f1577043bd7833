package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.scheduler.Schedulers;
import io.mptcp.spi.PacketScheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Many random networks. {@code -Dswarm.first=N -Dswarm.seeds=M} chooses the seeds. */
class SwarmTest {
    private static final long FIRST = Long.getLong("swarm.first", 1);
    private static final long SEEDS = Long.getLong("swarm.seeds", 500);

    @Test
    void everySeedEndsWithEveryByteInItsPlace() {
        List<String> failures = new ArrayList<>();
        for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
            long t0 = System.nanoTime();
            try {
                Swarm.run(seed, schedulers(), SwarmTest::replayCommand);
            } catch (SimulationFailure e) {
                failures.add(e.getMessage());
                System.out.println("seed " + seed + " " + e.getMessage().lines().limit(Integer.getInteger("swarm.lines", 2)).toList()
                  + (e.getCause() == null ? "" : e.getCause() + " " + java.util.Arrays.stream(e.getCause().getStackTrace()).limit(6).toList()));
            }
            long ms = (System.nanoTime() - t0) / 1000000; if (ms > 1000) System.out.println("seed " + seed + " took " + ms);
        }
        assertTrue(failures.isEmpty(), () -> failures.size() + " of " + SEEDS + " seeds failed; the first: " + failures.getFirst());
    }

    private static List<Function<SeededRandom, PacketScheduler>> schedulers() {
        List<Function<SeededRandom, PacketScheduler>> all = new ArrayList<>();
        for (String name : Schedulers.names()) {
            all.add(random -> Schedulers.create(name));
        }
        return all;
    }

    private static String replayCommand(long seed) {
        return "./mvnw -pl mptcp-sim -am test -Dtest=SwarmTest -Dswarm.first=" + seed
                + " -Dswarm.seeds=1 -Dsurefire.failIfNoSpecifiedTests=false";
    }
}
