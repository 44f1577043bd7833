package io.mptcp.tun;

import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.netty.linux.LinuxException;
import io.mptcp.netty.linux.NetworkNamespace;
import io.mptcp.netty.linux.SocketAddresses;
import io.mptcp.netty.linux.Syscalls;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.CRC32;

/**
 * A small web server on a socket of the kernel, plain TCP or MPTCP. {@code GET /N} answers with N pseudo-random bytes; a POST is answered with
 * the CRC-32 of its body. One request a connection.
 */
final class KernelHttpServer implements AutoCloseable {
    private static final int SO_RCVTIMEO = 20;
    private static final int SO_REUSEADDR = 2;
    private static final int ACCEPT_TIMEOUT_MICROS = 100_000;
    private static final int CHUNK = 64 * 1024;

    private final int fd;
    private volatile boolean closed;

    private KernelHttpServer(int fd) {
        this.fd = fd;
    }

    static KernelHttpServer start(NetworkNamespace namespace, boolean mptcp, int port) {
        int socket = namespace.call(() -> listen(mptcp, port));
        KernelHttpServer server = new KernelHttpServer(socket);
        Thread.ofPlatform().daemon().name("http-server").start(server::acceptLoop);
        return server;
    }

    private static int listen(boolean mptcp, int port) throws Exception {
        Syscalls syscalls = new Syscalls();
        int fd = Syscalls.check(syscalls.socket(Syscalls.AF_INET6, Syscalls.SOCK_STREAM, mptcp ? KernelMptcp.IPPROTO_MPTCP : 0), "socket");
        try (Arena arena = Arena.ofConfined()) {
            Syscalls.check(syscalls.setsockopt(fd, Syscalls.SOL_SOCKET, SO_REUSEADDR, 1), "reuse");
            setReadTimeout(syscalls, fd, ACCEPT_TIMEOUT_MICROS);
            MemorySegment name = SocketAddresses.encode(new IpEndpoint(IpAddress.ANY, port), arena);
            Syscalls.check(syscalls.bind(fd, name, (int) name.byteSize()), "bind");
            Syscalls.check(syscalls.listen(fd, 64), "listen");
            return fd;
        }
    }

    /** A timeval: seconds and microseconds. Accepted sockets inherit it; 0 is none. */
    private static void setReadTimeout(Syscalls syscalls, int fd, long micros) throws LinuxException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment timeout = arena.allocate(16, 8);
            timeout.set(ValueLayout.JAVA_LONG, 8, micros);
            Syscalls.check(syscalls.setsockopt(fd, Syscalls.SOL_SOCKET, SO_RCVTIMEO, timeout), "cannot set the timeout");
        }
    }

    /** The bytes that {@code GET /length} answers with. */
    static long checksumOf(int length) {
        CRC32 checksum = new CRC32();
        Random random = new Random(length);
        byte[] chunk = new byte[CHUNK];
        for (int left = length; left > 0; left -= CHUNK) {
            random.nextBytes(chunk);
            checksum.update(chunk, 0, Math.min(left, CHUNK));
        }
        return checksum.getValue();
    }

    private void acceptLoop() {
        Syscalls syscalls = new Syscalls();
        while (!closed) {
            int connection = syscalls.accept(fd, 0);
            if (connection >= 0) {
                Thread.ofPlatform().daemon().name("http-connection").start(() -> serve(connection));
            }
        }
        syscalls.close(fd);
    }

    private static void serve(int fd) {
        Syscalls syscalls = new Syscalls();
        try (Arena arena = Arena.ofConfined()) {
            setReadTimeout(syscalls, fd, 0);
            MemorySegment buffer = arena.allocate(CHUNK);
            StringBuilder head = new StringBuilder();
            int end;
            while ((end = head.indexOf("\r\n\r\n")) < 0) {
                int count = syscalls.read(fd, buffer, CHUNK);
                if (count <= 0) {
                    return;
                }
                head.append(new String(buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1));
            }
            String request = head.substring(0, end);
            if (request.startsWith("GET /")) {
                sendBytes(syscalls, fd, buffer, Integer.parseInt(request.substring(5, request.indexOf(' ', 5))));
            } else {
                takeBody(syscalls, fd, buffer, request, head.substring(end + 4));
            }
        } catch (LinuxException e) {
            throw new java.io.UncheckedIOException(e);
        } finally {
            syscalls.close(fd);
        }
    }

    private static void sendBytes(Syscalls syscalls, int fd, MemorySegment buffer, int length) {
        send(syscalls, fd, buffer, ("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\nConnection: close\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
        Random random = new Random(length);
        byte[] chunk = new byte[CHUNK];
        for (int left = length; left > 0; left -= CHUNK) {
            random.nextBytes(chunk);
            if (!send(syscalls, fd, buffer, left < CHUNK ? java.util.Arrays.copyOf(chunk, left) : chunk)) {
                return;
            }
        }
    }

    private static void takeBody(Syscalls syscalls, int fd, MemorySegment buffer, String request, String start) {
        long length = request.lines().filter(line -> line.regionMatches(true, 0, "Content-Length:", 0, 15))
                .mapToLong(line -> Long.parseLong(line.substring(15).strip())).findFirst().orElse(0);
        CRC32 checksum = new CRC32();
        checksum.update(start.getBytes(StandardCharsets.ISO_8859_1));
        long taken = start.length();
        while (taken < length) {
            int count = syscalls.read(fd, buffer, CHUNK);
            if (count <= 0) {
                return;
            }
            checksum.update(buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE));
            taken += count;
        }
        String answer = Long.toHexString(checksum.getValue());
        send(syscalls, fd, buffer, ("HTTP/1.1 200 OK\r\nContent-Length: " + answer.length() + "\r\nConnection: close\r\n\r\n" + answer)
                .getBytes(StandardCharsets.US_ASCII));
    }

    private static boolean send(Syscalls syscalls, int fd, MemorySegment buffer, byte[] bytes) {
        MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, bytes.length);
        for (int sent = 0; sent < bytes.length; ) {
            // Not write: MSG_NOSIGNAL keeps a reset connection from ending this process.
            int count = syscalls.sendto(fd, buffer.asSlice(sent), bytes.length - sent, 0x4000, MemorySegment.NULL, 0);
            if (count < 0) {
                return false;
            }
            sent += count;
        }
        return true;
    }

    @Override
    public void close() {
        closed = true;
    }
}
