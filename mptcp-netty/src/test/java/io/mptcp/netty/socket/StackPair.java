package io.mptcp.netty.socket;

import io.mptcp.netty.MptcpDriver;
import io.mptcp.netty.host.MptcpStack;
import io.mptcp.stack.Limits;
import io.mptcp.wire.IpAddress;
import java.net.InetAddress;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import javax.net.ServerSocketFactory;
import javax.net.SocketFactory;

/** Sockets of two stacks, each on an event loop of its own, with UDP paths on the loopback interface between them: two at the client, one at the server. */
final class StackPair implements SocketPair {
    private static final IpAddress SERVER = IpAddress.parse("127.0.0.1");
    private static final Limits LIMITS = Limits.defaults().toBuilder().maxConnections(20_000).build();

    private final MptcpStack clientStack;
    private final MptcpStack serverStack;
    private final StackSockets clientSockets;
    private final StackSockets serverSockets;
    final SocketStack client;
    final SocketStack server;

    StackPair() throws Exception {
        serverStack = MptcpStack.builder().udpPath("lo", SERVER).limits(LIMITS).threadName("server").build();
        clientStack = MptcpStack.builder().udpPath("lo", IpAddress.parse("127.0.0.2")).udpPath("lo", IpAddress.parse("127.0.0.3")).limits(LIMITS)
                .threadName("client").build();
        serverSockets = new StackSockets(serverStack, UnaryOperator.identity());
        clientSockets = new StackSockets(clientStack, UnaryOperator.identity());
        client = clientSockets.shards().getFirst();
        server = serverSockets.shards().getFirst();
    }

    @Override
    public SocketFactory clients() {
        return new MptcpSocketFactory(clientSockets::newStream);
    }

    @Override
    public ServerSocketFactory servers() {
        return new MptcpServerSocketFactory(serverSockets::newListener);
    }

    @Override
    public InetAddress address() {
        return Addresses.inetAddress(SERVER);
    }

    @Override
    public void close() {
        clientStack.close();
        serverStack.close();
    }

    static <T> T on(MptcpDriver driver, Callable<T> action) throws Exception {
        return driver.loop().submit(action).get();
    }
}
