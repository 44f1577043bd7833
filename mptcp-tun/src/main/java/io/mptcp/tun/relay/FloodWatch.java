package io.mptcp.tun.relay;

import io.mptcp.stack.Counter;
import io.mptcp.stack.Counters;
import io.netty.channel.EventLoop;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells when handshakes come by the hundred and lead to nothing, as the kernel does ("possible SYN flooding"). The stack deals with them by itself, without
 * an object for each, so nobody else would notice: its counters tell. Lives on the stack's loop.
 */
final class FloodWatch {
    private static final Logger LOG = LoggerFactory.getLogger("io.mptcp.tun.relay");
    static final long INTERVAL_SECONDS = 5;
    /** So many within the interval are worth a line. */
    static final long MANY = 100;
    private static final long AGAIN_NANOS = TimeUnit.HOURS.toNanos(1);

    private static final Map<Counter, String> SIGNS = new EnumMap<>(Map.of(
            Counter.TCPReqQFullDoCookies, "connections are begun and not finished, and are answered with SYN cookies",
            Counter.TCPReqQFullDrop, "connections are begun and not finished, and are dropped",
            Counter.MPJoinNoTokenFound, "subflows want to join connections that are none, and are reset",
            Counter.MPJoinRejected, "subflows want to join a connection that has as many, or as many half open, as it may, and are refused"));

    private final Map<Counter, Long> counted = new EnumMap<>(Counter.class);
    private final Map<Counter, Long> saidNanos = new EnumMap<>(Counter.class);

    /** @param counters of the stack, asked on {@code loop} */
    static void start(EventLoop loop, Supplier<Counters> counters) {
        FloodWatch watch = new FloodWatch();
        loop.scheduleAtFixedRate(() -> watch.look(loop.ticker().nanoTime(), counters.get()::get), INTERVAL_SECONDS, INTERVAL_SECONDS, TimeUnit.SECONDS);
    }

    /** To be called once in every interval. @return how many lines were written */
    int look(long nowNanos, ToLongFunction<Counter> counters) {
        int lines = 0;
        for (Map.Entry<Counter, String> sign : SIGNS.entrySet()) {
            long count = counters.applyAsLong(sign.getKey());
            Long before = counted.put(sign.getKey(), count);
            long more = before == null ? count : count - before;
            Long said = saidNanos.get(sign.getKey());
            if (more >= MANY && (said == null || nowNanos - said >= AGAIN_NANOS)) {
                saidNanos.put(sign.getKey(), nowNanos);
                LOG.warn("flooded: {} {} in {} s (said once an hour; counted as {})", more, sign.getValue(), INTERVAL_SECONDS, sign.getKey());
                lines++;
            }
        }
        return lines;
    }
}
