package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.wire.IpAddress;
import org.junit.jupiter.api.Test;

/** RFC 7413 section 4.1.3. */
class FastOpenCacheTest {
    private static final long MINUTE = 60_000_000_000L;

    private final FastOpenCache cache = new FastOpenCache();

    private static IpAddress server(int number) {
        return IpAddress.ofIpv4(0x0a00_0000 + number);
    }

    @Test
    void theServerNotUsedForLongestMakesRoom() {
        for (int i = 0; i < 1024; i++) {
            cache.onCookie(server(i), new byte[8], false, 1460);
        }
        assertNotNull(cache.cookie(server(0)));
        cache.onCookie(server(5000), new byte[8], false, 1460);
        assertEquals(1024, cache.size());
        assertNotNull(cache.cookie(server(0)));
        assertNull(cache.cookie(server(1)));
    }

    @Test
    void eachLossDoublesThePauseAndACookieEndsIt() {
        cache.onSynLost(0, server(1), true);
        assertFalse(cache.mayTry(MINUTE - 1, server(1)));
        assertTrue(cache.mayTry(MINUTE, server(1)));
        cache.onSynLost(MINUTE, server(1), true);
        assertFalse(cache.mayTry(3 * MINUTE - 1, server(1)));
        assertTrue(cache.mayTry(3 * MINUTE, server(1)));
        for (int i = 0; i < 100; i++) {
            cache.onSynLost(0, server(1), true);
        }
        assertTrue(cache.mayTry(1024 * MINUTE, server(1)), "a pause has an end");
        cache.onSynLost(0, server(1), true);
        cache.onCookie(server(1), new byte[4], false, 1000);
        assertTrue(cache.mayTry(0, server(1)));
        assertTrue(cache.mayTry(0, server(2)));
    }
}
