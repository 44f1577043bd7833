package io.mptcp.cli.bench.multipath;

import io.mptcp.cli.bench.Arrivals;

/** When messages of equal length arrived as a whole. */
final class MessageLog implements Arrivals.Listener {
    private final int messageBytes;
    private final long[] arrivedNanos;
    private int count;

    MessageLog(int messages, int messageBytes) {
        this.messageBytes = messageBytes;
        this.arrivedNanos = new long[messages];
    }

    @Override
    public void arrived(long nowNanos, long bytes) {
        while (count < arrivedNanos.length && bytes >= (long) (count + 1) * messageBytes) {
            arrivedNanos[count++] = nowNanos;
        }
    }

    int count() {
        return count;
    }

    long arrivedNanos(int message) {
        return arrivedNanos[message];
    }
}
