package io.mptcp.netty.socket;

import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.netty.linux.KernelStreamSocket;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.SocketException;

/** Sockets of the kernel's Multipath TCP, and the one event loop on which those wait that have nothing to do. */
final class KernelSockets {
    private static KernelSockets instance;

    private final IoEventLoop loop = (IoEventLoop) new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("mptcp-kernel", true),
            EpollIoHandler.newFactory()).next();

    private KernelSockets() {
    }

    /** @throws SocketException with one line when there is no such thing here */
    static synchronized KernelSockets get() throws SocketException {
        if (!KernelMptcp.available()) {
            throw new SocketException("this kernel has no Multipath TCP, or it is switched off (sysctl net.mptcp.enabled)");
        }
        if (instance == null) {
            instance = new KernelSockets();
        }
        return instance;
    }

    StreamSocket newStream() throws IOException {
        return new KernelStream(KernelStreamSocket.open(), loop);
    }

    ListeningSocket newListener() throws IOException {
        return new KernelListener(KernelStreamSocket.open(), () -> loop);
    }
}
