package io.mptcp.cli.bench.multipath;

import io.mptcp.cli.bench.Arrivals;

/** When bytes came: how long the reader had to wait at most, while the connection was young and later, and what it got later. */
final class ArrivalWatch implements Arrivals.Listener {
    private final long warmUpNanos;
    private boolean started;
    private long firstNanos;
    private long lastNanos;
    private long lastBytes;
    private long laterNanos;
    private long laterBytes;
    private long earlyPauseNanos;
    private long pauseNanos;

    /** @param warmUpNanos how long it is young, from the first byte */
    ArrivalWatch(long warmUpNanos) {
        this.warmUpNanos = warmUpNanos;
    }

    @Override
    public void arrived(long nowNanos, long bytes) {
        if (!started) {
            started = true;
            firstNanos = nowNanos;
        } else if (lastNanos - firstNanos < warmUpNanos) {
            earlyPauseNanos = Math.max(earlyPauseNanos, nowNanos - lastNanos);
        } else {
            pauseNanos = Math.max(pauseNanos, nowNanos - lastNanos);
        }
        if (laterNanos == 0 && nowNanos - firstNanos >= warmUpNanos) {
            laterNanos = nowNanos;
            laterBytes = bytes;
        }
        lastNanos = nowNanos;
        lastBytes = bytes;
    }

    /** Longest pause that began in the warm-up. */
    double earlyPauseMillis() {
        return earlyPauseNanos / 1e6;
    }

    /** Longest pause that began after it. */
    double pauseMillis() {
        return pauseNanos / 1e6;
    }

    /** Goodput after it. */
    double laterMbit() {
        return lastNanos > laterNanos && laterNanos > 0 ? (lastBytes - laterBytes) * 8e3 / (lastNanos - laterNanos) : 0;
    }
}
