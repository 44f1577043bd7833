package io.mptcp.cli.lab;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Whole Ethernet frames from and to one device (AF_PACKET), every address, without the frames this host sends itself. */
final class PacketSocket implements AutoCloseable {
    private static final ValueLayout.OfShort BE_SHORT = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);
    private static final int ETH_P_ALL = 3;
    private static final int SOL_PACKET = 263;
    private static final int PACKET_ADD_MEMBERSHIP = 1;
    private static final int PACKET_IGNORE_OUTGOING = 23;
    private static final short PACKET_MR_PROMISC = 1;
    private static final int SO_RCVBUF = 8;
    private static final int SO_RCVBUFFORCE = 33;
    private static final long SIOCGIFINDEX = 0x8933;
    /** A burst of several hundred frames must wait here while the emulator is not running. */
    private static final int RECEIVE_BUFFER_BYTES = 8 << 20;

    private final int fd;

    /** Opens a socket on a device in the namespace of the calling thread. */
    PacketSocket(String device) throws IOException {
        // Protocol 0 until all is set: no frame arrives before the options hold.
        fd = LinuxCalls.socket(LinuxCalls.AF_PACKET, LinuxCalls.SOCK_RAW | LinuxCalls.SOCK_NONBLOCK, 0);
        try (Arena arena = Arena.ofConfined()) {
            int index = interfaceIndex(arena, device);
            LinuxCalls.setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
            enlargeReceiveBuffer();
            // struct packet_mreq: int ifindex, u16 type, u16 length, 8 bytes address
            MemorySegment membership = arena.allocate(16, 4);
            membership.set(ValueLayout.JAVA_INT, 0, index);
            membership.set(ValueLayout.JAVA_SHORT, 4, PACKET_MR_PROMISC);
            LinuxCalls.setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership);
            // struct sockaddr_ll: u16 family, be16 protocol, int ifindex, ...
            MemorySegment address = arena.allocate(20, 4);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) LinuxCalls.AF_PACKET);
            address.set(BE_SHORT, 2, (short) ETH_P_ALL);
            address.set(ValueLayout.JAVA_INT, 4, index);
            LinuxCalls.bind(fd, address);
        } catch (IOException e) {
            LinuxCalls.close(fd);
            throw new IOException("cannot open a packet socket on " + device + ": " + e.getMessage(), e);
        }
    }

    int fd() {
        return fd;
    }

    @Override
    public void close() throws IOException {
        LinuxCalls.close(fd);
    }

    private void enlargeReceiveBuffer() throws IOException {
        try {
            LinuxCalls.setsockopt(fd, LinuxCalls.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES);
        } catch (IOException notPrivileged) {
            // In a user namespace only as much as the host's limit allows.
            LinuxCalls.setsockopt(fd, LinuxCalls.SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER_BYTES);
        }
    }

    private int interfaceIndex(Arena arena, String device) throws IOException {
        MemorySegment request = arena.allocate(40, 8);
        request.setString(0, device);
        LinuxCalls.ioctl(fd, SIOCGIFINDEX, request);
        return request.get(ValueLayout.JAVA_INT, 16);
    }
}
