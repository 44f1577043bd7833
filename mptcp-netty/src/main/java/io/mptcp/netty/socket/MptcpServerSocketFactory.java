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

    /** As {@link #MptcpServerSocketFactory(String)} with {@code auto}. */
    public MptcpServerSocketFactory() {
        this(ConfiguredSockets.AUTO);
    }

    /**
     * For programs that can only be configured with the name of this class and a text, as JDBC drivers.
     *
     * @param configuration {@code kernel}; or paths, separated by blanks or semicolons, each as {@link io.mptcp.netty.host.PathSpec#parse} takes it, e.g.
     *                      {@code eth0 wlan0,backup}; or {@code auto}: the paths of the system property {@code io.mptcp.paths} where it is set, else the
     *                      kernel. All factories with the same paths share one stack, which is opened with the first socket and stays until the program
     *                      ends. What is wrong with it the first socket says, as a {@link SocketException} with one line.
     */
    public MptcpServerSocketFactory(String configuration) {
        this(new ConfiguredSockets(configuration)::newListener);
    }

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
