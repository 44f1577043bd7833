package io.mptcp.netty.socket;

import io.mptcp.netty.host.MptcpStack;
import io.mptcp.stack.ConnectOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.util.function.UnaryOperator;
import javax.net.SocketFactory;

/**
 * Makes {@link MptcpSocket}s. Whatever has a setting for a {@link SocketFactory} speaks Multipath TCP with it: JDBC drivers, HTTP clients, mail. To have
 * TLS above it give the sockets to {@link javax.net.ssl.SSLSocketFactory#createSocket(Socket, String, int, boolean)}.
 */
public final class MptcpSocketFactory extends SocketFactory {
    private final SocketMaker<StreamSocket> maker;

    /** As {@link #MptcpSocketFactory(String)} with {@code auto}. */
    public MptcpSocketFactory() {
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
    public MptcpSocketFactory(String configuration) {
        this(new ConfiguredSockets(configuration)::newStream);
    }

    MptcpSocketFactory(SocketMaker<StreamSocket> maker) {
        this.maker = maker;
    }

    /** Sockets of a stack, which has to live as long as they do; it ends them when it is closed. */
    public static MptcpSocketFactory over(MptcpStack stack) {
        return over(stack, UnaryOperator.identity());
    }

    /**
     * As {@link #over(MptcpStack)}.
     *
     * @param change of the options connections are opened with, which are those of the stack, and as to {@code socket} those of the JDK's sockets
     */
    public static MptcpSocketFactory over(MptcpStack stack, UnaryOperator<ConnectOptions> change) {
        return new MptcpSocketFactory(new StackSockets(stack, change)::newStream);
    }

    /**
     * Sockets of the kernel's own Multipath TCP. What paths there are is the kernel's business: {@code ip mptcp endpoint}, {@code ip mptcp limits}.
     * One daemon thread looks after all of them.
     *
     * @throws SocketException with one line when this kernel has no Multipath TCP, or it is switched off
     */
    public static MptcpSocketFactory kernel() throws SocketException {
        return new MptcpSocketFactory(KernelSockets.get()::newStream);
    }

    /**
     * Sockets of the stack if the program has one, else of the kernel: paths that are named are used, and where none are named the kernel may know some.
     *
     * @param stack null where there is none, because no path was configured or none could be opened
     * @throws SocketException without a stack, when this kernel has no Multipath TCP either
     */
    public static MptcpSocketFactory auto(MptcpStack stack) throws SocketException {
        return stack == null ? kernel() : over(stack);
    }

    /** A socket that is not connected yet. */
    @Override
    public MptcpSocket createSocket() throws SocketException {
        return new MptcpSocket(new MptcpSocketImpl(maker));
    }

    @Override
    public MptcpSocket createSocket(String host, int port) throws IOException {
        return connected(new InetSocketAddress(InetAddress.getByName(host), port), null);
    }

    @Override
    public MptcpSocket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return connected(new InetSocketAddress(InetAddress.getByName(host), port), new InetSocketAddress(localHost, localPort));
    }

    @Override
    public MptcpSocket createSocket(InetAddress host, int port) throws IOException {
        return connected(new InetSocketAddress(host, port), null);
    }

    @Override
    public MptcpSocket createSocket(InetAddress host, int port, InetAddress localHost, int localPort) throws IOException {
        return connected(new InetSocketAddress(host, port), new InetSocketAddress(localHost, localPort));
    }

    private MptcpSocket connected(InetSocketAddress remote, InetSocketAddress local) throws IOException {
        MptcpSocket socket = createSocket();
        try {
            if (local != null) {
                socket.bind(local);
            }
            socket.connect(remote);
            return socket;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }
}
