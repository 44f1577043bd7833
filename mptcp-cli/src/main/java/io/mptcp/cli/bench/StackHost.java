package io.mptcp.cli.bench;

import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.NamespaceLoop;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.UplinkSettings;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.netty.linux.Syscalls;
import io.mptcp.stack.StackConfig;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** This stack on devices of a namespace, set up as {@code mptcp cat} does it. */
public final class StackHost implements AutoCloseable {
    /**
     * How it is set up.
     *
     * @param mptcp     else plain TCP
     * @param scheduler packet scheduler, by name
     * @param pcap      file for every segment, or null
     */
    public record Settings(boolean mptcp, String scheduler, String congestion, Path pcap) {
        static Settings plainTcp(Path pcap) {
            return new Settings(false, "default", KernelFlow.CONGESTION, pcap);
        }

        /** All that is not the default is the scheduler, and perhaps a file for every segment. */
        public static Settings mptcp(String scheduler, Path pcap) {
            return new Settings(true, scheduler, KernelFlow.CONGESTION, pcap);
        }
    }

    private final MultiThreadIoEventLoopGroup loops;
    private final Uplinks uplinks;

    private StackHost(MultiThreadIoEventLoopGroup loops, Uplinks uplinks) {
        this.loops = loops;
        this.uplinks = uplinks;
    }

    /** @throws LabException when a device cannot be used */
    public static StackHost start(LabNamespace namespace, List<String> devices, Settings settings) {
        // The kernel's TCP works in interrupts, before any thread; without this other work of the machine would hold up this stack alone.
        MultiThreadIoEventLoopGroup loops = NamespaceLoop.in(namespace, "stack", () -> new Syscalls().setRealTime(1));
        StackConfig config = StackConfig.defaults().withCongestionControl(settings.congestion()).withMptcp(settings.mptcp());
        UplinkSettings uplinks = new UplinkSettings(config, settings.scheduler(), 0, settings.pcap());
        try {
            return new StackHost(loops, Uplinks.open(loops.next(), devices.stream().map(PathSpec::of).toList(), uplinks));
        } catch (Exception e) {
            loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
            throw new LabException("this stack cannot start: " + e.getMessage(), e);
        }
    }

    /** Connects, and starts to move bytes. @param plan what it sends, null for a receiver */
    public Flow connect(IpEndpoint remote, Arrivals arrivals, SendPlan plan) {
        return StackFlow.connect(uplinks, remote, arrivals, plan);
    }

    /** Takes one connection, and moves bytes over it. @param plan what it sends, null for a receiver */
    public Flow accept(int port, Arrivals arrivals, SendPlan plan) {
        return StackFlow.accept(uplinks, port, arrivals, plan);
    }

    @Override
    public void close() {
        uplinks.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(1, TimeUnit.SECONDS);
    }
}
