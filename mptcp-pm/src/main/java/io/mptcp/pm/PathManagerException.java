package io.mptcp.pm;

/** A command that cannot be carried out; the message says why in one line. */
public final class PathManagerException extends Exception {
    private static final long serialVersionUID = 1;

    /** The kinds of failure, by the kernel's error numbers for the same. */
    public enum Reason {
        /** The address has an endpoint already. */
        EEXIST,
        /** The id is in use. */
        EBUSY,
        /** There are as many endpoints as ids. */
        ERANGE,
        /** Attributes that do not go together or are missing. */
        EINVAL,
        /** No such endpoint. */
        ENOENT,
        /** No connection with this token, or no such subflow. */
        ESRCH,
        /** The connection has another path manager. */
        EOPNOTSUPP,
        /** A limit is reached, or the connection is over. */
        EAGAIN
    }

    private final Reason reason;

    PathManagerException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
