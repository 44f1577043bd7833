package io.mptcp.tun;

import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.host.Uplinks;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.socksx.v5.Socks5CommandRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5InitialRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5ServerEncoder;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.lang.foreign.Arena;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** SOCKS5 and HTTP CONNECT for programs that can be told of a proxy: their connections are carried without a TUN device. On loopback only. */
final class ProxyListeners implements AutoCloseable {
    private static final int SCRATCH_BYTES = 128 << 10;
    /** For a program to say where it wants to go. */
    private static final int REQUEST_SECONDS = 10;
    static final String REQUEST_TIMEOUT = "request-timeout";

    private final ProxyContext context;
    private final List<Channel> listeners = new ArrayList<>();

    ProxyListeners(Uplinks uplinks, FlowTable flows, FlowRouting routing, TunConfig.GatewayLimits limits) {
        this.context = new ProxyContext(uplinks, flows, routing, Arena.ofAuto().allocate(SCRATCH_BYTES),
                TimeUnit.SECONDS.toMillis(limits.connectTimeoutSeconds()));
    }

    /** @throws SetupException with one line when an address is taken */
    void open(TunConfig.Proxy proxy) throws SetupException {
        if (proxy.socks5() != null) {
            listen(proxy.socks5(), channel -> new ChannelHandler[] {Socks5ServerEncoder.DEFAULT, new Socks5InitialRequestDecoder(),
                new Socks5CommandRequestDecoder(), new Socks5Handler(channel, context)});
        }
        if (proxy.httpConnect() != null) {
            listen(proxy.httpConnect(), channel -> new ChannelHandler[] {new HttpRequestDecoder(), new HttpResponseEncoder(),
                new HttpConnectHandler(channel, context)});
        }
    }

    private void listen(InetSocketAddress address, Function<SocketChannel, ChannelHandler[]> handlers) throws SetupException {
        ChannelFuture bound = new ServerBootstrap().group(context.uplinks().loop()).channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline().addLast(REQUEST_TIMEOUT, new ReadTimeoutHandler(REQUEST_SECONDS));
                        channel.pipeline().addLast(handlers.apply(channel));
                    }
                }).bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new SetupException("proxy " + address.getHostString() + ":" + address.getPort() + " cannot be listened on: it is in use, or no address of this host",
                    bound.cause());
        }
        listeners.add(bound.channel());
    }

    /** Connections that there are go on. */
    @Override
    public void close() {
        listeners.forEach(listener -> listener.close().awaitUninterruptibly());
    }
}
