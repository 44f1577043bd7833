package io.mptcp.netty.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * A TUN device: a network interface whose packets are read and written here. It is not persistent: it, its addresses and its routes vanish
 * with {@link #close} or with the process. For one thread.
 *
 * <p>Layouts: ifreq 40 bytes {name[16] @0, flags u16 @16}; with a virtio header every packet has 10 bytes in front, see {@link VirtioNetHeader}.
 */
public final class TunDevice implements AutoCloseable {
    /** Longest name of an interface in bytes. */
    public static final int MAX_NAME_BYTES = 15;

    private static final long TUNSETIFF = 0x400454caL;
    private static final long TUNSETOFFLOAD = 0x400454d0L;
    private static final int IFF_TUN = 0x0001;
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_VNET_HDR = 0x4000;
    private static final int TUN_F_CSUM = 0x01;
    private static final int TUN_F_TSO4 = 0x02;
    private static final int TUN_F_TSO6 = 0x04;
    private static final int TUN_F_TSO_ECN = 0x08;
    private static final int IFREQ_BYTES = 40;
    private static final int IFREQ_FLAGS = 16;

    /** Best first: older kernels refuse bits they do not know. */
    private static final int[] OFFLOADS = {
        TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6, TUN_F_CSUM
    };

    private final Syscalls syscalls = new Syscalls();
    private final PacketSyscalls packets = new PacketSyscalls(syscalls);
    private final int fd;
    private final String name;
    private final boolean virtioHeader;
    private final int offload;
    private boolean closed;

    private TunDevice(int fd, String name, boolean virtioHeader, int offload) {
        this.fd = fd;
        this.name = name;
        this.virtioHeader = virtioHeader;
        this.offload = offload;
    }

    /**
     * Makes a device, non-blocking.
     *
     * @param name         the wanted name, of which {@code %d} becomes a free number; empty for {@code tun%d}
     * @param virtioHeader whether packets have a virtio header in front; given up where the kernel has none, see {@link #hasVirtioHeader}
     * @param offload      whether the kernel may hand over TCP super-segments and unfinished checksums (needs the virtio header); as much
     *                     as the kernel has is taken, see {@link #hasSegmentationOffload}
     * @throws LinuxException with a one-line message
     */
    public static TunDevice open(String name, boolean virtioHeader, boolean offload) throws LinuxException {
        byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
        if (wanted.length > MAX_NAME_BYTES) {
            throw LinuxException.explained("device name \"" + name + "\" is longer than " + MAX_NAME_BYTES + " bytes", 0);
        }
        Syscalls syscalls = new Syscalls();
        int fd = syscalls.open("/dev/net/tun", Syscalls.O_RDWR | Syscalls.O_NONBLOCK);
        if (fd < 0) {
            throw openFailed(-fd);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment request = arena.allocate(IFREQ_BYTES, 8);
            boolean header = virtioHeader;
            int result = attach(syscalls, fd, request, wanted, header);
            if (result == -Errno.EINVAL && header) {
                header = false;
                result = attach(syscalls, fd, request, wanted, false);
            }
            if (result < 0) {
                throw attachFailed(name, -result);
            }
            int accepted = header && offload ? negotiateOffload(syscalls, fd) : 0;
            return new TunDevice(fd, request.getString(0), header, accepted);
        } catch (LinuxException | RuntimeException e) {
            syscalls.close(fd);
            throw e;
        }
    }

    private static int attach(Syscalls syscalls, int fd, MemorySegment request, byte[] name, boolean virtioHeader) {
        request.fill((byte) 0);
        MemorySegment.copy(name, 0, request, ValueLayout.JAVA_BYTE, 0, name.length);
        request.set(ValueLayout.JAVA_SHORT, IFREQ_FLAGS, (short) (IFF_TUN | IFF_NO_PI | (virtioHeader ? IFF_VNET_HDR : 0)));
        return syscalls.ioctl(fd, TUNSETIFF, request);
    }

    private static int negotiateOffload(Syscalls syscalls, int fd) {
        for (int mask : OFFLOADS) {
            if (syscalls.ioctl(fd, TUNSETOFFLOAD, (long) mask) >= 0) {
                return mask;
            }
        }
        return 0;
    }

    private static LinuxException openFailed(int errno) {
        return switch (errno) {
            case Errno.ENOENT, Errno.ENODEV, Errno.ENXIO ->
                LinuxException.explained("/dev/net/tun is missing: load the kernel module tun (modprobe tun)", errno);
            case Errno.EACCES, Errno.EPERM ->
                LinuxException.explained("no permission to open /dev/net/tun: run as root or make it accessible", errno);
            default -> new LinuxException("cannot open /dev/net/tun", errno);
        };
    }

    private static LinuxException attachFailed(String name, int errno) {
        return switch (errno) {
            case Errno.EPERM -> LinuxException.explained("TUN devices need CAP_NET_ADMIN: run as root or grant it with setpriv", errno);
            case Errno.EBUSY -> LinuxException.explained("device " + name + " is in use by another process", errno);
            case Errno.EINVAL -> LinuxException.explained("cannot make a TUN device named \"" + name
                    + "\": the name is not allowed or belongs to another kind of device", errno);
            default -> new LinuxException("cannot make TUN device " + name, errno);
        };
    }

    /** The name the kernel gave it. */
    public String name() {
        return name;
    }

    /** For polling; it belongs to this object. */
    public int fd() {
        return fd;
    }

    /** Whether each packet read and written begins with a {@link VirtioNetHeader}. */
    public boolean hasVirtioHeader() {
        return virtioHeader;
    }

    /** Whether reads may return TCP super-segments. Writing them needs the virtio header only. */
    public boolean hasSegmentationOffload() {
        return (offload & (TUN_F_TSO4 | TUN_F_TSO6)) != 0;
    }

    /** Reads one packet into native memory. @return bytes, or minus the error number: {@code -EAGAIN} when there is none */
    public int read(MemorySegment buffer) {
        return packets.read(fd, buffer, buffer.byteSize());
    }

    /** Writes one packet. @return bytes, or minus the error number */
    public int write(MemorySegment buffer, int length) {
        return packets.write(fd, buffer, length);
    }

    /** Writes one packet from pieces. @param pieces array of iovec. @return bytes, or minus the error number */
    public int writev(MemorySegment pieces, int count) {
        return packets.writev(fd, pieces, count);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            syscalls.close(fd);
        }
    }
}
