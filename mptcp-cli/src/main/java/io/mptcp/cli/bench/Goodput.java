package io.mptcp.cli.bench;

/**
 * Payload that reached the receiving application, and in what time.
 *
 * @param bytes every one of them compared with what was sent
 * @param nanos from the connection being there to the end of the measurement
 */
public record Goodput(long bytes, long nanos) {
    /** In Mbit/s. */
    public double mbit() {
        return bytes * 8e3 / nanos;
    }
}
