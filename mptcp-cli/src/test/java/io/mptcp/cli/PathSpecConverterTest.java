package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.host.PathSpec;
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
        assertEquals(new PathSpec("wlan0", IpAddress.parse("2001:db8::7"), true, 3, PathSpec.Kind.UDP, false), path);
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
        eth0,fast            | unknown part 'fast', known are addr=A, backup, link=packet
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
