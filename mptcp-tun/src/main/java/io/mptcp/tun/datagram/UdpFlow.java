package io.mptcp.tun.datagram;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoEventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import io.netty.channel.unix.RawUnixChannelOption;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One sender of datagrams, by address and port, and the socket that stands for it on a path. Whatever its destinations, they see one port (RFC 4787 section 4.1); only those it
 * has sent to are heard (section 5).
 */
final class UdpFlow extends SimpleChannelInboundHandler<DatagramPacket> {
    private static final int SOL_SOCKET = 1;
    private static final int SO_BINDTODEVICE = 25;
    private static final int DEVICE_NAME_BYTES = 16;
    static final RawUnixChannelOption BIND_TO_DEVICE = new RawUnixChannelOption("SO_BINDTODEVICE", SOL_SOCKET, SO_BINDTODEVICE, DEVICE_NAME_BYTES);
    /** Until the socket is there. */
    private static final int MAX_WAITING = 16;
    private static final int MAX_PEERS = 64;
    private static final int MAX_DATAGRAM_BYTES = 0xffff;

    private final UdpNat owner;
    private final IoEventLoop loop;
    private final IpEndpoint sender;
    private final UdpNat.Way way;
    private final Map<IpEndpoint, Boolean> peers = new LinkedHashMap<>(8, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<IpEndpoint, Boolean> eldest) {
            return size() > MAX_PEERS;
        }
    };
    private final ArrayDeque<DatagramPacket> waiting = new ArrayDeque<>();
    private final ChannelFuture bound;
    private long lastUsedNanos;

    UdpFlow(UdpNat owner, IoEventLoop loop, IpEndpoint sender, UdpNat.Way way) {
        this.owner = owner;
        this.loop = loop;
        this.sender = sender;
        this.way = way;
        Bootstrap bootstrap = new Bootstrap().group(loop).channel(EpollDatagramChannel.class)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(MAX_DATAGRAM_BYTES)).handler(this);
        if (way.device() != null) {
            bindToDevice(bootstrap, way.device());
        }
        bound = bootstrap.bind(new InetSocketAddress(way.local() == null ? null : inet(way.local()), 0));
        bound.addListener(done -> {
            if (done.isSuccess()) {
                waiting.forEach(this::write);
            } else {
                waiting.forEach(packet -> {
                    packet.release();
                    owner.droppedOne();
                });
            }
            waiting.clear();
        });
    }

    /** The device, and not only the address, decides where it leaves: routes into our own device must not count. */
    static void bindToDevice(Bootstrap bootstrap, String device) {
        bootstrap.option(BIND_TO_DEVICE, deviceName(device));
    }

    /** As {@link #BIND_TO_DEVICE} has it. */
    static ByteBuffer deviceName(String device) {
        return ByteBuffer.allocateDirect(DEVICE_NAME_BYTES).put(device.getBytes(StandardCharsets.US_ASCII)).position(0);
    }

    static InetAddress inet(IpAddress address) {
        try {
            return InetAddress.getByAddress(address.toBytes());
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // of a length that is not an address's
        }
    }

    /** Whether it goes this way, and can. */
    boolean isOver(UdpNat.Way wanted) {
        return way.equals(wanted) && (!bound.isDone() || bound.isSuccess() && bound.channel().isOpen());
    }

    long lastUsedNanos() {
        return lastUsedNanos;
    }

    void send(IpEndpoint destination, ByteBuf payload) {
        lastUsedNanos = loop.ticker().nanoTime();
        peers.put(destination, true);
        DatagramPacket packet = new DatagramPacket(payload, new InetSocketAddress(inet(destination.address()), destination.port()));
        if (bound.isDone()) {
            write(packet);
        } else if (waiting.size() < MAX_WAITING) {
            waiting.add(packet);
        } else {
            packet.release();
            owner.droppedOne();
        }
    }

    private void write(DatagramPacket packet) {
        bound.channel().writeAndFlush(packet).addListener(written -> {
            if (!written.isSuccess()) {
                owner.droppedOne();
            }
        });
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
        IpEndpoint from = new IpEndpoint(IpAddress.of(packet.sender().getAddress().getAddress()), packet.sender().getPort());
        if (peers.containsKey(from)) {
            lastUsedNanos = loop.ticker().nanoTime();
            owner.received(from, sender, packet.content());
        } else {
            owner.droppedOne();
        }
    }

    /** An ICMP error, port unreachable for one: the next datagram may fare better. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        owner.droppedOne();
    }

    void close() {
        bound.channel().close();
        waiting.forEach(DatagramPacket::release);
        waiting.clear();
    }
}
