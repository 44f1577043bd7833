package io.mptcp.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.wire.IpAddress;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeysTest {
    private final Keys keys = new Keys();

    private static long hex64(String text) {
        return Long.parseUnsignedLong(text, 16);
    }

    private static int hex32(String text) {
        return Integer.parseUnsignedInt(text, 16);
    }

    private static long ascii64(String text) {
        long value = 0;
        for (char c : text.toCharArray()) {
            value = value << 8 | c;
        }
        return value;
    }

    @ParameterizedTest(name = "key {0}")
    @CsvSource({
        "0102030405060708, 66840dda, f5a101d3d29d6f72",
        "1112131415161718, ccad45ac, 535beea38e087c8e",
        "ffffffffffffffff, 12a3ae44, 57fb595bbbacf0ca",
        "0000000000000001, cd266215, 19ec509083d00a50",
        "0000000000000002, cd04a475, 886540e5dce77f70",
        "9c3e5b7a00d1f284, c9f68dde, ec288e5c7dad584b",
    })
    void tokenAndInitialDataSequenceNumberAreTheEndsOfTheHash(String key, String token, String idsn) {
        assertEquals(hex32(token), keys.token(hex64(key)));
        assertEquals(hex64(idsn), keys.idsn(hex64(key)));
    }

    /** The cases the Linux kernel tests its own routine with. */
    @ParameterizedTest
    @CsvSource({
        "0b0b0b0b, 0b0b0b0b, 48692054, 8385e24fb4235ac37556b6b886db106284a1da671699f46db1f235ec622dcafa",
        "aaaaaaaa, aaaaaaaa, dddddddd, 2c5e219164ff1dca1c4a92318d847bb6b9d44492984e1eb71aff9022f71046e9",
        "01020304, 05060708, cdcdcdcd, e73b9ba9969969cefb04aa0d6df18ec2fcc075b6f23b4d8c4da736a5dbbc6e7d",
    })
    void hmacOfKnownKeysAndMessages(String key1, String key2, String message, String expected) {
        long nonces = ascii64(message);
        byte[] hmac = keys.hmacSha256(ascii64(key1), ascii64(key2), (int) (nonces >>> 32), (int) nonces);
        assertEquals(expected, HexFormat.of().formatHex(hmac));
    }

    @ParameterizedTest(name = "keys {0} {1} nonces {2} {3}")
    @CsvSource({
        "0102030405060708, 1112131415161718, a1a2a3a4, b1b2b3b4, 53037f2899475529844115fd07e665d23d3554fb, 864b40428762fd06",
        "ffffffffffffffff, 0000000000000001, 00000001, ffffffff, b320f3957fc5fd51629c3261e92a391f846e0138, f49a357873012677",
        "0000000000000002, 9c3e5b7a00d1f284, deadbeef, 00c0ffee, fc5845ff265ef4a4b1e844a49a45c50dbccc0d2e, d1d3677ca6011aee",
    })
    void joinHmacsOfBothSides(String keyA, String keyB, String nonceA, String nonceB, String hmacA, String hmacB) {
        long a = hex64(keyA);
        long b = hex64(keyB);
        int ra = hex32(nonceA);
        int rb = hex32(nonceB);
        assertEquals(hmacA, HexFormat.of().formatHex(keys.joinAckHmac(a, b, ra, rb)));
        assertEquals(hex64(hmacB), keys.joinSynAckHmac(b, a, rb, ra));

        long first = hex64(hmacA.substring(0, 16));
        long second = hex64(hmacA.substring(16, 32));
        int third = hex32(hmacA.substring(32));
        assertTrue(keys.verifyJoinAck(a, b, ra, rb, first, second, third));
        assertFalse(keys.verifyJoinAck(b, a, rb, ra, first, second, third), "roles swapped");
        for (int bit = 0; bit < 64; bit++) {
            assertFalse(keys.verifyJoinAck(a, b, ra, rb, first ^ 1L << bit, second, third));
            assertFalse(keys.verifyJoinAck(a, b, ra, rb, first, second ^ 1L << bit, third));
            assertFalse(keys.verifyJoinAck(a, b, ra, rb, first, second, third ^ 1 << bit));
        }
    }

    @ParameterizedTest(name = "{0} > {1}: {2} {3} port {4}")
    @CsvSource({
        "0102030405060708, 1112131415161718, 2, 192.0.2.10,  0,    b4f807b46d263ed8",
        "0102030405060708, 1112131415161718, 2, 192.0.2.10,  8080, c59ca02bc85903d6",
        "0102030405060708, 1112131415161718, 3, 2001:db8::a, 0,    2b5fa17f29909ace",
        "0102030405060708, 1112131415161718, 3, 2001:db8::a, 443,  683c551af6c4b2ad",
        "1112131415161718, 0102030405060708, 2, 192.0.2.10,  0,    cc3ed2c6fbb50295",
        "1112131415161718, 0102030405060708, 2, 192.0.2.10,  8080, af245b30da25c74b",
        "1112131415161718, 0102030405060708, 3, 2001:db8::a, 0,    2d26e1b7d4ed9d5a",
        "1112131415161718, 0102030405060708, 3, 2001:db8::a, 443,  c197fdd1172c9fba",
        "ffffffffffffffff, 0000000000000001, 2, 192.0.2.10,  0,    e07a9e166a12f743",
        "ffffffffffffffff, 0000000000000001, 2, 192.0.2.10,  8080, 45f928ed40ef67eb",
        "ffffffffffffffff, 0000000000000001, 3, 2001:db8::a, 0,    4f7ab3e49cfa189c",
        "ffffffffffffffff, 0000000000000001, 3, 2001:db8::a, 443,  09a168b356b38b39",
        "0000000000000002, 9c3e5b7a00d1f284, 2, 192.0.2.10,  0,    ecc0d0f1879a9617",
        "0000000000000002, 9c3e5b7a00d1f284, 2, 192.0.2.10,  8080, a7c4cbf11bbe1601",
        "0000000000000002, 9c3e5b7a00d1f284, 3, 2001:db8::a, 0,    a46c78064c633e48",
        "0000000000000002, 9c3e5b7a00d1f284, 3, 2001:db8::a, 443,  464d7fd131ddae80",
    })
    void addAddrHmacOfKnownAddresses(String sender, String receiver, int id, String address, int port, String expected) {
        IpAddress ip = IpAddress.parse(address);
        assertEquals(hex64(expected), keys.addAddrHmac(hex64(sender), hex64(receiver), id, ip.hi(), ip.lo(), port));
    }

    @Test
    void oneCallLeavesNothingBehindForTheNext() {
        long hmac = keys.joinSynAckHmac(1, 2, 3, 4);
        keys.addAddrHmac(5, 6, 7, 0, IpAddress.mapped(8), 9);
        int token = keys.token(10);
        assertEquals(hmac, keys.joinSynAckHmac(1, 2, 3, 4));
        assertEquals(token, new Keys().token(10));
    }
}
