package io.mptcp.tun.relay;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;

/** Takes each nonce once, for as long as the time in its proof would be accepted. Only of users who have proved to be such, so strangers cannot fill it. Any thread. */
final class ReplayGuard {
    /** Clocks may differ by so much. */
    static final long WINDOW_MILLIS = 60_000;
    /** Each of two halves: a thousand connections a second. */
    private static final int MAX_NONCES = 120_000;

    private Set<ByteBuffer> current = new HashSet<>();
    private Set<ByteBuffer> before = new HashSet<>();
    private long startMillis;

    /** Whether a proof of that time can be taken at all. */
    boolean isTimely(long millis, long nowMillis) {
        return millis >= nowMillis - WINDOW_MILLIS && millis <= nowMillis + WINDOW_MILLIS;
    }

    /** @return false when it has been taken before, or there are too many to tell */
    synchronized boolean takes(byte[] nonce, long nowMillis) {
        // A proof is timely for two windows at most: what is older than that is in neither half.
        if (nowMillis - startMillis >= 2 * WINDOW_MILLIS || nowMillis < startMillis) {
            before = nowMillis - startMillis >= 4 * WINDOW_MILLIS ? new HashSet<>() : current;
            current = new HashSet<>();
            startMillis = nowMillis;
        }
        ByteBuffer key = ByteBuffer.wrap(nonce);
        return !before.contains(key) && current.size() < MAX_NONCES && current.add(key);
    }
}
