package io.mptcp.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link IpAddress}, its text, {@link IpEndpoint} and {@link Seq}. */
class AddressesTest {
    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.1", "0.0.0.0, 0.0.0.0", "255.255.255.255, 255.255.255.255", "::ffff:192.0.2.1, 192.0.2.1",
        "::, ::", "::1, ::1", "2001:db8::, 2001:db8::", "2001:DB8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1", "1:0:0:2:0:0:0:3, 1:0:0:2::3", "fe80::1:2:3:4, fe80::1:2:3:4",
        "64:ff9b::192.0.2.33, 64:ff9b::c000:221", "0001:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0", "1:2:3:4:5:6:1.2.3.4, 1:2:3:4:5:6:102:304",
    })
    void textOfAnAddressIsCanonical(String text, String canonical) {
        IpAddress address = IpAddress.parse(text);
        assertEquals(canonical, address.toString());
        assertEquals(address, IpAddress.parse(canonical));
        assertEquals(address, IpAddress.of(address.toBytes()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.+4", "1.2.3.", "1.2.3.4 ", "0x1.2.3.4", "localhost", ":", ":::",
        "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "1:2:3:4:5:6:7:1.2.3.4", "::1.2.3", "1.2.3.4::", "1:", ":1",
        "1:2:3:4:5:6:7:8::", "fe80::1%eth0", "::-1", "::+1", "\u0661.2.3.4"})
    void whatIsNoAddressIsRefusedByName(String text) {
        var failure = assertThrows(IllegalArgumentException.class, () -> IpAddress.parse(text));
        assertEquals("'" + text + "' is not an IP address", failure.getMessage());
    }

    @Test
    void addressesReadLikeThoseOfThePlatform() throws UnknownHostException {
        Random random = new Random(1);
        for (int i = 0; i < 2_000; i++) {
            byte[] bytes = new byte[random.nextBoolean() ? 4 : 16];
            random.nextBytes(bytes);
            for (int zeroed = random.nextInt(3) * 2; bytes.length == 16 && zeroed > 0; zeroed--) {
                bytes[random.nextInt(16)] = 0;
            }
            IpAddress address = IpAddress.of(bytes);
            assertArrayEquals(bytes, address.toBytes());
            assertEquals(bytes.length == 4, address.isIpv4());
            assertEquals(address, IpAddress.parse(InetAddress.getByAddress(bytes).getHostAddress()));
            assertArrayEquals(bytes, InetAddress.getByName(address.toString()).getAddress());
        }
    }

    @Test
    void anyIsUnspecifiedInBothFamilies() {
        assertTrue(IpAddress.ANY.isAny());
        assertTrue(IpAddress.parse("0.0.0.0").isAny());
        assertFalse(IpAddress.parse("::1").isAny());
        assertThrows(IllegalArgumentException.class, () -> IpAddress.of(new byte[5]));
    }

    @Test
    void endpointsPutIpv6InBrackets() {
        assertEquals("192.0.2.1:80", new IpEndpoint(IpAddress.parse("192.0.2.1"), 80).toString());
        assertEquals("[2001:db8::1]:80", new IpEndpoint(IpAddress.parse("2001:db8::1"), 80).toString());
        assertThrows(IllegalArgumentException.class, () -> new IpEndpoint(IpAddress.ANY, 65_536));
        assertThrows(IllegalArgumentException.class, () -> new IpEndpoint(IpAddress.ANY, -1));
    }

    @Test
    void sequenceNumbersCompareAcrossTheWrap() {
        assertTrue(Seq.before(0xfffffff0, 5));
        assertTrue(Seq.after(5, 0xfffffff0));
        assertFalse(Seq.before(5, 5));
        assertFalse(Seq.after(5, 5));
    }

    @Test
    void shortSequenceNumbersExtendToTheNearest() {
        assertEquals(0x1_0000_0005L, Seq.extend(5, 0xffff_fff0L));
        assertEquals(0xffff_fff0L, Seq.extend(0xfffffff0, 0x1_0000_0005L));
        assertEquals(0xf5a101d3d29d6f73L, Seq.extend(0xd29d6f73, 0xf5a101d3d29d0000L));
        Random random = new Random(2);
        for (int i = 0; i < 1_000; i++) {
            long reference = random.nextLong();
            long near = reference + random.nextInt();
            assertEquals(near, Seq.extend((int) near, reference));
        }
    }
}
