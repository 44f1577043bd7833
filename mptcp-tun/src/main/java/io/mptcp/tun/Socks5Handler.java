package io.mptcp.tun;

import io.mptcp.stack.CloseReason;
import io.mptcp.tun.stream.HeldInput;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.socksx.SocksMessage;
import io.netty.handler.codec.socksx.v5.DefaultSocks5CommandResponse;
import io.netty.handler.codec.socksx.v5.DefaultSocks5InitialResponse;
import io.netty.handler.codec.socksx.v5.Socks5AddressType;
import io.netty.handler.codec.socksx.v5.Socks5AuthMethod;
import io.netty.handler.codec.socksx.v5.Socks5CommandRequest;
import io.netty.handler.codec.socksx.v5.Socks5CommandRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5CommandStatus;
import io.netty.handler.codec.socksx.v5.Socks5CommandType;
import io.netty.handler.codec.socksx.v5.Socks5InitialRequest;
import io.netty.handler.codec.socksx.v5.Socks5InitialRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5ServerEncoder;

/** SOCKS version 5 (RFC 1928), CONNECT without authentication. */
final class Socks5Handler extends SimpleChannelInboundHandler<SocksMessage> {
    private final SocketChannel channel;
    private final ProxyContext context;
    private final HeldInput held = new HeldInput();
    private boolean asked;

    Socks5Handler(SocketChannel channel, ProxyContext context) {
        this.channel = channel;
        this.context = context;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext handler, SocksMessage message) {
        if (message.decoderResult().isFailure()) {
            handler.close();
        } else if (message instanceof Socks5InitialRequest request) {
            boolean open = request.authMethods().contains(Socks5AuthMethod.NO_AUTH);
            var answer = handler.writeAndFlush(new DefaultSocks5InitialResponse(open ? Socks5AuthMethod.NO_AUTH : Socks5AuthMethod.UNACCEPTED));
            if (!open) {
                answer.addListener(ChannelFutureListener.CLOSE);
            }
        } else if (message instanceof Socks5CommandRequest request && !asked) {
            asked = true;
            channel.pipeline().remove(ProxyListeners.REQUEST_TIMEOUT);
            connect(handler, request);
        }
    }

    private void connect(ChannelHandlerContext handler, Socks5CommandRequest request) {
        if (!request.type().equals(Socks5CommandType.CONNECT)) {
            refuse(handler, Socks5CommandStatus.COMMAND_UNSUPPORTED);
        } else if (!context.flows().admits()) {
            refuse(handler, Socks5CommandStatus.FAILURE);
        } else {
            channel.config().setAutoRead(false);
            channel.pipeline().addLast(held); // what follows the request is for the destination
            new ProxyFlow("socks5", channel, request.dstAddr(), request.dstPort(), context, new ToProgram(handler)).open();
        }
    }

    private static void refuse(ChannelHandlerContext handler, Socks5CommandStatus status) {
        handler.writeAndFlush(new DefaultSocks5CommandResponse(status, Socks5AddressType.IPv4, "0.0.0.0", 0)).addListener(ChannelFutureListener.CLOSE);
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
            Socks5AddressType type = local.address().isIpv4() ? Socks5AddressType.IPv4 : Socks5AddressType.IPv6;
            handler.writeAndFlush(new DefaultSocks5CommandResponse(Socks5CommandStatus.SUCCESS, type, local.address().toString(), local.port()));
            channel.pipeline().addLast(relay);
            channel.pipeline().remove(Socks5ServerEncoder.class);
            channel.pipeline().remove(Socks5Handler.this);
            channel.pipeline().remove(Socks5CommandRequestDecoder.class);
            channel.pipeline().remove(Socks5InitialRequestDecoder.class);
            channel.pipeline().remove(held);
        }

        @Override
        public void failed(CloseReason reason) {
            refuse(handler, switch (reason) {
                case REFUSED -> Socks5CommandStatus.CONNECTION_REFUSED;
                case UNREACHABLE -> Socks5CommandStatus.HOST_UNREACHABLE;
                case TIMED_OUT -> Socks5CommandStatus.TTL_EXPIRED;
                default -> Socks5CommandStatus.FAILURE;
            });
        }
    }
}
