package io.mptcp.tun;

import io.mptcp.wire.IpAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What is remembered of converters (RFC 8803): their cookies, and those that are not to be asked for a while. On the loop. */
final class ConvertMemory {
    /** Of more the oldest is forgotten: addresses of paths change. */
    private static final int MAX_COOKIES = 64;

    /** A cookie is given to an address. */
    private record Key(InetSocketAddress server, IpAddress local) {
    }

    private final Map<Key, byte[]> cookies = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, byte[]> eldest) {
            return size() > MAX_COOKIES;
        }
    };
    private final Map<InetSocketAddress, Long> leftUntilNanos = new HashMap<>();

    /** Null without one. */
    byte[] cookie(InetSocketAddress server, IpAddress local) {
        return cookies.get(new Key(server, local));
    }

    /** @param cookie null to forget the one there is */
    void setCookie(InetSocketAddress server, IpAddress local, byte[] cookie) {
        cookies.remove(new Key(server, local));
        if (cookie != null) {
            cookies.put(new Key(server, local), cookie);
        }
    }

    void leave(InetSocketAddress server, int seconds, long nowNanos) {
        leftUntilNanos.put(server, nowNanos + TimeUnit.SECONDS.toNanos(seconds));
    }

    boolean isLeft(InetSocketAddress server, long nowNanos) {
        Long until = leftUntilNanos.get(server);
        if (until != null && until - nowNanos <= 0) {
            leftUntilNanos.remove(server);
            return false;
        }
        return until != null;
    }
}
