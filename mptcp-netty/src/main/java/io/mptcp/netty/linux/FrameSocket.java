package io.mptcp.netty.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Whole Ethernet frames from and to one device (AF_PACKET), every address, without the frames this host sends itself. */
public final class FrameSocket implements AutoCloseable {
    private static final ValueLayout.OfShort BE_SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int ETH_P_ALL = 3;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_ADD_MEMBERSHIP = 1;
    private static final int PACKET_IGNORE_OUTGOING = 23;
    private static final short PACKET_MR_PROMISC = 1;
    private static final long SIOCGIFINDEX = 0x8933;
    /** A burst of several hundred frames must wait here while its reader is not running. */
    private static final int RECEIVE_BUFFER_BYTES = 8 << 20;

    private final int fd;

    /**
     * Opens a socket on a device in the namespace of the calling thread, and makes the device promiscuous as long as it is open.
     *
     * @throws LinuxException when there is no such device, or this process may not
     */
    public FrameSocket(String device) throws LinuxException {
        Syscalls syscalls = new Syscalls();
        // Protocol 0 until all is set: no frame arrives before the options hold.
        fd = Syscalls.check(syscalls.socket(Syscalls.AF_PACKET, Syscalls.SOCK_RAW | Syscalls.SOCK_NONBLOCK, 0),
                "cannot open a packet socket");
        try (Arena arena = Arena.ofConfined()) {
            setUp(syscalls, arena, device);
        } catch (LinuxException e) {
            syscalls.close(fd);
            throw e;
        }
    }

    /** Non-blocking, for {@link Syscalls#recv} and {@link Syscalls#sendto}; owned by this object. */
    public int fd() {
        return fd;
    }

    @Override
    public void close() {
        new Syscalls().close(fd);
    }

    private void setUp(Syscalls syscalls, Arena arena, String device) throws LinuxException {
        MemorySegment request = arena.allocate(40, 8);
        request.setString(0, device);
        Syscalls.check(syscalls.ioctl(fd, SIOCGIFINDEX, request), "no such interface: " + device);
        int index = request.get(ValueLayout.JAVA_INT, 16);
        Syscalls.check(syscalls.setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1), "PACKET_IGNORE_OUTGOING");
        if (syscalls.setsockopt(fd, Syscalls.SOL_SOCKET, Syscalls.SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES) < 0) {
            // In a user namespace only as much as the host's limit allows.
            syscalls.setsockopt(fd, Syscalls.SOL_SOCKET, Syscalls.SO_RCVBUF, RECEIVE_BUFFER_BYTES);
        }
        // struct packet_mreq: int ifindex, u16 type, u16 length, 8 bytes address
        MemorySegment membership = arena.allocate(16, 4);
        membership.set(ValueLayout.JAVA_INT, 0, index);
        membership.set(ValueLayout.JAVA_SHORT, 4, PACKET_MR_PROMISC);
        Syscalls.check(syscalls.setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership), "cannot make " + device + " promiscuous");
        // struct sockaddr_ll: u16 family, be16 protocol, int ifindex, ...
        MemorySegment address = arena.allocate(20, 4);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) Syscalls.AF_PACKET);
        address.set(BE_SHORT, 2, (short) ETH_P_ALL);
        address.set(ValueLayout.JAVA_INT, 4, index);
        Syscalls.check(syscalls.bind(fd, address, (int) address.byteSize()), "cannot bind a packet socket to " + device);
    }
}
