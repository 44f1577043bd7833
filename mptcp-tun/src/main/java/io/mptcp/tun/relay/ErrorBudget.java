package io.mptcp.tun.relay;

import io.mptcp.wire.IpAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * So many errors are told in a second, to each client and to all together (RFC 8803 section 6.2.5); whoever makes more gets no answer. What is owed is kept as
 * the time at which it will have been paid. Any thread.
 */
final class ErrorBudget {
    static final int PER_CLIENT_SECOND = 10;
    static final int PER_SECOND = 1000;
    /** Of more the one that has been silent for longest is forgotten. */
    private static final int MAX_CLIENTS = 4096;
    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Map<IpAddress, Long> paidAtNanos = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<IpAddress, Long> eldest) {
            return size() > MAX_CLIENTS;
        }
    };
    private Long allPaidAtNanos;

    /** @return whether this client may be told one more */
    synchronized boolean takes(IpAddress address, long nowNanos) {
        IpAddress client = HalfOpen.client(address);
        long clientsNext = next(paidAtNanos.get(client), SECOND_NANOS / PER_CLIENT_SECOND, nowNanos);
        long next = next(allPaidAtNanos, SECOND_NANOS / PER_SECOND, nowNanos);
        if (clientsNext - nowNanos > SECOND_NANOS || next - nowNanos > SECOND_NANOS) {
            return false;
        }
        paidAtNanos.put(client, clientsNext);
        allPaidAtNanos = next;
        return true;
    }

    private static long next(Long paidAt, long costNanos, long nowNanos) {
        return (paidAt == null || paidAt - nowNanos < 0 ? nowNanos : paidAt) + costNanos;
    }
}
