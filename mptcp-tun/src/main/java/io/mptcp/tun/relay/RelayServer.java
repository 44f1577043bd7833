package io.mptcp.tun.relay;

import io.mptcp.netty.channel.MptcpChannelOption;
import io.mptcp.netty.channel.MptcpServerSocketChannel;
import io.mptcp.netty.channel.MptcpTransport;
import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.netty.linux.KernelStreamSocket;
import io.mptcp.netty.linux.LinuxException;
import io.mptcp.pm.Endpoint;
import io.mptcp.pm.EndpointFlag;
import io.mptcp.tun.ConfigException;
import io.mptcp.tun.stream.StreamEnds;
import io.mptcp.tun.stream.Tls;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listens for clients, and has what their connections share. */
public final class RelayServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RelayServer.class);
    private static final int STOP_SECONDS = 2;
    private static final int QUOTA_SECONDS = 1;
    private static final int BACKLOG = 1024;
    /** Connections whose SYN had data, and whose client has not proved yet where it is. */
    private static final int FAST_OPEN_QUEUE = 1024;

    /** As it is in force; what a restart is needed for is as it was at the start. */
    private volatile RelayConfig config;
    private volatile Map<String, RelayUser> users = Map.of();
    private final NameLookup.Resolver resolver;
    private final RefusalLog log = new RefusalLog();
    private final ReplayGuard replayGuard = new ReplayGuard();
    private final HalfOpen halfOpen;
    private final MultiThreadIoEventLoopGroup group;
    private final ChannelGroup clients = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final List<Channel> listeners = new ArrayList<>();
    /** Null where the kernel's Multipath TCP takes the connections. */
    private MptcpStack stack;
    /** Null where no destination is asked for Multipath TCP. */
    private MptcpTransport kernelMptcp;
    private volatile SslContext tls;
    /** Of key and certificate that are in use, null without TLS. */
    private byte[] tlsDigest;
    /** Null where there are none. */
    private RelayDatagrams datagrams;
    /** Null while nobody has a quota. */
    private Future<?> quotaTimer;
    private boolean closed;

    private RelayServer(RelayConfig config, NameLookup.Resolver resolver) {
        this.config = config;
        this.resolver = resolver;
        this.halfOpen = new HalfOpen(config.limits().halfOpen(), config.limits().halfOpenPerClient());
        this.users = usersOf(config);
        // Packet links belong to one loop.
        int loops = config.usesStack() ? 1 : Runtime.getRuntime().availableProcessors();
        this.group = new MultiThreadIoEventLoopGroup(loops, new DefaultThreadFactory("relay", true), EpollIoHandler.newFactory());
    }

    /** Those who stay keep what they have and what they are counted for. */
    private Map<String, RelayUser> usersOf(RelayConfig wanted) {
        Map<String, RelayUser> next = new LinkedHashMap<>();
        for (RelayConfig.User user : wanted.users()) {
            RelayUser known = users.get(user.name());
            if (known == null) {
                known = new RelayUser(user, ZonedDateTime.now());
            } else {
                known.configure(user, ZonedDateTime.now());
            }
            next.put(user.name(), known);
        }
        return Collections.unmodifiableMap(next);
    }

    /**
     * Does what another configuration says, as far as that can be done without dropping connections: those there are go on, also of users and to destinations
     * that are no longer allowed. Any thread, one at a time.
     *
     * @return what was done and what needs a restart, in one line
     * @throws ConfigException with one line when key or certificate cannot be used, or it is being stopped; then nothing was changed
     */
    synchronized String reload(RelayConfig wanted) throws ConfigException {
        if (closed) {
            throw new ConfigException("the relay is being stopped");
        }
        RelayConfig before = config;
        SslContext nextTls = tls;
        byte[] nextDigest = tlsDigest;
        if (before.tls() != null && before.tls().equals(wanted.tls())) {
            try {
                nextTls = Tls.server(wanted.tls().certificate(), wanted.tls().key()); // the files may be new
                nextDigest = digest(wanted.tls());
            } catch (IOException e) {
                throw new ConfigException(e.getMessage());
            }
        }
        RelayConfig next = before.reloadedWith(wanted);
        boolean newTls = !Arrays.equals(nextDigest, tlsDigest);
        tls = nextTls;
        tlsDigest = nextDigest;
        users = usersOf(next);
        halfOpen.setLimits(next.limits().halfOpen(), next.limits().halfOpenPerClient());
        config = next;
        if (datagrams != null) {
            datagrams.setEgress(next.egress());
        }
        watchQuotas();
        return before.changes(wanted, newTls);
    }

    private static byte[] digest(RelayConfig.TlsFiles files) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (Path file : List.of(files.certificate(), files.key())) {
                digest.update(Files.readAllBytes(file));
                digest.update((byte) 0);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every platform has it
        }
    }

    /** Opens everything, or nothing. @throws SetupException with one line */
    public static RelayServer start(RelayConfig config) throws SetupException {
        return start(config, InetAddress::getAllByName);
    }

    /** As {@link #start(RelayConfig)}. @param resolver instead of the system's */
    static RelayServer start(RelayConfig config, NameLookup.Resolver resolver) throws SetupException {
        RelayServer server = new RelayServer(config, resolver);
        try {
            server.open();
            return server;
        } catch (SetupException | RuntimeException e) {
            server.close();
            throw e;
        }
    }

    private void open() throws SetupException {
        if (config.tls() != null) {
            try {
                tls = Tls.server(config.tls().certificate(), config.tls().key());
                tlsDigest = digest(config.tls());
            } catch (IOException e) {
                throw new SetupException(e.getMessage(), e);
            }
        }
        if (config.usesStack()) {
            MptcpStack.Builder builder = MptcpStack.builder().group(group).scheduler(config.scheduler()).congestionControl(config.congestion());
            config.paths().forEach(builder::path);
            stack = builder.config(settings -> settings.withAllowJoinInitialAddress(config.allowJoinInitialAddress())).build();
            Uplinks uplinks = stack.shards().getFirst();
            announce(uplinks);
            FloodWatch.start(uplinks.loop(), () -> uplinks.driver().stack().counters());
        }
        for (RelayConfig.Listen listen : config.listen()) {
            open(listen, false, this::addSession);
        }
        if (config.convert().stream().anyMatch(ConvertListen::mptcp)) {
            try {
                kernelMptcp = MptcpTransport.kernel(group);
            } catch (SocketException e) {
                throw new SetupException("convert with mptcp: " + e.getMessage(), e);
            }
        }
        for (ConvertListen convert : config.convert()) {
            ConvertService service = new ConvertService(convert);
            open(convert.listen(), true, channel -> new ConvertSession(this, service, channel).start());
        }
        if (config.datagrams() && config.tls() != null && !config.listen().isEmpty()) {
            datagrams = RelayDatagrams.open(loop(), config.listen().getFirst().address(), config.egress());
        }
        for (SocksListen socks : config.socks()) {
            open(socks.listen(), false, channel -> addSocks(socks, channel));
        }
        watchQuotas();
        for (RelayConfig.Forward forward : config.forward()) {
            open(forward.listen(), false, channel -> new ForwardSession(this, forward, channel).start());
        }
    }

    /** Every second, while there is a user who has one. */
    private synchronized void watchQuotas() {
        boolean needed = config.users().stream().anyMatch(user -> user.quota() != null);
        if (needed && quotaTimer == null) {
            quotaTimer = loop().scheduleAtFixedRate(this::checkQuotas, QUOTA_SECONDS, QUOTA_SECONDS, TimeUnit.SECONDS);
        } else if (!needed && quotaTimer != null) {
            quotaTimer.cancel(false);
            quotaTimer = null;
        }
    }

    /** A user may carry what he carries in a second beyond his quota. */
    private void checkQuotas() {
        ZonedDateTime now = ZonedDateTime.now();
        for (RelayUser user : users.values()) {
            String end = user.updateQuota(now);
            if (end != null) {
                LOG.warn("{}", end);
                // Not an end that a program might take for the whole.
                user.channels().forEach(channel -> channel.eventLoop().execute(() -> new StreamEnds((SocketChannel) channel).reset()));
            }
        }
    }

    /** Clients hear of these addresses as soon as they can be told. */
    private void announce(Uplinks uplinks) throws SetupException {
        for (IpEndpoint address : config.announce()) {
            Future<Endpoint> added = uplinks.loop().submit(
                    () -> uplinks.pathManager().addEndpoint(Endpoint.of(address.address(), EndpointFlag.SIGNAL).withPort(address.port()))).awaitUninterruptibly();
            if (!added.isSuccess()) {
                throw new SetupException("announce " + address + ": " + added.cause().getMessage(), added.cause());
            }
        }
    }

    /** @param fast whether data of SYNs is taken. @param session begins what is to become of a connection, in its pipeline */
    private void open(RelayConfig.Listen listen, boolean fast, Consumer<SocketChannel> session) throws SetupException {
        Consumer<SocketChannel> begin = channel -> {
            if (listen.isBalancer(IpAddress.of(channel.remoteAddress().getAddress().getAddress()))) {
                ProxyHeader.await(this, channel, session);
            } else {
                session.accept(channel);
            }
        };
        listeners.add(listen.byKernel() ? listenByKernel(listen.address(), fast, begin) : listenByStack(listen.address(), fast, begin));
    }

    private Channel listenByStack(InetSocketAddress address, boolean fast, Consumer<SocketChannel> session) throws SetupException {
        ServerBootstrap bootstrap = bootstrap(session).channelFactory(() -> new MptcpServerSocketChannel(stack));
        if (fast) {
            bootstrap.option(ChannelOption.TCP_FASTOPEN, FAST_OPEN_QUEUE).option(MptcpChannelOption.TCP_FASTOPEN_NO_COOKIE, true);
        }
        ChannelFuture bound = bootstrap.bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new SetupException("listen " + RelayConfig.text(address) + ": " + bound.cause().getMessage(), bound.cause());
        }
        return bound.channel();
    }

    private Channel listenByKernel(InetSocketAddress address, boolean fast, Consumer<SocketChannel> session) throws SetupException {
        KernelStreamSocket socket = null;
        try {
            socket = KernelStreamSocket.open();
            socket.setReuseAddress();
            socket.bind(new IpEndpoint(address.getAddress().isAnyLocalAddress() && address.getAddress().getAddress().length == 16 ? IpAddress.ANY
                    : IpAddress.of(address.getAddress().getAddress()), address.getPort()));
            if (fast) {
                ConvertService.openFast(socket, FAST_OPEN_QUEUE);
            }
            socket.listen(BACKLOG);
        } catch (LinuxException e) {
            if (socket != null) {
                socket.close();
            }
            throw new SetupException("listen " + RelayConfig.text(address) + ": " + e.getMessage() + ", or let it be done by: stack", e);
        }
        int fd = socket.fd();
        ChannelFuture registered = bootstrap(session).channelFactory(() -> new EpollServerSocketChannel(fd)).register().awaitUninterruptibly();
        if (!registered.isSuccess()) {
            throw new SetupException("listen " + RelayConfig.text(address) + ": " + registered.cause().getMessage(), registered.cause());
        }
        return registered.channel();
    }

    private ServerBootstrap bootstrap(Consumer<SocketChannel> session) {
        return new ServerBootstrap().group(group)
                .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        accept(channel, session);
                    }
                });
    }

    private void accept(SocketChannel channel, Consumer<SocketChannel> session) {
        InetSocketAddress address = channel.remoteAddress();
        if (address == null) {
            channel.close(); // gone already
            return;
        }
        if (clients.size() >= config.limits().connections()) {
            log.refused(Refusal.RELAY_FULL, IpAddress.of(address.getAddress().getAddress()), "");
            channel.close();
            return;
        }
        clients.add(channel);
        session.accept(channel);
    }

    private void addSession(SocketChannel channel) {
        if (tls != null) {
            TlsFront.add(channel, tls, log);
        }
        channel.pipeline().addLast(new RelaySession(this, channel));
    }

    private void addSocks(SocksListen listen, SocketChannel channel) {
        IpAddress address = ProxyHeader.sourceAddress(channel);
        if (!listen.serves(address)) {
            log.refused(Refusal.NOT_A_CLIENT, address, "");
            new StreamEnds(channel).reset();
            return;
        }
        if (listen.tls()) {
            TlsFront.add(channel, tls, log);
        }
        new SocksSession(this, channel).start();
    }

    /**
     * Opens a connection to a destination for a client, with nothing read from it until that is switched on. It ends with the client.
     *
     * @param connected gets the channel, or null and why there is none; on the client's loop, and not when the client has gone
     */
    void connect(SocketChannel client, InetSocketAddress remote, BiConsumer<SocketChannel, Throwable> connected) {
        connect(new Bootstrap().group(client.eventLoop()).channel(EpollSocketChannel.class), client, remote, connected);
    }

    /** As {@link #connect}; the destination is asked for Multipath TCP, of the kernel's. */
    void connectByMptcp(SocketChannel client, InetSocketAddress remote, BiConsumer<SocketChannel, Throwable> connected) {
        connect(kernelMptcp.bootstrap().clone(client.eventLoop()), client, remote, connected);
    }

    private void connect(Bootstrap bootstrap, SocketChannel client, InetSocketAddress remote, BiConsumer<SocketChannel, Throwable> connected) {
        ChannelFuture connecting = bootstrap
                .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_KEEPALIVE, true)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) TimeUnit.SECONDS.toMillis(config.limits().connectTimeoutSeconds()))
                .handler(new ChannelInboundHandlerAdapter())
                .connect(remote);
        if (!(connecting.channel() instanceof SocketChannel destination)) { // Netty's stand-in where no socket is to be had: too many files are open
            client.eventLoop().execute(() -> {
                if (client.isActive()) {
                    connected.accept(null, connecting.cause());
                }
            });
            return;
        }
        client.closeFuture().addListener(_ -> destination.close());
        connecting.addListener(future -> {
            if (client.isActive()) {
                connected.accept(future.isSuccess() ? destination : null, future.cause());
            }
        });
    }

    static InetSocketAddress socketAddress(IpEndpoint endpoint) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(endpoint.address().toBytes()), endpoint.port());
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // of a length that is not an address's
        }
    }

    /** Where clients of this family find this relay itself, whatever stands before it; null when it is where they came to. */
    IpAddress ownAddress(boolean ipv4) {
        return config.announce().stream().map(IpEndpoint::address).filter(address -> address.isIpv4() == ipv4).findFirst().orElse(null);
    }

    /** One of its loops. */
    IoEventLoop loop() {
        return group.next();
    }

    RelayConfig config() {
        return config;
    }

    RelayUser user(String name) {
        return users.get(name);
    }

    /** Of names that users of SOCKS ask for. */
    NameLookup.Resolver resolver() {
        return resolver;
    }

    RefusalLog log() {
        return log;
    }

    RelayDatagrams datagrams() {
        return datagrams;
    }

    ReplayGuard replayGuard() {
        return replayGuard;
    }

    HalfOpen halfOpen() {
        return halfOpen;
    }

    /**
     * A client has come, and not said yet who it is: so many may be like this, and each for so long.
     *
     * @param over when it has gone, which may be at once: the client is one too many
     * @return the timer behind {@code tooSlow}, to be cancelled when it has said so
     */
    Future<?> awaitHello(SocketChannel client, IpAddress address, Runnable tooSlow, Runnable over) {
        Future<?> timer = client.eventLoop().schedule(tooSlow, config.limits().helloTimeoutSeconds(), TimeUnit.SECONDS);
        Channel surplus = halfOpen.enters(client, address);
        client.closeFuture().addListener(_ -> {
            timer.cancel(false);
            halfOpen.leaves(client, address);
            over.run();
        });
        if (surplus != null) {
            log.refused(Refusal.TOO_MANY_HALF_OPEN, address, "");
            surplus.close();
        }
        return timer;
    }

    /** What it is doing, at one moment. Any thread but its loops'. */
    RelayReport report() {
        Map<String, Long> refusals = new LinkedHashMap<>();
        for (Refusal refusal : Refusal.values()) {
            refusals.put(refusal.key(), log.count(refusal));
        }
        return new RelayReport(clients.size(), halfOpen.size(), users.values().stream().map(RelayUser::use).toList(), refusals, counters());
    }

    private Map<String, Long> counters() {
        if (stack == null) {
            return Map.of();
        }
        Uplinks uplinks = stack.shards().getFirst();
        return uplinks.loop().submit(() -> uplinks.driver().stack().counters().nonZero()).syncUninterruptibly().getNow();
    }

    /** The first address it listens on. */
    public InetSocketAddress address() {
        return (InetSocketAddress) listeners.getFirst().localAddress();
    }

    /** Takes no more connections, and resets those there are. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        listeners.forEach(listener -> listener.close().awaitUninterruptibly());
        clients.close().awaitUninterruptibly();
        if (datagrams != null) {
            datagrams.close();
        }
        if (stack != null) {
            stack.close();
        }
        group.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS);
    }
}
