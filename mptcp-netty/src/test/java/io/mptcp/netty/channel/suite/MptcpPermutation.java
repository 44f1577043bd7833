package io.mptcp.netty.channel.suite;

import io.mptcp.netty.channel.MptcpServerSocketChannel;
import io.mptcp.netty.channel.MptcpSocketChannel;
import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.socket.MptcpServerSocketFactory;
import io.mptcp.netty.socket.MptcpSocketFactory;
import io.mptcp.wire.IpAddress;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import javax.net.ServerSocketFactory;
import javax.net.SocketFactory;

/**
 * Bootstraps for Netty's tests: a server with one path, a client with two, each stack on a loop of its own. They live as long as the JVM. The loops are of
 * epoll; when all is asked for ({@code -Dnetty.testsuite=all}), every test runs over loops of NIO, too.
 */
final class MptcpPermutation {
    private static final Pair EPOLL = new Pair(EpollIoHandler.newFactory());
    private static final List<Pair> PAIRS = "all".equals(System.getProperty("netty.testsuite")) ? List.of(EPOLL, new Pair(NioIoHandler.newFactory()))
            : List.of(EPOLL);

    private MptcpPermutation() {
    }

    private static MptcpStack stack(MptcpStack.Builder builder) {
        try {
            return builder.build();
        } catch (SetupException e) {
            throw new AssertionError(e);
        }
    }

    static List<BootstrapComboFactory<ServerBootstrap, Bootstrap>> socket() {
        return List.copyOf(PAIRS);
    }

    /** Where servers listen: IPv4, of which the client has two paths. */
    static SocketAddress address() {
        return new InetSocketAddress("127.0.0.1", 0);
    }

    static List<BootstrapFactory<Bootstrap>> clientSocket() {
        return PAIRS.stream().<BootstrapFactory<Bootstrap>>map(pair -> pair::newClientInstance).toList();
    }

    static List<BootstrapFactory<ServerBootstrap>> serverSocket() {
        return PAIRS.stream().<BootstrapFactory<ServerBootstrap>>map(pair -> pair::newServerInstance).toList();
    }

    /** Blocking sockets of the client's stack, for cases whose other side is no channel. */
    static SocketFactory clientSockets() {
        return MptcpSocketFactory.over(EPOLL.client);
    }

    /** As {@link #clientSockets}, of the server's stack. */
    static ServerSocketFactory serverSockets() {
        return MptcpServerSocketFactory.over(EPOLL.server);
    }

    /** Two stacks on loops of one kind. */
    private static final class Pair implements BootstrapComboFactory<ServerBootstrap, Bootstrap> {
        final MptcpStack server;
        final MptcpStack client;

        Pair(IoHandlerFactory kind) {
            // Both families: some tests go by what the host's name of itself means.
            server = stack(MptcpStack.builder().group(loop("testsuite-server", kind)).udpPath("lo", null));
            client = stack(MptcpStack.builder().group(loop("testsuite-client", kind)).udpPath("lo", null).udpPath("lo", IpAddress.parse("127.0.0.2")));
        }

        private static EventLoopGroup loop(String name, IoHandlerFactory kind) {
            return new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory(name, true), kind);
        }

        @Override
        public ServerBootstrap newServerInstance() {
            return new ServerBootstrap().group(server.group()).channelFactory(() -> new MptcpServerSocketChannel(server));
        }

        @Override
        public Bootstrap newClientInstance() {
            return new Bootstrap().group(client.group()).channelFactory(() -> new MptcpSocketChannel(client));
        }
    }
}
