package io.mptcp.stack;

import io.mptcp.wire.IpAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a client knows of servers' Fast Open (RFC 7413 section 4.1.3): cookie and MSS by address, and of which addresses SYNs with that option get
 * lost. Bounded; the one that was not used for longest makes room.
 */
final class FastOpenCache {
    private static final int MAX_ENTRIES = 1024;
    /** After a SYN with the option was lost the next tries do without for so long, twice as long after each further loss. */
    private static final long FIRST_PAUSE_NANOS = 60_000_000_000L;
    private static final int MAX_DOUBLINGS = 10;
    /** What the link takes is the only bound. */
    static final int UNKNOWN_MSS = 65_535;

    /** What is known of one server. */
    private static final class Server {
        byte[] cookie;
        /** The cookie came by the experimental option. */
        boolean experimental;
        /** A request by the standard option brought none, and one by the experimental option neither. */
        boolean standardInVain;
        boolean experimentInVain;
        int mssBytes;
        /** SYNs with the option lost in a row. */
        int losses;
        long pausedUntilNanos = Long.MIN_VALUE;
    }

    private final Map<IpAddress, Server> entries = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<IpAddress, Server> eldest) {
            return size() > MAX_ENTRIES;
        }
    };

    /** Whether the option may be tried. */
    boolean mayTry(long nowNanos, IpAddress server) {
        Server known = entries.get(server);
        return known == null || nowNanos >= known.pausedUntilNanos;
    }

    /** The server's cookie, or null: one has to be asked for. */
    byte[] cookie(IpAddress server) {
        Server known = entries.get(server);
        return known == null ? null : known.cookie;
    }

    /** MSS of the server's last SYN/ACK, {@link #UNKNOWN_MSS} when there was none. */
    int mssBytes(IpAddress server) {
        Server known = entries.get(server);
        return known == null || known.mssBytes == 0 ? UNKNOWN_MSS : known.mssBytes;
    }

    /** A SYN/ACK brought no cookie, but tells how much the next SYN may carry. */
    void onMss(IpAddress server, int mssBytes) {
        entries.computeIfAbsent(server, key -> new Server()).mssBytes = mssBytes;
    }

    /** @param experimental it came by the experimental option, and goes back the same way */
    void onCookie(IpAddress server, byte[] cookie, boolean experimental, int mssBytes) {
        Server known = entries.computeIfAbsent(server, key -> new Server());
        known.cookie = cookie;
        known.experimental = experimental;
        known.mssBytes = mssBytes;
        known.losses = 0;
        known.pausedUntilNanos = Long.MIN_VALUE;
    }

    /** A request for a cookie got through and brought none. @param experimental it was by the experimental option */
    void onNoCookie(IpAddress server, boolean experimental) {
        Server known = entries.computeIfAbsent(server, key -> new Server());
        known.standardInVain |= !experimental;
        known.experimentInVain |= experimental;
        known.losses = 0;
    }

    /** Whether the next request should be by the experimental option: once, where the standard one brought nothing (as Linux). */
    boolean asksByExperiment(IpAddress server) {
        Server known = entries.get(server);
        return known != null && known.standardInVain && !known.experimentInVain;
    }

    /** The cookie is for the experimental option. */
    boolean isExperimental(IpAddress server) {
        Server known = entries.get(server);
        return known != null && known.experimental;
    }

    /** SYN data was acknowledged: the way is free, also if that SYN had seemed lost. */
    void onSuccess(IpAddress server) {
        Server known = entries.get(server);
        if (known != null) {
            known.losses = 0;
            known.pausedUntilNanos = Long.MIN_VALUE;
        }
    }

    /**
     * A SYN with the option got no answer. One with data is never risked twice (RFC 7413 section 4.1.3.1); that one which only asked for a cookie got
     * lost may be chance.
     */
    void onSynLost(long nowNanos, IpAddress server, boolean withData) {
        Server known = entries.computeIfAbsent(server, key -> new Server());
        known.losses++;
        if (withData || known.losses > 1) {
            known.pausedUntilNanos = nowNanos + (FIRST_PAUSE_NANOS << Math.min(known.losses - 1, MAX_DOUBLINGS));
        }
    }

    void clear() {
        entries.clear();
    }

    int size() {
        return entries.size();
    }
}
