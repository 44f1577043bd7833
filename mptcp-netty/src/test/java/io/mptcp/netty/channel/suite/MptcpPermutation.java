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
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapComboFactory;
import io.netty.testsuite.transport.TestsuitePermutation.BootstrapFactory;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import javax.net.ServerSocketFactory;
import javax.net.SocketFactory;

/** Bootstraps for Netty's tests: a server with one path, a client with two, each stack on a loop of its own. They live as long as the JVM. */
final class MptcpPermutation {
    /** Both families: some tests go by what the host's name of itself means. */
    private static final MptcpStack SERVER = stack(MptcpStack.builder().threadName("testsuite-server").udpPath("lo", null));
    private static final MptcpStack CLIENT = stack(MptcpStack.builder().threadName("testsuite-client").udpPath("lo", null)
            .udpPath("lo", IpAddress.parse("127.0.0.2")));

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
        return List.of(new BootstrapComboFactory<>() {
            @Override
            public ServerBootstrap newServerInstance() {
                return new ServerBootstrap().group(SERVER.group()).channelFactory(() -> new MptcpServerSocketChannel(SERVER));
            }

            @Override
            public Bootstrap newClientInstance() {
                return client();
            }
        });
    }

    /** Where servers listen: IPv4, of which the client has two paths. */
    static SocketAddress address() {
        return new InetSocketAddress("127.0.0.1", 0);
    }

    static List<BootstrapFactory<Bootstrap>> clientSocket() {
        return List.of(MptcpPermutation::client);
    }

    static List<BootstrapFactory<ServerBootstrap>> serverSocket() {
        return List.of(() -> socket().getFirst().newServerInstance());
    }

    /** Blocking sockets of the client's stack, for cases whose other side is no channel. */
    static SocketFactory clientSockets() {
        return MptcpSocketFactory.over(CLIENT);
    }

    /** As {@link #clientSockets}, of the server's stack. */
    static ServerSocketFactory serverSockets() {
        return MptcpServerSocketFactory.over(SERVER);
    }

    private static Bootstrap client() {
        return new Bootstrap().group(CLIENT.group()).channelFactory(() -> new MptcpSocketChannel(CLIENT));
    }
}
