package io.mptcp.netty;

import io.mptcp.netty.linux.Errno;
import io.mptcp.netty.linux.LinkInfo;
import io.mptcp.netty.linux.LinuxException;
import io.mptcp.netty.linux.Neighbour;
import io.mptcp.netty.linux.PacketSocket;
import io.mptcp.netty.linux.PortReservation;
import io.mptcp.netty.linux.RouteEvents;
import io.mptcp.netty.linux.RouteNetlink;
import io.mptcp.netty.linux.VirtioNetHeader;
import io.mptcp.stack.LinkProperties;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.PacketSlot;
import io.mptcp.wire.TcpSegment;
import io.netty.channel.IoEventLoop;
import io.netty.util.concurrent.Future;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An Ethernet interface of this host as a link, with the host's own addresses: TCP to reserved ports is taken from it by a packet socket while
 * the kernel keeps quiet on those ports. Checksums, segmentation and merging are the kernel's or the network card's work (GSO, GRO). Routes
 * and neighbours are the kernel's, too; it goes on answering ARP and neighbour discovery.
 *
 * <p>Nothing is configured on the host: everything goes with the process. Needs CAP_NET_RAW and CAP_NET_ADMIN.
 *
 * <p>On {@code lo} two stacks reach each other, but the kernel's own sockets only where it accepts packets with local source addresses
 * (sysctl {@code accept_local} and {@code route_localnet} for IPv4).
 *
 * <p>ICMP errors about segments from these ports are received, too. The kernel sees them as well and, with no socket that has sent such a segment,
 * leaves them alone.
 */
public final class PacketLink implements SegmentLink {
    private static final Logger LOG = LoggerFactory.getLogger(PacketLink.class);

    /** Where the IP header of a received frame is. */
    private static final int IP_OFFSET = VirtioNetHeader.LENGTH + FrameSender.ETHERNET_BYTES;
    private static final int MAX_PACKET_BYTES = 0xffff;
    private static final int IPV4_HEADER_BYTES = 20;
    /** Such that the longest header still makes an IP packet; an IPv6 header does not count in its length. */
    private static final int MAX_SUPER_SEGMENT_BYTES = MAX_PACKET_BYTES - IPV4_HEADER_BYTES - TcpSegment.MAX_HEADER_LENGTH;
    private static final int READ_BUDGET = 64;
    private static final int REFRESH_SECONDS = 10;


    private final int id;
    private final String device;
    private final IpAddress source;
    private final PacketLinkOptions options;
    private final PortReservation ports;
    private final Runnable portsChanged = this::attachFilter;
    private final PacketSocket socket;
    private final RouteNetlink netlink;
    private final RouteEvents events;
    private final NextHops nextHops;
    private final FrameSender frames;
    private final PacketSlot in = new PacketSlot();
    private final MemorySegment readBuffer = Arena.ofAuto().allocate(IP_OFFSET + MAX_PACKET_BYTES, 64);
    private LinkInfo link;
    /** What {@link #properties} were when the receiver last asked. */
    private LinkInfo told;
    private boolean toldKernelSegments;
    private boolean up;
    private boolean recheck;
    private boolean closed;
    private Receiver receiver;
    private FdPoll socketPoll;
    private FdPoll eventPoll;
    private Future<?> refresh;
    private long foreignSegments;
    private long unroutableSegments;
    private long unresolvedSegments;
    private long refusedSegments;

    private PacketLink(int id, LinkInfo link, IpAddress source, PortReservation ports, PacketLinkOptions options, PacketSocket socket,
            RouteNetlink netlink) throws LinuxException {
        this.id = id;
        this.device = link.name();
        this.link = link;
        this.source = source;
        this.ports = ports;
        this.options = options;
        this.socket = socket;
        this.netlink = netlink;
        this.frames = new FrameSender(socket, options.gso());
        this.nextHops = new NextHops(netlink, link, source);
        this.events = RouteEvents.open(new Events());
    }

    /**
     * Opens a link in the network namespace of the calling thread. From then on the kernel keeps quiet on the reserved ports.
     *
     * @param source address to send from, and the only one to receive for; null for what routing says, and any address of this host
     * @param ports  what is received; ports added later are received, too. It stays the caller's, and has to outlive the link
     * @throws LinuxException with a one-line message, if there is no such interface, or a privilege is missing
     */
    public static PacketLink open(int id, String device, IpAddress source, PortReservation ports, PacketLinkOptions options)
            throws LinuxException {
        RouteNetlink netlink = RouteNetlink.open();
        PacketSocket socket = null;
        PacketLink opened = null;
        try {
            LinkInfo link = existing(netlink, device);
            requireOwn(netlink, source);
            socket = PacketSocket.open();
            ports.silenceKernel();
            opened = new PacketLink(id, link, source, ports, options, socket, netlink);
            opened.attach();
            return opened;
        } catch (LinuxException | RuntimeException e) {
            if (opened != null) {
                opened.close();
            }
            if (socket != null) {
                socket.close();
            }
            netlink.close();
            throw e;
        }
    }

    private static LinkInfo existing(RouteNetlink netlink, String device) throws LinuxException {
        LinkInfo link = netlink.link(device);
        if (link == null) {
            throw LinuxException.explained("no such interface: " + device, Errno.ENODEV);
        }
        if (link.hardwareType() != LinkInfo.ETHERNET && link.hardwareType() != LinkInfo.LOOPBACK) {
            throw LinuxException.explained(device + " is no Ethernet interface (ARPHRD type " + link.hardwareType()
                    + "): use another kind of link", Errno.EOPNOTSUPP);
        }
        return link;
    }

    private static void requireOwn(RouteNetlink netlink, IpAddress source) throws LinuxException {
        if (source != null && !isLocal(netlink, source)) {
            throw LinuxException.explained("address " + source + " is not one of this host", Errno.EADDRNOTAVAIL);
        }
    }

    private static boolean isLocal(RouteNetlink netlink, IpAddress address) {
        var route = netlink.route(address);
        return route != null && route.isLocal();
    }

    private void attach() throws LinuxException {
        socket.receiveOnly(ports.ranges(), options.share());
        ports.onChange(portsChanged);
        socket.bind(link);
        up = usable();
    }

    @Override
    public int id() {
        return id;
    }

    @Override
    public String name() {
        return device;
    }

    @Override
    public LinkProperties properties() {
        int superSegmentBytes = frames.kernelSegments() ? MAX_SUPER_SEGMENT_BYTES : 0;
        return new LinkProperties(Math.min(link.mtuBytes(), MAX_PACKET_BYTES), superSegmentBytes, options.weight(), options.backup());
    }

    /** As {@link SegmentLink#localAddressFor}; the kernel starts looking for the neighbour at once. */
    @Override
    public IpAddress localAddressFor(IpAddress remote) {
        IpAddress local = nextHops.sourceTo(remote);
        NextHop nextHop = nextHops.to(remote.hi(), remote.lo());
        if (nextHop == null) {
            return null;
        }
        nextHops.resolve(nextHop);
        return source != null ? source : local;
    }

    @Override
    public int headroomBytes() {
        return FrameSender.HEADROOM_BYTES;
    }

    @Override
    public boolean gathers() {
        return true;
    }

    @Override
    public void start(IoEventLoop loop, Receiver receiver) {
        this.receiver = receiver;
        told = link;
        toldKernelSegments = frames.kernelSegments();
        socketPoll = FdPoll.on(loop, socket.fd(), this::readable, this::writable);
        eventPoll = FdPoll.on(loop, events.fd(), this::drainEvents, () -> { });
        refresh = loop.scheduleWithFixedDelay(this::refreshNeighbours, REFRESH_SECONDS, REFRESH_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public boolean isUp() {
        return up;
    }

    /** Nothing is held back. */
    @Override
    public void flush() {
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        up = false;
        ports.removeOnChange(portsChanged);
        if (socketPoll != null) {
            socketPoll.close();
            eventPoll.close();
            refresh.cancel(false);
        }
        socket.close();
        events.close();
        netlink.close();
    }

    /** Segments received so far that were malformed, or to an address that is not this link's. */
    public long foreignSegments() {
        return foreignSegments;
    }

    /** Segments dropped so far as no route leads to their destination by this interface. */
    public long unroutableSegments() {
        return unroutableSegments;
    }

    /** Segments dropped so far as the neighbour on their way was not resolved. */
    public long unresolvedSegments() {
        return unresolvedSegments;
    }

    /** Segments dropped so far by the interface or its queue. */
    public long refusedSegments() {
        return refusedSegments;
    }

    // Sending

    @Override
    public SendResult send(PacketSlot slot) {
        NextHop nextHop = nextHops.to(slot.destinationHi, slot.destinationLo);
        if (nextHop == null) {
            unroutableSegments++;
            return SendResult.DROPPED;
        }
        nextHop.usedSinceRefresh = true;
        if (nextHop.isResolved()) {
            return sendTo(nextHop, slot);
        }
        if (!up) {
            unresolvedSegments++; // see refreshNeighbours
            return SendResult.DROPPED;
        }
        nextHops.resolve(nextHop);
        return nextHop.isResolved() ? sendTo(nextHop, slot) : keepUntilResolved(nextHop, slot);
    }

    /** So that the first SYN is not lost; it takes the kernel a fraction of a millisecond to resolve a neighbour that is there. */
    private SendResult keepUntilResolved(NextHop nextHop, PacketSlot slot) {
        if (nextHop.keep(slot, FrameSender.HEADROOM_BYTES)) {
            return SendResult.SENT;
        }
        unresolvedSegments++;
        return SendResult.DROPPED;
    }

    private SendResult sendTo(NextHop nextHop, PacketSlot slot) {
        int error = frames.send(link.mac(), nextHop.mac, slot);
        tellChanges();
        if (error == 0) {
            return SendResult.SENT;
        }
        if (error == Errno.EAGAIN && socketPoll != null) {
            socketPoll.awaitWritable();
            return SendResult.AGAIN;
        }
        // ENOBUFS: the device's queue overflowed, of which no readiness will tell. Others: down, gone, MTU lowered.
        refusedSegments++;
        return SendResult.DROPPED;
    }

    private void writable() {
        if (!closed) {
            receiver.writable(this);
        }
    }

    // Receiving

    private void readable() {
        int read = poll(READ_BUDGET);
        if (closed) {
            return;
        }
        if (read == READ_BUDGET) {
            socketPoll.readAgain();
        }
        receiver.drained(this);
    }

    @Override
    public int poll(int segments) {
        for (int read = 0; read < segments; read++) {
            int length = closed ? -Errno.EAGAIN : socket.receive(readBuffer);
            if (length == -Errno.EAGAIN) {
                return read;
            }
            if (length > 0) { // an error tells of the interface, which rtnetlink does better
                deliver(length);
            }
        }
        return segments;
    }

    private void deliver(int length) {
        boolean whole = length > IP_OFFSET && length <= readBuffer.byteSize();
        if (!whole || !IpHeaders.toSlot(readBuffer, IP_OFFSET, length - IP_OFFSET, in) || !isForUs()) {
            foreignSegments++;
            return;
        }
        in.checksumState = VirtioNetHeader.isChecksumTrusted(readBuffer, 0) ? PacketSlot.CHECKSUM_VERIFIED : PacketSlot.CHECKSUM_UNVERIFIED;
        in.segmentSize = VirtioNetHeader.segmentSize(readBuffer, 0);
        receiver.received(this, in);
    }

    /** This host may route for others: what only passes through is none of ours. */
    private boolean isForUs() {
        if (source != null) {
            return in.destinationHi == source.hi() && in.destinationLo == source.lo();
        }
        return nextHops.isOwn(in.destinationHi, in.destinationLo);
    }

    private void attachFilter() {
        try {
            socket.receiveOnly(ports.ranges(), options.share());
        } catch (LinuxException e) {
            LOG.error("link {} receives on other ports than it should: {}", device, e.getMessage());
        }
    }

    // Changes of the interface, its neighbours and routes

    private boolean usable() {
        return link.isUp() && (source == null || isLocal(netlink, source));
    }

    private void drainEvents() {
        if (closed) {
            return;
        }
        events.drain();
        if (!recheck) {
            return;
        }
        recheck = false;
        nextHops.routingChanged(); // link down takes IPv4 routes away without an announcement of its own
        refreshLink();
        tellChanges();
        boolean usable = usable();
        if (usable != up) {
            up = usable;
            receiver.linkStateChanged(this, up);
        }
        if (receiver != null) {
            receiver.routingChanged(this);
        }
    }

    private void tellChanges() {
        if (receiver != null && (told.mtuBytes() != link.mtuBytes() || toldKernelSegments != frames.kernelSegments())) {
            told = link;
            toldKernelSegments = frames.kernelSegments();
            receiver.propertiesChanged(this);
        }
    }

    private void refreshLink() {
        LinkInfo now = netlink.link(link.index());
        if (now != null) {
            link = now;
            return;
        }
        now = netlink.link(device);
        if (now == null) {
            link = link.removed();
            return;
        }
        // Another one has the name of the one taken away: a modem plugged in again.
        try {
            socket.bind(now);
            link = now;
            nextHops.setLink(now);
        } catch (LinuxException e) {
            link = link.removed();
            LOG.warn("link {} cannot use the interface that came back: {}", device, e.getMessage());
        }
    }

    /**
     * Of a link that is down nothing is asked: the kernel's search would be going on in vain when the link comes back, and the answer come a second
     * later, when it tries once more, or not before it has given up.
     */
    void refreshNeighbours() {
        if (!up) {
            return;
        }
        try {
            nextHops.refresh();
        } catch (RuntimeException e) {
            LOG.warn("link {}: neighbours could not be refreshed: {}", device, e.toString());
        }
    }

    private void resolved(NextHop nextHop, long mac) {
        nextHop.mac = mac;
        nextHop.provoked = false;
        PacketSlot pending = nextHop.takePending();
        if (pending != null && sendTo(nextHop, pending) != SendResult.SENT) {
            unresolvedSegments++;
        }
    }

    private void unresolved(Neighbour neighbour) {
        NextHop nextHop = nextHops.known(neighbour.address());
        if (neighbour.interfaceIndex() == link.index() && nextHop != null) {
            nextHop.mac = NextHop.UNKNOWN_MAC;
            nextHop.provoked = false;
            if (nextHop.takePending() != null) {
                unresolvedSegments++;
            }
        }
    }

    private final class Events implements RouteEvents.Listener {
        @Override
        public void linkChanged(LinkInfo changed) {
            recheck |= changed.index() == link.index() || changed.name().equals(device);
        }

        @Override
        public void linkRemoved(LinkInfo removed) {
            recheck |= removed.index() == link.index();
        }

        @Override
        public void neighbourChanged(Neighbour neighbour) {
            if (!neighbour.isResolved()) {
                if ((neighbour.state() & Neighbour.FAILED) != 0) {
                    unresolved(neighbour);
                }
                return;
            }
            NextHop nextHop = nextHops.known(neighbour.address());
            if (neighbour.interfaceIndex() == link.index() && nextHop != null) {
                resolved(nextHop, neighbour.mac());
            }
        }

        @Override
        public void neighbourRemoved(Neighbour neighbour) {
            unresolved(neighbour);
        }

        @Override
        public void routingChanged() {
            recheck = true;
        }

        @Override
        public void eventsLost() {
            nextHops.forgetNeighbours();
            recheck = true;
        }
    }
}
