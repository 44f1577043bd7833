package io.mptcp.tun.datagram;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.mptcp.netty.linux.Syscalls;
import io.mptcp.wire.Checksum;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoEventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.RawUnixChannelOption;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pings: echo requests go on by raw sockets, one for each way, with identifiers of ours, and their answers come back with those of their senders (RFC 5508 section 3). Errors about them, of which
 * traceroute lives, do not. Raw sockets need CAP_NET_RAW. On the loop.
 */
final class EchoNat extends SimpleChannelInboundHandler<DatagramPacket> {
    static final int REQUEST = 8;
    static final int REQUEST_V6 = 128;

    private static final Logger LOG = LoggerFactory.getLogger(EchoNat.class);
    private static final int REPLY = 0;
    private static final int REPLY_V6 = 129;
    private static final int HEADER_BYTES = 8;
    private static final int IDENTIFIER_AT = 4;
    /** RFC 5508 REQ-2. */
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final int MAX_PACKET_BYTES = 0xffff;
    private static final int SOL_RAW = 255;
    /** Masks of the types that are not heard: all but answers. ICMP_FILTER has the first 32 types, ICMP6_FILTER all 256. */
    private static final RawUnixChannelOption ICMP_FILTER = new RawUnixChannelOption("ICMP_FILTER", SOL_RAW, 1, 4);
    private static final RawUnixChannelOption ICMP6_FILTER = new RawUnixChannelOption("ICMP6_FILTER", Syscalls.IPPROTO_ICMPV6, 1, 32);

    /** Who asks whom. */
    private record Query(IpAddress source, int identifier, IpAddress destination) {
    }

    private static final class Mapping {
        final Query query;
        final int identifier;
        UdpNat.Way way;
        long lastUsedNanos;

        Mapping(Query query, int identifier) {
            this.query = query;
            this.identifier = identifier;
        }
    }

    private final UdpNat owner;
    private final IoEventLoop loop;
    private final int maxMappings;
    private final UdpNat.Ways ways;
    private final Map<Query, Mapping> mappings = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<Integer, Mapping> byIdentifier = new HashMap<>();
    private final Map<UdpNat.Way, EpollDatagramChannel> sockets = new HashMap<>();
    private int nextIdentifier = ThreadLocalRandom.current().nextInt(1 << 16);
    private boolean failureSaid;

    EchoNat(UdpNat owner, IoEventLoop loop, int maxMappings, UdpNat.Ways ways) {
        this.owner = owner;
        this.loop = loop;
        this.maxMappings = maxMappings;
        this.ways = ways;
    }

    @Override
    public boolean isSharable() {
        return true; // of one loop
    }

    /** @param bytes of an echo request. @return false when there is no way */
    boolean send(MemorySegment buffer, int offset, int bytes, IpAddress source, IpAddress destination) {
        UdpNat.Way way = ways.to(new IpEndpoint(destination, 0));
        EpollDatagramChannel socket = way == null ? null : socket(way);
        if (socket == null) {
            return false;
        }
        if (bytes < HEADER_BYTES) {
            owner.droppedOne();
            return true;
        }
        ByteBuffer message = ByteBuffer.wrap(buffer.asSlice(offset, bytes).toArray(JAVA_BYTE));
        Mapping mapping = mapping(new Query(source, Short.toUnsignedInt(message.getShort(IDENTIFIER_AT)), destination));
        mapping.way = way;
        mapping.lastUsedNanos = loop.ticker().nanoTime();
        message.putShort(IDENTIFIER_AT, (short) mapping.identifier).putShort(2, (short) 0);
        if (destination.isIpv4()) { // of ICMPv6 the kernel computes it
            message.putShort(2, (short) Checksum.complement(Checksum.sum(MemorySegment.ofArray(message.array()), 0, bytes)));
        }
        owner.sentOne();
        socket.writeAndFlush(new DatagramPacket(Unpooled.wrappedBuffer(message), new InetSocketAddress(UdpFlow.inet(destination), 0))).addListener(written -> {
            if (!written.isSuccess()) {
                owner.droppedOne();
            }
        });
        return true;
    }

    private Mapping mapping(Query query) {
        Mapping known = mappings.get(query);
        if (known != null) {
            return known;
        }
        if (mappings.size() >= maxMappings) {
            byIdentifier.remove(mappings.remove(mappings.keySet().iterator().next()).identifier);
        }
        do {
            nextIdentifier = nextIdentifier + 1 & 0xffff;
        } while (byIdentifier.containsKey(nextIdentifier)); // there are fewer mappings than identifiers
        Mapping made = new Mapping(query, nextIdentifier);
        mappings.put(query, made);
        byIdentifier.put(made.identifier, made);
        return made;
    }

    /** Null when it cannot be had, which is said once. */
    private EpollDatagramChannel socket(UdpNat.Way way) {
        EpollDatagramChannel socket = sockets.get(way);
        if (socket == null || !socket.isOpen()) {
            boolean ipv4 = way.local().isIpv4();
            int fd = new Syscalls().socket(ipv4 ? Syscalls.AF_INET : Syscalls.AF_INET6, Syscalls.SOCK_RAW | Syscalls.SOCK_NONBLOCK | Syscalls.SOCK_CLOEXEC,
                    ipv4 ? Syscalls.IPPROTO_ICMP : Syscalls.IPPROTO_ICMPV6);
            if (fd < 0) {
                if (!failureSaid) {
                    failureSaid = true;
                    LOG.warn("pings are not carried: no raw socket can be had (error {}); CAP_NET_RAW is needed", -fd);
                }
                return null;
            }
            socket = open(fd, way, ipv4);
            sockets.put(way, socket);
        }
        return socket;
    }

    private EpollDatagramChannel open(int fd, UdpNat.Way way, boolean ipv4) {
        EpollDatagramChannel socket = new EpollDatagramChannel(fd);
        socket.config().setOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(MAX_PACKET_BYTES));
        socket.config().setOption(UdpFlow.BIND_TO_DEVICE, UdpFlow.deviceName(way.device()));
        if (ipv4) {
            socket.config().setOption(ICMP_FILTER, ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder()).putInt(0, ~(1 << REPLY)));
        } else {
            ByteBuffer mask = ByteBuffer.allocateDirect(32).order(ByteOrder.nativeOrder());
            for (int word = 0; word < 8; word++) {
                mask.putInt(4 * word, word == REPLY_V6 >>> 5 ? ~(1 << (REPLY_V6 & 31)) : ~0);
            }
            socket.config().setOption(ICMP6_FILTER, mask);
        }
        socket.pipeline().addLast(this);
        loop.register(socket);
        socket.bind(new InetSocketAddress(UdpFlow.inet(way.local()), 0));
        return socket;
    }

    /** An answer, to us or to a program of this host: raw sockets hear all. */
    @Override
    protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
        ByteBuf content = packet.content();
        IpAddress from = IpAddress.of(packet.sender().getAddress().getAddress());
        if (from.isIpv4()) { // with its IP header
            content.skipBytes(Math.min((content.getByte(content.readerIndex()) & 0x0f) << 2, content.readableBytes()));
        }
        if (content.readableBytes() < HEADER_BYTES || content.getUnsignedByte(content.readerIndex()) != (from.isIpv4() ? REPLY : REPLY_V6)) {
            return;
        }
        Mapping mapping = byIdentifier.get(content.getUnsignedShort(content.readerIndex() + IDENTIFIER_AT));
        if (mapping != null && mapping.query.destination.equals(from) && context.channel() == sockets.get(mapping.way)) {
            mapping.lastUsedNanos = loop.ticker().nanoTime();
            content.setShort(content.readerIndex() + IDENTIFIER_AT, mapping.query.identifier);
            owner.echoed(from, mapping.query.source, content);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        owner.droppedOne();
    }

    void sweep() {
        long now = loop.ticker().nanoTime();
        mappings.values().removeIf(mapping -> {
            boolean idle = now - mapping.lastUsedNanos > IDLE_NANOS;
            if (idle) {
                byIdentifier.remove(mapping.identifier);
            }
            return idle;
        });
        sockets.entrySet().removeIf(entry -> {
            boolean unused = mappings.values().stream().noneMatch(mapping -> entry.getKey().equals(mapping.way));
            if (unused) {
                entry.getValue().close();
            }
            return unused;
        });
    }

    void close() {
        sockets.values().forEach(EpollDatagramChannel::close);
        sockets.clear();
        mappings.clear();
        byIdentifier.clear();
    }
}
