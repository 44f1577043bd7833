package io.mptcp.cli.lab;

import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A client with two uplinks and a server far away, joined by one emulated link a path:
 *
 * <pre>
 *   client                 wide area              server
 *   p1 10.77.1.1  ------ a1 path 1 b1 ------  10.77.1.2 q1
 *   p2 10.77.2.1  ------ a2 path 2 b2 ------  10.77.2.2 q2   lo 10.99.0.1, fd99::1 (the service)
 * </pre>
 *
 * IPv6 likewise with {@code fd77:N::}. The service addresses are on neither uplink's subnet: the client reaches them by its default routes,
 * over path 1 first.
 */
public final class TwoPathLab {
    /** Address of the service. */
    public static final String SERVICE_V4 = "10.99.0.1";
    /** Address of the service. */
    public static final String SERVICE_V6 = "fd99::1";
    private static final String MPTCP_LIMIT = "8";

    private final Lab lab;
    private final LabNamespace client;
    private final LabNamespace server;
    private int pathCount;
    private LinkEmulator emulator;
    private final List<EmulatedPath> paths = new ArrayList<>();

    private TwoPathLab(Lab lab, LabNamespace client, LabNamespace server) {
        this.lab = lab;
        this.client = client;
        this.server = server;
    }

    /**
     * Builds the network in an empty laboratory, which owns it.
     *
     * @param profiles one link a path, the same both ways
     */
    public static TwoPathLab create(Lab lab, LinkProfile... profiles) {
        return create(lab, false, profiles);
    }

    /** As {@link #create}, with an emulator that goes before all other work, as far as the system permits: for measurements. */
    public static TwoPathLab createRealTime(Lab lab, LinkProfile... profiles) {
        return create(lab, true, profiles);
    }

    private static TwoPathLab create(Lab lab, boolean realTime, LinkProfile... profiles) {
        TwoPathLab network = new TwoPathLab(lab, lab.namespace("client"), lab.namespace("server"));
        LabNamespace wideArea = lab.namespace("wan");
        // A wire has no addresses of its own.
        wideArea.sysctl("net.ipv6.conf.default.disable_ipv6", "1");
        LinkEmulator emulator = lab.own(new LinkEmulator(wideArea));
        network.emulator = emulator;
        for (int path = 1; path <= profiles.length; path++) {
            lab.connect(network.client, uplink(path), wideArea, "a" + path);
            lab.connect(network.server, serverDevice(path), wideArea, "b" + path);
            network.client.switchOffOffloads(uplink(path));
            network.server.switchOffOffloads(serverDevice(path));
            network.paths.add(emulator.join("a" + path, "b" + path, profiles[path - 1], profiles[path - 1], path));
            network.configure(path);
        }
        if (realTime) {
            emulator.startRealTime();
        } else {
            emulator.start();
        }
        network.configureServer();
        return network;
    }

    /**
     * As {@link #create}, but without the wide area: each path is one virtual cable, as fast as the machine is, with segmentation and checksum
     * offloads on. There are no emulated links then.
     */
    public static TwoPathLab direct(Lab lab, int paths) {
        TwoPathLab network = new TwoPathLab(lab, lab.namespace("client"), lab.namespace("server"));
        for (int path = 1; path <= paths; path++) {
            lab.connect(network.client, uplink(path), network.server, serverDevice(path));
            network.configure(path);
        }
        network.configureServer();
        return network;
    }

    private void configureServer() {
        server.address("lo", SERVICE_V4 + "/32");
        server.address("lo", SERVICE_V6 + "/128");
        if (KernelMptcp.available()) {
            for (LabNamespace end : List.of(client, server)) {
                end.ip("mptcp limits set subflows " + MPTCP_LIMIT + " add_addr_accepted " + MPTCP_LIMIT);
            }
        }
    }

    private void configure(int path) {
        pathCount = path;
        client.address(uplink(path), clientV4(path) + "/24");
        client.address(uplink(path), clientV6(path) + "/64");
        server.address(serverDevice(path), serverV4(path) + "/24");
        server.address(serverDevice(path), serverV6(path) + "/64");
        int metric = 100 * path;
        client.ip("route add default via " + serverV4(path) + " dev " + uplink(path) + " metric " + metric,
                "route add ::/0 via " + serverV6(path) + " dev " + uplink(path) + " metric " + metric);
    }

    /** The client's device on a path, counted from 1. */
    public static String uplink(int path) {
        return "p" + path;
    }

    /** The client's address on a path, counted from 1. */
    public static String clientV4(int path) {
        return "10.77." + path + ".1";
    }

    /** The client's address on a path, counted from 1. */
    public static String clientV6(int path) {
        return "fd77:" + path + "::1";
    }

    /** The server's device on a path, counted from 1. */
    public static String serverDevice(int path) {
        return "q" + path;
    }

    /** The server's address on a path, counted from 1. */
    public static String serverV4(int path) {
        return "10.77." + path + ".2";
    }

    /** The server's address on a path, counted from 1. */
    public static String serverV6(int path) {
        return "fd77:" + path + "::2";
    }

    public LabNamespace client() {
        return client;
    }

    public LabNamespace server() {
        return server;
    }

    /** What emulates the links; null where cables join the two. */
    public LinkEmulator emulator() {
        return emulator;
    }

    /** The emulated links, forward from the client to the server. */
    public List<EmulatedPath> paths() {
        return List.copyOf(paths);
    }

    /**
     * Starts the file server on the IPv4 and the IPv6 service address, on kernel MPTCP sockets.
     *
     * @param congestion congestion control of its connections, or null for the system's
     */
    public void serveFiles(int port, String congestion) {
        for (String address : List.of(SERVICE_V4, SERVICE_V6)) {
            IpEndpoint service = new IpEndpoint(IpAddress.parse(address), port);
            int fd = server.call(() -> KernelMptcpSocket.listen(KernelMptcp.IPPROTO_MPTCP, service, congestion));
            lab.own(new FileServer(fd));
        }
    }

    /** Starts the file server on this project's own stack, for every address of the server. */
    public void serveFilesByStack(int port) {
        List<String> devices = IntStream.rangeClosed(1, pathCount).mapToObj(TwoPathLab::serverDevice).toList();
        lab.own(StackFileServer.start(server, devices, new IpEndpoint(IpAddress.ANY, port)));
    }
}
