package io.mptcp.sim;

import io.mptcp.scheduler.Schedulers;
import io.mptcp.sim.FailoverCell.Kind;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.tcp.SocketOptions;

/**
 * A message of 1 kB every 20 ms for five seconds over two equal paths, each message over both, and one of these dies on the way.
 *
 * @param kind what happens to the path, null for nothing
 * @param cut  which path and when: at another moment between two messages each time
 */
record RedundantMessages(Kind kind, int cut) {
    private static final int MESSAGE_BYTES = 1000;
    private static final double PAUSE_MILLIS = 20;
    private static final int MESSAGES = 250;
    private static final double FIRST_CUT_SECONDS = 2;
    private static final double STEP_SECONDS = 0.0073;

    /** Longest time from the write of a message to its arrival. The first ones, sent while there is one path only, do not count. */
    double longestMillis() {
        ConnectOptions options = ConnectOptions.DEFAULT.withScheduler(() -> Schedulers.create("redundant")).withSocket(SocketOptions.NO_DELAY);
        long bytes = (long) MESSAGES * MESSAGE_BYTES;
        Scenario scenario = new Scenario(1).path(LinkSpec.of(20, 25)).path(LinkSpec.of(20, 25)).clientOptions(options)
                .plans(TransferApp.Plan.of(bytes, 0).writing(MESSAGE_BYTES, PAUSE_MILLIS), TransferApp.Plan.of(0, bytes));
        StreamChecker reader = scenario.open().server().checker();
        double[] longest = {0};
        long[] next = {0};
        reader.onGap(ignored -> {
            double now = scenario.simulation().nowNanos() / 1e6;
            for (; reader.receivedBytes() >= (next[0] + 1) * MESSAGE_BYTES; next[0]++) {
                double written = scenario.client().connectedNanos() / 1e6 + next[0] * PAUSE_MILLIS;
                longest[0] = written < 1_000 ? 0 : Math.max(longest[0], now - written);
            }
        });
        if (kind != null) {
            SimPath path = scenario.path(cut % 2);
            scenario.at(FIRST_CUT_SECONDS + cut * STEP_SECONDS, () -> {
                switch (kind) {
                    case SILENT -> path.setPassing(false);
                    case ONE_WAY -> path.up().setUp(false);
                    case DOWN -> path.setCarrier(false);
                }
            });
        }
        scenario.runUntilDelivered(30);
        scenario.topology().client().stack().close();
        scenario.topology().server().stack().close();
        return longest[0];
    }
}
