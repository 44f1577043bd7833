package io.mptcp.netty.linux;

/** Sockets of the kernel's own Multipath TCP (Linux 5.6 and newer). */
public final class KernelMptcp {
    /** Not in any registry of IP protocol numbers: a number only {@code socket()} knows. */
    public static final int IPPROTO_MPTCP = 262;

    private static final int SO_DOMAIN = 39;

    private KernelMptcp() {
    }

    /** Whether this kernel has Multipath TCP, and {@code net.mptcp.enabled} is on in this network namespace. */
    public static boolean available() {
        Syscalls syscalls = new Syscalls();
        int fd = syscalls.socket(Syscalls.AF_INET, Syscalls.SOCK_STREAM, IPPROTO_MPTCP);
        if (fd < 0) {
            return false;
        }
        syscalls.close(fd);
        return true;
    }

    /**
     * Opens a non-blocking Multipath TCP stream socket, neither bound nor connected; the caller owns it.
     *
     * @param family {@link Syscalls#AF_INET} or {@link Syscalls#AF_INET6}
     * @return the descriptor
     */
    public static int socket(int family) throws LinuxException {
        int fd = new Syscalls().socket(family, Syscalls.SOCK_STREAM | Syscalls.SOCK_NONBLOCK, IPPROTO_MPTCP);
        if (fd == -Errno.EPROTONOSUPPORT || fd == -Errno.EINVAL || fd == -Errno.ENOPROTOOPT) {
            throw LinuxException.explained("this kernel has no Multipath TCP, or it is switched off (sysctl net.mptcp.enabled)", -fd);
        }
        return Syscalls.check(fd, "cannot open a Multipath TCP socket");
    }

    /**
     * Puts a new Multipath TCP socket of the same family into the place of a stream socket: the descriptor keeps its number, the socket it stood for is
     * closed. For what makes its own sockets and has no way to be given others. Options of the old socket are not taken over.
     *
     * @param fd a socket with which nothing has been done yet
     */
    public static void replace(int fd) throws LinuxException {
        Syscalls syscalls = new Syscalls();
        int family = Syscalls.check(syscalls.getsockopt(fd, Syscalls.SOL_SOCKET, SO_DOMAIN), "cannot ask for the family of a socket");
        int made = socket(family);
        try {
            if (family == Syscalls.AF_INET6) {
                syscalls.setsockopt(made, Syscalls.IPPROTO_IPV6, Syscalls.IPV6_V6ONLY, 0); // IPv4 addresses, too
            }
            Syscalls.check(syscalls.dup3(made, fd, Syscalls.O_CLOEXEC), "cannot put a Multipath TCP socket in place of another one");
        } finally {
            syscalls.close(made);
        }
    }
}
