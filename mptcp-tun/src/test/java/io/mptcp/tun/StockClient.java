package io.mptcp.tun;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.mptcp.netty.linux.Errno;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.netty.linux.NetworkNamespace;
import io.mptcp.netty.linux.SocketAddresses;
import io.mptcp.netty.linux.Syscalls;
import io.mptcp.wire.IpEndpoint;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A client of RFC 8803 as its appendix A.1 has it: a socket of the kernel, and sendto with MSG_FASTOPEN. */
final class StockClient implements AutoCloseable {
    private static final int MSG_FASTOPEN = 0x2000_0000;
    private static final int SO_RCVTIMEO = 20;
    private static final int PATIENCE_SECONDS = 60;
    private static final int SOL_TCP = 6;
    private static final int TCP_INFO = 11;
    private static final int TCPI_OPT_SYN_DATA = 32;

    private final Syscalls syscalls = new Syscalls();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment buffer = arena.allocate(64 << 10, 8);
    private final int fd;

    /** @param mptcp of the kernel's, or plain TCP */
    StockClient(NetworkNamespace namespace, boolean mptcp, IpEndpoint relay) {
        fd = namespace.call(() -> Syscalls.check(syscalls.socket(relay.address().isIpv4() ? Syscalls.AF_INET : Syscalls.AF_INET6, Syscalls.SOCK_STREAM,
                mptcp ? KernelMptcp.IPPROTO_MPTCP : 0), "socket"));
        MemorySegment timeout = arena.allocate(16, 8);
        timeout.set(JAVA_LONG, 0, PATIENCE_SECONDS);
        syscalls.setsockopt(fd, Syscalls.SOL_SOCKET, SO_RCVTIMEO, timeout);
    }

    /** Sends the SYN, and these bytes with it. */
    StockClient open(IpEndpoint relay, byte[] early) throws Exception {
        MemorySegment address = SocketAddresses.encode(relay, arena);
        MemorySegment.copy(early, 0, buffer, JAVA_BYTE, 0, early.length);
        Syscalls.check(syscalls.sendto(fd, buffer, early.length, MSG_FASTOPEN, address, (int) address.byteSize()), "sendto");
        return this;
    }

    /** So many bytes, fewer when the relay ends or resets before. */
    byte[] receive(int bytes) throws Exception {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (all.size() < bytes) {
            int count = syscalls.recv(fd, buffer, bytes - all.size(), 0);
            if (count == 0 || count == -Errno.ECONNRESET) {
                break;
            }
            Syscalls.check(count, "recv");
            all.writeBytes(buffer.asSlice(0, count).toArray(JAVA_BYTE));
        }
        return all.toByteArray();
    }

    /** Whether the SYN/ACK acknowledged what went with the SYN. */
    boolean isSynDataTaken() throws Exception {
        MemorySegment info = arena.allocate(256, 8);
        Syscalls.check(syscalls.getsockopt(fd, SOL_TCP, TCP_INFO, info), "TCP_INFO");
        return (info.get(JAVA_BYTE, 5) & TCPI_OPT_SYN_DATA) != 0;
    }

    @Override
    public void close() {
        syscalls.close(fd);
        arena.close();
    }
}
