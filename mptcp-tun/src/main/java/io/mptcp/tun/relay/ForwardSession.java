package io.mptcp.tun.relay;

import io.mptcp.tun.stream.ChannelJoin;
import io.mptcp.tun.stream.HeldInput;
import io.mptcp.tun.stream.StreamEnds;
import io.mptcp.wire.IpAddress;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.haproxy.HAProxyCommand;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageEncoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolVersion;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import java.net.InetSocketAddress;

/** A connection of a client to a service in plain TCP, of which the service is told, if it wants, whose it is (PROXY protocol, version 2). */
final class ForwardSession {
    private final RelayServer server;
    private final RelayConfig.Forward forward;
    private final SocketChannel client;
    private final HeldInput held = new HeldInput();

    ForwardSession(RelayServer server, RelayConfig.Forward forward, SocketChannel client) {
        this.server = server;
        this.forward = forward;
        this.client = client;
    }

    /** Nothing is read from the client until there is somebody to read it. */
    void start() {
        client.config().setAutoRead(false);
        client.pipeline().addLast(held); // a FIN makes Netty's epoll read all the same
        server.connect(client, forward.to(), (service, failure) -> {
            if (failure != null) {
                server.log().refused(Refusal.DESTINATION_FAILED, ProxyHeader.sourceAddress(client), failure.getMessage());
                new StreamEnds(client).reset();
            } else {
                join(service);
            }
        });
    }

    private void join(SocketChannel service) {
        if (forward.proxyProtocol()) {
            service.pipeline().addLast(HAProxyMessageEncoder.INSTANCE);
            service.writeAndFlush(header());
            service.pipeline().remove(HAProxyMessageEncoder.INSTANCE);
        }
        ChannelJoin join = new ChannelJoin(client, service, () -> { });
        client.pipeline().addLast(join.first());
        service.pipeline().addLast(join.second());
        client.pipeline().remove(held);
        join.begin();
    }

    /** Addresses are those of the first subflow, or what a balancer has told. */
    private HAProxyMessage header() {
        InetSocketAddress remote = ProxyHeader.source(client);
        InetSocketAddress local = ProxyHeader.destination(client);
        IpAddress source = IpAddress.of(remote.getAddress().getAddress());
        IpAddress destination = IpAddress.of(local.getAddress().getAddress());
        boolean ipv4 = source.isIpv4() && destination.isIpv4(); // a balancer may name one of each
        return new HAProxyMessage(HAProxyProtocolVersion.V2, HAProxyCommand.PROXY, ipv4 ? HAProxyProxiedProtocol.TCP4 : HAProxyProxiedProtocol.TCP6,
                ipv4 ? source.toString() : ipv6(source), ipv4 ? destination.toString() : ipv6(destination), remote.getPort(), local.getPort());
    }

    private static String ipv6(IpAddress address) {
        return address.isIpv4() ? "::ffff:" + address : address.toString();
    }
}
