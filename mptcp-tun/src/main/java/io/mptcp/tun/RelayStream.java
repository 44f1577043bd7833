package io.mptcp.tun;

import io.mptcp.netty.channel.MptcpSocketChannel;
import io.mptcp.stack.MptcpConnection;
import io.netty.channel.ChannelHandler;

/** A connection by way of a relay, to the destination. On the loop. */
final class RelayStream {
    private final MptcpSocketChannel channel;
    private final ChannelHandler answer;

    RelayStream(MptcpSocketChannel channel, ChannelHandler answer) {
        this.channel = channel;
        this.answer = answer;
    }

    MptcpSocketChannel channel() {
        return channel;
    }

    MptcpConnection connection() {
        return channel.connection();
    }

    /** From now on the handler gets what the destination says, what it has said already included. */
    void attach(ChannelHandler handler) {
        channel.pipeline().addLast(handler);
        channel.pipeline().remove(answer);
        channel.config().setAutoRead(true);
    }
}
