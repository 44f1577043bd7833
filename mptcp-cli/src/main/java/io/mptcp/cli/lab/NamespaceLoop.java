package io.mptcp.cli.lab;

import io.mptcp.netty.linux.NetworkNamespace;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.ThreadFactory;

/** An event loop whose thread lives in a network namespace: links open sockets on the thread of their loop. */
public final class NamespaceLoop {
    private NamespaceLoop() {
    }

    public static MultiThreadIoEventLoopGroup in(LabNamespace namespace, String threadName) {
        return in(namespace, threadName, () -> { });
    }

    /** @param first what the thread does in the namespace before anything else */
    public static MultiThreadIoEventLoopGroup in(LabNamespace namespace, String threadName, Runnable first) {
        NetworkNamespace network = NetworkNamespace.named(namespace.name());
        ThreadFactory threads = new DefaultThreadFactory(threadName, true);
        ThreadFactory inNamespace = task -> threads.newThread(() -> {
            enter(network);
            first.run();
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
