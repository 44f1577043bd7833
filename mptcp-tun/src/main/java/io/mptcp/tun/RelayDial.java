package io.mptcp.tun;

import io.mptcp.netty.channel.MptcpChannelOption;
import io.mptcp.netty.channel.MptcpSocketChannel;
import io.mptcp.stack.CloseReason;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.tun.convert.ConvertError;
import io.mptcp.tun.convert.ConvertException;
import io.mptcp.tun.convert.ConvertMessage;
import io.mptcp.tun.convert.Cookie;
import io.mptcp.tun.convert.ErrorTlv;
import io.mptcp.tun.convert.Proof;
import io.mptcp.tun.convert.Tlv;
import io.mptcp.tun.stream.Tls;
import io.mptcp.wire.IpAddress;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.concurrent.Future;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One connection by way of a relay being opened: to the first of the relay's addresses that answers, then TLS, then a hello. To a converter (RFC 8803) the hello goes
 * with the SYN. On the loop.
 */
final class RelayDial {
    private static final SecureRandom RANDOM = new SecureRandom();

    private static final int KEEP_ALIVE_IDLE_SECONDS = 60;
    private static final int KEEP_ALIVE_INTERVAL_SECONDS = 10;
    /** With an old cookie, without one, with a new one; each may start over another path than was expected, whose address has another cookie. */
    private static final int MAX_CONVERT_TRIES = 6;
    /** A converter whose messages are interfered with is not to be used any more (RFC 8803 section 8); networks change. */
    private static final int INTERFERENCE_SECONDS = 300;

    private final RelayDialer dialer;
    private final FlowRule rule;
    private final RelaySpec relay;
    /** Null without TLS. */
    private final SslContext tls;
    private final Tlv asked;
    /** In words. */
    private final String what;
    private final RelayDialer.Listener listener;
    private final ArrayDeque<InetSocketAddress> untried;
    private Future<?> timer;
    private MptcpSocketChannel channel;
    private InetSocketAddress server;
    /** Of a converter, and from which address it is expected to come. */
    private byte[] cookie;
    private IpAddress cookieLocal;
    /** Which has been given since this began: when it is refused it is not the cookie that is wrong. */
    private boolean cookieNew;
    private byte[] givenCookie;
    private int converterTries;
    /** From now on it is the destination that takes its time. */
    private boolean said;
    private boolean done;

    RelayDial(RelayDialer dialer, FlowRule rule, Tlv asked, String what, RelayDialer.Listener listener) {
        this.dialer = dialer;
        this.rule = rule;
        this.relay = rule.relay();
        this.tls = dialer.tls(relay);
        this.asked = asked;
        this.what = what;
        this.listener = listener;
        this.untried = new ArrayDeque<>(rule.relay().servers());
    }

    void start(long timeoutMillis) {
        timer = dialer.loop().schedule(() -> fail(CloseReason.TIMED_OUT, said ? null : "does not answer in time"), timeoutMillis, TimeUnit.MILLISECONDS);
        if (relay.convert() != null) {
            long now = dialer.loop().ticker().nanoTime();
            untried.removeIf(address -> dialer.memory().isLeft(address, now));
        }
        if (relay.tls() != null && tls == null) {
            fail(CloseReason.UNREACHABLE, "is not one of the relays any more"); // and never without its TLS
        } else if (untried.isEmpty()) {
            fail(CloseReason.UNREACHABLE, null); // why it is left alone has been said
        } else {
            tryNext();
        }
    }

    private void tryNext() {
        server = untried.remove();
        converterTries = 0;
        connect();
    }

    private void connect() {
        Bootstrap bootstrap = bootstrap();
        if (relay.convert() == null) {
            watch(bootstrap.connect(server));
            return;
        }
        bootstrap.option(ChannelOption.TCP_FASTOPEN_CONNECT, true).option(MptcpChannelOption.TCP_FASTOPEN_NO_COOKIE, true);
        ChannelFuture registered = bootstrap.register();
        registered.addListener(ready -> {
            if (ready.isSuccess()) {
                channel.write(convertMessage());
                watch(channel.connect(server));
            } else {
                fail(CloseReason.UNREACHABLE, "cannot be reached: " + ready.cause().getMessage());
            }
        });
    }

    /** What goes with the SYN: small enough for that, as a cookie has its bound. */
    private ByteBuf convertMessage() {
        converterTries++;
        ConnectOptions options = dialer.uplinks().defaultOptions();
        cookieLocal = dialer.uplinks().likelyLocalAddress(IpAddress.of(server.getAddress().getAddress()),
                rule.paths().isEmpty() ? options : options.withLinks(dialer.uplinks().linksNamed(rule.paths())));
        cookie = dialer.memory().cookie(server, cookieLocal);
        cookieNew = cookie != null && cookie == givenCookie;
        ByteBuf message = channel.alloc().buffer();
        (cookie == null ? ConvertMessage.of(asked) : ConvertMessage.of(asked, Cookie.of(cookie))).write(message);
        return message;
    }

    private void watch(ChannelFuture connecting) {
        connecting.addListener(connected -> {
            if (!connected.isSuccess() && connecting.channel() == channel && !done) {
                if (untried.isEmpty()) {
                    fail(CloseReason.UNREACHABLE, "cannot be reached: " + connected.cause().getMessage());
                } else {
                    tryNext();
                }
            }
        });
    }

    private Bootstrap bootstrap() {
        Bootstrap bootstrap = new Bootstrap().group(dialer.loop()).channelFactory(() -> channel = dialer.newChannel())
                .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0) // the whole has one
                // A relay that has been started again knows nothing of its connections: whoever only receives has to ask.
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(MptcpChannelOption.TCP_KEEPIDLE, KEEP_ALIVE_IDLE_SECONDS)
                .option(MptcpChannelOption.TCP_KEEPINTVL, KEEP_ALIVE_INTERVAL_SECONDS)
                .handler(new ChannelInitializer<MptcpSocketChannel>() {
                    @Override
                    protected void initChannel(MptcpSocketChannel opened) {
                        addHandlers(opened);
                    }
                });
        if (rule.scheduler() != null) {
            bootstrap.option(MptcpChannelOption.SCHEDULER, rule.scheduler());
        }
        if (!rule.paths().isEmpty()) {
            bootstrap.option(MptcpChannelOption.PATHS, rule.paths());
        }
        if (rule.congestion() != null) {
            bootstrap.option(MptcpChannelOption.CONGESTION_CONTROL, rule.congestion());
        }
        return bootstrap;
    }

    private void addHandlers(MptcpSocketChannel opened) {
        if (tls != null) {
            String hostName = relay.tls().hostName();
            SslHandler handler = tls.newHandler(opened.alloc(), hostName == null ? server.getHostString() : hostName, server.getPort());
            handler.setHandshakeTimeoutMillis(0); // the whole has one
            opened.pipeline().addLast(handler);
        }
        opened.pipeline().addLast(new Hello(opened));
    }

    /** Gives up; the listener hears nothing more. */
    void cancel() {
        if (!done) {
            finish();
            close();
        }
    }

    /** Null where nothing has been tried. An error of a converter is answered by a reset (RFC 8803 section 6.2.8). */
    private void close() {
        if (channel != null) {
            channel.config().setSoLinger(relay.convert() != null ? 0 : -1);
            channel.close();
        }
    }

    private void finish() {
        done = true;
        timer.cancel(false);
    }

    /** @param problem what is wrong with the relay; null where it is the destination, or has been said */
    private void fail(CloseReason reason, String problem) {
        if (done) {
            return;
        }
        finish();
        close();
        if (problem != null) {
            dialer.problem(relay, problem);
        }
        dialer.loop().execute(() -> listener.failed(reason)); // not before dial() has returned
    }

    /** Says where to go and who asks, and waits for the answer. */
    private final class Hello extends ByteToMessageDecoder {
        private final MptcpSocketChannel opened;

        Hello(MptcpSocketChannel opened) {
            this.opened = opened;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) throws Exception {
            if (relay.convert() != null) {
                said = true;
                if (opened.connection().isSynDataIgnored()) {
                    leave("does not take what goes with a SYN, or something on the way removes it");
                    return;
                }
            } else if (relay.tls() == null) {
                say(context, null);
            }
            super.channelActive(context);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
            if (event instanceof SslHandshakeCompletionEvent handshake) {
                if (handshake.isSuccess()) {
                    say(context, Tls.exported(context.pipeline().get(SslHandler.class)));
                } else {
                    fail(CloseReason.REFUSED, "TLS: " + rootMessage(handshake.cause()));
                }
            } else if (event == ChannelInputShutdownEvent.INSTANCE) {
                ended(); // an end, with half-closure allowed, is not yet the end of the channel
            }
            super.userEventTriggered(context, event);
        }

        private static String rootMessage(Throwable failure) {
            Throwable root = failure;
            while (root.getCause() != null) {
                root = root.getCause();
            }
            return root.getMessage() == null ? root.toString() : root.getMessage();
        }

        private void say(ChannelHandlerContext context, byte[] exported) {
            said = true;
            Proof proof;
            if (exported != null) {
                proof = Proof.overTls(relay.user(), relay.token(), exported, asked);
            } else {
                byte[] nonce = new byte[Proof.NONCE_BYTES];
                RANDOM.nextBytes(nonce);
                proof = Proof.overTcp(relay.user(), relay.token(), System.currentTimeMillis(), nonce, asked);
            }
            ByteBuf hello = context.alloc().buffer();
            ConvertMessage.of(asked, proof.toTlv()).write(hello);
            context.writeAndFlush(hello);
        }

        @Override
        protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
            if (done || opened != channel) {
                return; // what follows is for the handler that comes, or it is another's turn
            }
            try {
                ConvertMessage answer = ConvertMessage.read(in);
                if (answer == null) {
                    return;
                }
                if (answer.error() != null) {
                    if (relay.convert() == null || !convertsAgain(answer.find(Tlv.ERROR))) {
                        refused(answer.error());
                    }
                    return;
                }
                finish();
                dialer.works(relay);
                opened.config().setAutoRead(false);
                listener.connected(new RelayStream(opened, this, answer));
            } catch (ConvertException e) {
                if (relay.convert() == null) {
                    fail(CloseReason.REFUSED, "answers in another language: " + e.getMessage());
                } else {
                    leave("answers in another language, or something on the way does: " + e.getMessage());
                }
            }
        }

        /** Section 8: a converter that cannot be heard, or not hear, is not used. */
        private void leave(String problem) {
            dialer.memory().leave(server, INTERFERENCE_SECONDS, dialer.loop().ticker().nanoTime());
            String said = problem + "; " + server.getHostString() + " is left alone for " + INTERFERENCE_SECONDS + " s";
            if (untried.isEmpty()) {
                fail(CloseReason.REFUSED, said);
            } else {
                dialer.problem(relay, said);
                close();
                tryNext();
            }
        }

        /** @return whether it is asked once more, with another cookie or none (section 6.2.7) */
        private boolean convertsAgain(Tlv error) {
            IpAddress local = opened.connection().local().address();
            byte[] given = ErrorTlv.cookie(error);
            boolean cookieRefused = cookie != null && ConvertMessage.of(error).error() == ConvertError.NOT_AUTHORIZED;
            if (given != null && given.length <= Cookie.MAX_BYTES) {
                dialer.memory().setCookie(server, local, given);
                givenCookie = given;
            } else if (cookieRefused && local.equals(cookieLocal)) {
                if (cookieNew) {
                    return false; // it is this client that is not wanted, or what it wants
                }
                dialer.memory().setCookie(server, local, null);
            } else if (!cookieRefused) {
                int seconds = ErrorTlv.delaySeconds(error);
                if (seconds > 0) {
                    dialer.memory().leave(server, seconds, dialer.loop().ticker().nanoTime());
                }
                return false;
            }
            if (converterTries == MAX_CONVERT_TRIES) {
                return false;
            }
            close();
            connect();
            return true;
        }

        private void refused(ConvertError error) {
            switch (error) {
                case CONNECTION_RESET -> fail(CloseReason.REFUSED, null);
                case DESTINATION_UNREACHABLE, NETWORK_FAILURE -> fail(CloseReason.UNREACHABLE, null);
                case NOT_AUTHORIZED -> {
                    String whom = relay.convert() != null ? "this client, or what it wants" : "user " + relay.user() + ", or what he wants";
                    dialer.refusal(relay, "refuses " + whom + "; it says why in its log", what);
                    fail(CloseReason.REFUSED, null);
                }
                default -> {
                    dialer.refusal(relay, "refuses: " + error, what);
                    fail(CloseReason.REFUSED, null);
                }
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) throws Exception {
            ended();
            super.channelInactive(context);
        }

        private void ended() {
            if (opened == channel) {
                fail(CloseReason.RESET, "ends connections without an answer");
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            if (opened == channel) {
                fail(CloseReason.RESET, rootMessage(cause));
            }
        }
    }
}
