package io.mptcp.cli.bench;

import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.UplinkSettings;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.netty.linux.NetworkNamespace;
import io.mptcp.netty.linux.Syscalls;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;

/** This stack on a device of a namespace, set up as {@code mptcp cat --plain-tcp} does it. */
final class StackHost implements AutoCloseable {
    private final MultiThreadIoEventLoopGroup loops;
    private final Uplinks uplinks;

    private StackHost(MultiThreadIoEventLoopGroup loops, Uplinks uplinks) {
        this.loops = loops;
        this.uplinks = uplinks;
    }

    /**
     * @param pcap file for every segment, or null
     * @throws LabException when the device cannot be used
     */
    static StackHost start(LabNamespace namespace, String device, Path pcap) {
        NetworkNamespace network = NetworkNamespace.named(namespace.name());
        ThreadFactory threads = new DefaultThreadFactory("stack", true);
        // Links open sockets on the thread of their loop: it lives in the namespace.
        ThreadFactory inNamespace = task -> threads.newThread(() -> {
            enter(network);
            // The kernel's TCP works in interrupts, before any thread; without this other work of the machine would hold up this stack alone.
            new Syscalls().setRealTime(1);
            task.run();
        });
        MultiThreadIoEventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, inNamespace, EpollIoHandler.newFactory());
        StackConfig config = StackConfig.defaults().withCongestionControl(KernelFlow.CONGESTION).withMptcp(false);
        UplinkSettings settings = new UplinkSettings(config, "default", 0, pcap);
        try {
            return new StackHost(loops, Uplinks.open(loops.next(), List.of(PathSpec.of(device)), settings));
        } catch (Exception e) {
            loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            throw new LabException("this stack cannot start: " + e.getMessage(), e);
        }
    }

    private static void enter(NetworkNamespace network) {
        try {
            network.enter();
        } catch (Exception e) {
            throw new LabException(e.getMessage(), e);
        }
    }

    /** Connects, and starts to move bytes. @param sending else it receives */
    StackFlow connect(IpEndpoint remote, Arrivals arrivals, boolean sending) {
        return StackFlow.connect(uplinks, remote, arrivals, sending);
    }

    @Override
    public void close() {
        uplinks.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(1, TimeUnit.SECONDS);
    }
}
