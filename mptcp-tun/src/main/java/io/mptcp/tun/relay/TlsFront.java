package io.mptcp.tun.relay;

import io.mptcp.wire.IpAddress;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;

/** TLS of a client's connection, and what is said when its handshake fails. */
final class TlsFront extends ChannelInboundHandlerAdapter {
    private final RefusalLog log;
    private final IpAddress address;

    private TlsFront(RefusalLog log, IpAddress address) {
        this.log = log;
        this.address = address;
    }

    /** Before the handlers of a session. */
    static void add(SocketChannel client, SslContext tls, RefusalLog log) {
        SslHandler handler = tls.newHandler(client.alloc());
        handler.setHandshakeTimeoutMillis(0); // it is part of the time for the hello
        client.pipeline().addLast(handler, new TlsFront(log, ProxyHeader.sourceAddress(client)));
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (event instanceof SslHandshakeCompletionEvent handshake) {
            if (!handshake.isSuccess() && context.channel().isActive()) { // or it was closed for another reason, which has been said
                log.refused(Refusal.NO_TLS, address, RefusalLog.reason(handshake.cause()));
            }
            context.pipeline().remove(this);
        }
        context.fireUserEventTriggered(event);
    }
}
