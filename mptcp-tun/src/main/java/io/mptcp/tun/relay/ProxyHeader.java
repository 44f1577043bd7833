package io.mptcp.tun.relay;

import io.mptcp.tun.stream.StreamEnds;
import io.mptcp.wire.IpAddress;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.handler.codec.haproxy.HAProxyProtocolException;
import io.netty.handler.codec.haproxy.HAProxyProxiedProtocol;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * Whose connection it is that a balancer passes on: the header of PROXY protocol, version 1 or 2, that it begins with (section 2). It has to be there, whole and right: a
 * connection without is ended.
 */
final class ProxyHeader extends SimpleChannelInboundHandler<HAProxyMessage> {
    private static final AttributeKey<InetSocketAddress> SOURCE = AttributeKey.valueOf(ProxyHeader.class, "source");
    private static final AttributeKey<InetSocketAddress> DESTINATION = AttributeKey.valueOf(ProxyHeader.class, "destination");

    private final RelayServer server;
    private final SocketChannel channel;
    private final Consumer<SocketChannel> session;
    private final Future<?> timer;
    private boolean over;

    private ProxyHeader(RelayServer server, SocketChannel channel, Consumer<SocketChannel> session) {
        this.server = server;
        this.channel = channel;
        this.session = session;
        this.timer = channel.eventLoop().schedule(() -> refuse("none in time"), server.config().limits().helloTimeoutSeconds(), TimeUnit.SECONDS);
        channel.closeFuture().addListener(_ -> timer.cancel(false));
    }

    /** @param session begins when the header is there */
    static void await(RelayServer server, SocketChannel channel, Consumer<SocketChannel> session) {
        channel.pipeline().addLast(new Checksum(), new HAProxyMessageDecoder(), new ProxyHeader(server, channel, session));
    }

    /** Where a connection comes from: what its header says, or where its segments do. */
    static InetSocketAddress source(SocketChannel channel) {
        InetSocketAddress told = channel.attr(SOURCE).get();
        return told == null ? channel.remoteAddress() : told;
    }

    static IpAddress sourceAddress(SocketChannel channel) {
        return IpAddress.of(source(channel).getAddress().getAddress());
    }

    /** Where it was going to. */
    static InetSocketAddress destination(SocketChannel channel) {
        InetSocketAddress told = channel.attr(DESTINATION).get();
        return told == null ? channel.localAddress() : told;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, HAProxyMessage header) {
        HAProxyProxiedProtocol protocol = header.proxiedProtocol();
        if (protocol == HAProxyProxiedProtocol.TCP4 || protocol == HAProxyProxiedProtocol.TCP6) {
            channel.attr(SOURCE).set(new InetSocketAddress(InetAddress.ofLiteral(header.sourceAddress()), header.sourcePort()));
            channel.attr(DESTINATION).set(new InetSocketAddress(InetAddress.ofLiteral(header.destinationAddress()), header.destinationPort()));
        } else if (protocol != HAProxyProxiedProtocol.UNKNOWN) { // which is the balancer's own: a check whether the relay is there
            refuse("it is about " + protocol);
            return;
        }
        over = true;
        timer.cancel(false);
        session.accept(channel);
        channel.pipeline().remove(this);
    }

    private void refuse(String detail) {
        if (!over) {
            over = true;
            timer.cancel(false);
            server.log().refused(Refusal.NO_PROXY_HEADER, IpAddress.of(channel.remoteAddress().getAddress().getAddress()), detail);
            new StreamEnds(channel).reset();
        }
    }

    /** Of the decoders, or of the connection. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        refuse(RefusalLog.reason(cause));
        context.close();
    }

    /** Balancers look whether a port is open. */
    @Override
    public void channelInactive(ChannelHandlerContext context) throws Exception {
        if (!over) {
            over = true;
            server.log().note(Refusal.NO_PROXY_HEADER);
        }
        super.channelInactive(context);
    }

    /** Lets a header go on to Netty's decoder, which does not look at checksums, when it is whole. */
    private static final class Checksum extends ByteToMessageDecoder {
        private static final byte[] SIGNATURE = HexFormat.of().parseHex("0d0a0d0a000d0a515549540a");
        private static final int HEADER_BYTES = 16;
        private static final int[] ADDRESS_BYTES = {0, 12, 36, 216};
        private static final int TYPE_CRC32C = 3;
        /** A header is allowed 64 KB, and needs a few hundred bytes. */
        private static final int MAX_BYTES = 4096;

        @Override
        protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
            int start = in.readerIndex();
            for (int i = 0; i < Math.min(in.readableBytes(), SIGNATURE.length); i++) {
                if (in.getByte(start + i) != SIGNATURE[i]) {
                    context.pipeline().remove(this); // version 1, or nothing of the kind
                    return;
                }
            }
            if (in.readableBytes() < HEADER_BYTES) {
                return;
            }
            int length = HEADER_BYTES + in.getUnsignedShort(start + 14);
            if (length > MAX_BYTES) {
                throw new HAProxyProtocolException("a header of " + length + " bytes");
            }
            if (in.readableBytes() >= length) {
                verify(ByteBufUtil.getBytes(in, start, length));
                context.pipeline().remove(this);
            }
        }

        /** Section 2.2.3: of the whole header, with zeros in its own place. */
        private static void verify(byte[] header) {
            int family = (header[13] & 0xff) >> 4;
            int at = HEADER_BYTES + (family < ADDRESS_BYTES.length ? ADDRESS_BYTES[family] : header.length);
            while (at + 3 <= header.length) {
                int length = (header[at + 1] & 0xff) << 8 | header[at + 2] & 0xff;
                int value = at + 3;
                if (header[at] == TYPE_CRC32C && length == 4 && value + 4 <= header.length) {
                    long expected = (header[value] & 0xffL) << 24 | (header[value + 1] & 0xff) << 16 | (header[value + 2] & 0xff) << 8 | header[value + 3] & 0xff;
                    Arrays.fill(header, value, value + 4, (byte) 0);
                    CRC32C crc = new CRC32C();
                    crc.update(header);
                    if (crc.getValue() != expected) {
                        throw new HAProxyProtocolException("the checksum is wrong");
                    }
                    return;
                }
                at = value + length;
            }
        }
    }
}
