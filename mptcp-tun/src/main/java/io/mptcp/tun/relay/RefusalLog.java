package io.mptcp.tun.relay;

import io.mptcp.wire.IpAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts refusals, and writes each reason once per client and hour: a client that tries for ever fills no disk. Any thread. */
final class RefusalLog {
    private static final Logger LOG = LoggerFactory.getLogger("io.mptcp.tun.relay");
    private static final long AGAIN_NANOS = TimeUnit.HOURS.toNanos(1);
    /** Of many clients the oldest are forgotten. */
    private static final int MAX_CLIENTS = 1024;
    /** Clients are many with a whole IPv6 network: above that many lines a minute nothing is written. */
    private static final int LINES_PER_MINUTE = 60;

    private static final int MAX_REASON_LENGTH = 120;

    private record Key(Refusal refusal, IpAddress client) {
    }

    private final AtomicLongArray counts = new AtomicLongArray(Refusal.values().length);
    private final Map<Key, Long> written = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Long> eldest) {
            return size() > MAX_CLIENTS;
        }
    };
    private long minuteStartNanos;
    private int linesThisMinute;

    long count(Refusal refusal) {
        return counts.get(refusal.ordinal());
    }

    /** Counts it, and writes nothing: it is in the order of things. */
    void note(Refusal refusal) {
        counts.incrementAndGet(refusal.ordinal());
    }

    /** @param detail what a person would want to know beside the reason, empty for nothing */
    void refused(Refusal refusal, IpAddress client, String detail) {
        note(refusal);
        if (isNews(new Key(refusal, client))) {
            LOG.warn("refused {}: {}{} (said once an hour; counted as {})", client, refusal, detail.isEmpty() ? "" : ", " + detail, refusal.key());
        }
    }

    /** What a stranger has said, so that it can be written. */
    static String printable(String name) {
        return "'" + name.replaceAll("[^A-Za-z0-9._-]", "?") + "'";
    }

    /** What a library says of it, so that it can be written: a part of what came may be in it. */
    static String reason(Throwable failure) {
        Throwable root = failure;
        while (root != null && root.getCause() != null) {
            root = root.getCause(); // those around it say its class
        }
        String said = root == null || root.getMessage() == null ? "" : root.getMessage();
        String clean = said.replaceAll("\\s+", " ").replaceAll("[^ -~]", "?").replaceAll(": [0-9a-f]{16,}.*", "");
        return clean.length() <= MAX_REASON_LENGTH ? clean : clean.substring(0, MAX_REASON_LENGTH) + "...";
    }

    private synchronized boolean isNews(Key key) {
        long now = System.nanoTime();
        Long before = written.get(key);
        if (before != null && now - before < AGAIN_NANOS) {
            return false;
        }
        if (linesThisMinute == 0 || now - minuteStartNanos > TimeUnit.MINUTES.toNanos(1)) {
            minuteStartNanos = now;
            linesThisMinute = 0;
        }
        if (linesThisMinute >= LINES_PER_MINUTE) {
            return false;
        }
        linesThisMinute++;
        written.remove(key);
        written.put(key, now);
        return true;
    }
}
