package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.PathTerms;
import io.mptcp.pm.PathQuota;
import io.mptcp.pm.PathRole;
import io.mptcp.wire.IpAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.TypeConversionException;

class PathSpecConverterTest {
    private final PathSpecConverter converter = new PathSpecConverter();

    @Test
    void deviceAloneGetsTheDefaults() {
        assertEquals(PathSpec.of("eth0"), converter.convert("eth0"));
    }

    @Test
    void everyPartIsRead() {
        PathSpec path = converter.convert("wlan0,addr=2001:db8::7,backup,link=udp,gso=off,weight=3");
        assertEquals(new PathSpec("wlan0", IpAddress.parse("2001:db8::7"), PathTerms.DEFAULT.withRole(PathRole.BACKUP), 3, PathSpec.Kind.UDP, false), path);
    }

    @Test
    void theTermsOfAPathAreRead() {
        PathTerms terms = converter.convert("wwan0,role=off,cost=5,quota=20G/month@15,quota-then=off,probe=30").terms();
        assertEquals(new PathTerms(PathRole.OFF, 5, PathQuota.parse("20G/month@15", PathRole.OFF), 30), terms);
        assertEquals(1, converter.convert("wwan0,metered").terms().cost());
        assertEquals(PathRole.BACKUP, converter.convert("wwan0,quota=1G/day").terms().quota().then());
    }

    @Test
    void orderOfPartsDoesNotMatter() {
        assertEquals(converter.convert("eth0,backup,weight=2"), converter.convert("eth0,weight=2,backup"));
    }

    @Test
    void switchesCanBeWrittenOut() {
        assertTrue(converter.convert("eth0,backup=on").backup());
        assertFalse(converter.convert("eth0,backup=off").backup());
        assertTrue(converter.convert("eth0,gso=on").gso());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        eth0,fast            | unknown part 'fast', known are addr=A, backup, role=use
        eth0,                | unknown part ''
        eth0,addr            | 'addr' needs a value
        eth0,addr=           | 'addr' needs a value
        eth0,addr=10.0.0.256 | '10.0.0.256' is not an IP address
        eth0,addr=localhost  | 'localhost' is not an IP address
        eth0,backup=maybe    | backup is 'on' or 'off', not 'maybe'
        eth0,gso=2           | gso is 'on' or 'off', not '2'
        eth0,link=carrier    | unknown link kind 'carrier'
        eth0,weight=0        | weight is a number from 1 to 1000, not '0'
        eth0,weight=1001     | weight is a number from 1 to 1000, not '1001'
        eth0,weight=many     | weight is a number from 1 to 1000, not 'many'
        eth0,backup,backup   | 'backup' is given twice
        eth0,role=spare      | unknown role 'spare', use one of use, backup, off
        eth0,cost=-1         | cost is a number from 0 to 1000, not '-1'
        eth0,quota=20G       | '20G' is not a quota like 20G/month
        eth0,probe=1h        | probe is a number from 0 to 3600, not '1h'
        eth/0                | 'eth/0' is not an interface name
        an-interface-name-too-long | is not an interface name
        """)
    void mistakesAreNamed(String text, String message) {
        TypeConversionException error = assertThrows(TypeConversionException.class, () -> converter.convert(text.strip()));
        assertTrue(error.getMessage().startsWith("path '" + text.strip() + "': "), error.getMessage());
        assertTrue(error.getMessage().contains(message), error.getMessage());
    }

    @Test
    void emptyTextIsNoPath() {
        assertThrows(TypeConversionException.class, () -> converter.convert(""));
    }
}
