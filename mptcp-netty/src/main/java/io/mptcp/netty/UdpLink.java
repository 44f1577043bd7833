package io.mptcp.netty;

import io.mptcp.netty.linux.UdpSocket;
import io.mptcp.stack.LinkProperties;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import io.netty.channel.IoEventLoop;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * TCP segments in UDP datagrams: needs no privileges, and passes middleboxes that take MPTCP options off TCP.
 *
 * <p><strong>Format.</strong> One datagram carries exactly one TCP segment, header and payload, without IP header. The addresses of the
 * segment are those of the datagram. The TCP checksum is sent as 0 and not looked at: the UDP checksum covers the same bytes and the same
 * addresses. The TCP ports say which connection, the UDP ports only how to get there.
 *
 * <p><strong>UDP ports.</strong> A listener binds the UDP port with the number of its TCP port ({@link #openPort}), and segments from that TCP
 * port leave from there. A segment to an endpoint never heard of
 * goes to the UDP port with the number of its TCP port; once a datagram came from an endpoint (address and TCP source port), to the UDP
 * port that datagram came from, so that peers behind an address translator are answered, and found again when it changes its mind.
 *
 * <p>The encapsulation takes 8 bytes: the MTU of the link is that of the interface less 8. Super-segments are cut up in software, with
 * one system call for all of them where the kernel offers UDP_SEGMENT.
 */
public final class UdpLink implements SegmentLink {
    private static final int UDP_HEADER_BYTES = 8;
    private static final int DEFAULT_MTU = 1500;
    /** The loopback interface would allow datagrams of 64 KB; these fill socket buffers in too large steps. */
    private static final int MAX_MTU = 16 * 1024;
    /** Chosen so that a super-segment with all its headers still fits into one send of the kernel's largest size at common MTUs. */
    private static final int MAX_SUPER_SEGMENT_BYTES = 60 * 1024;

    private final int id;
    private final String name;
    private final LinkProperties properties;
    /** For the connections that are opened here, and a listener on the port of these sockets. */
    private final UdpEndpoint ipv4;
    private final UdpEndpoint ipv6;
    private volatile ListeningSockets listening = ListeningSockets.NONE;
    /** Null when the interface is not known. */
    private final LinkWatch watch;
    private final String device;
    private final UdpLinkOptions options;
    private final UdpPeers peers;
    private IoEventLoop loop;
    private Receiver receiver;
    private int lastSourcePort;

    private UdpLink(int id, String device, IpAddress source, LinkProperties properties, UdpLinkOptions options, UdpPeers peers, UdpEndpoint ipv4,
            UdpEndpoint ipv6, LinkWatch watch) {
        this.id = id;
        this.name = device != null ? device : "udp " + source;
        this.device = device;
        this.properties = properties;
        this.options = options;
        this.peers = peers;
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
        this.watch = watch;
    }

    /**
     * Opens a link.
     *
     * @param device  interface to use, null for the one that has {@code source}
     * @param source  address to use, null for the first IPv4 and the first IPv6 address of {@code device}
     * @param udpPort port to bind: the TCP port of the listener, 0 for any on the connecting side, or when {@link #openPort} follows
     * @throws IOException with a one-line message: no such interface, address not of this host, port in use
     */
    public static UdpLink open(int id, String device, IpAddress source, int udpPort, UdpLinkOptions options) throws IOException {
        String interfaceName = device != null ? device : interfaceOf(source);
        LinkWatch watch = interfaceName == null ? null : LinkWatch.of(interfaceName);
        int interfaceMtu = watch == null ? DEFAULT_MTU : watch.link().mtuBytes();
        int mtu = Math.min(interfaceMtu, MAX_MTU) - UDP_HEADER_BYTES;
        LinkProperties properties = new LinkProperties(mtu, MAX_SUPER_SEGMENT_BYTES, options.weight(), options.backup());
        UdpPeers peers = new UdpPeers(options.peers());
        UdpEndpoint ipv4 = null;
        UdpEndpoint ipv6 = null;
        try {
            for (IpAddress address : source == null ? addressesOf(device) : List.of(source)) {
                UdpEndpoint endpoint = endpoint(address, udpPort, device, peers, options);
                if (address.isIpv4()) {
                    ipv4 = endpoint;
                } else {
                    ipv6 = endpoint;
                }
            }
        } catch (IOException e) {
            if (ipv4 != null) {
                ipv4.close();
            }
            if (watch != null) {
                watch.close();
            }
            throw e;
        }
        return new UdpLink(id, device, source, properties, options, peers, ipv4, ipv6, watch);
    }

    /** A port the kernel is to choose is never shared: two links that ask for any do not want the same. */
    private static UdpEndpoint endpoint(IpAddress address, int udpPort, String device, UdpPeers peers, UdpLinkOptions options) throws IOException {
        UdpSocket socket = options.shared() && udpPort != 0 ? UdpSocket.openShared(address, udpPort, device) : UdpSocket.open(address, udpPort, device);
        return new UdpEndpoint(socket, peers, options.gso());
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public LinkProperties properties() {
        return properties;
    }

    /** The UDP port in use for addresses of that family, 0 if there is none. */
    public int udpPort(boolean forIpv4) {
        UdpEndpoint endpoint = forIpv4 ? ipv4 : ipv6;
        return endpoint == null ? 0 : endpoint.socket().port();
    }

    @Override
    public IpAddress localAddressFor(IpAddress remote) {
        UdpEndpoint endpoint = remote.isIpv4() ? ipv4 : ipv6;
        return endpoint == null ? null : endpoint.socket().local();
    }

    @Override
    public int headroomBytes() {
        return 0;
    }

    @Override
    public boolean gathers() {
        return true;
    }

    @Override
    public synchronized int openPort(int port) throws IOException {
        if (port != 0 && (udpPort(true) == port || udpPort(false) == port || listening.has(port))) {
            return port;
        }
        IpAddress own4 = ipv4 == null ? null : ipv4.socket().local();
        IpAddress own6 = ipv6 == null ? null : ipv6.socket().local();
        int chosen = port != 0 || !options.shared() ? port : freePort(own4 != null ? own4 : own6);
        UdpEndpoint first = own4 == null ? null : endpoint(own4, chosen, device, peers, options);
        UdpEndpoint second = null;
        try {
            chosen = first == null ? chosen : first.socket().port();
            second = own6 == null ? null : endpoint(own6, chosen, device, peers, options);
        } catch (IOException e) {
            close(first);
            throw e;
        }
        chosen = chosen != 0 ? chosen : second.socket().port();
        listening = listening.with(chosen, first, second);
        if (loop != null) {
            start(first);
            start(second);
        }
        return chosen;
    }

    /** One that nobody has, which a socket that shares its port would not make sure of. */
    private int freePort(IpAddress local) throws IOException {
        try (UdpSocket probe = UdpSocket.open(local, 0, device)) {
            return probe.port();
        }
    }

    @Override
    public synchronized void closePort(int port) {
        close(listening.of(port, true));
        close(listening.of(port, false));
        listening = listening.without(port);
    }

    private static void close(UdpEndpoint endpoint) {
        if (endpoint != null) {
            endpoint.close();
        }
    }

    @Override
    public synchronized void start(IoEventLoop loop, Receiver receiver) {
        this.loop = loop;
        this.receiver = receiver;
        for (UdpEndpoint endpoint : endpoints()) {
            start(endpoint);
        }
        if (watch != null) {
            watch.start(loop, () -> receiver.linkStateChanged(this, watch.isUp()));
        }
    }

    private void start(UdpEndpoint endpoint) {
        if (endpoint != null) {
            endpoint.start(loop, this, receiver);
        }
    }

    /** Those of listeners answer from the port they are known by. */
    private UdpEndpoint endpointFor(PacketSlot slot) {
        boolean forIpv4 = slot.isIpv4();
        UdpEndpoint endpoint = listening.of(TcpSegment.sourcePort(slot.buffer, slot.offset), forIpv4);
        return endpoint != null ? endpoint : forIpv4 ? ipv4 : ipv6;
    }

    @Override
    public SendResult send(PacketSlot slot) {
        UdpEndpoint endpoint = endpointFor(slot);
        return endpoint == null ? SendResult.DROPPED : endpoint.send(slot);
    }

    /** The UDP port the peer is reached at. */
    @Override
    public int replyHint() {
        return lastSourcePort;
    }

    @Override
    public void learn(PacketSlot slot, int replyHint) {
        peers.learn(slot.sourceHi, slot.sourceLo, TcpSegment.sourcePort(slot.buffer, slot.offset), replyHint);
    }

    /** Of the segment being received. */
    void receivedFrom(int udpPort) {
        lastSourcePort = udpPort;
    }

    @Override
    public int poll(int segments) {
        int read = ipv4 == null ? 0 : ipv4.poll(segments);
        read += ipv6 == null ? 0 : ipv6.poll(segments - read);
        UdpEndpoint[] sockets = listening.sockets();
        for (int i = 0; i < sockets.length && read < segments; i++) {
            read += sockets[i] == null ? 0 : sockets[i].poll(segments - read);
        }
        return read;
    }

    /** Nothing is held back. */
    @Override
    public void flush() {
    }

    @Override
    public boolean isUp() {
        return watch == null || watch.isUp();
    }

    @Override
    public void close() {
        if (watch != null) {
            watch.close();
        }
        for (UdpEndpoint endpoint : endpoints()) {
            endpoint.close();
        }
    }

    private List<UdpEndpoint> endpoints() {
        return Stream.concat(Stream.of(ipv4, ipv6), Arrays.stream(listening.sockets())).filter(Objects::nonNull).toList();
    }

    /** Null for addresses that no interface lists but the host has all the same, as the rest of 127.0.0.0/8. */
    private static String interfaceOf(IpAddress source) throws IOException {
        if (source == null) {
            throw new IllegalArgumentException("a UDP link needs an interface or an address");
        }
        NetworkInterface found = NetworkInterface.getByInetAddress(InetAddress.getByAddress(source.toBytes()));
        return found == null ? null : found.getName();
    }

    /** The first IPv4 and the first IPv6 address of an interface that exists. */
    private static List<IpAddress> addressesOf(String device) throws IOException {
        NetworkInterface networkInterface = NetworkInterface.getByName(device); // null when it has no address
        List<InetAddress> all = networkInterface == null ? List.of() : Collections.list(networkInterface.getInetAddresses());
        List<IpAddress> addresses = new ArrayList<>(2);
        all.stream().filter(Inet4Address.class::isInstance).findFirst().ifPresent(found -> addresses.add(IpAddress.of(found.getAddress())));
        all.stream().filter(Inet6Address.class::isInstance).filter(found -> !found.isLinkLocalAddress()).findFirst()
                .ifPresent(found -> addresses.add(IpAddress.of(found.getAddress())));
        if (addresses.isEmpty()) {
            throw new IOException("interface " + device + " has no address: give it one");
        }
        return addresses;
    }
}
