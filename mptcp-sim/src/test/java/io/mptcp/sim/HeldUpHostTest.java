package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.stack.Counter;
import io.mptcp.stack.Counters;
import io.mptcp.stack.MptcpConnection;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A host whose thread gets no processor for longer than its timers run: that is no silence of its peers, and no reason to give up paths. */
class HeldUpHostTest {
    private static final LinkSpec FAST = LinkSpec.of(40, 10);
    private static final LinkSpec SLOW = LinkSpec.of(20, 30);
    private static final long MB = 1_000_000;

    private static Scenario scenario(long up, long down) {
        return new Scenario(1).path(FAST).path(SLOW).transfer(up * MB, down * MB);
    }

    private static void holdUpClient(Scenario scenario, int millis) {
        for (double second = 0.6; second < 3; second += 0.6) {
            scenario.at(second, () -> scenario.topology().client().holdUp(millis * MB));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 300, 500})
    void aSenderThatWasHeldUpReadsItsAcknowledgmentsBeforeItCallsAPathStale(int millis) {
        Scenario scenario = scenario(8, 0);
        holdUpClient(scenario, millis);
        scenario.runUntilClosed(10);
        Counters counters = scenario.topology().client().stack().counters();
        assertEquals(0, counters.get(Counter.SubflowStale));
        assertEquals(0, counters.get(Counter.TCPTimeouts));
        assertEquals(0, counters.get(Counter.MPRstTx));
        assertSubflows(scenario.connection(), 2);
    }

    /** The peer cannot know: its timers expire on every path. But no path is given up, and all are used again. */
    @ParameterizedTest
    @CsvSource({"0, 8, 300", "0, 8, 500", "8, 8, 500"})
    void aPeerGivesUpNoPathOfAHostThatWasHeldUp(long up, long down, int millis) {
        Scenario scenario = scenario(up, down);
        holdUpClient(scenario, millis);
        scenario.runUntilClosed(12);
        Counters client = scenario.topology().client().stack().counters();
        Counters server = scenario.topology().server().stack().counters();
        assertTrue(server.get(Counter.TCPTimeouts) > 0, "long enough for the peer's timers");
        assertEquals(0, client.get(Counter.MPRstTx) + server.get(Counter.MPRstTx));
        assertEquals(server.get(Counter.SubflowStale), server.get(Counter.SubflowRecover));
        assertSubflows(scenario.connection(), 2);
    }

    private static void assertSubflows(MptcpConnection connection, int count) {
        assertEquals(count, connection.subflows().size(), () -> connection.subflows().toString());
        assertTrue(connection.subflows().stream().allMatch(subflow -> subflow.bytesAcked() + subflow.bytesReceived() > MB),
                () -> connection.subflows().toString());
    }
}
