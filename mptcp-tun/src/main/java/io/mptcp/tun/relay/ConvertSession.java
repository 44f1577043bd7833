package io.mptcp.tun.relay;

import io.mptcp.tun.convert.ConnectTlv;
import io.mptcp.tun.convert.ConvertError;
import io.mptcp.tun.convert.ConvertException;
import io.mptcp.tun.convert.ConvertMessage;
import io.mptcp.tun.convert.Cookie;
import io.mptcp.tun.convert.ErrorTlv;
import io.mptcp.tun.convert.Tlv;
import io.mptcp.tun.stream.ChannelJoin;
import io.mptcp.tun.stream.HeldInput;
import io.mptcp.tun.stream.StreamEnds;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * One connection of a stock client (RFC 8803): its message, which has come with the SYN unless something kept it from that; then a connection to where it wants
 * to go, and the two are joined. What comes behind the message waits meanwhile. What is no Convert message is not answered.
 */
final class ConvertSession {
    private static final int MAGIC = 0x2263;
    private static final int HEADER_BYTES = 4;
    private static final Set<Integer> TYPES = Set.of(Tlv.INFO, Tlv.CONNECT, Tlv.COOKIE);
    /** Until a connection of the same client has ended, for one. */
    private static final int FULL_DELAY_SECONDS = 5;
    private static final int ICMP_HOST_UNREACHABLE = 1;
    private static final long FIRST_WAIT_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

    private final RelayServer server;
    private final ConvertService service;
    private final SocketChannel client;
    private final IpAddress address;
    private final HeldInput held = new HeldInput();
    private final long startNanos = System.nanoTime();
    private Future<?> helloTimer;
    private boolean asked;
    private boolean counted;
    /** The answer, as far as it is known. */
    private final List<Tlv> answer = new ArrayList<>();

    ConvertSession(RelayServer server, ConvertService service, SocketChannel client) {
        this.server = server;
        this.service = service;
        this.client = client;
        this.address = ProxyHeader.sourceAddress(client);
    }

    void start() {
        client.pipeline().addLast(new Decoder());
        helloTimer = server.awaitHello(client, address, this::tooSlow, this::over);
    }

    private void tooSlow() {
        if (!asked && client.isActive()) {
            ignore(Refusal.SLOW_HELLO);
        }
    }

    /** Takes the message, and leaves what follows to whoever comes. */
    private final class Decoder extends ByteToMessageDecoder {
        @Override
        protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
            if (in.readableBytes() < HEADER_BYTES) {
                return;
            }
            int start = in.readerIndex();
            int length = 4 * in.getUnsignedByte(start + 1);
            if (in.getUnsignedShort(start + 2) != MAGIC || length == 0) {
                in.skipBytes(in.readableBytes());
                ignore(Refusal.NOT_CONVERT);
                return;
            }
            byte[] received = ByteBufUtil.getBytes(in, start, Math.min(in.readableBytes(), Math.max(HEADER_BYTES, length)));
            try {
                ConvertMessage message = ConvertMessage.read(in);
                if (message != null) {
                    asked(this);
                    admit(message, received);
                }
            } catch (ConvertException e) {
                asked(this);
                refuse(Refusal.MALFORMED_HELLO, e.tlv(received), e.getMessage());
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    /** From now on what comes is held. */
    private void asked(Decoder decoder) {
        asked = true;
        helloTimer.cancel(false);
        client.config().setAutoRead(false);
        client.pipeline().addLast(held);
        client.pipeline().remove(decoder);
    }

    private void admit(ConvertMessage message, byte[] received) {
        if (!service.config().serves(address)) {
            refuse(Refusal.NOT_A_CLIENT, ErrorTlv.of(ConvertError.NOT_AUTHORIZED), "");
        } else if (hasCookie(message)) {
            serve(message, received);
        }
    }

    private boolean hasCookie(ConvertMessage message) {
        AddressCookies cookies = service.cookies();
        long nowMillis = System.currentTimeMillis();
        Tlv cookie = message.find(Tlv.COOKIE);
        if (cookies == null) {
            return true;
        }
        if (cookie != null && cookies.isGood(address, Cookie.read(cookie), nowMillis)) {
            server.halfOpen().proves(client);
            return true;
        }
        if (cookie == null) {
            server.log().note(Refusal.NO_COOKIE);
            refuse(ErrorTlv.missingCookie(cookies.cookie(address, nowMillis)));
        } else {
            refuse(Refusal.WRONG_COOKIE, ErrorTlv.of(ConvertError.NOT_AUTHORIZED), "");
        }
        return false;
    }

    private void serve(ConvertMessage message, byte[] received) {
        Tlv info = message.find(Tlv.INFO);
        Tlv connect = message.find(Tlv.CONNECT);
        try {
            if (info == null && connect == null || message.tlvs().stream().anyMatch(tlv -> !TYPES.contains(tlv.type()))) {
                throw new ConvertException(ConvertError.UNSUPPORTED_MESSAGE, "neither a Connect nor an Info TLV, or another one beside it");
            }
            if (info != null) {
                answer.add(service.supported());
            }
            if (connect == null) {
                whenHeard(() -> {
                    say();
                    new StreamEnds(client).sayFarewell();
                });
            } else {
                connect(ConnectTlv.request(connect));
            }
        } catch (ConvertException e) {
            boolean option = e.error() == ConvertError.UNSUPPORTED_TCP_OPTION;
            refuse(option ? Refusal.UNSUPPORTED_OPTION : Refusal.MALFORMED_HELLO, e.tlv(received), e.getMessage());
        }
    }

    private void connect(ConnectTlv.Request request) throws ConvertException {
        List<ConnectTlv.Option> unsupported = service.unsupported(request.options());
        if (!unsupported.isEmpty()) {
            throw ConnectTlv.unsupported(unsupported);
        }
        IpEndpoint remote = request.remote();
        if (!server.config().egress().allows(remote)) {
            refuse(Refusal.EGRESS_DENIED, ErrorTlv.of(ConvertError.NOT_AUTHORIZED), remote.toString());
        } else if (!service.enters(address)) {
            refuse(Refusal.CLIENT_FULL, ErrorTlv.delay(ConvertError.RESOURCE_EXCEEDED, FULL_DELAY_SECONDS), "");
        } else {
            counted = true;
            BiConsumer<SocketChannel, Throwable> connected = (destination, failure) -> connected(remote, destination, failure);
            if (service.asksForMptcp()) {
                server.connectByMptcp(client, RelayServer.socketAddress(remote), connected);
            } else {
                server.connect(client, RelayServer.socketAddress(remote), connected);
            }
        }
    }

    private void connected(IpEndpoint remote, SocketChannel destination, Throwable failure) {
        if (failure != null) {
            refuse(Refusal.DESTINATION_FAILED, error(failure), remote.toString());
        } else {
            server.halfOpen().leaves(client, address);
            answer.add(service.extendedTcpHeader(destination));
            ChannelJoin join = new ChannelJoin(client, destination, () -> { });
            HeldInput heldBack = new HeldInput(); // behind the answer
            destination.pipeline().addLast(heldBack, join.second());
            client.pipeline().addLast(join.first());
            client.pipeline().remove(held);
            join.beginFirst();
            whenHeard(() -> {
                say();
                if (destination.isOpen()) {
                    destination.pipeline().remove(heldBack);
                    join.beginSecond();
                }
            });
        }
    }

    /** A destination that is silent is as good as not there. */
    private static Tlv error(Throwable failure) {
        return switch (ConnectFailure.of(failure)) {
            case REFUSED -> ErrorTlv.of(ConvertError.CONNECTION_RESET);
            case UNREACHABLE, TIMED_OUT -> ErrorTlv.unreachable(ICMP_HOST_UNREACHABLE);
            case OTHER -> ErrorTlv.delay(ConvertError.NETWORK_FAILURE, 1);
        };
    }

    /** Runs it when the client can be written to: {@link ConvertService#mayWrite}. */
    private void whenHeard(Runnable task) {
        if (client.isActive() && !ConvertService.mayWrite(client)) {
            soon(() -> whenHeard(task));
        } else if (client.isActive()) {
            task.run();
        }
    }

    /** The longer the client's answer takes, the less often is asked. */
    private void soon(Runnable task) {
        long waitedNanos = System.nanoTime() - startNanos;
        client.eventLoop().schedule(task, Math.max(FIRST_WAIT_NANOS, waitedNanos / 8), TimeUnit.NANOSECONDS);
    }

    private void say() {
        ByteBuf out = client.alloc().buffer();
        new ConvertMessage(answer).write(out);
        client.writeAndFlush(out);
    }

    /** Counts it, and says why, if this client has not been told too much lately. */
    private void refuse(Refusal refusal, Tlv error, String detail) {
        server.log().refused(refusal, address, detail);
        refuse(error);
    }

    /** When others have used up what may be said to this address it is said once it has answered; meanwhile the client counts as half open. */
    private void refuse(Tlv error) {
        if (!client.isActive()) {
            return;
        }
        boolean answered = ConvertService.hasAnswered(client);
        if (!service.errors(answered).takes(address, System.nanoTime())) {
            if (answered) {
                new StreamEnds(client).reset();
            } else {
                soon(() -> refuse(error));
            }
            return;
        }
        answer.clear();
        answer.add(error);
        whenHeard(() -> {
            say();
            new StreamEnds(client).sayFarewell();
        });
    }

    /** No word to somebody who does not speak this language (section 6): the SYN has been answered already. */
    private void ignore(Refusal refusal) {
        asked = true;
        server.log().refused(refusal, address, "");
        new StreamEnds(client).reset();
    }

    private void over() {
        if (counted) {
            service.left(address);
        }
    }
}
