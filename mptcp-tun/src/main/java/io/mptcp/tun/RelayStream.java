package io.mptcp.tun;

import io.mptcp.netty.channel.MptcpSocketChannel;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.tun.convert.ConvertMessage;
import io.netty.channel.ChannelHandler;

/** A connection to a relay that has said yes: what follows is the destination's. On the loop. */
final class RelayStream {
    private final MptcpSocketChannel channel;
    private final ChannelHandler hello;
    private final ConvertMessage answer;

    /** @param hello has what came behind the answer */
    RelayStream(MptcpSocketChannel channel, ChannelHandler hello, ConvertMessage answer) {
        this.channel = channel;
        this.hello = hello;
        this.answer = answer;
    }

    /** What it has said. */
    ConvertMessage answer() {
        return answer;
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
        channel.pipeline().remove(hello);
        channel.config().setAutoRead(true);
    }
}
