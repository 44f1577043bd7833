package io.mptcp.cli.lab;

import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.netty.linux.LinuxException;
import io.mptcp.netty.linux.SocketAddresses;
import io.mptcp.netty.linux.Syscalls;
import io.mptcp.wire.IpEndpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/** A blocking stream socket of the kernel's MPTCP, or of its TCP: the independent peer in tests, and the other side in benchmarks. */
public final class KernelMptcpSocket implements AutoCloseable {
    private static final int SO_REUSEADDR = 2;
    private static final int SO_LINGER = 13;
    private static final int TCP_NODELAY = 1;
    private static final int TCP_CONGESTION = 13;
    private static final int SHUT_WR = 1;
    private static final int SHUT_BOTH = 2;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int MSG_PEEK = 2;
    private static final int BACKLOG = 64;
    private static final int CHUNK_BYTES = 256 << 10;

    private final int fd;

    private KernelMptcpSocket(int fd) {
        this.fd = fd;
    }

    /**
     * A listening socket in the namespace of the calling thread, for use by others.
     *
     * @param protocol   {@link KernelMptcp#IPPROTO_MPTCP}, or {@link Syscalls#IPPROTO_TCP} for a peer without MPTCP
     * @param congestion congestion control of the accepted connections, or null for the namespace's
     * @return its file descriptor
     */
    public static int listen(int protocol, IpEndpoint local, String congestion) throws LinuxException {
        Syscalls syscalls = new Syscalls();
        int family = SocketAddresses.family(local.address());
        int fd = Syscalls.check(syscalls.socket(family, Syscalls.SOCK_STREAM, protocol), "cannot open a socket");
        try (Arena arena = Arena.ofConfined()) {
            Syscalls.check(syscalls.setsockopt(fd, Syscalls.SOL_SOCKET, SO_REUSEADDR, 1), "SO_REUSEADDR");
            setCongestion(syscalls, fd, congestion, arena);
            MemorySegment address = SocketAddresses.encode(local, arena);
            Syscalls.check(syscalls.bind(fd, address, (int) address.byteSize()), "cannot bind to " + local);
            Syscalls.check(syscalls.listen(fd, BACKLOG), "cannot listen on " + local);
            return fd;
        } catch (LinuxException e) {
            syscalls.close(fd);
            throw e;
        }
    }

    /** Connects by MPTCP from the namespace of the calling thread. */
    public static KernelMptcpSocket connect(IpEndpoint remote) throws LinuxException {
        return connect(KernelMptcp.IPPROTO_MPTCP, remote, null);
    }

    /**
     * Connects from the namespace of the calling thread.
     *
     * @param protocol   {@link KernelMptcp#IPPROTO_MPTCP} or {@link Syscalls#IPPROTO_TCP}
     * @param congestion congestion control of the connection, or null for the namespace's
     */
    public static KernelMptcpSocket connect(int protocol, IpEndpoint remote, String congestion) throws LinuxException {
        return connect(protocol, SocketAddresses.family(remote.address()), remote, congestion);
    }

    /** As {@link #connect(IpEndpoint)} by an IPv6 socket, whose subflows may be of either family, whatever that of {@code remote}. */
    public static KernelMptcpSocket connectAcrossFamilies(IpEndpoint remote) throws LinuxException {
        return connect(KernelMptcp.IPPROTO_MPTCP, Syscalls.AF_INET6, remote, null);
    }

    private static KernelMptcpSocket connect(int protocol, int family, IpEndpoint remote, String congestion) throws LinuxException {
        Syscalls syscalls = new Syscalls();
        int fd = Syscalls.check(syscalls.socket(family, Syscalls.SOCK_STREAM, protocol), "cannot open a socket");
        try (Arena arena = Arena.ofConfined()) {
            setCongestion(syscalls, fd, congestion, arena);
            MemorySegment address = family == Syscalls.AF_INET6
                    ? SocketAddresses.encodeForIpv6(remote, arena) : SocketAddresses.encode(remote, arena);
            Syscalls.check(syscalls.connect(fd, address, (int) address.byteSize()), "cannot connect to " + remote);
            return new KernelMptcpSocket(fd);
        } catch (LinuxException e) {
            syscalls.close(fd);
            throw e;
        }
    }

    private static void setCongestion(Syscalls syscalls, int fd, String congestion, Arena arena) throws LinuxException {
        if (congestion != null) {
            Syscalls.check(syscalls.setsockopt(fd, Syscalls.IPPROTO_TCP, TCP_CONGESTION, arena.allocateFrom(congestion)),
                    "cannot use congestion control " + congestion);
        }
    }

    /** Waits for a connection on a descriptor from {@link #listen}. */
    public static KernelMptcpSocket accept(int listeningFd) throws LinuxException {
        return new KernelMptcpSocket(Syscalls.check(new Syscalls().accept(listeningFd, 0), "cannot accept"));
    }

    /** Closes a descriptor from {@link #listen}; a thread in {@link #accept} gets an error. */
    public static void closeListener(int listeningFd) {
        Syscalls syscalls = new Syscalls();
        syscalls.shutdown(listeningFd, SHUT_BOTH);
        syscalls.close(listeningFd);
    }

    public InputStream inputStream() {
        return new In();
    }

    public OutputStream outputStream() {
        return new Out();
    }

    /** Small writes leave at once, without waiting for acknowledgments of earlier ones. */
    public void noDelay() throws IOException {
        Syscalls.check(new Syscalls().setsockopt(fd, Syscalls.IPPROTO_TCP, TCP_NODELAY, 1), "TCP_NODELAY");
    }

    /** Holds the send buffer to about this size. */
    public void sendBuffer(int bytes) throws IOException {
        Syscalls.check(new Syscalls().setsockopt(fd, Syscalls.SOL_SOCKET, Syscalls.SO_SNDBUF, bytes), "SO_SNDBUF");
    }

    /**
     * Waits for bytes, without the copy that {@link #inputStream} makes.
     *
     * @param syscalls of the calling thread
     * @return how many came, 0 at the end of the stream, or minus the error number
     */
    public int receive(Syscalls syscalls, MemorySegment target, int length) {
        return syscalls.recv(fd, target, length, 0);
    }

    /** Writes without a copy in this process. @return how many bytes were taken, or minus the error number */
    public int send(Syscalls syscalls, MemorySegment source, int length) {
        return syscalls.sendto(fd, source, length, MSG_NOSIGNAL, MemorySegment.NULL, 0);
    }

    /** No more output: the peer sees the end of the stream. */
    public void shutdownOutput() throws IOException {
        Syscalls.check(new Syscalls().shutdown(fd, SHUT_WR), "cannot shut down");
    }

    /** Ends both directions: who waits in a read or write gets its end or an error. Then {@link #close} has the peer reset. */
    public void interrupt() {
        Syscalls syscalls = new Syscalls();
        try (Arena arena = Arena.ofConfined()) {
            // struct linger: int on, int seconds. With 0 seconds a close discards what is not sent.
            MemorySegment linger = arena.allocate(8, 4);
            linger.set(ValueLayout.JAVA_INT, 0, 1);
            syscalls.setsockopt(fd, Syscalls.SOL_SOCKET, SO_LINGER, linger);
        }
        syscalls.shutdown(fd, SHUT_BOTH);
    }

    /** Waits until there is something to read, and leaves it where it is. @return whether there is, and not the end of the stream */
    public boolean awaitReadable() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            return Syscalls.check(new Syscalls().recv(fd, arena.allocate(1), 1, MSG_PEEK), "cannot receive") > 0;
        }
    }

    @Override
    public void close() {
        new Syscalls().close(fd);
    }

    private final class In extends InputStream {
        private final Syscalls syscalls = new Syscalls();
        private final MemorySegment chunk = Arena.ofAuto().allocate(CHUNK_BYTES, 8);

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, target.length);
            if (length == 0) {
                return 0;
            }
            int bytes = Syscalls.check(syscalls.recv(fd, chunk, Math.min(length, CHUNK_BYTES), 0), "cannot receive");
            MemorySegment.copy(chunk, ValueLayout.JAVA_BYTE, 0, target, offset, bytes);
            return bytes == 0 ? -1 : bytes;
        }
    }

    private final class Out extends OutputStream {
        private final Syscalls syscalls = new Syscalls();
        private final MemorySegment chunk = Arena.ofAuto().allocate(CHUNK_BYTES, 8);

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] source, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, source.length);
            int done = 0;
            while (done < length) {
                int bytes = Math.min(length - done, CHUNK_BYTES);
                MemorySegment.copy(source, offset + done, chunk, ValueLayout.JAVA_BYTE, 0, bytes);
                done += Syscalls.check(syscalls.sendto(fd, chunk, bytes, MSG_NOSIGNAL, MemorySegment.NULL, 0), "cannot send");
            }
        }
    }
}
