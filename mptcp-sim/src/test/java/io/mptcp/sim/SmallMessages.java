package io.mptcp.sim;

import io.mptcp.scheduler.Schedulers;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.tcp.SocketOptions;
import java.util.Arrays;

/** A message of 1 kB every 20 ms from client to server: how long each takes from its write to its arrival. */
final class SmallMessages {
    private static final int MESSAGE_BYTES = 1000;
    private static final double PAUSE_MILLIS = 20;
    /** Sent while there may be one path only. */
    private static final int FIRST_COUNTED = 50;

    private SmallMessages() {
    }

    /** @return milliseconds, sorted, the first second left out */
    static double[] latenciesMillis(String scheduler, int messages, long seed, LinkSpec... paths) {
        ConnectOptions options = ConnectOptions.DEFAULT.withScheduler(() -> Schedulers.create(scheduler)).withSocket(SocketOptions.NO_DELAY);
        long bytes = (long) messages * MESSAGE_BYTES;
        Scenario scenario = new Scenario(seed).clientOptions(options)
                .plans(TransferApp.Plan.of(bytes, 0).writing(MESSAGE_BYTES, PAUSE_MILLIS), TransferApp.Plan.of(0, bytes));
        for (LinkSpec path : paths) {
            scenario.path(path);
        }
        StreamChecker reader = scenario.open().server().checker();
        double[] latencies = new double[messages];
        int[] next = {0};
        reader.onGap(ignored -> {
            double now = scenario.simulation().nowNanos() / 1e6;
            for (; reader.receivedBytes() >= (next[0] + 1L) * MESSAGE_BYTES; next[0]++) {
                latencies[next[0]] = now - scenario.client().connectedNanos() / 1e6 - next[0] * PAUSE_MILLIS;
            }
        });
        scenario.runUntilDelivered(messages);
        scenario.topology().client().stack().close();
        scenario.topology().server().stack().close();
        double[] counted = Arrays.copyOfRange(latencies, FIRST_COUNTED, messages);
        Arrays.sort(counted);
        return counted;
    }

    static double mean(double[] values) {
        return Arrays.stream(values).average().orElseThrow();
    }

    static double standardDeviation(double[] values) {
        double mean = mean(values);
        return Math.sqrt(Arrays.stream(values).map(value -> (value - mean) * (value - mean)).average().orElseThrow());
    }

    static double quantile(double[] sorted, double quantile) {
        return sorted[Math.max(0, (int) Math.ceil(quantile * sorted.length) - 1)];
    }
}
