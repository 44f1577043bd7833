package io.mptcp.tun;

import io.mptcp.netty.host.CountingLink;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** Throughput of every path second by second, for the last two minutes. On the loop. */
final class PathRates {
    static final int SECONDS = 120;

    /** A ring of bits per second in both directions. */
    private static final class History {
        final long[] sent = new long[SECONDS];
        final long[] received = new long[SECONDS];
        long sentBytes;
        long receivedBytes;

        History(CountingLink link) {
            sentBytes = link.sentBytes();
            receivedBytes = link.receivedBytes();
        }
    }

    private final Map<CountingLink, History> histories = new HashMap<>();
    private long lastNanos;
    private int samples;

    /** To be called about once a second. */
    void sample(long nowNanos, Collection<CountingLink> links) {
        double seconds = Math.max(1e-3, (nowNanos - lastNanos) / 1e9);
        int slot = samples % SECONDS;
        histories.keySet().retainAll(links); // paths come and go for as long as the daemon runs
        for (CountingLink link : links) {
            History history = histories.computeIfAbsent(link, History::new);
            history.sent[slot] = bitsPerSecond(link.sentBytes() - history.sentBytes, seconds);
            history.received[slot] = bitsPerSecond(link.receivedBytes() - history.receivedBytes, seconds);
            history.sentBytes = link.sentBytes();
            history.receivedBytes = link.receivedBytes();
        }
        samples++;
        lastNanos = nowNanos;
    }

    private static long bitsPerSecond(long bytes, double seconds) {
        return Math.round(bytes * 8 / seconds);
    }

    /** Bits per second of the last seconds, oldest first, at most {@link #SECONDS}. */
    long[] sent(CountingLink link, int seconds) {
        History history = histories.get(link);
        return history == null ? new long[0] : latest(history.sent, seconds);
    }

    long[] received(CountingLink link, int seconds) {
        History history = histories.get(link);
        return history == null ? new long[0] : latest(history.received, seconds);
    }

    private long[] latest(long[] ring, int seconds) {
        int count = Math.min(seconds, Math.min(samples, SECONDS));
        long[] values = new long[count];
        for (int i = 0; i < count; i++) {
            values[i] = ring[(samples - count + i) % SECONDS];
        }
        return values;
    }
}
