package io.mptcp.cli.lab;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.nio.ByteOrder;

/** {@code struct sockaddr_in} and {@code struct sockaddr_in6}. */
final class SocketAddress {
    private static final ValueLayout.OfShort BE_SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);

    private SocketAddress() {
    }

    static int family(InetAddress address) {
        return address instanceof Inet4Address ? LinuxCalls.AF_INET : LinuxCalls.AF_INET6;
    }

    static MemorySegment of(Arena arena, InetAddress address, int port) {
        byte[] bytes = address.getAddress();
        boolean v4 = bytes.length == 4;
        // v4: family, port, address at 4, 16 bytes in all; v6: family, port, flow label, address at 8, scope, 28 bytes in all
        MemorySegment sockaddr = arena.allocate(v4 ? 16 : 28, 4);
        sockaddr.set(ValueLayout.JAVA_SHORT, 0, (short) family(address));
        sockaddr.set(BE_SHORT, 2, (short) port);
        MemorySegment.copy(bytes, 0, sockaddr, ValueLayout.JAVA_BYTE, v4 ? 4 : 8, bytes.length);
        return sockaddr;
    }
}
