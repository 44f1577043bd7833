package io.mptcp.netty.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The ethtool interface of the kernel, as far as it is about offloads: {@code ioctl(SIOCETHTOOL)} with a {@code struct ifreq} (name 16 bytes,
 * then the address of a {@code struct ethtool_value}: u32 command, u32 value).
 */
public final class Offloads {
    private static final long SIOCETHTOOL = 0x8946;
    private static final int SRXCSUM = 0x15;
    private static final int STXCSUM = 0x17;
    private static final int STSO = 0x1f;
    private static final int SGSO = 0x24;
    private static final int SGRO = 0x2c;
    private static final int[] ALL = {STSO, SGSO, SGRO, STXCSUM, SRXCSUM};

    private Offloads() {
    }

    /**
     * Switches off segmentation, checksum and merging offloads of a device in the namespace of the calling thread.
     *
     * @throws LinuxException when there is no such device, or it does not let them be switched off
     */
    public static void switchOff(String device) throws LinuxException {
        Syscalls syscalls = new Syscalls();
        int socket = Syscalls.check(syscalls.socket(Syscalls.AF_INET, Syscalls.SOCK_DGRAM, 0), "cannot open a socket");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(8, 4);
            MemorySegment request = arena.allocate(40, 8);
            request.setString(0, device);
            request.set(ValueLayout.ADDRESS, 16, value);
            for (int command : ALL) {
                value.set(ValueLayout.JAVA_INT, 0, command);
                value.set(ValueLayout.JAVA_INT, 4, 0);
                Syscalls.check(syscalls.ioctl(socket, SIOCETHTOOL, request), "cannot switch off the offloads of " + device);
            }
        } finally {
            syscalls.close(socket);
        }
    }
}
