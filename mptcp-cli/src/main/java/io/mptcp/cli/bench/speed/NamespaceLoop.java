package io.mptcp.cli.bench.speed;

import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.netty.linux.NetworkNamespace;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.ThreadFactory;

/** An event loop whose thread lives in a network namespace: links open sockets on the thread of their loop. */
final class NamespaceLoop {
    private NamespaceLoop() {
    }

    static MultiThreadIoEventLoopGroup in(LabNamespace namespace) {
        NetworkNamespace network = NetworkNamespace.named(namespace.name());
        ThreadFactory threads = new DefaultThreadFactory("stack", true);
        ThreadFactory inNamespace = task -> threads.newThread(() -> {
            enter(network);
            task.run();
        });
        return new MultiThreadIoEventLoopGroup(1, inNamespace, EpollIoHandler.newFactory());
    }

    private static void enter(NetworkNamespace network) {
        try {
            network.enter();
        } catch (Exception e) {
            throw new LabException(e.getMessage(), e);
        }
    }
}
