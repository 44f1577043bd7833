package io.mptcp.cli.bench.multipath;

import io.mptcp.cli.bench.Arrivals;
import io.mptcp.cli.bench.Flow;
import io.mptcp.cli.bench.KernelFlow;
import io.mptcp.cli.bench.SendPlan;
import io.mptcp.cli.bench.StackHost;
import io.mptcp.cli.bench.failover.PathCuts;
import io.mptcp.cli.lab.KernelMptcpSocket;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabException;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.TwoPathLab;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.netty.linux.LinuxException;
import io.mptcp.netty.linux.Syscalls;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** A client and a server with two emulated paths between them. Both have this stack and the kernel's; used by one thread. */
final class MultipathNetwork {
    private static final int KERNEL_PORT = 5201;
    private static final int STACK_PORT = 5203;

    private final Lab lab;
    private final TwoPathLab network;
    private final PathCuts cuts;
    private final Path pcap;
    private final Map<Ends, StackHost> clients = new HashMap<>();
    private final Map<String, StackHost> servers = new HashMap<>();

    /** Builds the network in an empty laboratory, which owns it. */
    MultipathNetwork(Lab lab, PathPair pair) {
        this(lab, pair, null);
    }

    /** @param pcap file for every segment of this stack at the client, or null */
    MultipathNetwork(Lab lab, PathPair pair, Path pcap) {
        this.lab = lab;
        this.pcap = pcap;
        network = TwoPathLab.createRealTime(lab, pair.first().profile(), pair.second().profile());
        cuts = new PathCuts(network);
        for (LabNamespace end : List.of(network.client(), network.server())) {
            pair.buffers().apply(end);
            end.sysctl("net.ipv4.tcp_no_metrics_save", "1");
        }
        // The second subflow of the kernel's connections.
        network.client().ip("mptcp endpoint add " + TwoPathLab.clientV4(2) + " dev " + TwoPathLab.uplink(2) + " subflow");
    }

    PathCuts cuts() {
        return cuts;
    }

    /** The same frames are lost as in any other transfer with this seed. */
    void reseed(long seed) {
        for (int path = 0; path < 2; path++) {
            network.paths().get(path).forward().reseed(seed + path);
            network.paths().get(path).backward().reseed(~seed - path);
        }
    }

    /** How much later than it should have a frame left at most, since the last call. */
    double takeLateMillis() {
        return network.emulator().takeMaxLatenessNanos() / 1e6;
    }

    /** Opens a connection and moves bytes over it, until it is closed. */
    Transfer transfer(Ends ends, SendPlan plan, Arrivals arrivals) {
        return new Transfer(ends, plan, arrivals);
    }

    private StackHost client(Ends ends) {
        List<String> devices = IntStream.rangeClosed(1, ends.paths()).mapToObj(TwoPathLab::uplink).toList();
        return clients.computeIfAbsent(new Ends(null, ends.scheduler(), ends.paths()),
                ignored -> lab.own(StackHost.start(network.client(), devices, StackHost.Settings.mptcp(ends.scheduler(), pcap))));
    }

    private StackHost server(String scheduler) {
        List<String> devices = List.of(TwoPathLab.serverDevice(1), TwoPathLab.serverDevice(2));
        return servers.computeIfAbsent(scheduler, ignored -> lab.own(StackHost.start(network.server(), devices, StackHost.Settings.mptcp(scheduler, null))));
    }

    /** Hosts with different schedulers share devices, not ports. */
    private static int stackPort(String scheduler) {
        return STACK_PORT + Schedulers.names().indexOf(scheduler);
    }

    /** One connection. */
    final class Transfer implements AutoCloseable {
        private final Ends ends;
        private final Arrivals arrivals;
        private final SendPlan serverPlan;
        private final int protocol;
        private int listeningFd = -1;
        private Thread acceptor;
        private volatile Flow serverFlow;
        private Flow clientFlow;

        private Transfer(Ends ends, SendPlan plan, Arrivals arrivals) {
            this.ends = ends;
            this.arrivals = arrivals;
            SendPlan clientPlan = ends.pairing().clientSends ? plan : null;
            serverPlan = ends.pairing().clientSends ? null : plan;
            protocol = ends.paths() == 1 && !ends.pairing().oursAtClient ? Syscalls.IPPROTO_TCP : KernelMptcp.IPPROTO_MPTCP;
            int port = ends.pairing().oursAtServer ? stackPort(ends.scheduler()) : KERNEL_PORT;
            IpEndpoint service = new IpEndpoint(IpAddress.parse(TwoPathLab.SERVICE_V4), port);
            try {
                listen(service);
                clientFlow = ends.pairing().oursAtClient ? client(ends).connect(service, arrivals, clientPlan)
                        : KernelFlow.connect(protocol, network.client(), service, arrivals, clientPlan);
            } catch (RuntimeException e) {
                close();
                throw e;
            }
        }

        private void listen(IpEndpoint service) {
            if (ends.pairing().oursAtServer) {
                serverFlow = server(ends.scheduler()).accept(service.port(), arrivals, serverPlan);
            } else {
                listeningFd = network.server().call(() -> KernelMptcpSocket.listen(protocol, service, KernelFlow.CONGESTION));
                acceptor = Thread.ofPlatform().daemon().name("acceptor").start(this::accept);
            }
        }

        private void accept() {
            try {
                serverFlow = KernelFlow.over(KernelMptcpSocket.accept(listeningFd), arrivals, serverPlan);
            } catch (LinuxException e) {
                arrivals.fail("the server cannot accept: " + e.getMessage());
            }
        }

        /** What is known of this stack's connection at the client, as JSON; empty for the kernel's. */
        String statistics() {
            return clientFlow.statistics();
        }

        @Override
        public void close() {
            if (clientFlow != null) {
                clientFlow.close();
            }
            if (acceptor != null) {
                KernelMptcpSocket.closeListener(listeningFd);
                try {
                    acceptor.join();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new LabException("interrupted", e);
                }
            }
            if (serverFlow != null) {
                serverFlow.close();
            }
        }
    }
}
