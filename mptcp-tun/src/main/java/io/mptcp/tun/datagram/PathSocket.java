package io.mptcp.tun.datagram;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
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
import java.util.function.Consumer;

/** A UDP socket on one path, to one peer. On the loop. */
public final class PathSocket extends SimpleChannelInboundHandler<DatagramPacket> {
    private static final int MAX_DATAGRAM_BYTES = 0xffff;

    private final IpAddress local;
    private final InetSocketAddress peer;
    private final Consumer<byte[]> receiver;
    private ChannelFuture bound;

    private PathSocket(IpAddress local, InetSocketAddress peer, Consumer<byte[]> receiver) {
        this.local = local;
        this.peer = peer;
        this.receiver = receiver;
    }

    /** @param receiver gets what comes, which anybody may have sent */
    public static PathSocket open(IoEventLoop loop, String device, IpAddress local, IpEndpoint peer, Consumer<byte[]> receiver) {
        PathSocket socket = new PathSocket(local, new InetSocketAddress(UdpFlow.inet(peer.address()), peer.port()), receiver);
        Bootstrap bootstrap = new Bootstrap().group(loop).channel(EpollDatagramChannel.class)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(MAX_DATAGRAM_BYTES)).handler(socket);
        UdpFlow.bindToDevice(bootstrap, device);
        socket.bound = bootstrap.bind(new InetSocketAddress(UdpFlow.inet(local), 0));
        return socket;
    }

    public IpAddress local() {
        return local;
    }

    /** Lost while the socket is not there yet, as on any path. */
    public void send(byte[] datagram) {
        if (bound.isSuccess()) {
            bound.channel().writeAndFlush(new DatagramPacket(Unpooled.wrappedBuffer(datagram), peer), bound.channel().voidPromise());
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
        // From whatever address: a peer with several may answer from another. Its seal tells who it is.
        receiver.accept(ByteBufUtil.getBytes(packet.content()));
    }

    /** A path that does not work is found out by its probes. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        // nothing to be done
    }

    public void close() {
        bound.channel().close();
    }
}
