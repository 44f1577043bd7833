package io.mptcp.netty.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Consumer;

/**
 * A netlink socket, for requests or for the messages of multicast groups. Non-blocking: the kernel answers a request before the call that
 * sent it returns. For one thread at a time.
 *
 * <p>Layouts: sockaddr_nl 12 bytes {family u16 @0, port u32 @4, groups u32 @8}; nlmsgerr {negative errno i32 @0, header of the request @4}.
 */
final class Netlink implements AutoCloseable {
    static final int NETLINK_ROUTE = 0;
    static final int NETLINK_NETFILTER = 12;

    private static final int NLMSG_ERROR = 2;
    private static final int NLMSG_DONE = 3;
    private static final int SOCKADDR_NL_BYTES = 12;
    private static final int RECEIVE_BYTES = 32 * 1024;

    private final Syscalls syscalls = new Syscalls();
    private final MemorySegment buffer = Arena.ofAuto().allocate(RECEIVE_BYTES, 8);
    private final NetlinkReader reader = new NetlinkReader(buffer);
    private final NetlinkRequest request = new NetlinkRequest();
    private final int fd;
    private boolean closed;

    private Netlink(int fd) {
        this.fd = fd;
    }

    /** @param groups multicast groups 1..32 to join, as bits; 0 for a socket that only asks */
    static Netlink open(int protocol, int groups) throws LinuxException {
        Syscalls syscalls = new Syscalls();
        int fd = Syscalls.check(syscalls.socket(Syscalls.AF_NETLINK, Syscalls.SOCK_RAW | Syscalls.SOCK_NONBLOCK, protocol),
                "cannot open a netlink socket");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment address = arena.allocate(SOCKADDR_NL_BYTES, 4);
            address.set(ValueLayout.JAVA_SHORT, 0, (short) Syscalls.AF_NETLINK);
            address.set(ValueLayout.JAVA_INT, 8, groups);
            int result = syscalls.bind(fd, address, SOCKADDR_NL_BYTES);
            if (result < 0) {
                syscalls.close(fd);
            }
            Syscalls.check(result, "cannot bind a netlink socket");
        }
        return new Netlink(fd);
    }

    int fd() {
        return fd;
    }

    /** An empty request, reused by every call. */
    NetlinkRequest request() {
        return request.clear();
    }

    /**
     * Sends the request and takes the answers until the last message is acknowledged, a dump is complete, or a message is refused.
     *
     * @return 0, or minus the error number of the first message refused
     */
    int transact(NetlinkRequest sent, Consumer<NetlinkReader> answers) {
        MemorySegment messages = sent.messages();
        int result = syscalls.sendto(fd, messages, messages.byteSize(), 0, MemorySegment.NULL, 0);
        if (result < 0) {
            return result;
        }
        while (true) {
            int length = syscalls.recv(fd, buffer, buffer.byteSize(), 0);
            if (length < 0) {
                return length;
            }
            reader.reset(length);
            while (reader.nextMessage()) {
                if (reader.sequence() < sent.firstSequence() || reader.sequence() > sent.awaitedSequence()) {
                    continue; // what is left of a batch that was refused
                }
                if (reader.type() == NLMSG_ERROR) {
                    int error = reader.body32(0);
                    if (error < 0 || reader.sequence() == sent.awaitedSequence()) {
                        return error;
                    }
                } else if (reader.type() == NLMSG_DONE) {
                    return 0;
                } else {
                    answers.accept(reader);
                }
            }
        }
    }

    /** As {@link #transact(NetlinkRequest, Consumer)} for requests that are answered by an acknowledgement only. */
    int transact(NetlinkRequest sent) {
        return transact(sent, ignored -> { });
    }

    /**
     * Takes one datagram of the groups.
     *
     * @return bytes, or minus the error number: {@code -EAGAIN} when there is none, {@code -ENOBUFS} when some were lost
     */
    int receive(Consumer<NetlinkReader> events) {
        int length = syscalls.recv(fd, buffer, buffer.byteSize(), 0);
        if (length > 0) {
            reader.reset(length);
            while (reader.nextMessage()) {
                events.accept(reader);
            }
        }
        return length;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            syscalls.close(fd);
        }
    }
}
