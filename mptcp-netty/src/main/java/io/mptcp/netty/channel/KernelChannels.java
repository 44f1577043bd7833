package io.mptcp.netty.channel;

import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.netty.linux.LinuxException;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.FileDescriptor;
import java.io.IOException;

/**
 * Netty's own epoll channels on sockets of the kernel's Multipath TCP. Netty takes a descriptor it is given for a connected socket, so it makes its own,
 * and another socket is put into its place before anything is done with it. What a Multipath TCP listener accepts is Multipath TCP by itself.
 */
final class KernelChannels {
    private KernelChannels() {
    }

    static EpollSocketChannel socket() {
        EpollSocketChannel channel = new EpollSocketChannel();
        replace(channel.fd());
        channel.config().setTcpNoDelay(true); // Netty's default, which went with the socket it had been set on
        return channel;
    }

    static EpollServerSocketChannel serverSocket() {
        EpollServerSocketChannel channel = new EpollServerSocketChannel();
        replace(channel.fd());
        channel.config().setReuseAddress(true); // as above
        return channel;
    }

    private static void replace(FileDescriptor descriptor) {
        try {
            KernelMptcp.replace(descriptor.intValue());
        } catch (LinuxException e) {
            try {
                descriptor.close();
            } catch (IOException closing) {
                e.addSuppressed(closing);
            }
            throw new ChannelException(e.getMessage(), e);
        }
    }
}
