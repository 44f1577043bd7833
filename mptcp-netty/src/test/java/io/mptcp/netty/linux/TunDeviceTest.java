package io.mptcp.netty.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TunDeviceTest {
    private Namespaces namespaces;
    private String name;

    @BeforeEach
    void setUp() {
        namespaces = Namespaces.orSkip();
        assumeTrue(Files.exists(Path.of("/dev/net/tun")), "needs /dev/net/tun");
        name = namespaces.add();
    }

    @AfterEach
    void tearDown() {
        if (namespaces != null) {
            namespaces.close();
        }
    }

    @Test
    void deviceExistsUntilClosed() throws Exception {
        TunDevice device = open("tun%d", true, true);
        assertEquals("tun0", device.name());
        assertTrue(device.hasVirtioHeader());
        assertTrue(Namespaces.ip(name, "link", "show").contains("tun0"));
        device.close();
        device.close();
        assertFalse(Namespaces.ip(name, "link", "show").contains("tun0"));
    }

    @Test
    void packetsOfTheKernelAreReadBehindAVirtioHeader() throws Exception {
        try (TunDevice device = open("mptcp0", true, true)) {
            namespaces.address(name, "mptcp0", "10.1.0.1/24");
            Namespaces.ip(name, "link", "set", "mptcp0", "up");
            MemorySegment buffer = Arena.ofAuto().allocate(70_000, 8);
            while (device.read(buffer) >= 0) {
                // what the kernel says of itself on a new link
            }
            assertEquals(-Errno.EAGAIN, device.read(buffer));
            Namespaces.in(name).call(() -> {
                try (var socket = new java.net.DatagramSocket()) {
                    socket.send(new java.net.DatagramPacket(new byte[] {42}, 1, java.net.InetAddress.getByName("10.1.0.2"), 9));
                }
                return null;
            });
            int length = readIpv4(device, buffer);
            assertEquals(VirtioNetHeader.LENGTH + 20 + 8 + 1, length);
            assertEquals(42, buffer.get(java.lang.foreign.ValueLayout.JAVA_BYTE, length - 1));
        }
    }

    private static int readIpv4(TunDevice device, MemorySegment buffer) {
        int length;
        do {
            length = device.read(buffer);
        } while (length > 0 && buffer.get(java.lang.foreign.ValueLayout.JAVA_BYTE, VirtioNetHeader.LENGTH) >> 4 != 4);
        return length;
    }

    @Test
    void impossibleNamesAreExplainedInOneLine() {
        assertEquals("device name \"a-name-with-16-ch\" is longer than 15 bytes",
                assertThrows(LinuxException.class, () -> TunDevice.open("a-name-with-16-ch", false, false)).getMessage());
        var failure = assertThrows(java.io.UncheckedIOException.class, () -> open("lo", false, false));
        assertEquals("cannot make a TUN device named \"lo\": the name is not allowed or belongs to another kind of device", failure.getMessage());
    }

    private TunDevice open(String device, boolean virtioHeader, boolean offload) {
        return Namespaces.in(name).call(() -> TunDevice.open(device, virtioHeader, offload));
    }
}
