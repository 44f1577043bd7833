package io.mptcp.spi;

/** What a scheduler sees: the subflows of one connection by index (0-based, at most 64), and the data to be placed. */
public interface SchedulerView {
    int subflowCount();

    /**
     * Whether subflow {@code index} could take data now: fully established, not closing, not stale, its link writable, and room in its
     * congestion window and peer window.
     */
    boolean isAvailable(int index);

    /** Whether it is alive and usable (fully established, not closing, not stale) even if its windows are full just now. */
    boolean isActive(int index);

    /** Either side asked for this subflow to be used only as backup (RFC 8684 section 3.3.8, as Linux reads it). */
    boolean isBackup(int index);

    /** Smoothed RTT in nanoseconds, 0 before the first sample. */
    long srttNanos(int index);

    long rttVarNanos(int index);

    long cwndBytes(int index);

    long inFlightBytes(int index);

    /**
     * Nanoseconds until a segment given to it now would be acknowledged, by what it has in flight and by the rate at which it has been found to
     * deliver. Before a queue has shown in the smoothed RTT this tells more.
     */
    long deliveryNanos(int index);

    /** Rate at which the subflow drains, in bytes per second: the pacing rate, or cwnd / srtt. 0 when unknown. */
    long rateBytesPerSecond(int index);

    /** Slow-start threshold in bytes, Long.MAX_VALUE while there is none. */
    long ssthreshBytes(int index);

    int mssBytes(int index);

    /** Whether the initial subflow of the connection is this one. */
    boolean isInitial(int index);

    /** Weight given to the path by configuration; 1 by default. */
    int weight(int index);

    /** Price of a byte on the path, given by configuration; 0 for a path that costs nothing. Copies do not belong on one that does. */
    default int cost(int index) {
        return 0;
    }

    /** The data to place has been sent before, on another subflow. */
    boolean isReinjection();

    /** Bytes waiting at connection level, the piece to place included. */
    long pendingBytes();

    /** Time of this decision, on a clock that only goes forward. */
    long nowNanos();

    /**
     * How often so far one subflow had to take over what another one held, because the end of the stream, the receive window or the send buffer
     * waited for it: a sign that a slow subflow was given too much.
     */
    long blockings();

    /** The connection's send window in bytes, what is in flight included: the peer's, or the send buffer where that is smaller. */
    long sendWindowBytes();

    /** Room left in the connection's send window, in bytes. */
    long windowBytes();
}
