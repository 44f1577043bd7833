package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The simulator itself: order of events, the same run from the same seed, and failures that say what is needed to see them again. */
class SimulationTest {
    @Test
    void eventsHappenInOrderOfTimeThenOfCreation() {
        EventQueue queue = new EventQueue();
        List<Integer> happened = new ArrayList<>();
        SeededRandom random = new SeededRandom(3);
        List<long[]> expected = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            int number = i;
            long time = random.between(0, 50);
            expected.add(new long[] {time, i});
            queue.add(time, now -> happened.add(number));
        }
        expected.sort((a, b) -> a[0] != b[0] ? Long.compare(a[0], b[0]) : Long.compare(a[1], b[1]));
        while (!queue.isEmpty()) {
            queue.take().happen(0);
        }
        assertEquals(expected.stream().map(e -> (int) e[1]).toList(), happened);
    }

    private static String run(long seed) {
        Scenario scenario = new Scenario(seed).path(LinkSpec.of(20, 10).withLoss(0.02).withReorder(0.02, 5)).path(LinkSpec.of(10, 30).withLoss(0.01))
                .transfer(500_000, 500_000);
        Report report = scenario.runUntilClosed(60);
        return report + " " + scenario.simulation().monitor().segments() + scenario.topology().client().describe();
    }

    @Test
    void sameSeedGivesTheSameRun() {
        assertEquals(run(42), run(42));
        assertNotEquals(run(42), run(43));
    }

    @Test
    void patternIsTheSameFromAnyOffset() {
        Pattern pattern = new Pattern(11);
        MemorySegment whole = MemorySegment.ofArray(new byte[100]);
        pattern.fill(1_000, whole, 0, 100);
        for (int start = 0; start < 20; start++) {
            MemorySegment part = MemorySegment.ofArray(new byte[50]);
            pattern.fill(1_000 + start, part, 0, 50);
            assertEquals(-1, MemorySegment.mismatch(part, 0, 50, whole, start, start + 50));
            assertEquals(50, pattern.matching(1_000 + start, whole, start, 50));
        }
        whole.set(java.lang.foreign.ValueLayout.JAVA_BYTE, 30, (byte) (pattern.at(1_030) + 1));
        assertEquals(30, pattern.matching(1_000, whole, 0, 100));
    }

    @Test
    void failureNamesSeedStateAndReplay() {
        Scenario scenario = new Scenario(77).path(LinkSpec.of(20, 10)).transfer(0, 1_000_000);
        scenario.simulation().replayWith("run it again");
        SimulationFailure failure = assertThrows(SimulationFailure.class, () -> scenario.runUntilDelivered(0.1));
        for (String part : List.of("not done after 0.1", "seed 77", "server: 1 connections", "last segments", "DSS ack", "run it again")) {
            assertTrue(failure.getMessage().contains(part), () -> part + " is missing in " + failure.getMessage());
        }
    }

    @Test
    void checkerFindsAWrongByte() {
        Simulation simulation = new Simulation(1);
        Pattern pattern = new Pattern(2);
        StreamChecker checker = new StreamChecker(simulation, "test", pattern, 100);
        MemorySegment bytes = MemorySegment.ofArray(new byte[100]);
        pattern.fill(0, bytes, 0, 100);
        checker.accept(bytes, 0, 40);
        assertThrows(SimulationFailure.class, checker::end);
        bytes.set(java.lang.foreign.ValueLayout.JAVA_BYTE, 50, (byte) ~pattern.at(50));
        SimulationFailure failure = assertThrows(SimulationFailure.class, () -> checker.accept(bytes, 40, 60));
        assertTrue(failure.getMessage().contains("offset 50"), failure::getMessage);
    }

    @Test
    void demoTellsItsStory() {
        long bytes = 20_000_000;
        SimulatedDemo.Result result = SimulatedDemo.run(1, bytes, (run, sample) -> { });
        assertEquals(bytes, result.cut().bytes());
        assertTrue(result.two().goodputBitsPerSecond() > 1.6 * result.single().goodputBitsPerSecond(), result::toString);
        assertTrue(result.cut().longestStallNanos() < 500_000_000L, result::toString);
        for (long perPath : result.two().bytesPerPath()) {
            assertTrue(perPath > bytes / 3, result::toString);
        }
        assertTrue(result.cut().samples().size() > 20);
    }
}
