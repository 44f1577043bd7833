package io.mptcp.sim;

import java.util.List;

/**
 * How a transfer went.
 *
 * @param bytes             payload delivered to the applications, both directions
 * @param connectNanos      from the call of connect to an established connection at the client
 * @param durationNanos     from the call of connect to the last byte delivered
 * @param longestStallNanos longest time between two deliveries on the receiving side
 * @param bytesPerPath      payload that arrived over each path, both directions, retransmissions included
 * @param samples           the same over time, empty when none were asked for
 */
public record Report(long bytes, long connectNanos, long durationNanos, long longestStallNanos, List<Long> bytesPerPath, List<Sample> samples) {
    /**
     * Totals at one moment.
     *
     * @param deliveredBytes payload delivered to the applications so far
     * @param bytesPerPath   payload that has arrived over each path so far
     */
    public record Sample(long timeNanos, long deliveredBytes, List<Long> bytesPerPath) {
    }

    /** Bits of payload per second over the whole duration, handshake included. */
    public double goodputBitsPerSecond() {
        return durationNanos == 0 ? 0 : bytes * 8e9 / durationNanos;
    }

    /** Seconds the transfer took. */
    public double seconds() {
        return durationNanos / 1e9;
    }
}
