package io.mptcp.spi;

/**
 * Chooses the subflows that carry the next piece of data. A pure policy: it sees a view and returns a value, and no answer
 * can break the protocol. Found by name through {@link java.util.ServiceLoader} ({@link PacketSchedulerFactory}).
 */
public interface PacketScheduler {
    String name();

    /**
     * Which subflows carry the next data.
     *
     * @return bit set of subflow indices in the view; several bits send the same data on each of them; 0 waits for a better moment
     */
    long select(SchedulerView view);
}
