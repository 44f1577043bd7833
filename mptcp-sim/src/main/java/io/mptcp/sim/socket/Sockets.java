package io.mptcp.sim.socket;

import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Stack;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntSupplier;

/**
 * POSIX-like socket calls on the stack of a {@link VirtualHost}, with Linux's results and error numbers. Descriptors are chosen by the caller.
 * A method describes a call; {@link #run} makes it and lets virtual time pass until it is done, {@link #start} makes it and lets it wait.
 */
public final class Sockets {
    private static final int BUFFER_BYTES = 1 << 20;
    private static final int MAX_SOCKETS = 10_000;

    private final VirtualHost host;
    private final Stack stack;
    private final Map<Integer, VirtualSocket> table = new LinkedHashMap<>();
    private final SocketOptionCalls optionCalls;
    private final FastOpenCalls fastOpen;
    private final EpollCalls epoll;
    private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER_BYTES);

    public Sockets(VirtualHost host) {
        this(host, () -> 0);
    }

    /** @param fastOpenBits what {@code net.ipv4.tcp_fastopen} says */
    public Sockets(VirtualHost host, IntSupplier fastOpenBits) {
        this.host = host;
        stack = host.stack();
        fastOpen = new FastOpenCalls(host, fastOpenBits);
        epoll = new EpollCalls(host, table);
        optionCalls = new SocketOptionCalls(fastOpen);
    }

    /** Makes a call and lets virtual time pass until it is done; EDEADLK when it waits for what can never come. */
    public Outcome run(Call call) {
        return host.await(call);
    }

    /** Makes a call; the consumer hears of its completion, maybe before this returns. */
    public Call start(Call call, Consumer<Call> whenDone) {
        call.whenDone(whenDone);
        host.begin(call);
        return call;
    }

    private Call on(int fd, Function<VirtualSocket, Outcome> attempt) {
        return Call.waiting(() -> {
            VirtualSocket socket = table.get(fd);
            return socket == null ? Outcome.error(Errno.EBADF) : attempt.apply(socket);
        });
    }

    private Call on(int fd, long timeoutNanos, int timeoutErrno, Function<VirtualSocket, Outcome> attempt) {
        long deadline = timeoutNanos == Long.MAX_VALUE ? Long.MAX_VALUE : host.nowNanos() + timeoutNanos;
        return Call.waitingUntil(deadline, () -> {
            VirtualSocket socket = table.get(fd);
            return socket == null ? Outcome.error(Errno.EBADF) : attempt.apply(socket);
        }, () -> Outcome.error(timeoutErrno));
    }

    // ---- opening ----

    public Call socket(int fd, int domain, int type, int protocol) {
        return Call.waiting(() -> {
            if (domain != SocketConstants.AF_INET && domain != SocketConstants.AF_INET6) {
                return Outcome.error(Errno.EAFNOSUPPORT);
            }
            boolean known = protocol == 0 || protocol == SocketConstants.IPPROTO_TCP || protocol == SocketConstants.IPPROTO_MPTCP;
            if (!known || (type & SocketConstants.SOCK_TYPE_MASK) != SocketConstants.SOCK_STREAM || table.size() >= MAX_SOCKETS) {
                return Outcome.error(Errno.EPROTONOSUPPORT);
            }
            VirtualSocket socket = new VirtualSocket(domain == SocketConstants.AF_INET, protocol == SocketConstants.IPPROTO_MPTCP);
            socket.nonBlocking = (type & SocketConstants.SOCK_NONBLOCK) != 0;
            return table.putIfAbsent(fd, socket) == null ? Outcome.of(fd) : Outcome.error(Errno.EINVAL);
        });
    }

    public Call bind(int fd, IpEndpoint local) {
        return on(fd, socket -> {
            if (socket.bound != null || socket.connection != null) {
                return Outcome.error(Errno.EINVAL);
            }
            if (!local.address().isAny() && host.linkOf(local.address()) < 0) {
                return Outcome.error(Errno.EADDRNOTAVAIL);
            }
            socket.bound = local;
            return Outcome.DONE;
        });
    }

    public Call listen(int fd, int backlog) {
        return on(fd, socket -> {
            socket.backlog = backlog;
            if (socket.listener != null) {
                return Outcome.DONE;
            }
            if (socket.connection != null) {
                return Outcome.error(Errno.EINVAL);
            }
            if (socket.bound == null || socket.bound.port() == 0) {
                return Outcome.error(Errno.EDESTADDRREQ); // unlike Linux, which would choose a port
            }
            try {
                socket.listener = stack.listen(socket.bound, false, connectOptions(socket), socket);
            } catch (IllegalStateException _) {
                return Outcome.error(Errno.EADDRINUSE);
            }
            fastOpen.configure(socket);
            return Outcome.DONE;
        });
    }

    private static ConnectOptions connectOptions(VirtualSocket socket) {
        return ConnectOptions.DEFAULT.withMptcp(socket.mptcp).withSocket(socket.options).withCongestionControl(socket.congestionControl);
    }

    /** The outcome's data is the peer's address, see {@link #encode}. */
    public Call accept(int fd, int newFd) {
        return on(fd, socket -> {
            if (socket.listener == null || table.containsKey(newFd)) {
                return Outcome.error(Errno.EINVAL);
            }
            MptcpConnection connection = socket.acceptQueue.poll();
            if (connection == null) {
                return socket.nonBlocking ? Outcome.error(Errno.EAGAIN) : null;
            }
            VirtualSocket accepted = new VirtualSocket(socket.ipv4, socket.mptcp);
            accepted.bound = connection.local();
            accepted.connection = connection;
            accepted.connectReported = true;
            accepted.options = connection.socketOptions();
            accepted.endIfDeserted();
            table.put(newFd, accepted);
            return Outcome.of(newFd, encode(connection.remote()));
        });
    }

    /** @param remote null for AF_UNSPEC, which dissolves the association */
    public Call connect(int fd, IpEndpoint remote) {
        VirtualSocket known = table.get(fd);
        return on(fd, known == null ? Long.MAX_VALUE : known.sendTimeoutNanos, Errno.EINPROGRESS, socket -> {
            if (remote == null) {
                return disconnect(socket);
            }
            if (socket.listener != null) {
                return Outcome.error(Errno.EISCONN);
            }
            if (socket.connection == null) {
                if (socket.deferredRemote != null) {
                    return Outcome.error(Errno.EISCONN);
                }
                if (socket.fastOpenConnect && roomBytes(socket, remote) >= 0) {
                    socket.deferredRemote = remote;
                    return Outcome.DONE;
                }
                Outcome failure = open(socket, remote, socket.fastOpenConnect);
                if (failure != null) {
                    return failure;
                }
                return socket.nonBlocking ? Outcome.error(Errno.EINPROGRESS) : null;
            }
            return connectResult(socket);
        });
    }

    /** The address to connect from, null when there is none of that family. */
    private IpAddress localFor(VirtualSocket socket, IpEndpoint remote) {
        boolean ipv4 = remote.address().isIpv4();
        boolean chosen = socket.bound != null && !socket.bound.address().isAny();
        IpAddress local = chosen ? socket.bound.address() : host.firstAddress(ipv4);
        return local == null || local.isIpv4() != ipv4 ? null : local;
    }

    private int roomBytes(VirtualSocket socket, IpEndpoint remote) {
        IpAddress local = localFor(socket, remote);
        return local == null ? -1 : fastOpen.roomBytes(socket, local, remote);
    }

    private Outcome open(VirtualSocket socket, IpEndpoint remote, boolean fast) {
        IpAddress local = localFor(socket, remote);
        if (local == null) {
            return Outcome.error(Errno.ENETUNREACH);
        }
        int port = socket.bound == null ? 0 : socket.bound.port();
        ConnectOptions options = fast ? fastOpen.options(socket, connectOptions(socket)) : connectOptions(socket);
        try {
            socket.connection = stack.connect(host.linkOf(local), new IpEndpoint(local, port), remote, options, socket);
        } catch (IllegalStateException _) {
            return Outcome.error(Errno.EADDRNOTAVAIL);
        }
        return null;
    }

    private static Outcome connectResult(VirtualSocket socket) {
        if (socket.isConnecting()) {
            return socket.nonBlocking ? Outcome.error(Errno.EALREADY) : null;
        }
        int error = socket.takeError();
        if (error != 0) {
            return Outcome.error(error);
        }
        if (!socket.connectReported && !socket.connection.isClosed()) {
            socket.connectReported = true;
            return Outcome.DONE;
        }
        return Outcome.error(socket.connectReported ? Errno.EISCONN : Errno.ECONNABORTED);
    }

    private static Outcome disconnect(VirtualSocket socket) {
        if (socket.connection != null) {
            socket.connection.abort();
            socket.connection = null;
            socket.connectReported = false;
        }
        socket.deferredRemote = null;
        return Outcome.DONE;
    }

    // ---- the stream ----

    /** The outcome's data is what was read. */
    public Call read(int fd, int length, int flags) {
        return read(fd, length, flags, false);
    }

    /** As {@link #read}; behind the bytes there are control messages: u32 level, type and value each (big endian). */
    public Call receiveMessage(int fd, int length, int flags) {
        return read(fd, length, flags, true);
    }

    private Call read(int fd, int length, int flags, boolean withControl) {
        VirtualSocket known = table.get(fd);
        return on(fd, known == null ? Long.MAX_VALUE : known.receiveTimeoutNanos, Errno.EAGAIN, socket -> {
            MptcpConnection connection = socket.connection;
            if (connection == null && socket.deferredRemote != null) {
                return isNonBlocking(socket, flags) ? Outcome.error(Errno.EAGAIN) : null;
            }
            if (connection == null) {
                return Outcome.error(Errno.ENOTCONN);
            }
            if (length == 0) {
                return Outcome.DONE;
            }
            int count = connection.read(buffer, 0, Math.min(length, BUFFER_BYTES));
            if (count > 0) {
                byte[] bytes = buffer.asSlice(0, count).toArray(ValueLayout.JAVA_BYTE);
                return Outcome.of(count, withControl && socket.tellsInq ? withInq(bytes, connection) : bytes);
            }
            if (count < 0 || socket.readShut) {
                return Outcome.DONE;
            }
            if (connection.isClosed()) {
                int error = socket.takeError();
                return error == 0 ? Outcome.DONE : Outcome.error(error);
            }
            return isNonBlocking(socket, flags) ? Outcome.error(Errno.EAGAIN) : null;
        });
    }

    /** TCP_CM_INQ: bytes left to read; 1 where only the end of the stream is left. */
    private static byte[] withInq(byte[] bytes, MptcpConnection connection) {
        int left = connection.isEndOfStream() ? 1 : connection.readableBytes();
        return ByteBuffer.allocate(bytes.length + 12).put(bytes).putInt(SocketConstants.IPPROTO_TCP).putInt(SocketConstants.TCP_INQ).putInt(left).array();
    }

    private static boolean isNonBlocking(VirtualSocket socket, int flags) {
        return socket.nonBlocking || (flags & SocketConstants.MSG_DONTWAIT) != 0;
    }

    public Call write(int fd, byte[] bytes, int flags) {
        return sendTo(fd, bytes, flags, null);
    }

    /** @param remote where to connect to with MSG_FASTOPEN, or null */
    public Call sendTo(int fd, byte[] bytes, int flags, IpEndpoint remote) {
        int[] written = {0};
        boolean[] opened = {false};
        VirtualSocket known = table.get(fd);
        long timeout = known == null ? Long.MAX_VALUE : known.sendTimeoutNanos;
        long deadline = timeout == Long.MAX_VALUE ? Long.MAX_VALUE : host.nowNanos() + timeout;
        return Call.waitingUntil(deadline, () -> {
            VirtualSocket socket = table.get(fd);
            if (socket == null) {
                return Outcome.error(Errno.EBADF);
            }
            boolean opens = !opened[0] && socket.connection == null && socket.listener == null && (socket.deferredRemote != null || isFastOpen(flags));
            opened[0] |= opens;
            return opens ? openAndWrite(socket, bytes, written, flags, remote) : writeMore(socket, bytes, written, opened, flags);
        }, () -> written[0] > 0 ? Outcome.of(written[0]) : Outcome.error(Errno.EAGAIN));
    }

    private static boolean isFastOpen(int flags) {
        return (flags & SocketConstants.MSG_FASTOPEN) != 0;
    }

    /** As Linux: what goes with the SYN has been sent, nothing else is taken before the connection is there. */
    private Outcome openAndWrite(VirtualSocket socket, byte[] bytes, int[] written, int flags, IpEndpoint given) {
        IpEndpoint remote = socket.deferredRemote != null ? socket.deferredRemote : given;
        if (!fastOpen.mayOpen() || remote == null) {
            return Outcome.error(Errno.EOPNOTSUPP);
        }
        // A writer that waits has all of it taken; what does not go with the SYN waits in the stack, which so knows of it.
        int most = isNonBlocking(socket, flags) ? roomBytes(socket, remote) : BUFFER_BYTES;
        int room = Math.min(most, bytes.length);
        Outcome failure = open(socket, remote, true);
        if (failure != null) {
            return failure;
        }
        socket.deferredRemote = null;
        if (room > 0) {
            MemorySegment.copy(bytes, 0, buffer, ValueLayout.JAVA_BYTE, 0, room);
            written[0] = socket.connection.write(buffer, 0, room);
        }
        if (!isNonBlocking(socket, flags)) {
            return null;
        }
        return written[0] > 0 ? Outcome.of(written[0]) : Outcome.error(Errno.EINPROGRESS);
    }

    private Outcome writeMore(VirtualSocket socket, byte[] bytes, int[] written, boolean[] opened, int flags) {
        MptcpConnection connection = socket.connection;
        if (connection == null || socket.writeShut) {
            return Outcome.error(Errno.EPIPE);
        }
        boolean wait = !isNonBlocking(socket, flags);
        if (socket.isConnecting()) {
            return wait ? null : Outcome.error(isFastOpen(flags) ? Errno.EALREADY : Errno.EAGAIN);
        }
        if (connection.isClosed()) {
            int error = socket.takeError();
            boolean opening = opened[0] && !connection.wasConnected(); // what went with the SYN was for nothing
            return written[0] > 0 && !opening ? Outcome.of(written[0]) : Outcome.error(error == 0 ? Errno.EPIPE : error);
        }
        while (written[0] < bytes.length) {
            int chunk = Math.min(bytes.length - written[0], BUFFER_BYTES);
            MemorySegment.copy(bytes, written[0], buffer, ValueLayout.JAVA_BYTE, 0, chunk);
            int taken = connection.write(buffer, 0, chunk, (flags & SocketConstants.MSG_MORE) != 0);
            written[0] += taken;
            if (taken == 0) {
                connection.writableBytes(); // to be told when there is room again
                if (wait) {
                    return null;
                }
                return written[0] > 0 ? Outcome.of(written[0]) : Outcome.error(Errno.EAGAIN);
            }
        }
        if ((flags & SocketConstants.MSG_EOR) != 0) {
            connection.endRecord();
        }
        return Outcome.of(bytes.length);
    }

    public Call shutdown(int fd, int how) {
        return on(fd, socket -> {
            if (how < SocketConstants.SHUT_RD || how > SocketConstants.SHUT_RDWR) {
                return Outcome.error(Errno.EINVAL);
            }
            if (socket.listener != null) {
                closeListener(socket);
                return Outcome.DONE;
            }
            if (socket.connection == null || (socket.connection.isClosed() && socket.pendingError() != 0)) {
                return Outcome.error(Errno.ENOTCONN);
            }
            if (socket.isConnecting()) {
                return disconnect(socket);
            }
            socket.readShut |= how != SocketConstants.SHUT_WR;
            if (how != SocketConstants.SHUT_RD && !socket.writeShut) {
                socket.writeShut = true;
                socket.connection.shutdownOutput();
            }
            return Outcome.DONE;
        });
    }

    public Call close(int fd) {
        return Call.waiting(() -> {
            boolean wasEpoll = epoll.close(fd);
            VirtualSocket socket = table.remove(fd);
            if (socket == null) {
                return wasEpoll ? Outcome.DONE : Outcome.error(Errno.EBADF);
            }
            if (socket.listener != null) {
                closeListener(socket);
            }
            if (socket.connection != null) {
                if (socket.lingerAtOnce) {
                    socket.connection.abort();
                } else {
                    socket.connection.close();
                }
            }
            return Outcome.DONE;
        });
    }

    /** What nobody will accept any more is told so. */
    private void closeListener(VirtualSocket socket) {
        stack.close(socket.listener);
        socket.listener = null;
        socket.acceptQueue.forEach(MptcpConnection::abort);
        socket.acceptQueue.clear();
    }

    // ---- waiting for events, flags, options ----

    /**
     * @param timeoutMillis 0 does not wait, negative waits for ever
     * @param events        events asked for, one for each descriptor; the outcome's data are as many u16 (big endian): what holds
     */
    public Call poll(int[] fds, int[] events, int timeoutMillis) {
        long deadline = timeoutMillis < 0 ? Long.MAX_VALUE : host.nowNanos() + timeoutMillis * 1_000_000L;
        return Call.waitingUntil(deadline, () -> pollNow(fds, events, timeoutMillis == 0), () -> Outcome.of(0, new byte[2 * fds.length]));
    }

    private Outcome pollNow(int[] fds, int[] events, boolean evenIfNone) {
        byte[] data = new byte[2 * fds.length];
        int ready = 0;
        for (int i = 0; i < fds.length; i++) {
            VirtualSocket socket = table.get(fds[i]);
            int holds = socket == null ? SocketConstants.POLLNVAL
                    : socket.events() & (events[i] | SocketConstants.POLLERR | SocketConstants.POLLHUP);
            data[2 * i] = (byte) (holds >> 8);
            data[2 * i + 1] = (byte) holds;
            ready += holds != 0 ? 1 : 0;
        }
        return ready > 0 || evenIfNone ? Outcome.of(ready, data) : null;
    }

    public Call epollCreate(int fd) {
        return epoll.create(fd);
    }

    public Call epollControl(int epollFd, int operation, int fd, int events, long data) {
        return epoll.control(epollFd, operation, fd, events, data);
    }

    /**
     * @param timeoutMillis 0 does not wait, negative waits for ever
     * @return the outcome's data are as many times u32 events and u64 data (big endian)
     */
    public Call epollWait(int epollFd, int maxEvents, int timeoutMillis) {
        return epoll.await(epollFd, maxEvents, timeoutMillis);
    }

    public Call fcntl(int fd, int command, int argument) {
        return on(fd, socket -> switch (command) {
            case SocketConstants.F_GETFL -> Outcome.of(SocketConstants.O_RDWR | (socket.nonBlocking ? SocketConstants.O_NONBLOCK : 0));
            case SocketConstants.F_SETFL -> {
                socket.nonBlocking = (argument & SocketConstants.O_NONBLOCK) != 0;
                yield Outcome.DONE;
            }
            default -> Outcome.error(Errno.EINVAL);
        });
    }

    /** The outcome's data is one u32 (big endian). */
    public Call ioctl(int fd, int request) {
        return on(fd, socket -> {
            if (socket.connection == null) {
                return Outcome.error(Errno.EINVAL);
            }
            return switch (request) {
                case SocketConstants.SIOCINQ -> Outcome.of(0, bigEndian(socket.connection.readableBytes()));
                case SocketConstants.SIOCOUTQ -> Outcome.of(0, bigEndian((int) socket.connection.unacknowledgedBytes()));
                default -> Outcome.error(Errno.EINVAL);
            };
        });
    }

    private static byte[] bigEndian(int value) {
        return new byte[] {(byte) (value >> 24), (byte) (value >> 16), (byte) (value >> 8), (byte) value};
    }

    /** The outcome's data is the option's value, at most {@code length} bytes, integers in little endian. */
    public Call getsockopt(int fd, int level, int name, int length) {
        return on(fd, socket -> optionCalls.get(socket, level, name, length, host.nowNanos()));
    }

    public Call setsockopt(int fd, int level, int name, byte[] value) {
        return on(fd, socket -> optionCalls.set(socket, level, name, value));
    }

    // ---- addresses ----

    /** {@code u8 4|6, u16 port, 4|16 bytes}, in network order. */
    public static byte[] encode(IpEndpoint endpoint) {
        byte[] address = endpoint.address().toBytes();
        byte[] encoded = Arrays.copyOf(new byte[] {(byte) (address.length == 4 ? 4 : 6), (byte) (endpoint.port() >> 8), (byte) endpoint.port()},
                3 + address.length);
        System.arraycopy(address, 0, encoded, 3, address.length);
        return encoded;
    }

    int openCount() {
        return table.size();
    }
}
