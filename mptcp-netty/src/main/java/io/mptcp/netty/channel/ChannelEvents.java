package io.mptcp.netty.channel;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.stack.MptcpConnection;

/** The way from the driver to a channel. */
record ChannelEvents(MptcpSocketChannel channel) implements ConnectionHandler {
    /** As if everything had happened. */
    static final int ANYTHING = -1;

    @Override
    public void ready(MptcpConnection connection, int readiness) {
        channel.ready(readiness);
    }
}
