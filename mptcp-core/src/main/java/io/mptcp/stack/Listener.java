package io.mptcp.stack;

import io.mptcp.tcp.SocketOptions;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayDeque;

/** Accepts connections to one address and port. New connections show up in {@link Stack#nextReady} with {@link Readiness#ACCEPTED}. */
public final class Listener {
    private final IpEndpoint local;
    private final boolean deferred;
    private ConnectOptions options;
    private final Object attachment;
    /** Linux: net.core.somaxconn. */
    private static final int DEFAULT_BACKLOG = 4096;

    /** How long a connection that was opened by a SYN with data and then reset counts as unproven (Linux). */
    private static final long FAST_OPEN_RESET_NANOS = 60_000_000_000L;

    private int backlog = DEFAULT_BACKLOG;
    private int fastOpenQueue;
    private boolean fastOpenCookieRequired = true;
    private FastOpenCookies fastOpenCookies;
    /** PendingFastOpenRequests of RFC 7413 section 5.1, and until when those count that ended with a RST. */
    private int pendingFastOpens;
    private final ArrayDeque<Long> resetFastOpens = new ArrayDeque<>();
    boolean closed;
    /** Connections are not taken, {@link Stack#listenForJoins}. */
    boolean joinsOnly;
    /** Entries of the SYN queue. */
    int halfOpen;
    /** Connections shown to the application, which has not looked at them yet. */
    int notAccepted;

    Listener(IpEndpoint local, boolean deferred, ConnectOptions options, Object attachment) {
        this.local = local;
        this.deferred = deferred;
        this.options = options;
        this.attachment = attachment;
    }

    /** Where it listens: the address may be {@link io.mptcp.wire.IpAddress#ANY}, the port 0 for any. */
    public IpEndpoint local() {
        return local;
    }

    /** Whether the SYN/ACK waits for {@link MptcpConnection#accept()}. */
    public boolean isDeferred() {
        return deferred;
    }

    /**
     * Connections that may be open and wait for the application to take {@link Readiness#ACCEPTED}: one more than this (as Linux counts). As many
     * may be half-open before SYN cookies are sent. Default 4096.
     */
    public int backlog() {
        return backlog;
    }

    /** Changes the backlog, at any time. @param connections 0 or more */
    public void setBacklog(int connections) {
        if (connections < 0) {
            throw new IllegalArgumentException("a backlog must not be negative: " + connections);
        }
        backlog = connections;
    }

    /**
     * Counts connections the application has taken over and not looked at yet: they wait as those do whose {@link Readiness#ACCEPTED} was not taken, and
     * beyond the {@link #backlog} no more come.
     *
     * @param connections how many more wait; negative when they have been looked at
     */
    public void addWaiting(int connections) {
        notAccepted += connections;
    }

    /** Options of the connections accepted from now on. */
    public void setSocketOptions(SocketOptions socketOptions) {
        options = options.withSocket(socketOptions);
    }

    /** See {@link #setFastOpenCookieRequired}. */
    public boolean isFastOpenCookieRequired() {
        return fastOpenCookieRequired;
    }

    /** @param required false takes data with the SYN from anybody: for networks where nobody can use another's address */
    public void setFastOpenCookieRequired(boolean required) {
        fastOpenCookieRequired = required;
    }

    /** See {@link #setFastOpenQueue}. */
    public int fastOpenQueue() {
        return fastOpenQueue;
    }

    /**
     * Takes data with the SYN from clients that bring a cookie (RFC 7413). Such a connection is shown, and its data can be read, before the client
     * has proved where it is; and it may be the duplicate of one that was before.
     *
     * @param connections that may be unproven at a time; 0, the default, neither takes data nor gives cookies
     */
    public void setFastOpenQueue(int connections) {
        if (connections < 0) {
            throw new IllegalArgumentException("a Fast Open queue must not be negative: " + connections);
        }
        fastOpenQueue = connections;
    }

    /** As {@link Stack#setFastOpenKeys}, for this listener only. @param now null for the stack's again */
    public void setFastOpenKeys(long[] now, long[] before) {
        fastOpenCookies = now == null ? null : FastOpenCookies.of(now, before);
    }

    /** Null for the stack's. */
    FastOpenCookies fastOpenCookies() {
        return fastOpenCookies;
    }

    boolean hasFastOpenRoom(long nowNanos) {
        while (!resetFastOpens.isEmpty() && resetFastOpens.peek() <= nowNanos) {
            resetFastOpens.poll();
        }
        return pendingFastOpens + resetFastOpens.size() < fastOpenQueue;
    }

    void onFastOpen() {
        pendingFastOpens++;
    }

    /** The handshake is complete, or will not be. A RST may be the answer of a victim whose address was used: it keeps its place for a while. */
    void onFastOpenDone(long nowNanos, boolean reset) {
        pendingFastOpens--;
        if (reset) {
            resetFastOpens.add(nowNanos + FAST_OPEN_RESET_NANOS);
        }
    }

    boolean isAcceptQueueFull() {
        return notAccepted > backlog;
    }

    boolean isSynQueueFull() {
        return halfOpen >= Math.max(1, backlog);
    }

    /** Options of the connections that are accepted. */
    public ConnectOptions options() {
        return options;
    }

    /** What was given to {@link Stack#listen}; the engine does not look at it, and its connections begin without one. */
    public Object attachment() {
        return attachment;
    }
}
