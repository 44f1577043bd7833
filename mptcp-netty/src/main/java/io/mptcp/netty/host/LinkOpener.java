package io.mptcp.netty.host;

import io.mptcp.netty.PacketLink;
import io.mptcp.netty.PacketLinkOptions;
import io.mptcp.netty.PcapLink;
import io.mptcp.netty.PcapWriter;
import io.mptcp.netty.RawIpLink;
import io.mptcp.netty.SegmentLink;
import io.mptcp.netty.TunLink;
import io.mptcp.netty.UdpLink;
import io.mptcp.netty.UdpLinkOptions;
import io.mptcp.netty.linux.LinuxException;
import io.mptcp.netty.linux.PortRange;
import io.mptcp.netty.linux.PortReservation;
import io.mptcp.netty.linux.PortShare;
import io.mptcp.netty.linux.RouteNetlink;
import io.mptcp.netty.linux.TunDevice;
import io.mptcp.stack.Limits;
import io.mptcp.stack.TokenShard;
import io.mptcp.wire.IpAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes links of paths, and holds what they share: the ports the kernel is to keep its hands off, and the capture file. */
public final class LinkOpener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LinkOpener.class);
    /** Some 10 MB where somebody sends from so many made-up endpoints, twice that at most. */
    private static final int MOST_PEERS = 1 << 18;
    private static final Path DEVICES = Path.of("/proc/thread-self/net/dev");

    private final UplinkSettings settings;
    private PortReservation ports;
    /** What was reserved at first; ports of listeners come to it. */
    private PortRange clientPorts;
    /** Of ports reserved for several loops; null when they are ours alone. */
    private PortShare share;
    private PcapWriter capture;

    public LinkOpener(UplinkSettings settings) {
        this.settings = settings;
    }

    /**
     * Opens the links of all paths, numbered from 0 in this order, or none. To be called on the event loop they are for.
     *
     * @throws SetupException with one line when a device is unknown, a privilege is missing or a port is taken
     */
    public List<SegmentLink> openAll(List<PathSpec> paths) throws SetupException {
        List<SegmentLink> opened = new ArrayList<>();
        try {
            for (PathSpec path : paths) {
                opened.add(open(opened.size(), path));
            }
            return opened;
        } catch (SetupException | RuntimeException e) {
            opened.forEach(SegmentLink::close);
            throw e;
        }
    }

    /** Opens one more, under a number nobody else has. */
    SegmentLink open(int id, PathSpec path) throws SetupException {
        checkDevice(path.device());
        try {
            SegmentLink link = switch (path.kind()) {
                case PACKET -> packet(id, path);
                case RAW -> raw(id, path);
                case TUN -> tun(id, path);
                case UDP -> UdpLink.open(id, path.device(), path.address(), settings.listenPort(),
                        new UdpLinkOptions(path.gso(), path.weight(), path.backup(), settings.sharedPorts() != null, mostSubflows()));
            };
            return settings.linkWrapper().apply(settings.pcap() == null ? link : captured(link));
        } catch (IOException e) {
            throw new SetupException("path " + path.device() + ": " + e.getMessage(), e);
        }
    }

    /** Memory is taken only for those that there are. */
    private int mostSubflows() {
        Limits limits = settings.stack().limits();
        return Math.clamp((long) limits.maxConnections() * limits.maxSubflows(), 1, MOST_PEERS);
    }

    private PacketLink packet(int id, PathSpec path) throws IOException {
        PortReservation reserved = ports();
        return PacketLink.open(id, path.device(), path.address(), reserved, new PacketLinkOptions(path.gso(), path.weight(), path.backup(), share));
    }

    private SegmentLink raw(int id, PathSpec path) throws IOException {
        PacketLink receiving = packet(id, path);
        try {
            return new RawIpLink(receiving);
        } catch (IOException | RuntimeException e) {
            receiving.close();
            throw e;
        }
    }

    /** The device is the administrator's, with addresses and routes as on any other; ours is the address behind it. */
    private static SegmentLink tun(int id, PathSpec path) throws IOException, SetupException {
        IpAddress own = path.address();
        if (own == null) {
            throw new SetupException("path " + path.device() + ": link=tun needs addr=A, an address that the host routes into the device");
        }
        int mtuBytes;
        try (RouteNetlink netlink = RouteNetlink.open()) {
            mtuBytes = netlink.link(path.device()).mtuBytes();
        }
        TunDevice device = TunDevice.open(path.device(), true, path.gso());
        return new TunLink(id, device, own.isIpv4() ? own : null, own.isIpv4() ? null : own, mtuBytes, path.weight(), path.backup());
    }

    private SegmentLink captured(SegmentLink link) throws IOException {
        try {
            if (capture == null) {
                capture = PcapWriter.open(settings.pcap());
            }
            return new PcapLink(link, capture);
        } catch (IOException | RuntimeException e) {
            link.close();
            throw e;
        }
    }

    /** The reserved ports; reserved at the first packet link, and once for all of them. */
    private PortReservation ports() throws IOException {
        if (ports == null && settings.sharedPorts() != null) {
            TokenShard shard = settings.stack().shard();
            ports = settings.sharedPorts().acquire();
            share = PortShare.of(ports.slots(), shard.index(), shard.count());
            clientPorts = share.own();
        } else if (ports == null) {
            ports = settings.listenPort() == 0
                    ? PortReservation.forClients(settings.portSlots()) : PortReservation.forListener(settings.listenPort());
            clientPorts = new PortRange(ports.ranges().getFirst().first(), ports.ranges().getLast().last());
        }
        return ports;
    }

    /**
     * Takes a port to listen on.
     *
     * @param port      0 to choose one
     * @param listening ports not to be chosen
     * @return the port, 0 when the links may choose
     * @throws IOException with a one-line message, for instance if the port is in use
     */
    int openPort(int port, IntPredicate listening) throws IOException {
        if (ports == null) {
            return port;
        }
        if (port == 0) { // one of those that are ours already: a connection opened from it does not disturb a listener
            int[] free = ports.ranges().stream().flatMapToInt(range -> IntStream.rangeClosed(range.first(), range.last()))
                    .filter(candidate -> !isApart(candidate)).filter(listening.negate()).toArray();
            if (free.length == 0) {
                throw new IOException("each of the ports that are reserved for this process has a listener: give one outside of them");
            }
            return free[ThreadLocalRandom.current().nextInt(free.length)];
        }
        if (isApart(port)) {
            throw new IOException("port " + port + " is one of those that each event loop opens connections from: give another");
        }
        ports.add(port);
        return port;
    }

    /** What is received on such a port comes to one loop only. */
    private boolean isApart(int port) {
        return share != null && share.apart().contains(port);
    }

    /** Undoes {@link #openPort}. */
    void closePort(int port) {
        if (ports != null && port != settings.listenPort()) {
            try {
                ports.remove(port);
            } catch (LinuxException e) {
                LOG.warn("port {} is not given back to the kernel: {}", port, e.getMessage());
            }
        }
    }

    /** Whether answers to a connection from this port would come to us. */
    boolean mayConnectFrom(int port) {
        if (share != null) {
            return share.own().contains(port);
        }
        return ports == null || ports.ranges().stream().anyMatch(range -> range.contains(port));
    }

    /** The ports that connections may be opened from, or null when any will do. */
    public PortRange clientPorts() {
        if (settings.listenPort() != 0 || ports == null) {
            return null;
        }
        return clientPorts;
    }

    private static void checkDevice(String device) throws SetupException {
        List<String> devices = devices();
        if (!devices.contains(device)) {
            throw new SetupException("no such interface: " + device + ", there are " + String.join(", ", devices));
        }
    }

    /** All interfaces of this network namespace; NetworkInterface leaves out those without an address. */
    private static List<String> devices() throws SetupException {
        try (Stream<String> lines = Files.lines(DEVICES)) {
            return lines.filter(line -> line.indexOf(':') > 0).map(line -> line.substring(0, line.indexOf(':')).strip()).sorted().toList();
        } catch (IOException | UncheckedIOException e) {
            throw new SetupException(DEVICES + " cannot be read (" + e.getMessage() + "): mount proc", e);
        }
    }

    /** To be called when the links are closed. */
    @Override
    public void close() throws IOException {
        if (ports != null && settings.sharedPorts() != null) {
            settings.sharedPorts().release();
        } else if (ports != null) {
            ports.close();
        }
        ports = null;
        if (capture != null) {
            PcapWriter writer = capture;
            capture = null;
            writer.close();
        }
    }
}
