package io.mptcp.netty.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A bound, unconnected, non-blocking UDP socket of one address family, with gathering sends, segmentation on send (UDP_SEGMENT) and merged
 * reception (UDP_GRO). For one thread; calls allocate nothing.
 *
 * <p>Layouts (64-bit Linux): sockaddr_in {family u16, port be16 @2, address @4}, sockaddr_in6 {family u16, port be16 @2, flowinfo @4,
 * address @8, scope @24}, iovec {base @0, length @8}, msghdr {name @0, namelen u32 @8, iov @16, iovlen @24, control @32, controllen @40,
 * flags @48}, cmsghdr {length u64 @0, level i32 @8, type i32 @12, data @16}.
 */
public final class UdpSocket implements AutoCloseable {
    /** Most datagrams of one send with a segment size (UDP_MAX_SEGMENTS of older kernels). */
    public static final int MAX_SEGMENTS = 64;
    /** Most payload of one send, a single datagram or segmented. */
    public static final int MAX_PAYLOAD_BYTES = 0xffff - 20 - 8;

    private static final int SOL_UDP = 17;
    private static final int UDP_SEGMENT = 103;
    private static final int UDP_GRO = 104;
    private static final int RECEIVE_BUFFER_BYTES = 4 << 20;
    private static final int SOCKADDR_IN_BYTES = 16;
    private static final int MAX_PIECES = 8;
    private static final int CMSG_HEADER_BYTES = 16;
    private static final int CONTROL_BYTES = 64;
    private static final int RECEIVE_BYTES = 0x10000;

    private static final ValueLayout.OfShort SHORT_BE = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT_BE = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG_BE = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private final Arena arena = Arena.ofAuto();
    private final Syscalls syscalls = new Syscalls();
    private final PacketSyscalls packets = new PacketSyscalls(syscalls);
    private final MemorySegment sendName = arena.allocate(SocketAddresses.MAX_LENGTH, 8);
    private final MemorySegment sendPieces = arena.allocate(16L * MAX_PIECES, 8);
    private final MemorySegment sendControl = arena.allocate(24, 8);
    private final MemorySegment sendMessage = arena.allocate(56, 8);
    private final MemorySegment receiveName = arena.allocate(SocketAddresses.MAX_LENGTH, 8);
    private final MemorySegment receiveControl = arena.allocate(CONTROL_BYTES, 8);
    private final MemorySegment receiveMessage = arena.allocate(56, 8);
    private final MemorySegment receiveBuffer = arena.allocate(RECEIVE_BYTES, 64);
    private final boolean ipv6;
    private final IpAddress local;
    private final int fd;
    private final int port;
    private int pieces;
    private long sourceHi;
    private long sourceLo;
    private int sourcePort;
    private int segmentSize;
    private boolean closed;

    private UdpSocket(IpAddress local, int port, String device, boolean shared) throws LinuxException {
        this.local = local;
        this.ipv6 = !local.isIpv4();
        this.fd = Syscalls.check(syscalls.socket(SocketAddresses.family(local), Syscalls.SOCK_DGRAM | Syscalls.SOCK_NONBLOCK, 0),
                "cannot open a UDP socket");
        try {
            configure(device);
            if (shared) {
                Syscalls.check(syscalls.setsockopt(fd, Syscalls.SOL_SOCKET, Syscalls.SO_REUSEPORT, 1), "cannot share a UDP port");
            }
            this.port = bind(local, port);
        } catch (Throwable failure) {
            close();
            throw failure;
        }
        prepareMessages();
    }

    /**
     * Opens a socket.
     *
     * @param port   0 lets the kernel choose
     * @param device interface its packets have to use, null for whatever routing says
     * @throws LinuxException with a one-line message
     */
    public static UdpSocket open(IpAddress local, int port, String device) throws LinuxException {
        return new UdpSocket(local, port, device, false);
    }

    /** As {@link #open}, but other sockets of this user opened in this way may have the same port: each sender's datagrams go to one of them. */
    public static UdpSocket openShared(IpAddress local, int port, String device) throws LinuxException {
        return new UdpSocket(local, port, device, true);
    }

    public int fd() {
        return fd;
    }

    public IpAddress local() {
        return local;
    }

    public int port() {
        return port;
    }

    /** Starts a datagram (or several, see {@link #send}) anew. */
    public void beginSend() {
        pieces = 0;
    }

    /** Adds memory to it; at most eight pieces, native memory only. */
    public void addPiece(MemorySegment memory, long offset, int length) {
        if (length > 0) {
            sendPieces.set(JAVA_LONG, 16L * pieces, memory.address() + offset);
            sendPieces.set(JAVA_LONG, 16L * pieces + 8, length);
            pieces++;
        }
    }

    /**
     * Sends what was added.
     *
     * @param segmentSize 0 for one datagram, else the length of each of several datagrams (the last may be shorter)
     * @return 0, or the error number, see {@link Errno}
     */
    public int send(long destinationHi, long destinationLo, int destinationPort, int segmentSize) {
        sendName.set(SHORT_BE, 2, (short) destinationPort);
        if (ipv6) {
            sendName.set(LONG_BE, 8, destinationHi);
            sendName.set(LONG_BE, 16, destinationLo);
        } else {
            sendName.set(INT_BE, 4, (int) destinationLo);
        }
        sendMessage.set(JAVA_LONG, 24, pieces);
        sendMessage.set(JAVA_LONG, 40, segmentSize > 0 ? sendControl.byteSize() : 0);
        sendControl.set(SHORT, CMSG_HEADER_BYTES, (short) segmentSize);
        int sent = packets.sendmsg(fd, sendMessage, Syscalls.MSG_DONTWAIT);
        return sent < 0 ? -sent : 0;
    }

    /**
     * Receives one datagram, or several of one sender merged into one, into {@link #receiveBuffer}.
     *
     * @return bytes, 0 for an unusable datagram, or minus the error number
     */
    public int receive() {
        receiveMessage.set(JAVA_INT, 8, (int) receiveName.byteSize());
        receiveMessage.set(JAVA_LONG, 40, receiveControl.byteSize());
        int received = packets.recvmsg(fd, receiveMessage, Syscalls.MSG_DONTWAIT);
        if (received < 0) {
            return received;
        }
        if ((receiveMessage.get(JAVA_INT, 48) & Syscalls.MSG_TRUNC) != 0) {
            return 0;
        }
        readSource();
        readSegmentSize(received);
        return received;
    }

    public MemorySegment receiveBuffer() {
        return receiveBuffer;
    }

    /** Sender of what was received last. */
    public long sourceHi() {
        return sourceHi;
    }

    public long sourceLo() {
        return sourceLo;
    }

    public int sourcePort() {
        return sourcePort;
    }

    /** Length of each of the datagrams received last, the last of which may be shorter. */
    public int segmentSize() {
        return segmentSize;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            syscalls.close(fd);
        }
    }

    private void readSource() {
        sourcePort = receiveName.get(SHORT_BE, 2) & 0xffff;
        if (ipv6) {
            sourceHi = receiveName.get(LONG_BE, 8);
            sourceLo = receiveName.get(LONG_BE, 16);
        } else {
            sourceHi = 0;
            sourceLo = IpAddress.mapped(receiveName.get(INT_BE, 4));
        }
    }

    private void readSegmentSize(int received) {
        segmentSize = received;
        long end = Math.min(receiveMessage.get(JAVA_LONG, 40), CONTROL_BYTES);
        long at = 0;
        while (at + CMSG_HEADER_BYTES + 4 <= end) {
            long length = receiveControl.get(JAVA_LONG, at);
            if (receiveControl.get(JAVA_INT, at + 8) == SOL_UDP && receiveControl.get(JAVA_INT, at + 12) == UDP_GRO) {
                int size = receiveControl.get(JAVA_INT, at + CMSG_HEADER_BYTES);
                segmentSize = size > 0 ? size : received;
            }
            if (length < CMSG_HEADER_BYTES) {
                return;
            }
            at += length + 7 & ~7L;
        }
    }

    private void configure(String device) throws LinuxException {
        if (ipv6) {
            syscalls.setsockopt(fd, Syscalls.IPPROTO_IPV6, Syscalls.IPV6_V6ONLY, 1);
        }
        if (device != null) {
            MemorySegment name = arena.allocateFrom(device);
            Syscalls.check(syscalls.setsockopt(fd, Syscalls.SOL_SOCKET, Syscalls.SO_BINDTODEVICE, name),
                    "cannot bind a UDP socket to interface " + device);
        }
        if (syscalls.setsockopt(fd, Syscalls.SOL_SOCKET, Syscalls.SO_RCVBUFFORCE, RECEIVE_BUFFER_BYTES) < 0) {
            // As much as net.core.rmem_max allows.
            syscalls.setsockopt(fd, Syscalls.SOL_SOCKET, Syscalls.SO_RCVBUF, RECEIVE_BUFFER_BYTES);
        }
        // Linux 5.0; without it datagrams come one by one.
        syscalls.setsockopt(fd, SOL_UDP, UDP_GRO, 1);
    }

    private int bind(IpAddress address, int wanted) throws LinuxException {
        MemorySegment name = SocketAddresses.encode(new IpEndpoint(address, wanted), arena);
        int result = syscalls.bind(fd, name, (int) name.byteSize());
        if (result < 0) {
            throw bindFailed(address, wanted, -result);
        }
        Syscalls.check(syscalls.getsockname(fd, name), "cannot ask for the UDP port of " + address);
        return SocketAddresses.port(name);
    }

    private static LinuxException bindFailed(IpAddress address, int port, int errno) {
        return switch (errno) {
            case Errno.EADDRINUSE -> LinuxException.explained("UDP port " + port + " of " + address + " is already in use", errno);
            case Errno.EADDRNOTAVAIL -> LinuxException.explained("address " + address + " is not one of this host", errno);
            case Errno.EACCES ->
                LinuxException.explained("no permission to use UDP port " + port + ": ports below 1024 need CAP_NET_BIND_SERVICE", errno);
            default -> new LinuxException("cannot bind a UDP socket to " + address + " port " + port, errno);
        };
    }

    private void prepareMessages() {
        sendName.set(SHORT, 0, (short) SocketAddresses.family(local));
        sendMessage.set(ADDRESS, 0, sendName);
        sendMessage.set(JAVA_INT, 8, ipv6 ? SocketAddresses.MAX_LENGTH : SOCKADDR_IN_BYTES);
        sendMessage.set(ADDRESS, 16, sendPieces);
        sendMessage.set(ADDRESS, 32, sendControl);
        sendControl.set(JAVA_LONG, 0, CMSG_HEADER_BYTES + 2);
        sendControl.set(JAVA_INT, 8, SOL_UDP);
        sendControl.set(JAVA_INT, 12, UDP_SEGMENT);
        MemorySegment piece = arena.allocate(16, 8);
        piece.set(ADDRESS, 0, receiveBuffer);
        piece.set(JAVA_LONG, 8, RECEIVE_BYTES);
        receiveMessage.set(ADDRESS, 0, receiveName);
        receiveMessage.set(ADDRESS, 16, piece);
        receiveMessage.set(JAVA_LONG, 24, 1);
        receiveMessage.set(ADDRESS, 32, receiveControl);
    }
}
