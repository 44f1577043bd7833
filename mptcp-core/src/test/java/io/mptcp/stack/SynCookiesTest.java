package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.tcp.IncomingSegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** RFC 4987 section 3.6. */
class SynCookiesTest {
    private static final long MINUTE = 60_000_000_000L;
    private static final FlowKey KEY = new FlowKey(0, 0xffff_0a00_0001L, 80, 0, 0xffff_0a00_0002L, 40_000);

    private final Keys keys = new Keys();
    private final SynCookies cookies = new SynCookies(new Random(5)::nextLong);

    @Test
    void theMssComesBackRoundedDown() {
        int[][] pairs = {{-1, 536}, {1, 216}, {216, 216}, {535, 216}, {536, 536}, {1219, 536}, {1399, 1360}, {1460, 1460}, {8959, 1460},
                {8960, 8960}, {65_535, 8960}};
        for (int[] pair : pairs) {
            int iss = cookies.iss(7 * MINUTE, KEY, 12, pair[0]);
            assertEquals(pair[1], cookies.mssBytes(7 * MINUTE, KEY, 12, iss), () -> "MSS " + pair[0]);
        }
    }

    @Test
    void aCookieIsForItsTupleSynAndTimeOnly() {
        long now = 1000 * MINUTE + 1;
        int iss = cookies.iss(now, KEY, 12, 1460);
        assertEquals(1460, cookies.mssBytes(now + MINUTE, KEY, 12, iss));
        assertEquals(-1, cookies.mssBytes(now + 2 * MINUTE, KEY, 12, iss));
        assertEquals(-1, cookies.mssBytes(now + 256 * MINUTE, KEY, 12, iss), "the count of minutes wraps, the hash does not");
        assertEquals(-1, cookies.mssBytes(now, KEY, 13, iss));
        assertEquals(-1, cookies.mssBytes(now, new FlowKey(0, KEY.localLo(), 80, 0, KEY.remoteLo(), 40_001), 12, iss));
        assertEquals(-1, new SynCookies(new Random(6)::nextLong).mssBytes(now, KEY, 12, iss));
    }

    @Test
    void guessingHitsAboutEightInSixteenMillion() {
        Random random = new Random(1);
        int hits = 0;
        for (int i = 0; i < 200_000; i++) {
            hits += cookies.mssBytes(1000 * MINUTE, KEY, 12, random.nextInt()) >= 0 ? 1 : 0;
        }
        assertTrue(hits <= 3, "hits: " + hits);
    }

    @Test
    void optionsComeBackFromTheTimestamp() {
        for (int scale = -1; scale <= 14; scale++) {
            for (int now : new int[] {0, 31, 32, 1_000_003, Integer.MAX_VALUE, Integer.MIN_VALUE + 5, -1}) {
                boolean sack = (scale & 1) == 0;
                int tsVal = SynCookies.tsVal(now, scale, sack, !sack);
                assertTrue(now - tsVal >= 0 && now - tsVal < 128, "never in the future, and not long ago");
                IncomingSegment syn = new IncomingSegment();
                SynCookies.restoreOptions(syn, tsVal);
                assertEquals(scale, syn.options.windowScale);
                assertEquals(sack, syn.options.sackPermitted);
                assertEquals(!sack, syn.asksForEcn());
            }
        }
    }

    @Test
    void theKeyIsTheSameAgainAndAnotherForAnotherSyn() {
        assertEquals(cookies.localKey(KEY, 1, 2, keys, TokenShard.WHOLE), cookies.localKey(KEY, 1, 2, keys, TokenShard.WHOLE));
        assertNotEquals(cookies.localKey(KEY, 1, 2, keys, TokenShard.WHOLE), cookies.localKey(KEY, 2, 1, keys, TokenShard.WHOLE));
    }

    @Test
    void theTokenOfAKeyIsTheStacksOwn() {
        TokenShard second = new TokenShard(1, 3);
        for (int irs = 0; irs < 50; irs++) {
            long key = cookies.localKey(KEY, irs, 7, keys, second);
            assertEquals(1, Integer.remainderUnsigned(keys.token(key), 3));
            assertEquals(key, cookies.localKey(KEY, irs, 7, keys, second));
        }
    }
}
