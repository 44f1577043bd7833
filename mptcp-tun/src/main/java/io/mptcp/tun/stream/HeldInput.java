package io.mptcp.tun.stream;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;

/**
 * Keeps what comes in until it is removed; the handlers behind it get it then. A channel that is not read from needs it all the same: Netty's epoll channels
 * read to the end when the peer has sent its FIN. What is kept is bounded by the receive buffer of the socket.
 */
public final class HeldInput extends ChannelInboundHandlerAdapter {
    private record Event(Object event) {
    }

    private final ArrayDeque<Object> held = new ArrayDeque<>(2);

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        held.add(message);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        held.add(new Event(event));
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        boolean read = false;
        while (!held.isEmpty()) {
            Object next = held.remove();
            if (next instanceof Event event) {
                context.fireUserEventTriggered(event.event());
            } else {
                context.fireChannelRead(next);
                read = true;
            }
        }
        if (read) {
            context.fireChannelReadComplete();
        }
    }

    /** Whoever has reset the connection wants nothing more of it. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        held.forEach(ReferenceCountUtil::release);
        held.clear();
        context.fireChannelInactive();
    }
}
