package io.mptcp.tun.relay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.pm.PathQuota;
import io.mptcp.pm.PathRole;
import io.mptcp.tun.BitRate;
import io.mptcp.tun.relay.RelayUser.Way;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a user may carry, in virtual time. */
class RelayUserTest {
    private static final ZonedDateTime NOON = ZonedDateTime.of(2026, 11, 29, 12, 0, 0, 0, ZoneOffset.UTC);
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final int READ_BYTES = 65_536;

    private static RelayConfig.User configured(String rate, String quota) {
        return new RelayConfig.User("alice", "0123456789abcdef0123456789abcdef", 4, rate == null ? null : BitRate.parse(rate),
                quota == null ? null : PathQuota.parse(quota, PathRole.OFF));
    }

    private static RelayUser user(String rate, String quota) {
        return new RelayUser(configured(rate, quota), NOON);
    }

    /** Connections that read as much as they may, each waiting as long as it was told. @return bytes in so many seconds */
    private static long read(RelayUser user, Way way, int connections, long fromNanos, int seconds) {
        long[] nextNanos = new long[connections];
        Arrays.fill(nextNanos, fromNanos);
        long bytes = 0;
        for (long now = fromNanos; now < fromNanos + seconds * SECOND; now += 1_000_000) {
            for (int i = 0; i < connections; i++) {
                if (nextNanos[i] <= now) {
                    bytes += READ_BYTES;
                    nextNanos[i] = now + user.carry(way, READ_BYTES, now);
                }
            }
        }
        return bytes;
    }

    @ParameterizedTest
    @CsvSource({"20Mbit/s, 1", "20Mbit/s, 7", "500kbit/s, 3", "1Gbit/s, 100"})
    void allConnectionsTogetherGoAsFastAsTheRate(String rate, int connections) {
        RelayUser user = user(rate, null);
        long allowed = BitRate.parse(rate).bitsPerSecond() / 8 * 30;
        long bytes = read(user, Way.TO_CLIENT, connections, 5 * SECOND, 30);
        long slack = allowed / 100 + (connections + 1L) * READ_BYTES; // what each reads before it is told to wait
        // A thousand looks a second and not more: a gigabit is seen through that grid.
        assertTrue(bytes <= allowed + slack && bytes >= Math.min(allowed, 1000L * 30 * READ_BYTES * connections) - slack, bytes + " of " + allowed);
    }

    @Test
    void eachDirectionHasItsOwn() {
        RelayUser user = user("8Mbit/s", null);
        long allowed = 10_000_000;
        assertEquals(allowed, read(user, Way.TO_CLIENT, 2, 0, 10), 0.05 * allowed);
        assertEquals(allowed, read(user, Way.TO_DESTINATION, 2, 0, 10), 0.05 * allowed);
    }

    @Test
    void anotherRateIsForConnectionsThatAreThereToo() {
        RelayUser user = user("8Mbit/s", null);
        read(user, Way.TO_CLIENT, 2, 0, 10);
        user.configure(configured("80Mbit/s", null), NOON);
        assertEquals(100_000_000, read(user, Way.TO_CLIENT, 2, 10 * SECOND, 10), 5_000_000);
        user.configure(configured(null, null), NOON);
        assertEquals(0, user.carry(Way.TO_CLIENT, READ_BYTES, 20 * SECOND));
    }

    /** They cannot be made to wait: a queue of a quarter of a second is what they get, and streams pay for them. */
    @Test
    void datagramsCountAndAreDroppedBeyondAQueueOfTheRate() {
        RelayUser user = user("8Mbit/s", null);
        int passed = 0;
        for (long now = 0; now < 10 * SECOND; now += SECOND / 2000) { // 24 Mbit/s
            passed += user.carryDatagram(Way.TO_DESTINATION, 1500, now) ? 1 : 0;
        }
        assertEquals(10_000_000, passed * 1500L, 400_000);
        assertEquals(20_000 - passed, user.use().droppedDatagrams());
        assertTrue(user.carry(Way.TO_DESTINATION, 1, 10 * SECOND) > RelayUser.MOST_OWED_BY_DATAGRAMS_NANOS / 2, "a stream waits for them");
        assertTrue(user.carryDatagram(Way.TO_CLIENT, 1500, 10 * SECOND), "the other direction has its own");
        assertTrue(user.carryDatagram(Way.TO_DESTINATION, 1500, 11 * SECOND), "a pause, and there is room again");
    }

    @Test
    void whoHasUsedUpHisQuotaGetsNothingUntilThePeriodEnds() {
        RelayUser user = user(null, "1M/day");
        Channel connection = new EmbeddedChannel();
        assertNull(user.enters(connection));
        user.carry(Way.TO_CLIENT, 600_000, 0);
        assertTrue(user.carryDatagram(Way.TO_DESTINATION, 300_000, 0));
        assertNull(user.updateQuota(NOON));
        user.carry(Way.TO_DESTINATION, 100_000, 0);
        assertEquals("user alice: quota of 1M/day used up, until 2026-11-30", user.updateQuota(NOON));
        assertEquals(List.of(connection), user.channels());
        assertNull(user.updateQuota(NOON.plusMinutes(1)), "said once");
        assertEquals(Refusal.QUOTA_USED_UP, user.enters(new EmbeddedChannel()));
        assertEquals(Refusal.QUOTA_USED_UP, user.entersSession(new EmbeddedChannel()));
        assertEquals(1_000_000, user.use().quotaUsedBytes());
        assertNull(user.updateQuota(NOON.plusHours(12)));
        assertEquals(0, user.use().quotaUsedBytes());
        assertNull(user.enters(new EmbeddedChannel()));
    }

    @Test
    void aLargerQuotaLetsHimGoOnWithWhatHeHasUsed() {
        RelayUser user = user(null, "1M/day");
        user.carry(Way.TO_CLIENT, 1_500_000, 0);
        assertNotNull(user.updateQuota(NOON));
        user.configure(configured(null, "2M/day"), NOON);
        assertNull(user.enters(new EmbeddedChannel()));
        assertEquals(1_500_000, user.use().quotaUsedBytes());
        user.configure(configured(null, null), NOON);
        user.carry(Way.TO_CLIENT, 10_000_000, 0);
        user.configure(configured(null, "1M/day"), NOON);
        assertNull(user.updateQuota(NOON), "what was carried without a quota does not count");
    }

    @Test
    void someConnectionsAtATimeAndNoMore() {
        RelayUser user = user(null, null);
        Channel first = new EmbeddedChannel();
        assertNull(user.enters(first));
        for (int i = 0; i < 3; i++) {
            assertNull(user.entersSession(new EmbeddedChannel()));
        }
        assertEquals(Refusal.USER_FULL, user.enters(new EmbeddedChannel()));
        user.left(first);
        assertNull(user.entersSession(new EmbeddedChannel()));
    }

    @ParameterizedTest
    @CsvSource({"20Mbit/s, 20000000, 20Mbit/s", "20 Mbit, 20000000, 20Mbit/s", "1.5Mbit/s, 1500000, 1500kbit/s", "500kbit/s, 500000, 500kbit/s", "2Gbit/s, 2000000000, 2Gbit/s"})
    void ratesAreWrittenLikeThis(String text, long bitsPerSecond, String again) {
        assertEquals(new BitRate(bitsPerSecond), BitRate.parse(text));
        assertEquals(again, BitRate.parse(text).toString());
    }

    @ParameterizedTest
    @CsvSource({"20", "20M", "-1Mbit/s", "20MB/s", "1kbit/s", "999999Gbit/s", "Mbit/s", "1e3Mbit/s"})
    void otherThingsAreNoRates(String text) {
        assertThrows(IllegalArgumentException.class, () -> BitRate.parse(text));
    }
}
