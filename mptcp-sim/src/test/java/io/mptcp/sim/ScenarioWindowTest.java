package io.mptcp.sim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.sim.TransferApp.Plan;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import org.junit.jupiter.api.Test;

/** Receive windows that close and open again, and the messages about it that get lost. */
class ScenarioWindowTest {
    private static final LinkSpec LINK = LinkSpec.of(20, 10);

    private static StackConfig buffers(int bytes) {
        return StackConfig.defaults().withTcp(TcpConfig.defaults().withBuffers(bytes, bytes));
    }

    /** RFC 9293 section 3.8.6.1. */
    @Test
    void lostWindowUpdateIsAskedFor() {
        Scenario scenario = new Scenario(1).config(buffers(64 << 10)).path(LINK)
                .plans(Plan.of(1 << 20, 0), Plan.of(0, 1 << 20).readingAfter(2_000));
        scenario.at(1.9, () -> scenario.path(0).setPassing(false)).at(2.2, () -> scenario.path(0).setPassing(true));
        scenario.runUntilClosed(6);
        scenario.runUntilQuiet();
    }

    /** Path 0 does not hear that the window is open again; path 1 does, takes what is left, and dies with it. */
    @Test
    void pathThatMissedTheWindowUpdateTakesOverWhenTheOtherDies() {
        long bytes = (64 << 10) + 10_000;
        Scenario scenario = new Scenario(1).config(buffers(64 << 10)).path(LINK).path(LINK)
                .plans(Plan.of(bytes, 0), Plan.of(0, bytes).readingAfter(2_000));
        scenario.at(1.9, () -> scenario.path(0).setPassing(false)).at(2.2, () -> scenario.path(0).setPassing(true))
                .at(2.045, () -> scenario.path(1).setPassing(false));
        scenario.runUntilDelivered(5);
    }

    /** The window field counts in units; rounding up again and again must not promise more than the buffer holds. */
    @Test
    void roundingOfTheWindowNeverPromisesMoreThanTheBufferHolds() {
        long bytes = 1 << 20;
        StackConfig config = buffers(392_900).withMptcp(false);
        config = config.withTcp(config.tcp().withTimestamps(false)); // 1460 bytes a segment: no multiple of the unit
        Scenario scenario = new Scenario(1).config(config).path(LINK).plans(Plan.of(bytes, 0), Plan.of(0, bytes).readingAfter(3_000));
        scenario.runUntilClosed(5);
    }

    @Test
    void slowReaderGetsEverythingAtItsOwnPace() {
        long bytes = 500_000;
        Scenario scenario = new Scenario(1).config(buffers(64 << 10)).path(LINK).path(LINK)
                .plans(Plan.of(bytes, 0), Plan.of(0, bytes).reading(1_000, 10));
        Report report = scenario.runUntilClosed(5.5);
        assertTrue(report.seconds() > 4.9, () -> report.seconds() + " s for a reader that takes 5");
        scenario.runUntilQuiet();
    }
}
