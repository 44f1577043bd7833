package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.fail;

import io.mptcp.scheduler.Schedulers;
import io.mptcp.spi.PacketScheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/**
 * Many random networks with middleboxes, and applications that end their connections in any way. {@code -Dswarm.first=N -Dswarm.seeds=M} chooses the
 * seeds; the Maven profile {@code swarm} runs ten thousand.
 */
class SwarmTest {
    private static final long FIRST = Long.getLong("swarm.first", 1);
    private static final long SEEDS = Long.getLong("swarm.seeds", 1_000);

    @Test
    void everySeedEndsWithEveryByteInItsPlaceOrWithAReason() {
        List<SimulationFailure> failures = new ArrayList<>();
        StringBuilder seeds = new StringBuilder();
        for (long seed = FIRST; seed < FIRST + SEEDS; seed++) {
            try {
                Swarm.run(seed, schedulers(), SwarmTest::replayCommand);
            } catch (SimulationFailure e) {
                failures.add(e);
                seeds.append("\n  ").append(seed).append(": ").append(e.getMessage().lines().findFirst().orElse(""));
            }
        }
        if (!failures.isEmpty()) {
            fail(failures.size() + " of " + SEEDS + " seeds failed:" + seeds + "\nThe first: " + failures.getFirst().getMessage(),
                    failures.getFirst());
        }
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
