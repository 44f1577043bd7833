package io.mptcp.netty.linux;

import java.io.IOException;

/** The kernel refused something. The message is one line fit for people: what, why, and where it helps what to do. */
public final class LinuxException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    /** Message {@code what: ENAME: description}. */
    public LinuxException(String what, int errno) {
        super(what + ": " + Errno.text(errno));
        this.errno = errno;
    }

    /** With a message that says it better than the name of the error would. */
    public static LinuxException explained(String message, int errno) {
        return new LinuxException(errno, message);
    }

    private LinuxException(int errno, String message) {
        super(message);
        this.errno = errno;
    }

    /** Error number, see {@link Errno}; 0 when no system call failed. */
    public int errno() {
        return errno;
    }
}
