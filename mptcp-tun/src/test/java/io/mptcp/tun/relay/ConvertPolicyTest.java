package io.mptcp.tun.relay;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.tun.ConfigException;
import io.mptcp.wire.IpAddress;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which stock clients of RFC 8803 are served, and how much they are told. */
class ConvertPolicyTest {
    private static final IpAddress CLIENT = IpAddress.parse("192.0.2.1");
    private static final String SECRET = "0123456789abcdef0123456789abcdef";
    private static final long HOUR = AddressCookies.EPOCH_MILLIS;
    private static final long NOW = 495_555 * HOUR + 5;

    private static RelayConfig config(String convert) throws ConfigException {
        return RelayConfig.parse("relay.yaml", "convert: [{address: '192.0.2.9:5124', by: kernel, " + convert + "}]\n");
    }

    @Test
    void aCookieIsGoodForTheAddressItWasGivenToUntilTheNextHourIsOver() {
        AddressCookies cookies = new AddressCookies(SECRET.getBytes());
        byte[] cookie = cookies.cookie(CLIENT, NOW);
        assertEquals(AddressCookies.COOKIE_BYTES, cookie.length);
        assertTrue(cookies.isGood(CLIENT, cookie, NOW));
        assertTrue(cookies.isGood(CLIENT, cookie, NOW + 2 * HOUR - 6));
        assertFalse(cookies.isGood(CLIENT, cookie, NOW + 2 * HOUR));
        assertFalse(cookies.isGood(CLIENT, cookie, NOW - HOUR));
        assertFalse(cookies.isGood(IpAddress.parse("192.0.2.2"), cookie, NOW));
        assertFalse(cookies.isGood(CLIENT, Arrays.copyOf(cookie, 15), NOW));
        assertFalse(cookies.isGood(CLIENT, Arrays.copyOf(cookie, 20), NOW));
        assertFalse(cookies.isGood(CLIENT, new byte[0], NOW));
        for (int bit = 0; bit < 8 * cookie.length; bit++) {
            byte[] changed = cookie.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);
            assertFalse(cookies.isGood(CLIENT, changed, NOW));
        }
    }

    @Test
    void relaysWithOneSecretTakeEachOthersCookiesAndThoseWithoutAnyDoNot() throws Exception {
        ConvertListen shared = config("clients: [192.0.2.0/24], cookie-secret: " + SECRET).convert().getFirst();
        byte[] cookie = new AddressCookies(shared.secretBytes()).cookie(CLIENT, NOW);
        assertTrue(new AddressCookies(shared.secretBytes()).isGood(CLIENT, cookie, NOW));
        ConvertListen alone = config("clients: [192.0.2.0/24]").convert().getFirst();
        byte[] own = new AddressCookies(alone.secretBytes()).cookie(CLIENT, NOW);
        assertFalse(new AddressCookies(alone.secretBytes()).isGood(CLIENT, own, NOW));
        assertFalse(shared.toString().contains(SECRET));
    }

    @Test
    void errorsAreBoundedForEachClientAndForAll() {
        ErrorBudget budget = new ErrorBudget();
        long second = TimeUnit.SECONDS.toNanos(1);
        assertEquals(ErrorBudget.PER_CLIENT_SECOND, told(budget, CLIENT, 100, 0));
        assertTrue(budget.takes(IpAddress.parse("192.0.2.2"), 0), "another has his own");
        assertEquals(ErrorBudget.PER_CLIENT_SECOND, told(budget, CLIENT, 100, second));
        int all = 0;
        for (int client = 0; client < 10_000; client++) {
            all += told(budget, new IpAddress(0x2001_0db8_0000_0000L + client, 1), 1, 10 * second);
        }
        assertEquals(ErrorBudget.PER_SECOND, all);
        assertEquals(ErrorBudget.PER_CLIENT_SECOND, told(budget, IpAddress.parse("2001:db8::1"), 5, 20 * second) + told(budget, IpAddress.parse("2001:db8::2"), 100, 20 * second),
                "a client is a network of 64 bits");
    }

    private static int told(ErrorBudget budget, IpAddress client, int times, long nowNanos) {
        int told = 0;
        for (int i = 0; i < times; i++) {
            told += budget.takes(client, nowNanos) ? 1 : 0;
        }
        return told;
    }

    @Test
    void onlyListedNetworksAreServedAndCookiesAreTheDefault() throws Exception {
        ConvertListen convert = config("clients: [192.0.2.0/25, '2001:db8::/32']").convert().getFirst();
        assertTrue(convert.serves(CLIENT) && convert.serves(IpAddress.parse("2001:db8:1::1")));
        assertFalse(convert.serves(IpAddress.parse("192.0.2.128")) || convert.serves(IpAddress.parse("::ffff:0:1")));
        assertTrue(convert.cookies());
        assertFalse(convert.mptcp());
        assertFalse(RelayConfig.parse("relay.yaml", "convert: [{address: '192.0.2.9:5124', by: kernel, clients: [192.0.2.0/24]}]\n").usesStack());
        assertArrayEquals(SECRET.getBytes(), config("clients: [192.0.2.0/24], cookie-secret: " + SECRET).convert().getFirst().secretBytes());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "cookies: no | relay.yaml:1: 'clients' is missing",
        "clients: [] | clients is empty",
        "clients: [192.0.2.1/24] | 192.0.2.1/24 has host bits set",
        "clients: [everybody] | everybody",
        "clients: [192.0.2.0/24], cookies: no, cookie-secret: 0123456789abcdef0123456789abcdef | there are no cookies",
        "clients: [192.0.2.0/24], cookie-secret: short | 32 to 256",
        "clients: [192.0.2.0/24], token: x | token",
    })
    void mistakesInTheFileAreSaidWithTheirLine(String convert, String said) {
        String message = assertThrows(ConfigException.class, () -> config(convert)).getMessage();
        assertTrue(message.startsWith("relay.yaml:1:") && message.contains(said), message);
    }
}
