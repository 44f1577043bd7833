package io.mptcp.netty.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.mptcp.stack.MptcpInfo;
import io.mptcp.wire.IpEndpoint;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * A non-blocking stream socket of the kernel's Multipath TCP, for several threads: no call waits. It is an IPv6 socket that takes IPv4 addresses, too
 * (RFC 4291 section 2.5.5.2), where the host has IPv6. As in {@link Syscalls} a negative result is an error number.
 */
public final class KernelStreamSocket implements AutoCloseable {
    private static final int SOL_MPTCP = 284;
    private static final int MPTCP_INFO = 1;
    private static final int SO_REUSEADDR = 2;
    private static final int SO_ERROR = 4;
    private static final int SO_LINGER = 13;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final long FIONREAD = 0x541b;
    private static final int CHUNK_BYTES = 64 << 10;

    /** What a call needs: the memory of {@link Syscalls}, and a piece for what goes to the kernel and comes from it. */
    private static final class Tools {
        private static final ConcurrentLinkedQueue<Tools> FREE = new ConcurrentLinkedQueue<>();

        final Syscalls syscalls = new Syscalls();
        final MemorySegment chunk = Arena.ofAuto().allocate(CHUNK_BYTES, 8);

        /** As many as there are threads inside a call; none waits there. */
        static Tools take() {
            Tools tools = FREE.poll();
            return tools == null ? new Tools() : tools;
        }

        void giveBack() {
            FREE.add(this);
        }
    }

    private final int fd;
    private final boolean ipv6;

    private KernelStreamSocket(int fd, boolean ipv6) {
        this.fd = fd;
        this.ipv6 = ipv6;
    }

    /** @throws LinuxException with one line when the kernel has no Multipath TCP, or there are no descriptors left */
    public static KernelStreamSocket open() throws LinuxException {
        try {
            int fd = KernelMptcp.socket(Syscalls.AF_INET6);
            new Syscalls().setsockopt(fd, Syscalls.IPPROTO_IPV6, Syscalls.IPV6_V6ONLY, 0);
            return new KernelStreamSocket(fd, true);
        } catch (LinuxException e) {
            if (e.errno() != Errno.EAFNOSUPPORT) {
                throw e;
            }
            return new KernelStreamSocket(KernelMptcp.socket(Syscalls.AF_INET), false);
        }
    }

    public int fd() {
        return fd;
    }

    // ---- connections ----

    /** @return 0, or an error number: -EINPROGRESS while it is under way, then {@link #error} tells how it ended */
    public int connect(IpEndpoint remote) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = encode(remote, arena);
            return call((tools) -> tools.syscalls.connect(fd, address, (int) address.byteSize()));
        }
    }

    /** @throws LinuxException naming the address, e.g. when it is in use */
    public void bind(IpEndpoint local) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = encode(local, arena);
            check(call((tools) -> tools.syscalls.bind(fd, address, (int) address.byteSize())), "cannot bind to " + local);
        }
    }

    public void listen(int backlog) throws LinuxException {
        check(call(tools -> tools.syscalls.listen(fd, backlog)), "cannot listen");
    }

    /** As other servers do, so that a port can be bound while connections of before are in TIME-WAIT. */
    public void setReuseAddress() throws LinuxException {
        setOption(Syscalls.SOL_SOCKET, SO_REUSEADDR, 1);
    }

    /** @return a connection, null when none waits */
    public KernelStreamSocket accept() throws LinuxException {
        int accepted = call(tools -> tools.syscalls.accept(fd, Syscalls.SOCK_NONBLOCK));
        if (accepted == -Errno.EAGAIN || accepted == -Errno.ECONNABORTED || accepted == -Errno.EINTR) {
            return null;
        }
        return new KernelStreamSocket(check(accepted, "cannot accept"), ipv6);
    }

    /** Takes the error that waits with the socket. @return its number, 0 for none */
    public int error() {
        return call(tools -> tools.syscalls.getsockopt(fd, Syscalls.SOL_SOCKET, SO_ERROR));
    }

    public IpEndpoint local() throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(SocketAddresses.MAX_LENGTH, 8);
            check(call(tools -> tools.syscalls.getsockname(fd, address)), "cannot ask for the local address");
            return SocketAddresses.decode(address);
        }
    }

    public IpEndpoint remote() throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(SocketAddresses.MAX_LENGTH, 8);
            check(call(tools -> tools.syscalls.getpeername(fd, address)), "cannot ask for the address of the peer");
            return SocketAddresses.decode(address);
        }
    }

    private MemorySegment encode(IpEndpoint endpoint, Arena arena) {
        return ipv6 ? SocketAddresses.encodeForIpv6(endpoint, arena) : SocketAddresses.encode(endpoint, arena);
    }

    // ---- the stream ----

    /** @return bytes, 0 at the end of the stream, or an error number: -EAGAIN when there are none now */
    public int receive(byte[] target, int offset, int length) {
        return call(tools -> {
            int bytes = tools.syscalls.recv(fd, tools.chunk, Math.min(length, CHUNK_BYTES), 0);
            if (bytes > 0) {
                MemorySegment.copy(tools.chunk, JAVA_BYTE, 0, target, offset, bytes);
            }
            return bytes;
        });
    }

    /** @return bytes taken, or an error number: -EAGAIN when there is no room now */
    public int send(byte[] source, int offset, int length) {
        return call(tools -> {
            int bytes = Math.min(length, CHUNK_BYTES);
            MemorySegment.copy(source, offset, tools.chunk, JAVA_BYTE, 0, bytes);
            return tools.syscalls.sendto(fd, tools.chunk, bytes, MSG_NOSIGNAL, MemorySegment.NULL, 0);
        });
    }

    /** Bytes that can be received now. */
    public int available() {
        return call(tools -> {
            int result = tools.syscalls.ioctl(fd, FIONREAD, tools.chunk);
            return result < 0 ? result : tools.chunk.get(JAVA_INT, 0);
        });
    }

    /** @param how 0 receiving, 1 sending, 2 both */
    public int shutdown(int how) {
        return call(tools -> tools.syscalls.shutdown(fd, how));
    }

    /** Nobody may be inside another call, nor begin one afterwards. With SO_LINGER it waits. */
    @Override
    public void close() {
        call(tools -> tools.syscalls.close(fd));
    }

    // ---- options ----

    public void setOption(int level, int option, int value) throws LinuxException {
        check(call(tools -> tools.syscalls.setsockopt(fd, level, option, value)), "cannot set a socket option");
    }

    public int getOption(int level, int option) throws LinuxException {
        return check(call(tools -> tools.syscalls.getsockopt(fd, level, option)), "cannot ask for a socket option");
    }

    /** @param seconds how long close waits; 0 resets, -1 for no lingering */
    public void setLinger(int seconds) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment linger = arena.allocate(8, 4); // struct linger: int on, int seconds
            linger.set(JAVA_INT, 0, seconds < 0 ? 0 : 1);
            linger.set(JAVA_INT, 4, Math.max(0, seconds));
            check(call(tools -> tools.syscalls.setsockopt(fd, Syscalls.SOL_SOCKET, SO_LINGER, linger)), "cannot set SO_LINGER");
        }
    }

    /**
     * {@code MPTCP_INFO}. What an older kernel does not tell is 0.
     *
     * @return null when the connection is plain TCP, of which the kernel tells nothing here
     */
    public MptcpInfo info() {
        return info(fd);
    }

    /** As {@link #info()}, of any socket, which the caller keeps open meanwhile. */
    public static MptcpInfo info(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment info = arena.allocate(INFO_BYTES, 8);
            int result = call(tools -> tools.syscalls.getsockopt(fd, SOL_MPTCP, MPTCP_INFO, info));
            return result < 0 ? null : decode(info);
        }
    }

    /**
     * struct mptcp_info (include/uapi/linux/mptcp.h): subflows u8 @0, add_addr_signal @1, add_addr_accepted @2, subflows_max @3, add_addr_signal_max @4,
     * add_addr_accepted_max @5, flags u32 @8, token u32 @12, write_seq u64 @16, snd_una @24, rcv_nxt @32, local_addr_used u8 @40, local_addr_max @41,
     * csum_enabled @42, retransmits u32 @44, bytes_retrans u64 @48, bytes_sent @56, bytes_received @64, bytes_acked @72, subflows_total u8 @80,
     * last_data_sent u32 @84, last_data_recv @88, last_ack_recv @92, in milliseconds.
     */
    private static final int INFO_BYTES = 96;

    private static MptcpInfo decode(MemorySegment info) {
        return new MptcpInfo(unsigned(info, 0), unsigned(info, 1), unsigned(info, 2), unsigned(info, 3), unsigned(info, 4), unsigned(info, 5),
                info.get(JAVA_INT, 8), info.get(JAVA_INT, 12), info.get(JAVA_LONG, 16), info.get(JAVA_LONG, 24), info.get(JAVA_LONG, 32),
                unsigned(info, 40), unsigned(info, 41), unsigned(info, 42) != 0, info.get(JAVA_INT, 44), info.get(JAVA_LONG, 48),
                info.get(JAVA_LONG, 56), info.get(JAVA_LONG, 64), info.get(JAVA_LONG, 72), unsigned(info, 80), nanos(info, 84), nanos(info, 88),
                nanos(info, 92));
    }

    private static int unsigned(MemorySegment info, long offset) {
        return info.get(JAVA_BYTE, offset) & 0xff;
    }

    private static long nanos(MemorySegment info, long offset) {
        return TimeUnit.MILLISECONDS.toNanos(info.get(JAVA_INT, offset) & 0xffffffffL);
    }

    // ---- calls ----

    @FunctionalInterface
    private interface Call {
        int with(Tools tools);
    }

    private static int call(Call call) {
        Tools tools = Tools.take();
        try {
            return call.with(tools);
        } finally {
            tools.giveBack();
        }
    }

    private static int check(int result, String what) throws LinuxException {
        return Syscalls.check(result, what);
    }
}
