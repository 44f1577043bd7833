package io.mptcp.tun;

import io.mptcp.stack.CloseReason;
import io.mptcp.tun.stream.HeldInput;
import io.mptcp.wire.IpEndpoint;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;

/** The CONNECT method of HTTP (RFC 9110 section 9.3.6). */
final class HttpConnectHandler extends SimpleChannelInboundHandler<HttpObject> {
    private static final HttpResponseStatus ESTABLISHED = new HttpResponseStatus(200, "Connection established");
    private static final int MAX_PORT = 0xffff;

    private final SocketChannel channel;
    private final ProxyContext context;
    private final HeldInput held = new HeldInput();
    private boolean asked;

    HttpConnectHandler(SocketChannel channel, ProxyContext context) {
        this.channel = channel;
        this.context = context;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext handler, HttpObject message) {
        if (asked || !(message instanceof HttpRequest request)) {
            return;
        }
        asked = true;
        channel.pipeline().remove(ProxyListeners.REQUEST_TIMEOUT);
        if (request.decoderResult().isFailure()) {
            refuse(handler, HttpResponseStatus.BAD_REQUEST, "this is not HTTP");
        } else if (!request.method().equals(HttpMethod.CONNECT)) {
            refuse(handler, HttpResponseStatus.METHOD_NOT_ALLOWED, "only CONNECT is served here: use this proxy for https, or SOCKS5");
        } else {
            connect(handler, request.uri());
        }
    }

    private void connect(ChannelHandlerContext handler, String target) {
        int colon = target.lastIndexOf(':');
        String portText = target.substring(colon + 1);
        int port = colon > 0 && portText.matches("[0-9]{1,5}") ? Integer.parseInt(portText) : 0;
        if (port == 0 || port > MAX_PORT) {
            refuse(handler, HttpResponseStatus.BAD_REQUEST, "CONNECT needs HOST:PORT");
        } else if (!context.flows().admits()) {
            refuse(handler, HttpResponseStatus.SERVICE_UNAVAILABLE, "too many connections");
        } else {
            channel.config().setAutoRead(false);
            channel.pipeline().addLast(held); // what follows the request is for the destination, whatever length its header fields say it has
            channel.pipeline().remove(HttpRequestDecoder.class);
            String host = target.substring(0, colon).replaceFirst("^\\[(.*)]$", "$1");
            new ProxyFlow("http-connect", channel, host, port, context, new ToProgram(handler)).open();
        }
    }

    private static void refuse(ChannelHandlerContext handler, HttpResponseStatus status, String message) {
        DefaultFullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status,
                Unpooled.copiedBuffer(message + "\n", StandardCharsets.UTF_8));
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes()).set(HttpHeaderNames.CONTENT_TYPE, "text/plain")
                .set(HttpHeaderNames.CONNECTION, "close");
        handler.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext handler, Throwable cause) {
        handler.close();
    }

    private final class ToProgram implements ProxyFlow.Answer {
        private final ChannelHandlerContext handler;

        ToProgram(ChannelHandlerContext handler) {
            this.handler = handler;
        }

        @Override
        public void connected(ChannelHandler relay, IpEndpoint local) {
            handler.writeAndFlush(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, ESTABLISHED));
            channel.pipeline().addLast(relay);
            channel.pipeline().remove(HttpConnectHandler.this);
            channel.pipeline().remove(HttpResponseEncoder.class);
            channel.pipeline().remove(held);
        }

        @Override
        public void failed(CloseReason reason) {
            boolean late = reason == CloseReason.TIMED_OUT;
            refuse(handler, late ? HttpResponseStatus.GATEWAY_TIMEOUT : HttpResponseStatus.BAD_GATEWAY, "the destination: " + reason);
        }
    }
}
