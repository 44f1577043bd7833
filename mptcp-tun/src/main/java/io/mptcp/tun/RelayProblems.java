package io.mptcp.tun;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What is written of relays that do not do what is wanted. One that does not work concerns every connection: each reason is said when it begins, and that it is
 * over. One that works, and refuses somebody, or a destination, goes on refusing: said once an hour. Both with how often it was met and not said. On the loop.
 */
final class RelayProblems {
    static final long REFUSAL_AGAIN_NANOS = TimeUnit.HOURS.toNanos(1);
    /** A relay that fails and works by turns would fill the log otherwise. */
    static final long FAILURE_AGAIN_NANOS = TimeUnit.MINUTES.toNanos(1);
    /** Of more the oldest is forgotten: what a relay says may be in it. */
    private static final int MAX_REASONS = 256;

    private record Key(String relay, String reason) {
    }

    private static final class Said {
        private long atNanos;
        /** It has been said, and that it is over has not. */
        private boolean current;
        private int unsaid;
    }

    private final Map<Key, Said> said = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Said> eldest) {
            return size() > MAX_REASONS;
        }
    };

    /** It does not work. @return the line to write, null for none */
    String failure(String relay, String reason, long nowNanos) {
        Said before = said.get(new Key(relay, reason));
        if (before != null && before.current) {
            before.unsaid++;
            return null;
        }
        String line = line(relay, reason, "", FAILURE_AGAIN_NANOS, nowNanos);
        said.get(new Key(relay, reason)).current = line != null;
        return line;
    }

    /** It refuses somebody, or what he wants. @param detail what that was, this time. @return the line to write, null for none */
    String refusal(String relay, String reason, String detail, long nowNanos) {
        return line(relay, reason, " (" + detail + ")", REFUSAL_AGAIN_NANOS, nowNanos);
    }

    private String line(String relay, String reason, String detail, long againNanos, long nowNanos) {
        Key key = new Key(relay, reason);
        Said entry = said.get(key);
        if (entry != null && nowNanos - entry.atNanos < againNanos) {
            entry.unsaid++;
            return null;
        }
        String more = entry == null || entry.unsaid == 0 ? "" : "; and " + entry.unsaid + " times since that was last said";
        entry = new Said();
        entry.atNanos = nowNanos;
        said.remove(key);
        said.put(key, entry);
        return "relay " + relay + ": " + reason + detail + more;
    }

    /** Relays are others, or have others' keys: what is wrong with them is news. */
    void clear() {
        said.clear();
    }

    /** It has carried a connection. @return the line to write, null for none */
    String works(String relay) {
        boolean over = false;
        for (Map.Entry<Key, Said> entry : said.entrySet()) {
            if (entry.getKey().relay.equals(relay)) {
                over |= entry.getValue().current;
                entry.getValue().current = false;
            }
        }
        return over ? "relay " + relay + ": works again" : null;
    }
}
