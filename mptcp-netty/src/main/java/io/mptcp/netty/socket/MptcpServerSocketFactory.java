package io.mptcp.netty.socket;

import io.mptcp.netty.host.MptcpStack;
import io.mptcp.stack.ConnectOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.util.function.UnaryOperator;
import javax.net.ServerSocketFactory;

/** Makes {@link MptcpServerSocket}s, for whatever has a setting for a {@link ServerSocketFactory}. */
public final class MptcpServerSocketFactory extends ServerSocketFactory {
    private static final int DEFAULT_BACKLOG = 50;

    private final SocketMaker<ListeningSocket> maker;

    MptcpServerSocketFactory(SocketMaker<ListeningSocket> maker) {
        this.maker = maker;
    }

    /** Server sockets of a stack, which has to live as long as they do; it ends them when it is closed. */
    public static MptcpServerSocketFactory over(MptcpStack stack) {
        return over(stack, UnaryOperator.identity());
    }

    /**
     * As {@link #over(MptcpStack)}.
     *
     * @param change of the options connections are taken with, which are those of the stack, and as to {@code socket} those of the JDK's sockets
     */
    public static MptcpServerSocketFactory over(MptcpStack stack, UnaryOperator<ConnectOptions> change) {
        return new MptcpServerSocketFactory(new StackSockets(stack, change)::newListener);
    }

    /**
     * Server sockets of the kernel's own Multipath TCP, see {@link MptcpSocketFactory#kernel}.
     *
     * @throws SocketException with one line when this kernel has no Multipath TCP, or it is switched off
     */
    public static MptcpServerSocketFactory kernel() throws SocketException {
        return new MptcpServerSocketFactory(KernelSockets.get()::newListener);
    }

    /** By the same rule as {@link MptcpSocketFactory#auto}. */
    public static MptcpServerSocketFactory auto(MptcpStack stack) throws SocketException {
        return stack == null ? kernel() : over(stack);
    }

    /** A server socket that is not bound yet. */
    @Override
    public MptcpServerSocket createServerSocket() {
        return new MptcpServerSocket(new MptcpServerSocketImpl(maker));
    }

    @Override
    public MptcpServerSocket createServerSocket(int port) throws IOException {
        return createServerSocket(port, DEFAULT_BACKLOG);
    }

    @Override
    public MptcpServerSocket createServerSocket(int port, int backlog) throws IOException {
        return createServerSocket(port, backlog, null);
    }

    /** @param local address to listen on, null for every one */
    @Override
    public MptcpServerSocket createServerSocket(int port, int backlog, InetAddress local) throws IOException {
        MptcpServerSocket socket = createServerSocket();
        try {
            socket.bind(new InetSocketAddress(local, port), backlog);
            return socket;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }
}
