package io.mptcp.cli.bench;

import io.mptcp.cli.lab.EmulatedLink;
import io.mptcp.cli.lab.EmulatedPath;
import io.mptcp.cli.lab.Lab;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LinkEmulator;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.nio.file.Path;
import java.util.List;

/**
 * A client and a server with one emulated path between them. Devices have no offloads, so both stacks see frames as a wire carries them; the
 * client's namespace has this stack and the kernel's on the same device.
 *
 * <pre>
 *   client              wide area             server
 *   p 10.78.0.1  --- wide1 path wide2 ---  10.78.0.2 q
 * </pre>
 */
final class BenchNetwork {
    private static final String CLIENT_DEVICE = "p";
    private static final String SERVER_DEVICE = "q";
    private static final String CLIENT = "10.78.0.1";
    private static final String SERVER = "10.78.0.2";
    private static final String CLIENT_MAC = "02:00:00:00:00:01";
    private static final String SERVER_MAC = "02:00:00:00:00:02";

    private final LabNamespace client;
    private final LabNamespace server;
    private final LinkEmulator emulator;
    private final EmulatedPath path;
    private final StackHost stack;

    private BenchNetwork(LabNamespace client, LabNamespace server, LinkEmulator emulator, EmulatedPath path, StackHost stack) {
        this.client = client;
        this.server = server;
        this.emulator = emulator;
        this.path = path;
        this.stack = stack;
    }

    /**
     * Builds the network in an empty laboratory, which owns it.
     *
     * @param pcap file for every segment of this stack, or null
     */
    static BenchNetwork create(Lab lab, PathCell cell, KernelBuffers buffers, Path pcap) {
        LabNamespace client = lab.namespace("client");
        LabNamespace server = lab.namespace("server");
        LabNamespace wideArea = lab.namespace("wan");
        // Nothing but what is measured passes the path: no IPv6 chatter, and no questions for link addresses that chance could lose.
        for (LabNamespace namespace : List.of(client, server, wideArea)) {
            namespace.sysctl("net.ipv6.conf.default.disable_ipv6", "1");
        }
        LinkEmulator emulator = lab.own(new LinkEmulator(wideArea));
        configure(lab, client, CLIENT_DEVICE, CLIENT, CLIENT_MAC, wideArea, "wide1", SERVER, SERVER_MAC);
        configure(lab, server, SERVER_DEVICE, SERVER, SERVER_MAC, wideArea, "wide2", CLIENT, CLIENT_MAC);
        EmulatedPath path = emulator.join("wide1", "wide2", cell.profile(), cell.profile(), 0);
        emulator.startRealTime();
        for (LabNamespace end : List.of(client, server)) {
            buffers.apply(end);
            // What one connection learnt of the path would have the next one start elsewhere.
            end.sysctl("net.ipv4.tcp_no_metrics_save", "1");
        }
        return new BenchNetwork(client, server, emulator, path, lab.own(StackHost.start(client, List.of(CLIENT_DEVICE), StackHost.Settings.plainTcp(pcap))));
    }

    private static void configure(Lab lab, LabNamespace end, String device, String address, String mac, LabNamespace wideArea,
                                  String wideAreaDevice, String peer, String peerMac) {
        lab.connect(end, device, wideArea, wideAreaDevice);
        end.ip("link set " + device + " address " + mac, "addr add " + address + "/24 dev " + device,
                "neigh replace " + peer + " lladdr " + peerMac + " dev " + device + " nud permanent");
        end.switchOffOffloads(device);
    }

    LabNamespace client() {
        return client;
    }

    LabNamespace server() {
        return server;
    }

    LinkEmulator emulator() {
        return emulator;
    }

    StackHost stack() {
        return stack;
    }

    static IpEndpoint service(int port) {
        return new IpEndpoint(IpAddress.parse(SERVER), port);
    }

    /** The link that carries payload when it flows in this direction. */
    EmulatedLink link(Direction direction) {
        return direction == Direction.UP ? path.forward() : path.backward();
    }

    /** Starts chance anew: transfers with the same seed see the same frames lost and late, counted from their beginning. */
    void reseed(Direction direction, long seed) {
        link(direction).reseed(seed);
        link(direction == Direction.UP ? Direction.DOWN : Direction.UP).reseed(~seed);
    }
}
