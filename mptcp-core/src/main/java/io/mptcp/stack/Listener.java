package io.mptcp.stack;

import io.mptcp.wire.IpEndpoint;

/** Accepts connections to one address and port. New connections show up in {@link Stack#nextReady} with {@link Readiness#ACCEPTED}. */
public final class Listener {
    private final IpEndpoint local;
    private final boolean deferred;
    private final ConnectOptions options;
    private final Object attachment;
    /** Linux: net.core.somaxconn. */
    private static final int DEFAULT_BACKLOG = 4096;

    private int backlog = DEFAULT_BACKLOG;
    boolean closed;
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

    boolean isAcceptQueueFull() {
        return notAccepted > backlog;
    }

    boolean isSynQueueFull() {
        return halfOpen >= Math.max(1, backlog);
    }

    public ConnectOptions options() {
        return options;
    }

    public Object attachment() {
        return attachment;
    }
}
