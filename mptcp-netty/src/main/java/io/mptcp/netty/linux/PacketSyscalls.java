package io.mptcp.netty.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The calls of {@link Syscalls} that move packets, without an object for each: the JDK makes one in every call that captures {@code errno}, and its
 * compiler sees only at times that it need not. So these calls do not capture it; one that fails for another reason than that there is nothing to
 * read, or no room, is made again by {@link Syscalls}. For packets that is as good; of a stream, which tells an error once, it would lose that.
 */
public final class PacketSyscalls {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final MethodHandle READ = handle("read", Syscalls.READ_TYPE);
    private static final MethodHandle WRITE = handle("write", Syscalls.WRITE_TYPE);
    private static final MethodHandle WRITEV = handle("writev", Syscalls.WRITEV_TYPE);
    private static final MethodHandle RECV = handle("recv", Syscalls.RECV_TYPE);
    private static final MethodHandle RECVMSG = handle("recvmsg", Syscalls.RECVMSG_TYPE);
    private static final MethodHandle SENDTO = handle("sendto", Syscalls.SENDTO_TYPE);
    private static final MethodHandle SENDMSG = handle("sendmsg", Syscalls.SENDMSG_TYPE);
    private static final MethodHandle ERRNO_LOCATION = handle("__errno_location", FunctionDescriptor.of(JAVA_LONG));
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private final Syscalls syscalls;

    /** @param syscalls of the same thread */
    public PacketSyscalls(Syscalls syscalls) {
        this.syscalls = syscalls;
    }

    public int read(int fd, MemorySegment buffer, long length) {
        try {
            long result = (long) READ.invokeExact(fd, buffer, length);
            return result >= 0 ? (int) result : isAgain() ? -Errno.EAGAIN : syscalls.read(fd, buffer, length);
        } catch (Throwable t) {
            throw Syscalls.impossible(t);
        }
    }

    public int write(int fd, MemorySegment buffer, long length) {
        try {
            long result = (long) WRITE.invokeExact(fd, buffer, length);
            return result >= 0 ? (int) result : isAgain() ? -Errno.EAGAIN : syscalls.write(fd, buffer, length);
        } catch (Throwable t) {
            throw Syscalls.impossible(t);
        }
    }

    /** @param pieces as {@link Syscalls#writev} */
    public int writev(int fd, MemorySegment pieces, int count) {
        try {
            long result = (long) WRITEV.invokeExact(fd, pieces, count);
            return result >= 0 ? (int) result : isAgain() ? -Errno.EAGAIN : syscalls.writev(fd, pieces, count);
        } catch (Throwable t) {
            throw Syscalls.impossible(t);
        }
    }

    public int recv(int fd, MemorySegment buffer, long length, int flags) {
        try {
            long result = (long) RECV.invokeExact(fd, buffer, length, flags);
            return result >= 0 ? (int) result : isAgain() ? -Errno.EAGAIN : syscalls.recv(fd, buffer, length, flags);
        } catch (Throwable t) {
            throw Syscalls.impossible(t);
        }
    }

    /** @param message as {@link Syscalls#recvmsg} */
    public int recvmsg(int fd, MemorySegment message, int flags) {
        try {
            long result = (long) RECVMSG.invokeExact(fd, message, flags);
            return result >= 0 ? (int) result : isAgain() ? -Errno.EAGAIN : syscalls.recvmsg(fd, message, flags);
        } catch (Throwable t) {
            throw Syscalls.impossible(t);
        }
    }

    public int sendto(int fd, MemorySegment buffer, long length, int flags, MemorySegment address, int addressLength) {
        try {
            long result = (long) SENDTO.invokeExact(fd, buffer, length, flags, address, addressLength);
            return result >= 0 ? (int) result : isAgain() ? -Errno.EAGAIN : syscalls.sendto(fd, buffer, length, flags, address, addressLength);
        } catch (Throwable t) {
            throw Syscalls.impossible(t);
        }
    }

    public int sendmsg(int fd, MemorySegment message, int flags) {
        try {
            long result = (long) SENDMSG.invokeExact(fd, message, flags);
            return result >= 0 ? (int) result : isAgain() ? -Errno.EAGAIN : syscalls.sendmsg(fd, message, flags);
        } catch (Throwable t) {
            throw Syscalls.impossible(t);
        }
    }

    /** By the C library's {@code errno}. The JVM may have changed it since (a safepoint), which it hardly ever does; then the next call tells again. */
    private static boolean isAgain() throws Throwable {
        return MEMORY.get(JAVA_INT, (long) ERRNO_LOCATION.invokeExact()) == Errno.EAGAIN;
    }

    private static MethodHandle handle(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(LINKER.defaultLookup().find(name).orElseThrow(), descriptor);
    }
}
