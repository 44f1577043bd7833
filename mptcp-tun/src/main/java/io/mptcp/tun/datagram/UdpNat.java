package io.mptcp.tun.datagram;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.mptcp.wire.IpHeaders;
import io.mptcp.wire.Ipv4Packet;
import io.mptcp.wire.Ipv6Packet;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.IoEventLoop;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Takes IP packets, and sends datagrams of UDP that are in them on by sockets of the host, as a NAT would, and pings, too, where that is wanted; answers become packets again.
 * Everything else is answered: by an ICMP message that says it goes nowhere. On the loop.
 */
public final class UdpNat implements AutoCloseable {
    /**
     * How datagrams leave.
     *
     * @param device that they leave by, null for where the host's routes lead
     * @param local  address they come from, null for the host's choice
     */
    public record Way(String device, IpAddress local) {
    }

    /** Says how datagrams to a destination leave. */
    @FunctionalInterface
    public interface Ways {
        /** @return null when there is no way: the sender is told */
        Way to(IpEndpoint destination);
    }

    private static final int PROTOCOL_UDP = 17;
    /** RFC 4787 section 4.3: not before two minutes. */
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(120);
    private static final int SWEEP_SECONDS = 10;
    /** There are 65536 identifiers. */
    private static final int MAX_ECHOES = 1 << 15;
    /** RFC 1812 section 4.3.2.8, RFC 4443 section 2.4 (f): error messages are limited. */
    private static final int ERRORS_PER_SECOND = 100;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** @param refused told that they go nowhere, {@code dropped} without a word: errors, multicast, fragments, empty datagrams, answers nobody asked for */
    public record Counts(int flows, long sent, long received, long refused, long dropped) {
    }

    private final IoEventLoop loop;
    private final int maxFlows;
    private final Ways ways;
    /** Null where pings are refused. */
    private final EchoNat echoes;
    private final PacketBuilder builder;
    private final Map<IpEndpoint, UdpFlow> flows = new LinkedHashMap<>(16, 0.75f, true);
    private final Future<?> sweep;
    private long sent;
    private long received;
    private long refused;
    private long dropped;
    private long errorSecond;
    private int errorsThisSecond;

    /** As below, without pings. */
    public UdpNat(IoEventLoop loop, int maxFlows, Ways ways, PacketBuilder.Sink sink) {
        this(loop, maxFlows, ways, null, sink);
    }

    /**
     * @param maxFlows senders, by address and port, at a time; with one more the one that has been silent for longest is forgotten. So many pings, too
     * @param echoWays how pings leave, each with a device and an address; null when they are refused
     * @param sink     gets the answers
     */
    public UdpNat(IoEventLoop loop, int maxFlows, Ways ways, Ways echoWays, PacketBuilder.Sink sink) {
        this.loop = loop;
        this.maxFlows = maxFlows;
        this.ways = ways;
        this.echoes = echoWays == null ? null : new EchoNat(this, loop, Math.min(maxFlows, MAX_ECHOES), echoWays);
        this.builder = new PacketBuilder(sink);
        sweep = loop.scheduleAtFixedRate(this::sweep, SWEEP_SECONDS, SWEEP_SECONDS, TimeUnit.SECONDS);
    }

    public Counts counts() {
        return new Counts(flows.size(), sent, received, refused, dropped);
    }

    /** One packet, whatever it is. @param buffer of native memory, to be used during the call only */
    public void packet(MemorySegment buffer, int offset, int length) {
        if (Ipv4Packet.validate(buffer, offset, length)) {
            IpAddress source = new IpAddress(0, Ipv4Packet.sourceLo(buffer, offset));
            IpAddress destination = new IpAddress(0, Ipv4Packet.destinationLo(buffer, offset));
            boolean usable = !Ipv4Packet.isFragment(buffer, offset) && (destination.lo() & 0xf000_0000L) < 0xe000_0000L;
            packet(buffer, offset, Ipv4Packet.headerLength(buffer, offset), Ipv4Packet.totalLength(buffer, offset), Ipv4Packet.protocol(buffer, offset),
                    source, destination, usable);
        } else if (Ipv6Packet.validate(buffer, offset, length)) {
            IpAddress source = new IpAddress(Ipv6Packet.sourceHi(buffer, offset), Ipv6Packet.sourceLo(buffer, offset));
            IpAddress destination = new IpAddress(Ipv6Packet.destinationHi(buffer, offset), Ipv6Packet.destinationLo(buffer, offset));
            boolean usable = !Ipv6Packet.isFragment(buffer, offset) && destination.hi() >>> 56 != 0xff && !destination.isIpv4() && !source.isIpv4();
            packet(buffer, offset, Ipv6Packet.headerLength(buffer, offset), Ipv6Packet.totalLength(buffer, offset), Ipv6Packet.protocol(buffer, offset),
                    source, destination, usable);
        } else {
            dropped++;
        }
    }

    private void packet(MemorySegment buffer, int offset, int headerBytes, int totalBytes, int protocol, IpAddress source, IpAddress destination,
            boolean usable) {
        int payload = offset + headerBytes;
        int payloadBytes = totalBytes - headerBytes;
        if (!usable || isIcmpOtherThanEcho(buffer, payload, payloadBytes, protocol)) {
            dropped++; // RFC 1122 section 3.2.2: no error message about these
        } else if (protocol == PROTOCOL_UDP) {
            if (!sendOn(buffer, payload, payloadBytes, source, destination)) {
                refuse(buffer, offset, totalBytes, source, destination, true);
            }
        } else if (!isEcho(protocol, source) || echoes == null || !echoes.send(buffer, payload, payloadBytes, source, destination)) {
            refuse(buffer, offset, totalBytes, source, destination, false);
        }
    }

    /** Of ICMP that is no echo nothing has been left. */
    private static boolean isEcho(int protocol, IpAddress source) {
        return protocol == (source.isIpv4() ? IpHeaders.PROTOCOL_ICMP : IpHeaders.PROTOCOL_ICMPV6);
    }

    private static boolean isIcmpOtherThanEcho(MemorySegment buffer, int payload, int payloadBytes, int protocol) {
        if (protocol != IpHeaders.PROTOCOL_ICMP && protocol != IpHeaders.PROTOCOL_ICMPV6) {
            return false;
        }
        int type = payloadBytes == 0 ? 0 : buffer.get(JAVA_BYTE, payload) & 0xff;
        return type != (protocol == IpHeaders.PROTOCOL_ICMP ? EchoNat.REQUEST : EchoNat.REQUEST_V6);
    }

    private void refuse(MemorySegment buffer, int offset, int totalBytes, IpAddress source, IpAddress destination, boolean noRoute) {
        long second = TimeUnit.NANOSECONDS.toSeconds(loop.ticker().nanoTime());
        if (second != errorSecond) {
            errorSecond = second;
            errorsThisSecond = 0;
        }
        if (errorsThisSecond++ < ERRORS_PER_SECOND) {
            refused++;
            builder.unreachable(buffer, offset, totalBytes, source, destination, noRoute);
        } else {
            dropped++;
        }
    }

    /** @return false when there is no way */
    private boolean sendOn(MemorySegment buffer, int udp, int udpBytes, IpAddress source, IpAddress destination) {
        int length = udpBytes < PacketBuilder.UDP_HEADER_BYTES ? 0 : Short.toUnsignedInt(buffer.get(SHORT, udp + 4));
        int destinationPort = udpBytes < PacketBuilder.UDP_HEADER_BYTES ? 0 : Short.toUnsignedInt(buffer.get(SHORT, udp + 2));
        if (length <= PacketBuilder.UDP_HEADER_BYTES || length > udpBytes || destinationPort == 0) { // Netty does not send empty ones
            dropped++;
            return true;
        }
        IpEndpoint to = new IpEndpoint(destination, destinationPort);
        Way way = ways.to(to);
        if (way == null) {
            return false;
        }
        IpEndpoint sender = new IpEndpoint(source, Short.toUnsignedInt(buffer.get(SHORT, udp)));
        UdpFlow flow = flows.get(sender);
        if (flow != null && !flow.isOver(way)) {
            flow.close(); // This is no longer the way; behind a NAT it would have got another address, too.
            flow = null;
        }
        if (flow == null) {
            if (flows.size() >= maxFlows && !flows.containsKey(sender)) {
                flows.remove(flows.keySet().iterator().next()).close();
            }
            flow = new UdpFlow(this, loop, sender, way);
            flows.put(sender, flow);
        }
        byte[] payload = buffer.asSlice(udp + PacketBuilder.UDP_HEADER_BYTES, length - PacketBuilder.UDP_HEADER_BYTES).toArray(JAVA_BYTE);
        sent++;
        flow.send(to, Unpooled.wrappedBuffer(payload));
        return true;
    }

    /** An answer. */
    void received(IpEndpoint from, IpEndpoint sender, ByteBuf payload) {
        if (builder.udp(from, sender, payload)) {
            received++;
        } else {
            dropped++;
        }
    }

    /** The answer to a ping. */
    void echoed(IpAddress from, IpAddress sender, ByteBuf message) {
        if (builder.icmp(from, sender, message)) {
            received++;
        } else {
            dropped++;
        }
    }

    void sentOne() {
        sent++;
    }

    void droppedOne() {
        dropped++;
    }

    private void sweep() {
        if (echoes != null) {
            echoes.sweep();
        }
        long now = loop.ticker().nanoTime();
        flows.values().removeIf(flow -> {
            boolean idle = now - flow.lastUsedNanos() > IDLE_NANOS;
            if (idle) {
                flow.close();
            }
            return idle;
        });
    }

    @Override
    public void close() {
        sweep.cancel(false);
        if (echoes != null) {
            echoes.close();
        }
        flows.values().forEach(UdpFlow::close);
        flows.clear();
    }
}
