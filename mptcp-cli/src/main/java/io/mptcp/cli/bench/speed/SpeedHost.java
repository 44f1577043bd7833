package io.mptcp.cli.bench.speed;

import io.mptcp.wire.IpEndpoint;

/** One of the two ends: applications on this stack, or on the kernel's. Used by one thread. */
public interface SpeedHost extends AutoCloseable {
    /** A bulk transfer under way. */
    interface Bulk extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Connects, and sends or receives as fast as it can.
     *
     * @param service {@link Service#SINK} to send, {@link Service#SOURCE} to receive
     */
    Bulk bulk(IpEndpoint server, Service service);

    /**
     * Sends a message, waits until it is back, and so on.
     *
     * @return times from write to read in nanoseconds, in the order they were taken
     */
    long[] echo(IpEndpoint server, long durationNanos);

    /** Connects, sends one message, reads it and the end of the stream, closes, and so on. @return how often in this time */
    long exchanges(IpEndpoint server, long durationNanos);

    /** Payload read by all bulk applications of this host so far, in bytes. */
    long receivedBytes();

    @Override
    void close();
}
