package io.mptcp.tun.relay;

import io.mptcp.tun.convert.ConnectTlv;
import io.mptcp.tun.convert.ConvertError;
import io.mptcp.tun.convert.ConvertException;
import io.mptcp.tun.convert.ConvertMessage;
import io.mptcp.tun.convert.DatagramsTlv;
import io.mptcp.tun.convert.Proof;
import io.mptcp.tun.convert.Tlv;
import io.mptcp.tun.datagram.DatagramKeys;
import io.mptcp.tun.stream.ChannelJoin;
import io.mptcp.tun.stream.ClosesAtEnd;
import io.mptcp.tun.stream.HeldInput;
import io.mptcp.tun.stream.StreamEnds;
import io.mptcp.tun.stream.Tls;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.util.List;

/**
 * One client's connection from its first byte on: a hello that says who it is and where it wants to go, within some seconds; then a connection to there, and the
 * two are joined. What comes behind the hello waits meanwhile, its end included, no more of it than one read. Everything else is answered with a reason and closed.
 */
final class RelaySession extends ByteToMessageDecoder {
    private final RelayServer server;
    private final SocketChannel client;
    private final IpAddress address;
    private final HeldInput held = new HeldInput();
    private Future<?> helloTimer;
    private boolean asked;
    private boolean refused;
    private RelayUser user;

    RelaySession(RelayServer server, SocketChannel client) {
        this.server = server;
        this.client = client;
        this.address = ProxyHeader.sourceAddress(client);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        helloTimer = server.awaitHello(client, address, this::tooSlow, this::over);
    }

    /** From handshake to hello, all together: byte by byte is no excuse. */
    private void tooSlow() {
        if (!asked && !refused && client.isActive()) {
            server.log().refused(Refusal.SLOW_HELLO, address, "");
            refused = true;
            client.close();
        }
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (refused) {
            in.skipBytes(in.readableBytes());
            return;
        }
        try {
            ConvertMessage hello = ConvertMessage.read(in);
            if (hello != null) {
                asked = true;
                client.config().setAutoRead(false);
                client.pipeline().addLast(held);
                client.pipeline().remove(this); // which would forget what is behind the hello when the client ends its stream
                helloTimer.cancel(false);
                server.halfOpen().leaves(client, address);
                admit(hello);
            }
        } catch (ConvertException e) {
            in.skipBytes(in.readableBytes());
            refuse(e.error() == ConvertError.NOT_AUTHORIZED ? Refusal.WRONG_TOKEN : Refusal.MALFORMED_HELLO, e.error(), e.getMessage());
        }
    }

    private void admit(ConvertMessage hello) throws ConvertException {
        Tlv asked = hello.find(Tlv.CONNECT) != null ? hello.find(Tlv.CONNECT) : hello.find(Tlv.DATAGRAMS);
        Tlv cookie = hello.find(Tlv.COOKIE);
        if (cookie == null) {
            throw new ConvertException(ConvertError.MISSING_COOKIE, "no proof");
        }
        if (asked == null) {
            throw new ConvertException(ConvertError.UNSUPPORTED_MESSAGE, "neither a Connect nor a Datagrams TLV");
        }
        Proof proof = Proof.of(cookie);
        RelayUser known = server.user(proof.user());
        SslHandler tls = client.pipeline().get(SslHandler.class);
        // Unknown users take as long as wrong tokens.
        boolean proved = proof.isBy(known == null ? "nobody's token" : known.token(), tls == null ? null : Tls.exported(tls), asked) && known != null;
        if (!proved) {
            refuse(Refusal.WRONG_TOKEN, ConvertError.NOT_AUTHORIZED, "user " + RefusalLog.printable(proof.user()));
            return;
        }
        if (tls == null) {
            long nowMillis = System.currentTimeMillis();
            if (!server.replayGuard().isTimely(proof.millis(), nowMillis)) {
                refuse(Refusal.WRONG_TIME, ConvertError.NOT_AUTHORIZED, "user " + known.name() + ", " + (proof.millis() - nowMillis) / 1000 + " s");
                return;
            }
            if (!server.replayGuard().takes(proof.nonce(), nowMillis)) {
                refuse(Refusal.REPLAYED_HELLO, ConvertError.NOT_AUTHORIZED, "user " + known.name());
                return;
            }
        }
        if (asked.type() == Tlv.CONNECT) {
            connect(known, ConnectTlv.remote(asked));
        } else if (tls == null || server.datagrams() == null) {
            throw new ConvertException(ConvertError.UNSUPPORTED_MESSAGE, "datagrams, which need TLS and have to be allowed");
        } else {
            beginDatagrams(known, tls);
        }
    }

    private void connect(RelayUser known, IpEndpoint remote) {
        if (!server.config().egress().allows(remote)) {
            refuse(Refusal.EGRESS_DENIED, Refusal.EGRESS_DENIED.error(), "user " + known.name() + ", " + remote);
            return;
        }
        Refusal refusal = known.enters(client);
        if (refusal != null) {
            refuse(refusal, refusal.error(), "user " + known.name());
            return;
        }
        user = known;
        server.connect(client, RelayServer.socketAddress(remote), this::connected);
    }

    /** The connection stays as long as the session, and carries nothing more. */
    private void beginDatagrams(RelayUser known, SslHandler tls) {
        Refusal refusal = known.entersSession(client);
        if (refusal != null) {
            refuse(refusal, refusal.error(), "user " + known.name());
            return;
        }
        user = known;
        client.closeFuture().addListener(_ -> known.leftSession());
        DatagramKeys keys = new DatagramKeys(Tls.exported(tls, DatagramKeys.RELAY_LABEL, DatagramKeys.EXPORTED_BYTES),
                Tls.exported(tls, DatagramKeys.CLIENT_LABEL, DatagramKeys.EXPORTED_BYTES));
        RelayDatagrams datagrams = server.datagrams();
        datagrams.begin(keys, known, client::close, session -> {
            client.closeFuture().addListener(_ -> datagrams.end(session));
            client.eventLoop().execute(() -> {
                ByteBuf answer = client.alloc().buffer();
                ConvertMessage.of(DatagramsTlv.answer(session, datagrams.port(), server.ownAddress(address.isIpv4()))).write(answer);
                client.writeAndFlush(answer);
                client.pipeline().addLast(new ClosesAtEnd());
                client.pipeline().remove(held);
                client.config().setAutoRead(true);
            });
        });
    }

    private void connected(SocketChannel destination, Throwable failure) {
        if (failure != null) {
            boolean refusal = ConnectFailure.of(failure) == ConnectFailure.REFUSED;
            refuse(Refusal.DESTINATION_FAILED, refusal ? ConvertError.CONNECTION_RESET : ConvertError.DESTINATION_UNREACHABLE, "");
        } else {
            ChannelJoin join = user.join(client, destination);
            destination.pipeline().addLast(join.second());
            ByteBuf answer = client.alloc().buffer();
            // An Extended TCP Header without options: the kernel does not tell those of the SYN/ACK.
            ConvertMessage.of(new Tlv(Tlv.EXTENDED_TCP_HEADER, new byte[2])).write(answer);
            client.writeAndFlush(answer);
            client.pipeline().addLast(join.first());
            client.pipeline().remove(held); // what waited goes on to the join
            join.begin();
        }
    }

    /** Counts it, says why, ends the stream, and closes when the client has, or after a moment: a reset would take the reason with it. */
    private void refuse(Refusal refusal, ConvertError error, String detail) {
        refused = true;
        helloTimer.cancel(false);
        server.log().refused(refusal, address, detail);
        ByteBuf answer = client.alloc().buffer();
        ConvertMessage.error(error).write(answer);
        client.write(answer);
        client.config().setAutoRead(!asked);
        new StreamEnds(client).sayFarewell();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close();
    }

    /** However it ended. */
    private void over() {
        if (user != null) {
            user.left(client);
        }
    }
}
