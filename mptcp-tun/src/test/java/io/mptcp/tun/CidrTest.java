package io.mptcp.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CidrTest {
    @ParameterizedTest
    @CsvSource({
        "10.255.0.1/30, 10.255.0.0/30", "10.1.2.3/32, 10.1.2.3/32", "10.1.2.3/0, 0.0.0.0/0", "10.1.2.3/9, 10.0.0.0/9",
        "fd00:1:2:3:4:5:6:7/64, fd00:1:2:3::/64", "fd00:1:2:3:4:5:6:7/65, fd00:1:2:3::/65", "fd00:1:2:3:ffff::/66, fd00:1:2:3:c000::/66",
        "fd00:1:2:3::1/128, fd00:1:2:3::1/128", "ffff::/0, ::/0", "fd00:1::/17, fd00::/17"})
    void theNetworkHasNoHostBits(String address, String network) {
        assertEquals(network, Cidr.parse(address).network().toString());
    }

    @Test
    void withoutALengthItIsOneAddress() {
        assertEquals("192.0.2.1/32", Cidr.parse("192.0.2.1").toString());
        assertEquals("fd00::1/128", Cidr.parse("fd00::1").toString());
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.1/33", "fd00::/129", "10.0.0.1/-1", "10.0.0.1/", "/8", "10.0.0/8", "10.0.0.1/8/8", "''"})
    void whatIsNoCidrIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> Cidr.parse(text));
    }

    @Test
    void defaultRoutesAreSetAsTwoHalves() {
        List<Cidr> routes = TunInterface.routes(Stream.of("0.0.0.0/0", "10.0.0.0/8", "::/0").map(Cidr::parse).toList());
        assertEquals(List.of("0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", "::/1", "8000::/1"), routes.stream().map(Cidr::toString).toList());
    }
}
