package io.mptcp.netty.channel;

import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.netty.linux.KernelStreamSocket;
import io.mptcp.stack.MptcpInfo;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.util.concurrent.Future;
import java.net.SocketException;
import java.nio.channels.ClosedChannelException;

/**
 * Where Netty channels with Multipath TCP come from: a stack of the program, or the kernel of the host. The rest of a program is the same for both:
 *
 * <pre>{@code
 * MptcpTransport transport = MptcpTransport.auto(stack, group);
 * transport.bootstrap().handler(...).connect("server.example.org", 443);
 * }</pre>
 *
 * <p>Of a stack the channels are {@link MptcpSocketChannel} and {@link MptcpServerSocketChannel}; of the kernel they are Netty's
 * {@link EpollSocketChannel} and {@link EpollServerSocketChannel}, with all of their options, on sockets of {@code IPPROTO_MPTCP}. Which paths those use
 * {@code ip mptcp endpoint} and {@code ip mptcp limits} say.
 */
public final class MptcpTransport {
    private final EventLoopGroup group;
    private final ChannelFactory<? extends SocketChannel> sockets;
    private final ChannelFactory<? extends ServerSocketChannel> serverSockets;

    private MptcpTransport(EventLoopGroup group, ChannelFactory<? extends SocketChannel> sockets,
            ChannelFactory<? extends ServerSocketChannel> serverSockets) {
        this.group = group;
        this.sockets = sockets;
        this.serverSockets = serverSockets;
    }

    /** Channels of a stack, on its event loops. It has to live as long as they do, and ends them when it is closed. */
    public static MptcpTransport over(MptcpStack stack) {
        return new MptcpTransport(stack.group(), () -> new MptcpSocketChannel(stack), () -> new MptcpServerSocketChannel(stack));
    }

    /**
     * Channels of the kernel's own Multipath TCP.
     *
     * @param group epoll event loops, which remain the caller's
     * @throws SocketException with one line when this kernel has no Multipath TCP, or it is switched off
     */
    public static MptcpTransport kernel(EventLoopGroup group) throws SocketException {
        if (!KernelMptcp.available()) {
            throw new SocketException("this kernel has no Multipath TCP, or it is switched off (sysctl net.mptcp.enabled)");
        }
        return new MptcpTransport(group, KernelChannels::socket, KernelChannels::serverSocket);
    }

    /**
     * Channels of the stack if the program has one, else of the kernel: paths that are named are used, and where none are named the kernel may know some.
     * The rule is that of {@link io.mptcp.netty.socket.MptcpSocketFactory#auto}.
     *
     * @param stack null where there is none, because no path was configured or none could be opened
     * @param group epoll event loops for channels of the kernel; not used with a stack, which has its own
     * @throws SocketException without a stack, when this kernel has no Multipath TCP either
     */
    public static MptcpTransport auto(MptcpStack stack, EventLoopGroup group) throws SocketException {
        return stack == null ? kernel(group) : over(stack);
    }

    /** The event loops the channels live on. */
    public EventLoopGroup group() {
        return group;
    }

    /** For connections: only a handler is missing. */
    public Bootstrap bootstrap() {
        return new Bootstrap().group(group).channelFactory(sockets);
    }

    /** For listening: only a child handler is missing. */
    public ServerBootstrap serverBootstrap() {
        return new ServerBootstrap().group(group).channelFactory(serverSockets);
    }

    /**
     * {@code MPTCP_INFO} of a channel of either kind, under the kernel's names. On any thread.
     *
     * @return null in the future for plain TCP of the kernel, which tells nothing there; a failed one when the channel is closed
     * @throws IllegalArgumentException for a channel that is no connection of these
     */
    public static Future<MptcpInfo> mptcpInfo(Channel channel) {
        return switch (channel) {
            case MptcpSocketChannel own -> own.mptcpInfo();
            // On its loop, where it is closed as well: the number of its descriptor is not another's meanwhile.
            case EpollSocketChannel kernel -> kernel.eventLoop().submit(() -> {
                if (!kernel.isOpen()) {
                    throw new ClosedChannelException();
                }
                return KernelStreamSocket.info(kernel.fd().intValue());
            });
            default -> throw new IllegalArgumentException("no Multipath TCP connection: " + channel);
        };
    }
}
