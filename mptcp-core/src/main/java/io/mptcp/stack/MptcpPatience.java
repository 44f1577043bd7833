package io.mptcp.stack;

/**
 * How long Multipath TCP is tried where it does not get through, and waited for when its subflows are gone: what Linux has as {@code net.mptcp.*}, with the same
 * defaults.
 *
 * @param synRetransBeforeTcpFallback how often a SYN is sent again with MP_CAPABLE before it is without, 0 for never ({@code syn_retrans_before_tcp_fallback})
 * @param blackholeTimeoutNanos       for how long a destination, over one link, gets no MP_CAPABLE after a SYN without was answered where those with were not;
 *                                    twice as long each time it happens again. 0 remembers nothing ({@code blackhole_timeout})
 * @param closeTimeoutNanos           how long a connection waits for a new subflow after it lost the last one, and a closed one for its peer
 *                                    ({@code close_timeout})
 */
public record MptcpPatience(int synRetransBeforeTcpFallback, long blackholeTimeoutNanos, long closeTimeoutNanos) {
    private static final long SECOND_NANOS = 1_000_000_000L;
    /** What is doubled several times has to stay a number. */
    private static final long MAX_BLACKHOLE_NANOS = 365L * 86_400 * SECOND_NANOS;

    /** Linux's: MP_CAPABLE in two repeated SYNs, an hour, a minute. */
    public static final MptcpPatience DEFAULT = new MptcpPatience(2, 3600 * SECOND_NANOS, 60 * SECOND_NANOS);

    public MptcpPatience {
        if (synRetransBeforeTcpFallback < 0 || blackholeTimeoutNanos < 0 || blackholeTimeoutNanos > MAX_BLACKHOLE_NANOS || closeTimeoutNanos <= 0) {
            throw new IllegalArgumentException(synRetransBeforeTcpFallback + " retransmissions, " + blackholeTimeoutNanos + " ns and " + closeTimeoutNanos + " ns");
        }
    }
}
