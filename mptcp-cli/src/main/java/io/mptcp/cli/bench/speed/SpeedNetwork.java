package io.mptcp.cli.bench.speed;

import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.NamespaceLoop;
import io.mptcp.cli.lab.TwoPathLab;
import io.mptcp.tun.ConfigException;
import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.host.SetupException;
import io.mptcp.tun.TunConfig;
import io.mptcp.tun.TunDaemon;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A client and a server joined by two virtual cables ({@link TwoPathLab#direct}), with applications on this stack and on the kernel's in both. The
 * services of the kernel and of this stack differ by their port.
 */
final class SpeedNetwork {
    /** Applications of the client that reach this address get there through {@code mptcp-tun}. */
    private static final String ADDRESS_BEHIND_TUN = "10.99.0.2";
    private static final int KERNEL_PORT = 5201;
    private static final int KERNEL_TCP_PORT = 5202;
    private static final int STACK_PORT = 5203;
    private static final String DAEMON = """
            tun:
              device: mptcp0
              address: 10.255.0.1/30
              routes: [%s/32]
            paths: [{device: p1}, {device: p2}]
            log: warn
            status: {every-seconds: 0}
            """;

    private final Lab lab;
    private final LabNamespace client;
    private final LabNamespace server;
    private KernelHost kernelServer;
    private KernelHost kernelTcpServer;
    private SpeedHost stackServer;

    private SpeedNetwork(Lab lab, LabNamespace client, LabNamespace server) {
        this.lab = lab;
        this.client = client;
        this.server = server;
    }

    /**
     * Builds the network in an empty laboratory, which owns it.
     *
     * @param offloads segmentation, checksums and merging as virtual cables have them; else the wire carries frames of 1514 bytes only
     */
    static SpeedNetwork create(Lab lab, boolean offloads) {
        TwoPathLab paths = TwoPathLab.direct(lab, 2);
        SpeedNetwork network = new SpeedNetwork(lab, paths.client(), paths.server());
        for (int path = 1; path <= 2 && !offloads; path++) {
            network.client.switchOffOffloads(TwoPathLab.uplink(path));
            network.server.switchOffOffloads(TwoPathLab.serverDevice(path));
        }
        for (LabNamespace end : List.of(network.client, network.server)) {
            // Thousands of connections one after the other need ports.
            end.sysctl("net.ipv4.ip_local_port_range", "10000 45000");
            end.sysctl("net.ipv4.tcp_no_metrics_save", "1");
        }
        network.server.address("lo", ADDRESS_BEHIND_TUN + "/32");
        // The second subflow of the kernel's connections.
        network.client.ip("mptcp endpoint add " + TwoPathLab.clientV4(2) + " dev " + TwoPathLab.uplink(2) + " subflow");
        return network;
    }

    void startServers() {
        kernelServer = lab.own(new KernelHost(server, true)).serve(new IpEndpoint(IpAddress.parse("0.0.0.0"), KERNEL_PORT));
        kernelTcpServer = lab.own(new KernelHost(server, false)).serve(new IpEndpoint(IpAddress.parse("0.0.0.0"), KERNEL_TCP_PORT));
        stackServer = lab.own(StackSpeedHost.start(server, List.of(TwoPathLab.serverDevice(1), TwoPathLab.serverDevice(2)), true, STACK_PORT));
    }

    /** Kernel connections from now on have one subflow, or two. */
    void setKernelSubflows(int count) {
        client.ip("mptcp limits set subflows " + (count - 1) + " add_addr_accepted 0");
    }

    SpeedHost kernelClient(boolean mptcp) {
        return lab.own(new KernelHost(client, mptcp));
    }

    /** @param paths 1 or 2 */
    StackSpeedHost stackClient(boolean mptcp, int paths) {
        return lab.own(StackSpeedHost.start(client, List.of(TwoPathLab.uplink(1), TwoPathLab.uplink(2)).subList(0, paths), mptcp, 0));
    }

    /** A stack over both cables, as programs with the library have it. */
    MptcpStack libraryStack() {
        MultiThreadIoEventLoopGroup loop = NamespaceLoop.in(client, "stack");
        AutoCloseable end = () -> loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(1, TimeUnit.SECONDS);
        lab.own(end);
        try {
            return lab.own(MptcpStack.builder().path(TwoPathLab.uplink(1)).path(TwoPathLab.uplink(2)).group(loop).build());
        } catch (SetupException e) {
            throw new LabException("this stack cannot start: " + e.getMessage(), e);
        }
    }

    /** Starts the daemon in the client's namespace. */
    void startDaemon() {
        lab.own(client.call(() -> {
            try {
                return TunDaemon.start(TunConfig.parse("bench", DAEMON.formatted(ADDRESS_BEHIND_TUN)));
            } catch (ConfigException | SetupException e) {
                throw new LabException("mptcp-tun cannot start: " + e.getMessage(), e);
            }
        }));
    }

    /** The server's end of a case, and where its services are. */
    record Server(SpeedHost host, IpEndpoint address) {
    }

    Server kernelServer() {
        return new Server(kernelServer, service(TwoPathLab.SERVICE_V4, KERNEL_PORT));
    }

    Server kernelTcpServer() {
        return new Server(kernelTcpServer, service(TwoPathLab.SERVICE_V4, KERNEL_TCP_PORT));
    }

    Server stackServer() {
        return new Server(stackServer, service(TwoPathLab.SERVICE_V4, STACK_PORT));
    }

    /** {@link #kernelServer} by way of {@code mptcp-tun}. */
    Server kernelServerBehindDaemon() {
        return new Server(kernelServer, service(ADDRESS_BEHIND_TUN, KERNEL_PORT));
    }

    private static IpEndpoint service(String address, int port) {
        return new IpEndpoint(IpAddress.parse(address), port);
    }
}
