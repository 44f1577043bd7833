package io.mptcp.cli.bench.failover;

import io.mptcp.cli.bench.speed.KernelHost;
import io.mptcp.cli.bench.speed.SpeedHost;
import io.mptcp.cli.bench.speed.StackSpeedHost;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LinkEmulator;
import io.mptcp.cli.lab.LinkProfile;
import io.mptcp.cli.lab.TwoPathLab;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.List;

/** A client and a server with two paths between them, each with applications on this stack and on the kernel's MPTCP. */
final class FailoverNetwork {
    /** A path that has carried this carries data, and not only segments that ask for it. */
    static final long DATA_BYTES = 3 * 1514;
    private static final int KERNEL_PORT = 5201;
    private static final int STACK_PORT = 5203;

    private final LinkEmulator emulator;
    private final PathCuts cuts;
    private final SpeedHost kernelClient;
    private final SpeedHost stackClient;
    private final SpeedHost kernelServer;
    private final SpeedHost stackServer;

    /** Two equal paths, in an empty laboratory, which owns them. */
    FailoverNetwork(Lab lab, LinkProfile profile) {
        this(lab, profile, profile);
    }

    /** Builds the network in an empty laboratory, which owns it. */
    FailoverNetwork(Lab lab, LinkProfile first, LinkProfile second) {
        TwoPathLab network = TwoPathLab.createRealTime(lab, first, second);
        LabNamespace client = network.client();
        emulator = network.emulator();
        cuts = new PathCuts(network);
        for (LabNamespace end : List.of(client, network.server())) {
            end.sysctl("net.ipv4.tcp_no_metrics_save", "1");
        }
        // The second subflow of the kernel's connections.
        client.ip("mptcp endpoint add " + TwoPathLab.clientV4(2) + " dev " + TwoPathLab.uplink(2) + " subflow");
        kernelServer = lab.own(new KernelHost(network.server(), true)).serve(new IpEndpoint(IpAddress.parse("0.0.0.0"), KERNEL_PORT));
        stackServer = lab.own(StackSpeedHost.start(network.server(), List.of(TwoPathLab.serverDevice(1), TwoPathLab.serverDevice(2)), true, STACK_PORT));
        kernelClient = lab.own(new KernelHost(client, true));
        stackClient = lab.own(StackSpeedHost.start(client, List.of(TwoPathLab.uplink(1), TwoPathLab.uplink(2)), true, 0));
    }

    SpeedHost client(Pairing pairing) {
        return pairing.oursAtClient ? stackClient : kernelClient;
    }

    SpeedHost server(Pairing pairing) {
        return pairing.oursAtServer ? stackServer : kernelServer;
    }

    /** Where what is sent arrives. */
    SpeedHost receiver(Pairing pairing) {
        return pairing.clientSends ? server(pairing) : client(pairing);
    }

    static IpEndpoint service(Pairing pairing) {
        return new IpEndpoint(IpAddress.parse(TwoPathLab.SERVICE_V4), pairing.oursAtServer ? STACK_PORT : KERNEL_PORT);
    }

    /** Its paths, to be cut. */
    PathCuts cuts() {
        return cuts;
    }

    /** How much later than it should have a frame left at most, since the last call. */
    double takeLateMillis() {
        return emulator.takeMaxLatenessNanos() / 1e6;
    }
}
