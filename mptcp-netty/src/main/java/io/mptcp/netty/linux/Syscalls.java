package io.mptcp.netty.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * System calls through the C library. As in the kernel itself, a negative result is an error number: {@code -Errno.EAGAIN}; {@link #check}
 * makes an exception of it. {@link PacketSyscalls} has those that must not allocate.
 *
 * <p>An instance owns the memory in which the C library's {@code errno} is captured, so it belongs to one thread at a time: one per event loop
 * object, or a short-lived one.
 */
public final class Syscalls {
    public static final int AF_INET = 2;
    public static final int AF_INET6 = 10;
    public static final int AF_NETLINK = 16;
    public static final int AF_PACKET = 17;
    public static final int SOCK_STREAM = 1;
    public static final int SOCK_DGRAM = 2;
    public static final int SOCK_RAW = 3;
    public static final int SOCK_NONBLOCK = 0x800;
    public static final int SOCK_CLOEXEC = 0x80000;
    public static final int IPPROTO_IP = 0;
    public static final int IPPROTO_ICMP = 1;
    public static final int IPPROTO_TCP = 6;
    public static final int IPPROTO_IPV6 = 41;
    public static final int IPPROTO_ICMPV6 = 58;
    public static final int IPV6_V6ONLY = 26;
    /** Interface of unicast packets sent; the index in network byte order. */
    public static final int IP_UNICAST_IF = 50;
    public static final int IPV6_UNICAST_IF = 76;
    public static final int SOL_SOCKET = 1;
    public static final int SO_SNDBUF = 7;
    public static final int SO_RCVBUF = 8;
    public static final int SO_REUSEPORT = 15;
    public static final int SO_BINDTODEVICE = 25;
    public static final int SO_ATTACH_FILTER = 26;
    public static final int SO_RCVBUFFORCE = 33;
    public static final int MSG_DONTWAIT = 0x40;
    public static final int MSG_TRUNC = 0x20;
    public static final int O_RDONLY = 0;
    public static final int O_RDWR = 2;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_CLOEXEC = 0x80000;
    public static final int CLONE_NEWNET = 0x40000000;

    private static final int PR_SET_TIMERSLACK = 29;
    private static final int SCHED_RR = 2;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = CAPTURE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    // For PacketSyscalls, too.
    static final FunctionDescriptor READ_TYPE = FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    static final FunctionDescriptor WRITE_TYPE = FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    static final FunctionDescriptor WRITEV_TYPE = FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
    static final FunctionDescriptor RECV_TYPE = FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
    static final FunctionDescriptor RECVMSG_TYPE = FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
    static final FunctionDescriptor SENDTO_TYPE = FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
    static final FunctionDescriptor SENDMSG_TYPE = FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);

    private static final MethodHandle SOCKET = handle("socket", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle BIND = handle("bind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle CONNECT = handle("connect", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle LISTEN = handle("listen", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle ACCEPT4 = handle("accept4", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT));
    private static final MethodHandle SHUTDOWN = handle("shutdown", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle GETSOCKNAME = handle("getsockname", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle GETPEERNAME = handle("getpeername", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle SETSOCKOPT =
            handle("setsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle GETSOCKOPT =
            handle("getsockopt", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS));
    private static final MethodHandle IOCTL_POINTER =
            handle("ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle IOCTL_VALUE =
            handle("ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle FCNTL =
            handle("fcntl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle OPEN =
            handle("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), Linker.Option.firstVariadicArg(2));
    private static final MethodHandle CLOSE = handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final MethodHandle DUP3 = handle("dup3", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle READ = handle("read", READ_TYPE);
    private static final MethodHandle WRITE = handle("write", WRITE_TYPE);
    private static final MethodHandle WRITEV = handle("writev", WRITEV_TYPE);
    private static final MethodHandle RECV = handle("recv", RECV_TYPE);
    private static final MethodHandle RECVMSG = handle("recvmsg", RECVMSG_TYPE);
    private static final MethodHandle SENDTO = handle("sendto", SENDTO_TYPE);
    private static final MethodHandle SENDMSG = handle("sendmsg", SENDMSG_TYPE);
    private static final MethodHandle SETNS = handle("setns", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    private static final MethodHandle PRCTL =
            handle("prctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG), Linker.Option.firstVariadicArg(1));
    private static final MethodHandle SCHED_SETSCHEDULER =
            handle("sched_setscheduler", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));

    private final MemorySegment capture = Arena.ofAuto().allocate(CAPTURE);
    private final MemorySegment small = Arena.ofAuto().allocate(16, 8);

    /** @return the result itself unless it is an error */
    public static int check(int result, String what) throws LinuxException {
        if (result < 0) {
            throw new LinuxException(what, -result);
        }
        return result;
    }

    /** @return a descriptor; SOCK_CLOEXEC is always added to the type */
    public int socket(int family, int type, int protocol) {
        try {
            return result((int) SOCKET.invokeExact(capture, family, type | SOCK_CLOEXEC, protocol));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    public int bind(int fd, MemorySegment address, int length) {
        try {
            return result((int) BIND.invokeExact(capture, fd, address, length));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    public int connect(int fd, MemorySegment address, int length) {
        try {
            return result((int) CONNECT.invokeExact(capture, fd, address, length));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    public int listen(int fd, int backlog) {
        try {
            return result((int) LISTEN.invokeExact(capture, fd, backlog));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** @param flags SOCK_NONBLOCK or 0; SOCK_CLOEXEC is always added */
    public int accept(int fd, int flags) {
        try {
            return result((int) ACCEPT4.invokeExact(capture, fd, MemorySegment.NULL, MemorySegment.NULL, flags | SOCK_CLOEXEC));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** @param how 0 receiving, 1 sending, 2 both */
    public int shutdown(int fd, int how) {
        try {
            return result((int) SHUTDOWN.invokeExact(capture, fd, how));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** Writes the address to {@code address}, which has to be large enough. @return its length */
    public int getsockname(int fd, MemorySegment address) {
        small.set(JAVA_INT, 0, (int) address.byteSize());
        try {
            int result = result((int) GETSOCKNAME.invokeExact(capture, fd, address, small));
            return result < 0 ? result : small.get(JAVA_INT, 0);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** As {@link #getsockname}, of the peer. */
    public int getpeername(int fd, MemorySegment address) {
        small.set(JAVA_INT, 0, (int) address.byteSize());
        try {
            int result = result((int) GETPEERNAME.invokeExact(capture, fd, address, small));
            return result < 0 ? result : small.get(JAVA_INT, 0);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    public int setsockopt(int fd, int level, int option, MemorySegment value) {
        try {
            return result((int) SETSOCKOPT.invokeExact(capture, fd, level, option, value, (int) value.byteSize()));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    public int setsockopt(int fd, int level, int option, int value) {
        small.set(JAVA_INT, 0, value);
        try {
            return result((int) SETSOCKOPT.invokeExact(capture, fd, level, option, small, 4));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** An option whose value is an int that is never negative. */
    public int getsockopt(int fd, int level, int option) {
        small.set(JAVA_INT, 4, 4);
        try {
            int result = result((int) GETSOCKOPT.invokeExact(capture, fd, level, option, small, small.asSlice(4)));
            return result < 0 ? result : small.get(JAVA_INT, 0);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** Writes the value to {@code value}, as far as that is large enough. @return its length */
    public int getsockopt(int fd, int level, int option, MemorySegment value) {
        small.set(JAVA_INT, 0, (int) value.byteSize());
        try {
            int result = result((int) GETSOCKOPT.invokeExact(capture, fd, level, option, value, small));
            return result < 0 ? result : small.get(JAVA_INT, 0);
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    public int ioctl(int fd, long request, MemorySegment argument) {
        try {
            return result((int) IOCTL_POINTER.invokeExact(capture, fd, request, argument));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    public int ioctl(int fd, long request, long argument) {
        try {
            return result((int) IOCTL_VALUE.invokeExact(capture, fd, request, argument));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    public int fcntl(int fd, int command, int argument) {
        try {
            return result((int) FCNTL.invokeExact(capture, fd, command, argument));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** @param flags O_CLOEXEC is always added; not for creating files */
    public int open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return result((int) OPEN.invokeExact(capture, arena.allocateFrom(path), flags | O_CLOEXEC));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    public int close(int fd) {
        try {
            return result((int) CLOSE.invokeExact(capture, fd));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** What {@code newFd} stood for is closed, and it stands for the same as {@code fd} from now on. @param flags O_CLOEXEC or 0 */
    public int dup3(int fd, int newFd, int flags) {
        try {
            return result((int) DUP3.invokeExact(capture, fd, newFd, flags));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    public int read(int fd, MemorySegment buffer, long length) {
        try {
            return result((long) READ.invokeExact(capture, fd, buffer, length));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    public int write(int fd, MemorySegment buffer, long length) {
        try {
            return result((long) WRITE.invokeExact(capture, fd, buffer, length));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** @param pieces array of iovec, 16 bytes each: base @0, length @8 */
    public int writev(int fd, MemorySegment pieces, int count) {
        try {
            return result((long) WRITEV.invokeExact(capture, fd, pieces, count));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    public int recv(int fd, MemorySegment buffer, long length, int flags) {
        try {
            return result((long) RECV.invokeExact(capture, fd, buffer, length, flags));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** @param message a msghdr, 56 bytes: name @0, namelen u32 @8, iov @16, iovlen @24, control @32, controllen @40, flags @48 */
    public int recvmsg(int fd, MemorySegment message, int flags) {
        try {
            return result((long) RECVMSG.invokeExact(capture, fd, message, flags));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** @param address {@link MemorySegment#NULL} for a connected socket */
    public int sendto(int fd, MemorySegment buffer, long length, int flags, MemorySegment address, int addressLength) {
        try {
            return result((long) SENDTO.invokeExact(capture, fd, buffer, length, flags, address, addressLength));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    public int sendmsg(int fd, MemorySegment message, int flags) {
        try {
            return result((long) SENDMSG.invokeExact(capture, fd, message, flags));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** Moves the calling (platform) thread to a namespace. */
    public int setns(int fd, int type) {
        try {
            return result((int) SETNS.invokeExact(capture, fd, type));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** How late the kernel may wake the calling thread from a timed wait; 50 000 by default. */
    public int setTimerSlack(long nanos) {
        try {
            return result((int) PRCTL.invokeExact(capture, PR_SET_TIMERSLACK, nanos));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    /** Has the calling thread run before all ordinary ones whenever it can. Needs CAP_SYS_NICE. @param priority 1 to 99 */
    public int setRealTime(int priority) {
        small.set(JAVA_INT, 0, priority); // struct sched_param
        try {
            return result((int) SCHED_SETSCHEDULER.invokeExact(capture, 0, SCHED_RR, small));
        } catch (Throwable t) {
            throw impossible(t);
        }
    }

    private int result(int value) {
        return value >= 0 ? value : -(int) ERRNO.get(capture, 0L);
    }

    private int result(long value) {
        return value >= 0 ? (int) value : -(int) ERRNO.get(capture, 0L);
    }

    static AssertionError impossible(Throwable t) {
        // A downcall throws only for wrong argument types, which invokeExact checks, or memory that is no longer alive.
        if (t instanceof RuntimeException e) {
            throw e;
        }
        return new AssertionError(t);
    }

    private static MethodHandle handle(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        Linker.Option[] all = new Linker.Option[options.length + 1];
        System.arraycopy(options, 0, all, 0, options.length);
        all[options.length] = Linker.Option.captureCallState("errno");
        return LINKER.downcallHandle(LINKER.defaultLookup().find(name).orElseThrow(), descriptor, all);
    }
}
