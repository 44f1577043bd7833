package io.mptcp.stack;

import io.mptcp.wire.IpAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Where SYNs with MP_CAPABLE get lost. Linux turns MPTCP off for the whole host when that happens; here only one destination over one link is
 * concerned, for as long: an hour by default, twice as long each time it happens again, until one gets through.
 */
final class Blackholes {
    /** Beyond it the oldest is forgotten, and costs its next connection a few seconds. */
    static final int MAX_ENTRIES = 256;
    /** Of the time, as Linux. */
    private static final int MAX_DOUBLINGS = 6;

    private record Key(int linkId, IpAddress remote) {
    }

    private final Map<Key, Blackhole> entries = new LinkedHashMap<>(0);

    boolean isActive(int linkId, IpAddress remote, long nowNanos) {
        Blackhole entry = entries.isEmpty() ? null : entries.get(new Key(linkId, remote));
        return entry != null && nowNanos < entry.untilNanos();
    }

    /** A SYN without MP_CAPABLE was answered after several with it were not. */
    void onFound(int linkId, IpAddress remote, long nowNanos, long timeoutNanos) {
        if (timeoutNanos == 0) {
            return;
        }
        Key key = new Key(linkId, remote);
        Blackhole before = entries.remove(key);
        int times = before == null ? 1 : before.times() + 1;
        if (entries.size() == MAX_ENTRIES) {
            entries.remove(entries.keySet().iterator().next());
        }
        entries.put(key, new Blackhole(linkId, remote, times, nowNanos + (timeoutNanos << Math.min(times - 1, MAX_DOUBLINGS))));
    }

    /** MP_CAPABLE got through both ways. */
    void onSuccess(int linkId, IpAddress remote) {
        if (!entries.isEmpty()) {
            entries.remove(new Key(linkId, remote));
        }
    }

    /** Those that hold now, the oldest first. Others are kept only to know how often they were found. */
    List<Blackhole> list(long nowNanos) {
        return entries.values().stream().filter(entry -> nowNanos < entry.untilNanos()).toList();
    }

    void clear() {
        entries.clear();
    }

    /** @return whether there was one */
    boolean clear(int linkId, IpAddress remote) {
        return entries.remove(new Key(linkId, remote)) != null;
    }

    /** The link came up: it may lead through another network now. */
    void clearLink(int linkId) {
        entries.keySet().removeIf(key -> key.linkId == linkId);
    }
}
