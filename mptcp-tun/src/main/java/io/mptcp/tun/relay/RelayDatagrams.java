package io.mptcp.tun.relay;

import io.mptcp.netty.host.SetupException;
import io.mptcp.tun.datagram.DatagramKeys;
import io.mptcp.tun.datagram.DatagramTunnel;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.IoEventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/** The relay's end of all sessions of datagrams: one UDP port, which tells sessions apart by their number. On one loop, but for {@link #begin} and {@link #end}. */
final class RelayDatagrams extends SimpleChannelInboundHandler<DatagramPacket> implements AutoCloseable {
    private static final int MAX_DATAGRAM_BYTES = 0xffff;
    private static final SecureRandom RANDOM = new SecureRandom();

    private final IoEventLoop loop;
    private volatile EgressList egress;
    private final Map<Long, DatagramSession> sessions = new HashMap<>();
    private ChannelFuture bound;

    private RelayDatagrams(IoEventLoop loop, EgressList egress) {
        this.loop = loop;
        this.egress = egress;
    }

    /** @throws SetupException with one line when the port is taken */
    static RelayDatagrams open(IoEventLoop loop, InetSocketAddress address, EgressList egress) throws SetupException {
        RelayDatagrams datagrams = new RelayDatagrams(loop, egress);
        datagrams.bound = new Bootstrap().group(loop).channel(EpollDatagramChannel.class)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(MAX_DATAGRAM_BYTES)).handler(datagrams).bind(address).awaitUninterruptibly();
        if (!datagrams.bound.isSuccess()) {
            throw new SetupException("UDP port " + address.getPort() + " is in use: choose another, or datagrams: false", datagrams.bound.cause());
        }
        loop.scheduleAtFixedRate(datagrams::tick, DatagramTunnel.TICK_NANOS, DatagramTunnel.TICK_NANOS, TimeUnit.NANOSECONDS);
        return datagrams;
    }

    int port() {
        return ((InetSocketAddress) bound.channel().localAddress()).getPort();
    }

    /** A new session. Any thread. @param silent called when nothing has come for too long. @param begun gets its number, on the loop */
    void begin(DatagramKeys keys, RelayUser user, Runnable silent, LongConsumer begun) {
        loop.execute(() -> {
            long id = RANDOM.nextLong();
            sessions.put(id, new DatagramSession(this, id, keys, user, silent));
            begun.accept(id);
        });
    }

    /** Any thread. */
    void end(long id) {
        loop.execute(() -> {
            DatagramSession session = sessions.remove(id);
            if (session != null) {
                session.close();
            }
        });
    }

    IoEventLoop loop() {
        return loop;
    }

    EgressList egress() {
        return egress;
    }

    /** For what is sent from now on, also by senders that have been heard of. */
    void setEgress(EgressList changed) {
        egress = changed;
    }

    void send(byte[] datagram, InetSocketAddress to) {
        bound.channel().writeAndFlush(new DatagramPacket(Unpooled.wrappedBuffer(datagram), to), bound.channel().voidPromise());
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
        if (packet.content().readableBytes() >= Long.BYTES) {
            DatagramSession session = sessions.get(packet.content().getLong(packet.content().readerIndex()));
            if (session != null) {
                session.received(packet.sender(), ByteBufUtil.getBytes(packet.content()));
            }
        }
    }

    /** ICMP errors: a path that does not work is found out by its probes. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // nothing to be done
    }

    private void tick() {
        long now = loop.ticker().nanoTime();
        for (DatagramSession session : sessions.values().toArray(DatagramSession[]::new)) {
            session.tick(now);
        }
    }

    @Override
    public void close() {
        bound.channel().close().awaitUninterruptibly();
        loop.execute(() -> {
            sessions.values().forEach(DatagramSession::close);
            sessions.clear();
        });
    }
}
