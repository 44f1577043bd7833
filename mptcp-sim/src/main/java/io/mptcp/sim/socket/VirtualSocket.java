package io.mptcp.sim.socket;

import io.mptcp.stack.CloseReason;
import io.mptcp.stack.Listener;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayDeque;

/** State of one socket: what the calls on it have said so far. */
final class VirtualSocket {
    final boolean ipv4;
    final boolean mptcp;
    boolean nonBlocking;
    IpEndpoint bound;
    SocketOptions options = SocketOptions.DEFAULT;
    String congestionControl;
    boolean lingerAtOnce;
    /** TCP_INQ. */
    boolean tellsInq;
    long sendTimeoutNanos = Long.MAX_VALUE;
    long receiveTimeoutNanos = Long.MAX_VALUE;

    int backlog;
    /** TCP_FASTOPEN, TCP_FASTOPEN_CONNECT and TCP_FASTOPEN_NO_COOKIE. */
    int fastOpenQueue;
    boolean fastOpenConnect;
    boolean fastOpenNoCookie;
    /** TCP_FASTOPEN_KEY: the key of cookies, and the one before; each may be missing. */
    byte[] fastOpenKeys = {};
    /** connect() has succeeded without a SYN: it goes with the first data. */
    IpEndpoint deferredRemote;

    Listener listener;
    final ArrayDeque<MptcpConnection> acceptQueue = new ArrayDeque<>();

    private long offered;

    MptcpConnection connection;
    /** A connect() has told its caller of the success; the next one is an error. */
    boolean connectReported;
    boolean readShut;
    boolean writeShut;
    private boolean errorTaken;

    VirtualSocket(boolean ipv4, boolean mptcp) {
        this.ipv4 = ipv4;
        this.mptcp = mptcp;
    }

    void offer(MptcpConnection accepted) {
        if (listener == null) {
            accepted.abort(); // its listener was closed meanwhile
        } else {
            offered++;
            acceptQueue.add(accepted);
        }
    }

    /** As Linux: an MPTCP connection that lost all its subflows before it was accepted is not revived. What it has brought can be read. */
    void endIfDeserted() {
        boolean deserted = !connection.isFallback() && connection.subflows().stream().allMatch(subflow -> subflow.state().equals("CLOSED"));
        if (deserted && !connection.isClosed()) {
            connection.shutdownOutput();
            writeShut = true;
        }
    }

    boolean isConnecting() {
        return connection != null && connection.listener() == null && !connection.isConnected() && !connection.isClosed();
    }

    boolean wasAccepted() {
        return connection != null && connection.listener() != null;
    }

    /** The pending error (SO_ERROR) without taking it. */
    int pendingError() {
        return connection == null || errorTaken ? 0 : errorOf(connection.closeReason());
    }

    /** The pending error, which is reported once. */
    int takeError() {
        int error = pendingError();
        errorTaken |= error != 0;
        return error;
    }

    static int errorOf(CloseReason reason) {
        return switch (reason) {
            case NONE, CLOSED -> 0;
            case REFUSED -> Errno.ECONNREFUSED;
            case RESET -> Errno.ECONNRESET;
            case TIMED_OUT -> Errno.ETIMEDOUT;
            case UNREACHABLE -> Errno.EHOSTUNREACH;
            case ABORTED, LIMIT, INTERNAL -> Errno.ECONNABORTED;
        };
    }

    // ---- poll ----

    /** Changes when there is more to read or to accept. */
    long arrivals() {
        return offered + (connection == null ? 0 : connection.bytesReceived());
    }

    /** Poll event bits that hold now, those nobody asked for included. */
    int events() {
        if (listener != null) {
            return acceptQueue.isEmpty() ? 0 : SocketConstants.POLLIN;
        }
        if (deferredRemote != null) {
            return SocketConstants.POLLOUT;
        }
        if (connection == null) {
            return SocketConstants.POLLOUT | SocketConstants.POLLHUP;
        }
        if (isConnecting()) {
            return 0;
        }
        boolean inputEnded = readShut || connection.isClosed() || connection.isInputEnded();
        boolean outputEnded = writeShut || connection.isClosed();
        int events = inputEnded && outputEnded ? SocketConstants.POLLHUP : 0;
        if (inputEnded) {
            events |= SocketConstants.POLLIN | SocketConstants.POLLRDHUP;
        }
        if (connection.readableBytes() > 0) {
            events |= SocketConstants.POLLIN;
        }
        if (outputEnded || connection.isWritable()) {
            events |= SocketConstants.POLLOUT;
        }
        if (pendingError() != 0) {
            events |= SocketConstants.POLLERR;
        }
        return events;
    }
}
