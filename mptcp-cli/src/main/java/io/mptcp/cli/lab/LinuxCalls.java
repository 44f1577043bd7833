package io.mptcp.cli.lab;

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
import java.util.Arrays;

/** The few system calls of the laboratory. Each returns what the kernel returned, or throws with the name of the error. */
final class LinuxCalls {
    static final int AF_INET = 2;
    static final int AF_INET6 = 10;
    static final int AF_PACKET = 17;
    static final int SOCK_STREAM = 1;
    static final int SOCK_DGRAM = 2;
    static final int SOCK_RAW = 3;
    static final int SOCK_CLOEXEC = 0x80000;
    static final int SOCK_NONBLOCK = 0x800;
    static final int IPPROTO_TCP = 6;
    static final int IPPROTO_MPTCP = 262;
    static final int SOL_SOCKET = 1;
    static final int MSG_DONTWAIT = 0x40;
    static final int MSG_NOSIGNAL = 0x4000;

    private static final int O_CLOEXEC = 0x80000;
    private static final int CLONE_NEWNET = 0x40000000;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final Linker.Option CAPTURE_ERRNO = Linker.Option.captureCallState("errno");
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final ThreadLocal<MemorySegment> STATE = ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(CAPTURE));

    private static final MethodHandle SOCKET = handle("socket", FunctionDescriptor.of(INT, INT, INT, INT));
    private static final MethodHandle BIND = handle("bind", FunctionDescriptor.of(INT, INT, ValueLayout.ADDRESS, INT));
    private static final MethodHandle CONNECT = handle("connect", FunctionDescriptor.of(INT, INT, ValueLayout.ADDRESS, INT));
    private static final MethodHandle LISTEN = handle("listen", FunctionDescriptor.of(INT, INT, INT));
    private static final MethodHandle ACCEPT = handle("accept", FunctionDescriptor.of(INT, INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
    private static final MethodHandle SHUTDOWN = handle("shutdown", FunctionDescriptor.of(INT, INT, INT));
    private static final MethodHandle SETSOCKOPT =
            handle("setsockopt", FunctionDescriptor.of(INT, INT, INT, INT, ValueLayout.ADDRESS, INT));
    private static final MethodHandle IOCTL = handle("ioctl", FunctionDescriptor.of(INT, INT, LONG, ValueLayout.ADDRESS),
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle RECV = handle("recv", FunctionDescriptor.of(LONG, INT, ValueLayout.ADDRESS, LONG, INT));
    private static final MethodHandle SEND = handle("send", FunctionDescriptor.of(LONG, INT, ValueLayout.ADDRESS, LONG, INT));
    private static final MethodHandle PPOLL = handle("ppoll",
            FunctionDescriptor.of(INT, ValueLayout.ADDRESS, LONG, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
    private static final MethodHandle OPEN = handle("open", FunctionDescriptor.of(INT, ValueLayout.ADDRESS, INT),
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(INT, INT));
    private static final MethodHandle SETNS = handle("setns", FunctionDescriptor.of(INT, INT, INT));
    private static final MethodHandle EVENTFD = handle("eventfd", FunctionDescriptor.of(INT, INT, INT));
    private static final MethodHandle WRITE = handle("write", FunctionDescriptor.of(LONG, INT, ValueLayout.ADDRESS, LONG));
    private static final MethodHandle STRERROR = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow("strerror"),
            FunctionDescriptor.of(ValueLayout.ADDRESS, INT));

    /** A downcall that is not on a hot path. */
    private interface Downcall {
        int call(MemorySegment state) throws Throwable;
    }

    private LinuxCalls() {
    }

    static int socket(int family, int type, int protocol) throws IOException {
        return checked("socket", state -> (int) SOCKET.invokeExact(state, family, type | SOCK_CLOEXEC, protocol));
    }

    static void bind(int fd, MemorySegment address) throws IOException {
        checked("bind", state -> (int) BIND.invokeExact(state, fd, address, (int) address.byteSize()));
    }

    static void connect(int fd, MemorySegment address) throws IOException {
        checked("connect", state -> (int) CONNECT.invokeExact(state, fd, address, (int) address.byteSize()));
    }

    static void listen(int fd, int backlog) throws IOException {
        checked("listen", state -> (int) LISTEN.invokeExact(state, fd, backlog));
    }

    static int accept(int fd) throws IOException {
        return checked("accept", state -> (int) ACCEPT.invokeExact(state, fd, MemorySegment.NULL, MemorySegment.NULL));
    }

    static void shutdown(int fd, int how) throws IOException {
        checked("shutdown", state -> (int) SHUTDOWN.invokeExact(state, fd, how));
    }

    static void setsockopt(int fd, int level, int option, int value) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            setsockopt(fd, level, option, arena.allocateFrom(INT, value));
        }
    }

    static void setsockopt(int fd, int level, int option, MemorySegment value) throws IOException {
        checked("setsockopt", state -> (int) SETSOCKOPT.invokeExact(state, fd, level, option, value, (int) value.byteSize()));
    }

    static void ioctl(int fd, long request, MemorySegment argument) throws IOException {
        checked("ioctl", state -> (int) IOCTL.invokeExact(state, fd, request, argument));
    }

    static int open(String path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom(path);
            return checked("open " + path, state -> (int) OPEN.invokeExact(state, name, O_CLOEXEC));
        }
    }

    static void close(int fd) throws IOException {
        checked("close", state -> (int) CLOSE.invokeExact(state, fd));
    }

    /** Moves the calling thread into the network namespace that {@code fd} is open on. */
    static void enterNetworkNamespace(int fd) throws IOException {
        checked("setns", state -> (int) SETNS.invokeExact(state, fd, CLONE_NEWNET));
    }

    /** A descriptor that becomes readable when another thread calls {@link #signal}. */
    static int eventfd() throws IOException {
        return checked("eventfd", state -> (int) EVENTFD.invokeExact(state, 0, O_CLOEXEC));
    }

    static void signal(int eventfd) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment one = arena.allocateFrom(LONG, 1);
            checked("write", state -> (int) (long) WRITE.invokeExact(state, eventfd, one, 8L));
        }
    }

    /** Bytes received; negative when it failed, see {@link #errno}. */
    static long recv(int fd, MemorySegment buffer, int flags) {
        try {
            return (long) RECV.invokeExact(STATE.get(), fd, buffer, buffer.byteSize(), flags);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Bytes sent; negative when it failed, see {@link #errno}. */
    static long send(int fd, MemorySegment buffer, long bytes, int flags) {
        try {
            return (long) SEND.invokeExact(STATE.get(), fd, buffer, bytes, flags);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Waits on {@code count} pollfd structures (int fd, short events, short revents); the timeout is a timespec, or NULL to wait for ever. */
    static int ppoll(MemorySegment pollfds, long count, MemorySegment timeout) {
        try {
            return (int) PPOLL.invokeExact(STATE.get(), pollfds, count, timeout, MemorySegment.NULL);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** Error number of the last call of this thread that failed. */
    static int errno() {
        return (int) ERRNO.get(STATE.get(), 0L);
    }

    static String errorText(int errno) {
        try {
            MemorySegment text = (MemorySegment) STRERROR.invokeExact(errno);
            return text.reinterpret(256).getString(0);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static int checked(String name, Downcall downcall) throws IOException {
        int result;
        try {
            result = downcall.call(STATE.get());
        } catch (Throwable t) {
            throw unexpected(t);
        }
        if (result < 0) {
            throw new IOException(name + ": " + errorText(errno()));
        }
        return result;
    }

    private static MethodHandle handle(String name, FunctionDescriptor type, Linker.Option... more) {
        Linker.Option[] options = Arrays.copyOf(more, more.length + 1);
        options[more.length] = CAPTURE_ERRNO;
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), type, options);
    }

    /** A method handle declares any Throwable, but a downcall throws none of its own. */
    private static RuntimeException unexpected(Throwable t) {
        if (t instanceof Error error) {
            throw error;
        }
        return t instanceof RuntimeException runtime ? runtime : new IllegalStateException(t);
    }
}
