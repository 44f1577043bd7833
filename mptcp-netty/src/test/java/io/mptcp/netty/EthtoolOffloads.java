package io.mptcp.netty;

import io.mptcp.netty.linux.Namespaces;
import io.mptcp.netty.linux.Syscalls;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/** Makes a virtual device behave as one without offloads, so that frames are on the wire as they would be on a cable. */
final class EthtoolOffloads {
    private static final long SIOCETHTOOL = 0x8946;
    private static final int ETHTOOL_STXCSUM = 0x17;
    private static final int ETHTOOL_STSO = 0x1f;
    private static final int ETHTOOL_SGSO = 0x24;

    private EthtoolOffloads() {
    }

    static void switchOff(String namespace, String device) {
        Namespaces.in(namespace).call(() -> {
            Syscalls syscalls = new Syscalls();
            int fd = syscalls.socket(Syscalls.AF_INET, Syscalls.SOCK_DGRAM, 0);
            try (Arena arena = Arena.ofConfined()) {
                for (int command : new int[] {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_STXCSUM}) {
                    MemorySegment value = arena.allocate(8, 8);
                    value.set(ValueLayout.JAVA_INT, 0, command);
                    MemorySegment request = arena.allocate(40, 8);
                    byte[] name = device.getBytes(StandardCharsets.UTF_8);
                    MemorySegment.copy(name, 0, request, ValueLayout.JAVA_BYTE, 0, name.length);
                    request.set(ValueLayout.ADDRESS, 16, value);
                    Syscalls.check(syscalls.ioctl(fd, SIOCETHTOOL, request), "ethtool command " + command);
                }
            } finally {
                syscalls.close(fd);
            }
            return null;
        });
    }
}
