package io.mptcp.tun.relay;

import io.mptcp.tun.stream.ChannelJoin;
import io.mptcp.tun.stream.HeldInput;
import io.mptcp.tun.stream.StreamEnds;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.socksx.SocksMessage;
import io.netty.handler.codec.socksx.v5.DefaultSocks5CommandResponse;
import io.netty.handler.codec.socksx.v5.DefaultSocks5InitialResponse;
import io.netty.handler.codec.socksx.v5.DefaultSocks5PasswordAuthResponse;
import io.netty.handler.codec.socksx.v5.Socks5AddressDecoder;
import io.netty.handler.codec.socksx.v5.Socks5AddressType;
import io.netty.handler.codec.socksx.v5.Socks5AuthMethod;
import io.netty.handler.codec.socksx.v5.Socks5CommandRequest;
import io.netty.handler.codec.socksx.v5.Socks5CommandRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5CommandStatus;
import io.netty.handler.codec.socksx.v5.Socks5CommandType;
import io.netty.handler.codec.socksx.v5.Socks5InitialRequest;
import io.netty.handler.codec.socksx.v5.Socks5InitialRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5Message;
import io.netty.handler.codec.socksx.v5.Socks5PasswordAuthRequest;
import io.netty.handler.codec.socksx.v5.Socks5PasswordAuthRequestDecoder;
import io.netty.handler.codec.socksx.v5.Socks5PasswordAuthStatus;
import io.netty.handler.codec.socksx.v5.Socks5ServerEncoder;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * One connection of a program that speaks SOCKS version 5 (RFC 1928): methods, the user's name and token (RFC 1929), and where it wants to go, all within some
 * seconds; then a connection to there, and the two are joined. What comes behind the request waits meanwhile. There is CONNECT, and nothing without a token.
 */
final class SocksSession extends ChannelInboundHandlerAdapter {
    private static final Set<Socks5AddressType> ADDRESS_TYPES = Set.of(Socks5AddressType.IPv4, Socks5AddressType.DOMAIN, Socks5AddressType.IPv6);
    /** Of one name. Who has a name of his own could make one request a scan of ports otherwise. */
    private static final int MAX_ADDRESSES = 4;

    private final RelayServer server;
    private final SocketChannel client;
    private final IpAddress address;
    private final HeldInput held = new HeldInput();
    private Future<?> helloTimer;
    /** Whoever has proved to be one. */
    private RelayUser user;
    /** He counts as one of the user's connections. */
    private boolean entered;
    private boolean asked;
    private boolean refused;
    private Socks5AddressType unknownType;
    private Runnable forgetName;
    private Future<?> nameTimer;
    private final ArrayDeque<IpEndpoint> untried = new ArrayDeque<>();

    SocksSession(RelayServer server, SocketChannel client) {
        this.server = server;
        this.client = client;
        this.address = ProxyHeader.sourceAddress(client);
    }

    void start() {
        client.pipeline().addLast(Socks5ServerEncoder.DEFAULT, new Socks5InitialRequestDecoder(), new Socks5PasswordAuthRequestDecoder(),
                new Socks5CommandRequestDecoder(this::decodeAddress), this);
        helloTimer = server.awaitHello(client, address, this::tooSlow, this::over);
    }

    private String decodeAddress(Socks5AddressType type, ByteBuf in) throws Exception {
        unknownType = ADDRESS_TYPES.contains(type) ? null : type;
        return Socks5AddressDecoder.DEFAULT.decodeAddress(type, in);
    }

    /** From handshake to request, all together: byte by byte is no excuse. */
    private void tooSlow() {
        if (!asked && !refused && client.isActive()) {
            server.log().refused(Refusal.SLOW_HELLO, address, "");
            refused = true;
            client.close();
        }
    }

    // ---- the three messages; each decoder gets what the one before leaves ----

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (refused || !(message instanceof SocksMessage)) {
            ReferenceCountUtil.release(message);
        } else if (((SocksMessage) message).decoderResult().isFailure()) {
            malformed();
        } else {
            switch (message) {
                case Socks5InitialRequest greeting -> greeted(greeting);
                case Socks5PasswordAuthRequest request -> authenticate(request);
                case Socks5CommandRequest request -> asked(request);
                default -> malformed();
            }
        }
    }

    /** To somebody without a token nothing is said. */
    private void malformed() {
        Socks5CommandStatus status = unknownType == null ? Socks5CommandStatus.FAILURE : Socks5CommandStatus.ADDRESS_UNSUPPORTED;
        refuse(Refusal.MALFORMED_HELLO, user == null ? null : answer(status), "");
    }

    private void greeted(Socks5InitialRequest greeting) {
        if (greeting.authMethods().contains(Socks5AuthMethod.PASSWORD)) {
            client.writeAndFlush(new DefaultSocks5InitialResponse(Socks5AuthMethod.PASSWORD));
        } else {
            refuse(Refusal.NO_PASSWORD, new DefaultSocks5InitialResponse(Socks5AuthMethod.UNACCEPTED), "");
        }
    }

    private void authenticate(Socks5PasswordAuthRequest request) {
        RelayUser known = server.user(request.username());
        if (!RelayUser.proves(known, request.password())) {
            refuse(Refusal.WRONG_TOKEN, new DefaultSocks5PasswordAuthResponse(Socks5PasswordAuthStatus.FAILURE), "user " + RefusalLog.printable(request.username()));
            return;
        }
        user = known;
        server.halfOpen().proves(client);
        client.writeAndFlush(new DefaultSocks5PasswordAuthResponse(Socks5PasswordAuthStatus.SUCCESS));
    }

    private void asked(Socks5CommandRequest request) {
        asked = true;
        helloTimer.cancel(false);
        server.halfOpen().leaves(client, address);
        client.config().setAutoRead(false);
        client.pipeline().addLast(held);
        client.pipeline().remove(this);
        client.pipeline().remove(Socks5CommandRequestDecoder.class);
        client.pipeline().remove(Socks5PasswordAuthRequestDecoder.class);
        client.pipeline().remove(Socks5InitialRequestDecoder.class);
        if (!request.type().equals(Socks5CommandType.CONNECT)) {
            refuse(Refusal.UNSUPPORTED_COMMAND, answer(Socks5CommandStatus.COMMAND_UNSUPPORTED), "user " + user.name());
        } else if (request.dstAddrType().equals(Socks5AddressType.DOMAIN)) {
            lookUp(request.dstAddr(), request.dstPort());
        } else {
            IpEndpoint remote = new IpEndpoint(IpAddress.parse(request.dstAddr()), request.dstPort());
            if (!server.config().egress().allows(remote)) {
                denied(remote.toString());
            } else if (enters()) {
                untried.add(remote);
                tryNext(null);
            }
        }
    }

    private boolean enters() {
        Refusal refusal = user.enters(client);
        entered = refusal == null;
        if (!entered) {
            refuse(refusal, answer(Socks5CommandStatus.FAILURE), "user " + user.name());
        }
        return entered;
    }

    private void denied(String destination) {
        refuse(Refusal.EGRESS_DENIED, answer(Socks5CommandStatus.FORBIDDEN), "user " + user.name() + ", " + destination);
    }

    // ---- the destination ----

    /** The user's limit of connections is one of names, too. */
    private void lookUp(String name, int port) {
        if (enters()) {
            forgetName = user.lookup().start(server.resolver(), name, client.eventLoop(), found -> found(name, port, found));
            nameTimer = client.eventLoop().schedule(() -> found(name, port, List.of()), server.config().limits().connectTimeoutSeconds(), TimeUnit.SECONDS);
        }
    }

    /** It is addresses that are listed, not names: the ones that are tried are the ones that were looked at. */
    private void found(String name, int port, List<IpAddress> addresses) {
        if (forgetName == null || !client.isActive()) {
            return;
        }
        forgetName();
        addresses.stream().map(each -> new IpEndpoint(each, port)).filter(server.config().egress()::allows).limit(MAX_ADDRESSES).forEach(untried::add);
        if (!untried.isEmpty()) {
            tryNext(null);
        } else if (addresses.isEmpty()) {
            refuse(Refusal.DESTINATION_FAILED, answer(Socks5CommandStatus.HOST_UNREACHABLE), "no addresses of " + RefusalLog.printable(name));
        } else {
            denied(RefusalLog.printable(name) + " is " + new IpEndpoint(addresses.getFirst(), port));
        }
    }

    private void forgetName() {
        if (forgetName != null) {
            forgetName.run();
            forgetName = null;
            nameTimer.cancel(false);
        }
    }

    /** @param failure of the one before */
    private void tryNext(Throwable failure) {
        IpEndpoint remote = untried.poll();
        if (remote == null) {
            refuse(Refusal.DESTINATION_FAILED, answer(status(failure)), "");
        } else {
            server.connect(client, RelayServer.socketAddress(remote), this::tried);
        }
    }

    private static Socks5CommandStatus status(Throwable failure) {
        return switch (ConnectFailure.of(failure)) {
            case REFUSED -> Socks5CommandStatus.CONNECTION_REFUSED;
            case UNREACHABLE -> Socks5CommandStatus.HOST_UNREACHABLE;
            case TIMED_OUT -> Socks5CommandStatus.TTL_EXPIRED;
            case OTHER -> Socks5CommandStatus.FAILURE;
        };
    }

    private void tried(SocketChannel destination, Throwable failure) {
        if (failure != null) {
            tryNext(failure);
        } else {
            ChannelJoin join = user.join(client, destination);
            destination.pipeline().addLast(join.second());
            InetSocketAddress local = destination.localAddress();
            client.writeAndFlush(new DefaultSocks5CommandResponse(Socks5CommandStatus.SUCCESS,
                    local.getAddress().getAddress().length == 4 ? Socks5AddressType.IPv4 : Socks5AddressType.IPv6, local.getAddress().getHostAddress(), local.getPort()));
            client.pipeline().remove(Socks5ServerEncoder.class);
            client.pipeline().addLast(join.first());
            client.pipeline().remove(held); // what waited goes on to the join
            join.begin();
        }
    }

    // ---- the end ----

    private static Socks5Message answer(Socks5CommandStatus status) {
        return new DefaultSocks5CommandResponse(status, Socks5AddressType.IPv4, "0.0.0.0", 0);
    }

    /** Counts it, and ends the connection. @param answer null for none */
    private void refuse(Refusal refusal, Socks5Message answer, String detail) {
        refused = true;
        helloTimer.cancel(false);
        server.log().refused(refusal, address, detail);
        if (answer == null) {
            new StreamEnds(client).reset();
            return;
        }
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
        forgetName();
        if (entered) {
            user.left(client);
        }
    }
}
