package io.mptcp.netty.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;

/**
 * A packet socket (AF_PACKET) on one Ethernet or loopback device: whole frames out and in, each behind a {@link VirtioNetHeader} by which the
 * kernel computes checksums, cuts super-segments and hands up merged ones. Non-blocking, for one thread. Needs CAP_NET_RAW.
 *
 * <p>Layout: sockaddr_ll 20 bytes {family u16 @0, protocol be16 @2, ifindex i32 @4}.
 */
public final class PacketSocket implements AutoCloseable {
    private static final int SOL_PACKET = 263;
    private static final int PACKET_VNET_HDR = 15;
    private static final int PACKET_IGNORE_OUTGOING = 23;
    private static final int ETH_P_ALL = 3;
    private static final int SOCKADDR_LL_BYTES = 20;
    /** The kernel doubles what is asked for. Room for bursts of the length of a scheduling delay at 10 Gbit/s. */
    private static final int RECEIVE_BUFFER_BYTES = 4 << 20;
    /** Small on purpose: what does not fit is refused (EAGAIN) while a larger one would overflow the device's queue (ENOBUFS). */
    private static final int SEND_BUFFER_BYTES = 128 << 10;

    private final Syscalls syscalls = new Syscalls();
    private final PacketSyscalls packets = new PacketSyscalls(syscalls);
    private final int fd;
    private boolean closed;

    private PacketSocket(int fd) {
        this.fd = fd;
    }

    /** Opens in the network namespace of the calling thread. Nothing is received before {@link #bind}. */
    public static PacketSocket open() throws LinuxException {
        Syscalls syscalls = new Syscalls();
        int fd = syscalls.socket(Syscalls.AF_PACKET, Syscalls.SOCK_RAW | Syscalls.SOCK_NONBLOCK, 0);
        if (fd == -Errno.EPERM || fd == -Errno.EACCES) {
            throw LinuxException.explained("raw sockets need CAP_NET_RAW and CAP_NET_ADMIN: run as root or grant them with setpriv", -fd);
        }
        Syscalls.check(fd, "cannot open a packet socket");
        PacketSocket socket = new PacketSocket(fd);
        try {
            socket.configure();
            return socket;
        } catch (LinuxException e) {
            socket.close();
            throw e;
        }
    }

    private void configure() throws LinuxException {
        Syscalls.check(syscalls.setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, 1), "packet sockets of this kernel have no virtio header");
        Syscalls.check(syscalls.setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1),
                "packet sockets of this kernel are too old, Linux 4.20 is needed");
        if (syscalls.setsockopt(fd, Syscalls.SOL_SOCKET, Syscalls.SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES) < 0) {
            syscalls.setsockopt(fd, Syscalls.SOL_SOCKET, Syscalls.SO_RCVBUF, RECEIVE_BUFFER_BYTES); // what net.core.rmem_max allows
        }
        Syscalls.check(syscalls.setsockopt(fd, Syscalls.SOL_SOCKET, Syscalls.SO_SNDBUF, SEND_BUFFER_BYTES), "cannot size the send buffer");
    }

    /**
     * From now on only TCP to these ports is received, and ICMP errors about TCP from them.
     *
     * @param share where other sockets receive on them, too: what of it this one does; null for everything
     */
    public void receiveOnly(List<PortRange> ports, PortShare share) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            // With errno memory of its own, as ports may be added by another thread.
            int result = new Syscalls().setsockopt(fd, Syscalls.SOL_SOCKET, Syscalls.SO_ATTACH_FILTER, PacketFilter.tcpTo(ports, share, arena));
            Syscalls.check(result, "cannot attach a packet filter");
        }
    }

    /** Starts receiving from a device, and sending to it; also to change the device. */
    public void bind(LinkInfo link) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(SOCKADDR_LL_BYTES, 4);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) Syscalls.AF_PACKET);
            address.set(ValueLayout.JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN), 2, (short) ETH_P_ALL);
            address.set(ValueLayout.JAVA_INT, 4, link.index());
            Syscalls.check(syscalls.bind(fd, address, SOCKADDR_LL_BYTES), "cannot bind a packet socket to " + link.name());
        }
    }

    /** For polling; it belongs to this object. */
    public int fd() {
        return fd;
    }

    /** @return length of the frame, which may be more than fits the buffer, or minus the error number: {@code -EAGAIN} when there is none */
    public int receive(MemorySegment buffer) {
        return packets.recv(fd, buffer, buffer.byteSize(), Syscalls.MSG_TRUNC);
    }

    /** Sends one frame from pieces. @param pieces array of iovec. @return bytes, or minus the error number */
    public int send(MemorySegment pieces, int count) {
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
