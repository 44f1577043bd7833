package io.mptcp.netty.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.mptcp.wire.IpAddress;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * A bound, unconnected, non-blocking UDP socket of one address family, with gathering sends, segmentation on send (UDP_SEGMENT) and merged
 * reception (UDP_GRO). For one thread; calls allocate nothing.
 *
 * <p>Layouts (64-bit Linux): sockaddr_in {family u16, port be16 @2, address @4}, sockaddr_in6 {family u16, port be16 @2, flowinfo @4,
 * address @8, scope @24}, iovec {base @0, length @8}, msghdr {name @0, namelen u32 @8, iov @16, iovlen @24, control @32, controllen @40,
 * flags @48}, cmsghdr {length u64 @0, level i32 @8, type i32 @12, data @16}.
 */
public final class UdpSocket implements AutoCloseable {
    public static final int EAGAIN = 11;
    public static final int EINVAL = 22;
    public static final int EIO = 5;
    public static final int EMSGSIZE = 90;
    /** Most datagrams of one send with a segment size (UDP_MAX_SEGMENTS of older kernels). */
    public static final int MAX_SEGMENTS = 64;
    /** Most payload of one send, a single datagram or segmented. */
    public static final int MAX_PAYLOAD_BYTES = 0xffff - 20 - 8;

    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_NONBLOCK = 0x800;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int SOL_SOCKET = 1;
    private static final int SO_RCVBUF = 8;
    private static final int SO_BINDTODEVICE = 25;
    private static final int SO_RCVBUFFORCE = 33;
    private static final int IPPROTO_IPV6 = 41;
    private static final int IPV6_V6ONLY = 26;
    private static final int SOL_UDP = 17;
    private static final int UDP_SEGMENT = 103;
    private static final int UDP_GRO = 104;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_TRUNC = 0x20;
    private static final int MAX_PIECES = 4;
    private static final int CMSG_HEADER_BYTES = 16;
    private static final int CONTROL_BYTES = 64;
    private static final int RECEIVE_BYTES = 0x10000;

    private static final ValueLayout.OfShort SHORT_BE = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT_BE = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG_BE = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle SOCKET = handle("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle BIND = handle("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle GETSOCKNAME = handle("getsockname", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle SETSOCKOPT =
            handle("setsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle SENDMSG = handle("sendmsg", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle RECVMSG = handle("recvmsg", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment capture = arena.allocate(CAPTURE);
    private final MemorySegment sendName = arena.allocate(28, 8);
    private final MemorySegment sendPieces = arena.allocate(16L * MAX_PIECES, 8);
    private final MemorySegment sendControl = arena.allocate(24, 8);
    private final MemorySegment sendMessage = arena.allocate(56, 8);
    private final MemorySegment receiveName = arena.allocate(28, 8);
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

    private UdpSocket(IpAddress local, int port, String device) throws IOException {
        this.local = local;
        this.ipv6 = !local.isIpv4();
        this.fd = socket(ipv6 ? AF_INET6 : AF_INET);
        try {
            configure(device);
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
     * @throws IOException with a one-line message
     */
    public static UdpSocket open(IpAddress local, int port, String device) throws IOException {
        return new UdpSocket(local, port, device);
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

    /** Adds memory to it; at most four pieces, native memory only. */
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
     * @return 0, or the errno
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
        try {
            long sent = (long) SENDMSG.invokeExact(capture, fd, sendMessage, MSG_DONTWAIT);
            return sent < 0 ? errno() : 0;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    /**
     * Receives one datagram, or several of one sender merged into one, into {@link #receiveBuffer}.
     *
     * @return bytes, or minus the errno
     */
    public int receive() {
        receiveMessage.set(JAVA_INT, 8, (int) receiveName.byteSize());
        receiveMessage.set(JAVA_LONG, 40, receiveControl.byteSize());
        try {
            long received = (long) RECVMSG.invokeExact(capture, fd, receiveMessage, MSG_DONTWAIT);
            if (received < 0) {
                return -errno();
            }
            if ((receiveMessage.get(JAVA_INT, 48) & MSG_TRUNC) != 0) {
                return 0;
            }
            readSource();
            readSegmentSize((int) received);
            return (int) received;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
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
            try {
                int ignored = (int) CLOSE.invokeExact(capture, fd);
            } catch (Throwable impossible) {
                throw new AssertionError(impossible);
            }
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

    private int socket(int family) throws IOException {
        try {
            int result = (int) SOCKET.invokeExact(capture, family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
            if (result < 0) {
                throw new IOException("cannot open a UDP socket for " + (ipv6 ? "IPv6" : "IPv4") + ": errno " + errno());
            }
            return result;
        } catch (IOException e) {
            throw e;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    private void configure(String device) throws IOException {
        if (ipv6) {
            setOption(IPPROTO_IPV6, IPV6_V6ONLY, 1);
        }
        if (device != null) {
            byte[] name = device.getBytes(StandardCharsets.UTF_8);
            MemorySegment value = arena.allocate(name.length + 1L);
            MemorySegment.copy(name, 0, value, ValueLayout.JAVA_BYTE, 0, name.length);
            int error = setOption(SOL_SOCKET, SO_BINDTODEVICE, value);
            if (error != 0) {
                throw new IOException("cannot bind a UDP socket to interface " + device + ": errno " + error);
            }
        }
        if (setOption(SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20) != 0) {
            setOption(SOL_SOCKET, SO_RCVBUF, 4 << 20); // as much as net.core.rmem_max allows
        }
        setOption(SOL_UDP, UDP_GRO, 1); // Linux 5.0; without it datagrams come one by one
    }

    private int bind(IpAddress address, int wanted) throws IOException {
        MemorySegment name = arena.allocate(28, 8);
        name.set(SHORT, 0, (short) (ipv6 ? AF_INET6 : AF_INET));
        name.set(SHORT_BE, 2, (short) wanted);
        byte[] bytes = address.toBytes();
        MemorySegment.copy(bytes, 0, name, ValueLayout.JAVA_BYTE, ipv6 ? 8 : 4, bytes.length);
        try {
            int result = (int) BIND.invokeExact(capture, fd, name, ipv6 ? 28 : 16);
            if (result < 0) {
                throw new IOException(switch (errno()) {
                    case 98 -> "UDP port " + wanted + " of " + address + " is already in use";
                    case 99 -> "address " + address + " is not one of this host";
                    case 13 -> "no permission to use UDP port " + wanted + ": ports below 1024 need CAP_NET_BIND_SERVICE";
                    default -> "cannot bind a UDP socket to " + address + " port " + wanted + ": errno " + errno();
                });
            }
            MemorySegment length = arena.allocate(JAVA_INT);
            length.set(JAVA_INT, 0, 28);
            result = (int) GETSOCKNAME.invokeExact(capture, fd, name, length);
            return name.get(SHORT_BE, 2) & 0xffff;
        } catch (IOException e) {
            throw e;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    private void prepareMessages() {
        sendName.set(SHORT, 0, (short) (ipv6 ? AF_INET6 : AF_INET));
        sendMessage.set(ADDRESS, 0, sendName);
        sendMessage.set(JAVA_INT, 8, ipv6 ? 28 : 16);
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

    private int setOption(int level, int option, int value) {
        MemorySegment memory = arena.allocate(JAVA_INT);
        memory.set(JAVA_INT, 0, value);
        return setOption(level, option, memory);
    }

    private int setOption(int level, int option, MemorySegment value) {
        try {
            int result = (int) SETSOCKOPT.invokeExact(capture, fd, level, option, value, (int) value.byteSize());
            return result < 0 ? errno() : 0;
        } catch (Throwable impossible) {
            throw new AssertionError(impossible);
        }
    }

    private int errno() {
        return (int) ERRNO.get(capture, 0L);
    }

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), descriptor, Linker.Option.captureCallState("errno"));
    }
}
