package io.mptcp.stack;

import io.mptcp.wire.IpEndpoint;

/** Accepts connections to one address and port. New connections show up in {@link Stack#nextReady} with {@link Readiness#ACCEPTED}. */
public final class Listener {
    private final IpEndpoint local;
    private final boolean deferred;
    private final ConnectOptions options;
    private final Object attachment;
    boolean closed;

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

    public ConnectOptions options() {
        return options;
    }

    public Object attachment() {
        return attachment;
    }
}
