package io.mptcp.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.netty.host.PathSpec;
import io.mptcp.wire.IpAddress;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.List;
import org.junit.jupiter.api.Test;

class DefaultPathsTest {
    private static String loopback() throws Exception {
        return NetworkInterface.getByInetAddress(InetAddress.getByName("127.0.0.1")).getName();
    }

    @Test
    void loopbackAddressesAreReachedOverTheLoopbackInterface() throws Exception {
        assertEquals(PathSpec.of(loopback()), DefaultPaths.towards(IpAddress.parse("127.0.0.1")));
    }

    @Test
    void ownAddressesAreReachedOverTheLoopbackInterface() throws Exception {
        List<IpAddress> own = NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLinkLocalAddress()).map(address -> IpAddress.of(address.getAddress())).toList();
        assertFalse(own.isEmpty());
        for (IpAddress address : own) {
            assertEquals(PathSpec.of(loopback()), DefaultPaths.towards(address), address.toString());
        }
    }

    @Test
    void listeningOnOneAddressUsesItsInterfaceOnly() throws Exception {
        assertEquals(List.of(PathSpec.of(loopback())), DefaultPaths.listeningOn(IpAddress.parse("127.0.0.1")));
    }

    @Test
    void listeningOnAllAddressesIncludesTheLoopbackInterface() throws Exception {
        assertTrue(DefaultPaths.listeningOn(null).contains(PathSpec.of(loopback())));
        assertEquals(DefaultPaths.listeningOn(null), DefaultPaths.listeningOn(IpAddress.ANY));
    }

    @Test
    void addressesOfOtherHostsCannotBeListenedOn() {
        CommandFailure failure = assertThrows(CommandFailure.class, () -> DefaultPaths.listeningOn(IpAddress.parse("192.0.2.1")));
        assertEquals("192.0.2.1: no interface has this address", failure.getMessage());
    }
}
