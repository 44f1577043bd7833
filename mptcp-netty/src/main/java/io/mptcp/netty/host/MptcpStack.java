package io.mptcp.netty.host;

import io.mptcp.netty.MptcpDriver;
import io.mptcp.netty.SegmentLink;
import io.mptcp.netty.TimelineTracer;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.spi.Tracer;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Limits;
import io.mptcp.stack.StackConfig;
import io.mptcp.stack.TokenShard;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Multipath TCP for a program: paths, event loops, and an engine on each loop. The beginning of everything else in this library: Netty channels and
 * {@code java.net} sockets are made over one of these.
 *
 * <pre>{@code
 * try (MptcpStack stack = MptcpStack.builder().path("eth0").path("wwan0").build()) {
 *     ...
 * }
 * }</pre>
 *
 * <p>Links, ports and filters are there as long as the stack is, and gone with it or with the process. There is no other thread than those of
 * the event loops, which are daemons. Methods may be called by any thread unless they say otherwise; what belongs to a loop is in {@link Uplinks}.
 */
public final class MptcpStack implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MptcpStack.class);
    private static final long STOP_SECONDS = 5;

    private final EventLoopGroup group;
    private final boolean ownsGroup;
    private final List<Uplinks> shards = new CopyOnWriteArrayList<>();
    private final AtomicInteger next = new AtomicInteger();
    /** Null where there is none. */
    private TimelineTracer timeline;
    private boolean closed;

    private MptcpStack(EventLoopGroup group, boolean ownsGroup) {
        this.group = group;
        this.ownsGroup = ownsGroup;
    }

    /** Begins a stack; {@link Builder#build} opens it. */
    public static Builder builder() {
        return new Builder();
    }

    /** The event loops. Other channels may be registered here, too. */
    public EventLoopGroup group() {
        return group;
    }

    /** What each loop has, in the order of the loops. */
    public List<Uplinks> shards() {
        return List.copyOf(shards);
    }

    /** What that loop has, null when it is none of this stack. */
    public Uplinks on(EventLoop loop) {
        for (Uplinks uplinks : shards) {
            if (uplinks.loop() == loop) {
                return uplinks;
            }
        }
        return null;
    }

    /** Where to open the next connection: the loops take turns. */
    public Uplinks next() {
        return shards.get(Math.floorMod(next.getAndIncrement(), shards.size()));
    }

    /**
     * Opens a connection on one of the loops. It starts over the first path that answers, and the others join.
     *
     * @param timeoutMillis when to give up
     * @param listener      called on the loop of the connection
     */
    public void connect(IpEndpoint remote, long timeoutMillis, ConnectListener listener) {
        connect(remote, null, null, timeoutMillis, listener);
    }

    /**
     * As {@link #connect(IpEndpoint, long, ConnectListener)}.
     *
     * @param local   address and port to start from, null for any, see {@link Uplinks#connect}
     * @param options null for the stack's defaults
     */
    public void connect(IpEndpoint remote, IpEndpoint local, ConnectOptions options, long timeoutMillis, ConnectListener listener) {
        Uplinks uplinks = next();
        uplinks.loop().execute(() -> uplinks.connect(remote, local, options == null ? uplinks.defaultOptions() : options, timeoutMillis, listener));
    }

    /**
     * Listens, on every loop: each gets its share of the connections, and keeps them.
     *
     * @param local address to listen on, or {@link IpAddress#ANY}; port 0 for any that is free
     * @throws SetupException with one line when the port is taken or needs a privilege
     */
    public MptcpListener listen(IpEndpoint local, ListenOptions options, AcceptHandler handler) throws SetupException {
        return MptcpListener.open(shards, local, options, handler);
    }

    /**
     * Ends what connections there still are without a word to their peers, closes the links, and ends the loops unless they were given to the builder.
     * Not on a loop.
     */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        shards.forEach(Uplinks::close);
        if (ownsGroup) {
            group.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS);
        }
        if (timeline != null) {
            try {
                timeline.close();
            } catch (IOException e) {
                LOG.warn("the timeline may lack its end: {}", e.getMessage());
            }
        }
    }

    private String pathName(int linkId) {
        return shards.isEmpty() ? Integer.toString(linkId) : shards.getFirst().name(linkId);
    }

    /** Loops of our own: a channel that belongs to one of them is registered there. */
    private static final class Loops extends MultiThreadIoEventLoopGroup {
        Loops(int threads, String name) {
            super(threads, new DefaultThreadFactory(name, true), EpollIoHandler.newFactory());
        }

        @Override
        public io.netty.channel.ChannelFuture register(Channel channel) {
            return channel instanceof LoopBound bound && bound.boundLoop() != null ? bound.boundLoop().register(channel) : super.register(channel);
        }
    }

    /** A channel that can live on one loop only. */
    public interface LoopBound {
        /** That loop; null while any of the stack's will do. */
        EventLoop boundLoop();
    }

    /** Collects what a stack is to be like. Only a path is needed. */
    public static final class Builder {
        private final List<PathSpec> paths = new ArrayList<>();
        private StackConfig config = StackConfig.defaults();
        private String scheduler = Schedulers.names().getFirst();
        private int loops = 1;
        private EventLoopGroup group;
        private String threadName = "mptcp";
        private Path capture;
        private Path timeline;
        private int portSlots = 1;
        private UnaryOperator<SegmentLink> linkWrapper = UnaryOperator.identity();

        private Builder() {
        }

        /** A path over an interface, by packet sockets: needs CAP_NET_RAW and CAP_NET_ADMIN. */
        public Builder path(String device) {
            return path(PathSpec.of(device));
        }

        /** A path of any kind, on any terms; the first is preferred where nothing else decides. */
        public Builder path(PathSpec path) {
            paths.add(path);
            return this;
        }

        /**
         * A path in UDP, which needs no privileges and a peer that does the same.
         *
         * @param device interface, e.g. {@code lo}
         * @param local  address of it to use, null for its first ones
         */
        public Builder udpPath(String device, IpAddress local) {
            return path(PathSpec.of(device, local, PathSpec.Kind.UDP));
        }

        /** Packet scheduler of connections that ask for no other, see {@link Schedulers#names}. */
        public Builder scheduler(String name) {
            Schedulers.create(name); // unknown: say so now
            scheduler = name;
            return this;
        }

        /** Congestion controller of connections that ask for no other: {@code cubic}, {@code newreno}, {@code lia}, {@code olia}, {@code balia}, {@code bbr}. */
        public Builder congestionControl(String name) {
            config = config.withCongestionControl(name);
            return this;
        }

        /** Whether this side asks for DSS checksums (RFC 8684 section 3.3.1). */
        public Builder checksum(boolean checksum) {
            config = config.withChecksum(checksum);
            return this;
        }

        /** Of each loop's engine. */
        public Builder limits(Limits limits) {
            config = config.withLimits(limits);
            return this;
        }

        /** Gets the events of all connections, on the loops. */
        public Builder tracer(Tracer tracer) {
            config = config.withTracer(tracer);
            return this;
        }

        /** Any other setting of the engine; the path manager in it is replaced by the one for the paths. */
        public Builder config(UnaryOperator<StackConfig> change) {
            config = change.apply(config);
            return this;
        }

        /** How many event loops there are; default 1. TUN devices and captures are for one only. */
        public Builder loops(int threads) {
            if (threads < 1) {
                throw new IllegalArgumentException("a stack needs at least one event loop: " + threads);
            }
            loops = threads;
            return this;
        }

        /**
         * Uses these loops instead of threads of its own, and leaves them running when it is closed. Loops of epoll are the better ones; with those of NIO,
         * timers come up to a millisecond late and there can be no TUN links.
         */
        public Builder group(EventLoopGroup group) {
            this.group = group;
            return this;
        }

        /** Name of the threads, if they are the stack's own. */
        public Builder threadName(String name) {
            threadName = name;
            return this;
        }

        /** File that gets every segment of every path in pcapng format. With one loop only. */
        public Builder capture(Path file) {
            capture = file;
            return this;
        }

        /** File that gets what happens to connections, subflows and paths, as text (see {@link TimelineTracer}). */
        public Builder timeline(Path file) {
            timeline = file;
            return this;
        }

        /** How many blocks of 256 local ports each loop takes for connections over packet sockets, if there are as many; default 1. */
        public Builder portSlots(int slots) {
            portSlots = slots;
            return this;
        }

        /** Gets every link when it is opened, and gives the one to use instead: to look at what passes, or to disturb it. */
        public Builder linkWrapper(UnaryOperator<SegmentLink> wrapper) {
            linkWrapper = wrapper;
            return this;
        }

        /**
         * Opens everything, or nothing.
         *
         * @throws SetupException        with one line when a device is unknown, or a privilege is missing
         * @throws IllegalStateException when there is no path, or one that cannot be shared by several loops
         */
        public MptcpStack build() throws SetupException {
            if (paths.isEmpty()) {
                throw new IllegalStateException("a stack needs at least one path: call path(\"eth0\")");
            }
            if (group == null && !Epoll.isAvailable()) {
                throw new SetupException("Netty's epoll transport cannot be used here (" + Epoll.unavailabilityCause() + "): this stack needs Linux");
            }
            EventLoopGroup used = group != null ? group : new Loops(loops, threadName);
            MptcpStack stack = new MptcpStack(used, group == null);
            try {
                open(stack, ioLoops(used), timeline == null ? config : withTimeline(stack));
                return stack;
            } catch (SetupException | RuntimeException e) {
                stack.close();
                throw e;
            }
        }

        private StackConfig withTimeline(MptcpStack stack) throws SetupException {
            Tracer also = config.tracer();
            try {
                TimelineTracer tracer = new TimelineTracer(timeline);
                stack.timeline = tracer;
                tracer.setPathNames(stack::pathName);
                return config.withTracer(event -> {
                    tracer.event(event);
                    also.event(event);
                });
            } catch (IOException e) {
                throw new SetupException("timeline " + timeline + " cannot be written: " + e.getMessage(), e);
            }
        }

        private void open(MptcpStack stack, List<IoEventLoop> used, StackConfig common) throws SetupException {
            boolean several = used.size() > 1;
            if (several) {
                refuseSeveral();
            }
            // One part for each loop's own connections, and one to listen on.
            SharedPorts shared = several ? new SharedPorts(portSlots * used.size() + 1) : null;
            for (int i = 0; i < used.size(); i++) {
                StackConfig own = common.withShard(new TokenShard(i, used.size()));
                UplinkSettings settings = new UplinkSettings(own, scheduler, 0, capture, portSlots, shared, linkWrapper);
                stack.shards.add(Uplinks.open(used.get(i), paths, settings));
            }
            if (several) {
                MptcpDriver.share(stack.shards.stream().map(Uplinks::driver).toList());
            }
        }

        private void refuseSeveral() {
            for (PathSpec path : paths) {
                if (path.kind() == PathSpec.Kind.TUN) {
                    throw new IllegalStateException("path " + path.device() + ": " + path.kind()
                            + " links cannot be shared by several event loops, use one");
                }
            }
            if (capture != null) {
                throw new IllegalStateException("a capture file cannot be shared by several event loops, use one");
            }
        }

        /** A TUN device that has been deleted has an error to tell for ever, which level-triggered polling would ask for again and again. */
        private void refuseTunOutsideEpoll(IoEventLoop loop) {
            for (PathSpec path : paths) {
                if (path.kind() == PathSpec.Kind.TUN && !loop.isCompatible(EpollIoHandle.class)) {
                    throw new IllegalStateException("path " + path.device() + ": " + path.kind() + " links need event loops of epoll");
                }
            }
        }

        private List<IoEventLoop> ioLoops(EventLoopGroup group) {
            List<IoEventLoop> loops = new ArrayList<>();
            for (EventExecutor executor : group) {
                if (!(executor instanceof IoEventLoop loop) || !SegmentLink.canLiveOn(loop)) {
                    throw new IllegalStateException("links need event loops of epoll or NIO: new MultiThreadIoEventLoopGroup(EpollIoHandler.newFactory())");
                }
                refuseTunOutsideEpoll(loop);
                loops.add(loop);
            }
            return loops;
        }
    }
}
