package io.mptcp.cli.lab;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.util.Objects;

/** A blocking stream socket of the kernel's MPTCP, the independent peer in tests. */
public final class KernelMptcpSocket implements AutoCloseable {
    private static final int SO_REUSEADDR = 2;
    private static final int TCP_CONGESTION = 13;
    private static final int SHUT_WR = 1;
    private static final int BACKLOG = 64;
    private static final int CHUNK_BYTES = 256 << 10;

    private final int fd;

    private KernelMptcpSocket(int fd) {
        this.fd = fd;
    }

    /** Whether this kernel makes MPTCP sockets in the namespace of the calling thread. */
    public static boolean isAvailable() {
        try {
            LinuxCalls.close(LinuxCalls.socket(LinuxCalls.AF_INET, LinuxCalls.SOCK_STREAM, LinuxCalls.IPPROTO_MPTCP));
            return true;
        } catch (IOException unknownOrDisabled) {
            return false;
        }
    }

    /**
     * A listening socket in the namespace of the calling thread, for use by others.
     *
     * @param congestion congestion control of the accepted connections, or null for the namespace's
     * @return its file descriptor
     */
    public static int listen(InetAddress address, int port, String congestion) throws IOException {
        return listen(LinuxCalls.IPPROTO_MPTCP, address, port, congestion);
    }

    /** As {@link #listen}, but plain TCP: a peer without MPTCP. */
    public static int listenTcp(InetAddress address, int port, String congestion) throws IOException {
        return listen(LinuxCalls.IPPROTO_TCP, address, port, congestion);
    }

    private static int listen(int protocol, InetAddress address, int port, String congestion) throws IOException {
        int fd = LinuxCalls.socket(SocketAddress.family(address), LinuxCalls.SOCK_STREAM, protocol);
        try (Arena arena = Arena.ofConfined()) {
            LinuxCalls.setsockopt(fd, LinuxCalls.SOL_SOCKET, SO_REUSEADDR, 1);
            if (congestion != null) {
                LinuxCalls.setsockopt(fd, LinuxCalls.IPPROTO_TCP, TCP_CONGESTION, arena.allocateFrom(congestion));
            }
            LinuxCalls.bind(fd, SocketAddress.of(arena, address, port));
            LinuxCalls.listen(fd, BACKLOG);
            return fd;
        } catch (IOException e) {
            LinuxCalls.close(fd);
            throw new IOException("cannot listen on " + address.getHostAddress() + " port " + port + ": " + e.getMessage(), e);
        }
    }

    /** Connects from the namespace of the calling thread. */
    public static KernelMptcpSocket connect(InetAddress address, int port) throws IOException {
        int fd = LinuxCalls.socket(SocketAddress.family(address), LinuxCalls.SOCK_STREAM, LinuxCalls.IPPROTO_MPTCP);
        try (Arena arena = Arena.ofConfined()) {
            LinuxCalls.connect(fd, SocketAddress.of(arena, address, port));
            return new KernelMptcpSocket(fd);
        } catch (IOException e) {
            LinuxCalls.close(fd);
            throw new IOException("cannot connect to " + address.getHostAddress() + " port " + port + ": " + e.getMessage(), e);
        }
    }

    /** Waits for a connection on a descriptor from {@link #listen}. */
    public static KernelMptcpSocket accept(int listeningFd) throws IOException {
        return new KernelMptcpSocket(LinuxCalls.accept(listeningFd));
    }

    /** Closes a descriptor from {@link #listen}. */
    public static void closeListener(int listeningFd) throws IOException {
        LinuxCalls.close(listeningFd);
    }

    public InputStream inputStream() {
        return new In();
    }

    public OutputStream outputStream() {
        return new Out();
    }

    /** No more output: the peer sees the end of the stream. */
    public void shutdownOutput() throws IOException {
        LinuxCalls.shutdown(fd, SHUT_WR);
    }

    @Override
    public void close() throws IOException {
        LinuxCalls.close(fd);
    }

    private static IOException failed(String what) {
        return new IOException(what + ": " + LinuxCalls.errorText(LinuxCalls.errno()));
    }

    private final class In extends InputStream {
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
            long bytes = LinuxCalls.recv(fd, chunk.asSlice(0, Math.min(length, CHUNK_BYTES)), 0);
            if (bytes < 0) {
                throw failed("recv");
            }
            MemorySegment.copy(chunk, ValueLayout.JAVA_BYTE, 0, target, offset, (int) bytes);
            return bytes == 0 ? -1 : (int) bytes;
        }
    }

    private final class Out extends OutputStream {
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
                long sent = LinuxCalls.send(fd, chunk, bytes, LinuxCalls.MSG_NOSIGNAL);
                if (sent < 0) {
                    throw failed("send");
                }
                done += (int) sent;
            }
        }
    }
}
