package io.mptcp.netty.host;

import io.mptcp.netty.ConnectionHandler;
import io.mptcp.netty.MptcpDriver;
import io.mptcp.netty.SegmentLink;
import io.mptcp.pm.Endpoint;
import io.mptcp.pm.EndpointFlag;
import io.mptcp.pm.HostPathManager;
import io.mptcp.pm.PathLimits;
import io.mptcp.pm.PathManagerException;
import io.mptcp.pm.PathRole;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.spi.RandomSource;
import io.mptcp.spi.Tracer;
import io.mptcp.stack.ConnectOptions;
import io.mptcp.stack.Listener;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.stack.Stack;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.SocketOptions;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import io.netty.channel.IoEventLoop;
import java.security.SecureRandom;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The outward side: paths as the user wrote them, made into links, one stack over all of them and the driver that runs it. Connections opened
 * here start on the first path that answers, and the path manager has the others join.
 *
 * <p>Everything is used on the event loop except {@link #open}, {@link #close} and {@link #loop}, which any thread may call.
 */
public final class Uplinks implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Uplinks.class);
    /** How long a path that did not answer in time comes last for first subflows. */
    private static final long SUSPICION_NANOS = TimeUnit.SECONDS.toNanos(30);
    /** Links a stack numbers. */
    private static final int MAX_LINKS = 64;
    /** For subflows over a removed path to end in order. */
    private static final long FAREWELL_SECONDS = 2;

    private static final long ROUTING_SETTLES_MILLIS = 20;
    private static final byte[] NOTHING = {};

    private final UplinkSettings settings;
    private final MptcpDriver driver;
    private final List<CountingLink> links;
    private final AutoCloseable resources;
    private final ListenPorts listenPorts;
    private final Set<Runnable> closeListeners = new LinkedHashSet<>();
    /** Connections being opened. */
    private final Set<PendingConnect> pending = new LinkedHashSet<>();
    private boolean closed;
    /** By link number: how the segments of a path leave. */
    private final Map<Integer, String> kinds = new HashMap<>();
    /** Numbers are not used again: connections may remember them. */
    private int nextLinkId;
    /** By link number: until when the path is suspected not to work. 0 for never. */
    private final long[] suspectUntilNanos;
    private final HostPathManager pathManager;
    /** Of connections from now on. */
    private String scheduler;
    private String congestion;
    private final UplinkQuotas quotas;
    private Future<?> quotaTimer;
    private boolean routingChanged;

    private Uplinks(IoEventLoop loop, UplinkSettings settings, RandomSource random, List<? extends SegmentLink> opened, AutoCloseable resources) {
        this.settings = settings;
        this.scheduler = settings.scheduler();
        this.congestion = settings.stack().congestionControl();
        this.links = new CopyOnWriteArrayList<>(
                opened.stream().map(link -> link instanceof CountingLink counting ? counting : new CountingLink(link)).toList());
        this.nextLinkId = opened.size();
        this.resources = resources;
        this.listenPorts = new ListenPorts(this, resources instanceof LinkOpener opener ? opener : null);
        this.suspectUntilNanos = new long[MAX_LINKS];
        this.pathManager = new HostPathManager(new UplinkPaths(links));
        StackConfig config = settings.stack();
        if (config.tracer() != Tracer.NONE) {
            pathManager.events().addListener(config.tracer());
        }
        this.quotas = new UplinkQuotas(pathManager, ZonedDateTime::now);
        configurePaths(config);
        this.driver = new MptcpDriver(loop, new Stack(config.withPathManager(pathManager).withTracer(pathManager.events()), random));
        pathManager.setJoinListeners(new UplinkListeners(this));
    }

    /** Every link is an endpoint subflows are opened from, and there may be as many as the stack takes. */
    private void configurePaths(StackConfig config) {
        pathManager.setLimits(new PathLimits(config.limits().maxSubflows() - 1, 0));
        links.forEach(this::configurePath);
    }

    private void configurePath(CountingLink link) {
        pathManager.setRole(link.id(), link.terms().role());
        quotas.add(link.id(), link.terms());
        try {
            pathManager.addEndpoint(Endpoint.ofLink(link.id(), EndpointFlag.SUBFLOW));
        } catch (PathManagerException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
    }

    /**
     * One more path, for connections that are there, too. On the loop.
     *
     * @throws SetupException with one line when the device is unknown, or there have been too many
     */
    public CountingLink addPath(PathSpec path) throws SetupException {
        if (!(resources instanceof LinkOpener opener) || nextLinkId == MAX_LINKS) {
            throw new SetupException("path " + path + ": no more than " + MAX_LINKS + " in the life of a process, restart it");
        }
        int maxSubflows = settings.stack().limits().maxSubflows();
        if (links.size() >= maxSubflows) {
            throw new SetupException("path " + path + ": connections were given " + maxSubflows + " subflows at most when the process started, restart it");
        }
        CountingLink link = new CountingLink(opener.open(nextLinkId, path), path.terms());
        kinds.put(nextLinkId++, path.kind().toString());
        links.add(link);
        driver.addLink(link);
        configurePath(link);
        watchQuotas();
        driver.wake();
        return link;
    }

    /**
     * Uses a path on these terms from now on, whatever has been said of it since it was opened; while its quota is used up it stays what it became then.
     * On the loop.
     */
    public void setTerms(CountingLink link, PathTerms terms, int weight) {
        link.configure(terms, weight);
        driver.updateLink(link);
        quotas.change(link);
        watchQuotas();
        driver.wake();
    }

    /** Takes a path away: its subflows end in order, as far as others go on. On the loop. */
    public void removePath(CountingLink link) {
        if (!links.remove(link)) {
            return;
        }
        quotas.remove(link.id());
        pathManager.setRole(link.id(), PathRole.OFF, "removed");
        for (Endpoint endpoint : pathManager.endpoints()) {
            if (endpoint.linkId() == link.id()) {
                try {
                    pathManager.deleteEndpoint(endpoint.id());
                } catch (PathManagerException e) {
                    throw new IllegalStateException(e.getMessage(), e);
                }
            }
        }
        driver.wake();
        loop().schedule(() -> driver.removeLink(link), FAREWELL_SECONDS, TimeUnit.SECONDS);
    }

    /**
     * Opens the links of all paths, or none.
     *
     * @throws SetupException with one line when a device is unknown, a privilege is missing or a port is taken
     */
    public static Uplinks open(IoEventLoop loop, List<PathSpec> paths, UplinkSettings settings) throws SetupException {
        // On the loop from the beginning: links are for one thread.
        return OnLoop.call(loop, () -> openOnLoop(loop, paths, settings));
    }

    private static Uplinks openOnLoop(IoEventLoop loop, List<PathSpec> paths, UplinkSettings wanted) throws SetupException {
        UplinkSettings settings = wanted.forPaths(paths.size());
        LinkOpener opener = new LinkOpener(settings);
        List<SegmentLink> opened = List.of();
        try {
            opened = opener.openAll(paths);
            List<CountingLink> counting = new ArrayList<>();
            for (int i = 0; i < opened.size(); i++) {
                counting.add(new CountingLink(opened.get(i), paths.get(i).terms()));
            }
            Uplinks uplinks = over(loop, settings, new SecureRandom()::nextLong, counting, opener);
            for (int id = 0; id < paths.size(); id++) {
                uplinks.kinds.put(id, paths.get(id).kind().toString());
            }
            if (opener.clientPorts() != null) {
                uplinks.driver.stack().setPortRange(opener.clientPorts().first(), opener.clientPorts().last());
            }
            return uplinks;
        } catch (SetupException | RuntimeException e) {
            opened.forEach(SegmentLink::close);
            closeAfter(e, opener);
            throw e;
        }
    }

    private static void closeAfter(Exception failure, AutoCloseable resources) {
        try {
            resources.close();
        } catch (Exception e) {
            failure.addSuppressed(e);
        }
    }

    /** Over links that exist already; they are numbered from 0 in this order, and are closed with the whole. */
    public static Uplinks over(IoEventLoop loop, UplinkSettings settings, RandomSource random, List<? extends SegmentLink> links,
                        AutoCloseable resources) {
        Uplinks uplinks = new Uplinks(loop, settings, random, links, resources);
        OnLoop.run(loop, () -> {
            uplinks.links.forEach(uplinks.driver::addLink);
            uplinks.watchQuotas();
            uplinks.watchRouting();
        });
        return uplinks;
    }

    /** Changes come in bursts, by every link: they are dealt with once. */
    private void watchRouting() {
        driver.onRoutingChange(() -> {
            if (!routingChanged) {
                routingChanged = true;
                loop().schedule(() -> {
                    routingChanged = false;
                    pathManager.onRoutingChanged();
                    driver.wake();
                }, ROUTING_SETTLES_MILLIS, TimeUnit.MILLISECONDS);
            }
        });
    }

    private void watchQuotas() {
        if (!quotas.isEmpty() && quotaTimer == null) {
            quotaTimer = loop().scheduleAtFixedRate(() -> {
                if (quotas.update(links, loop().ticker().nanoTime())) {
                    driver.wake();
                }
            }, 1, 1, TimeUnit.SECONDS);
        }
    }

    /** The loop everything here lives on. */
    public IoEventLoop loop() {
        return driver.loop();
    }

    /** What drives the stack. Use it on the loop. */
    public MptcpDriver driver() {
        return driver;
    }

    /** The engine's settings. */
    public StackConfig config() {
        return settings.stack();
    }

    /** The links of all paths, with what went over them. */
    public List<CountingLink> links() {
        return links;
    }

    /**
     * Endpoints, limits, roles of paths, and the events of all connections. On the loop; call {@link MptcpDriver#wake} after changes outside a
     * handler.
     */
    public HostPathManager pathManager() {
        return pathManager;
    }

    /** What paths with quotas have carried. On the loop. */
    public UplinkQuotas quotas() {
        return quotas;
    }

    /** Name of a path's link, its number where there is none any more. */
    public String name(int linkId) {
        for (CountingLink link : links) {
            if (link.id() == linkId) {
                return link.name();
            }
        }
        return Integer.toString(linkId);
    }

    /** How a path's segments leave: packet, raw, tun or udp. */
    public String kind(int linkId) {
        return kinds.getOrDefault(linkId, PathSpec.Kind.PACKET.toString());
    }

    /** Packet scheduler of connections, by name. */
    public String scheduler() {
        return scheduler;
    }

    /** For all connections, those that are there included. @param name one of {@link Schedulers#names()} */
    public void setScheduler(String name) {
        scheduler = name;
        for (MptcpConnection connection : driver.stack().connections()) {
            connection.setScheduler(Schedulers.create(name));
        }
    }

    /** Congestion control of new connections, by name. */
    public String congestion() {
        return congestion;
    }

    /** For new connections; those that are there keep theirs. @param name one of {@link io.mptcp.cc.CongestionControllers#names()} */
    public void setCongestion(String name) {
        congestion = name;
    }

    /** As {@link #connect(IpEndpoint, IpEndpoint, ConnectOptions, long, ConnectListener)}, from any address, with the settings of these uplinks. */
    public PendingConnect connect(IpEndpoint remote, long timeoutMillis, ConnectListener listener) {
        return connect(remote, null, defaultOptions(), timeoutMillis, listener);
    }

    /**
     * Opens a connection; it starts over the first path that answers. On the loop.
     *
     * @param local         address and port the connection has to start from, each {@code ANY} or 0 for the choice of the stack, null for both; other paths
     *                      join it all the same
     * @param timeoutMillis when to give up, or {@link PendingConnect#NO_TIMEOUT_MILLIS}
     */
    public PendingConnect connect(IpEndpoint remote, IpEndpoint local, ConnectOptions options, long timeoutMillis, ConnectListener listener) {
        return connect(remote, local, options, NOTHING, timeoutMillis, listener);
    }

    /**
     * As above.
     *
     * @param early written before the SYN, with which it goes where the options ask for Fast Open, over each path that is tried: the server may get it more than once
     */
    public PendingConnect connect(IpEndpoint remote, IpEndpoint local, ConnectOptions options, byte[] early, long timeoutMillis, ConnectListener listener) {
        PendingConnect pending = new PendingConnect(this, remote, local, options, early, candidates(options), listener);
        pending.start(timeoutMillis);
        return pending;
    }

    /**
     * {@link ConnectOptions#links} for paths by name. Any thread.
     *
     * @param names of devices; those that are no path stand for nothing, so that a connection bound to them alone cannot be opened
     */
    public long linksNamed(Collection<String> names) {
        long bits = 0;
        for (CountingLink link : links) {
            if (names.contains(link.name())) {
                bits |= 1L << link.id();
            }
        }
        return bits;
    }

    /** What connections get that ask for nothing else. A scheduler may keep state: every connection has its own. */
    public ConnectOptions defaultOptions() {
        return ConnectOptions.DEFAULT.withMptcp(settings.stack().mptcp())
                .withScheduler(() -> Schedulers.create(scheduler))
                .withCongestionControl(congestion)
                .withSocket(SocketOptions.NO_DELAY); // whoever wrote has waited already if that was wanted
    }

    /**
     * Listens. On the loop.
     *
     * @param local   address to listen on, or {@link IpAddress#ANY}; port 0 for any that is free
     * @param handler gets the connections
     * @return the listener, with the port in {@link Listener#local}
     * @throws SetupException with one line when the port is taken or needs a privilege
     */
    public Listener listen(IpEndpoint local, ConnectOptions options, AcceptHandler handler) throws SetupException {
        IpEndpoint opened = openPort(local);
        try {
            return startListening(opened, options, handler);
        } catch (IllegalStateException e) {
            listenPorts.release(opened);
            throw new SetupException("cannot listen on " + local + ": somebody else does on this stack", e);
        }
    }

    /** The first half of listening, which may fail. Any thread. @return with the port, chosen if that of {@code local} is 0 */
    IpEndpoint openPort(IpEndpoint local) throws SetupException {
        return listenPorts.open(local);
    }

    /** The second half, on the loop. */
    Listener startListening(IpEndpoint local, ConnectOptions options, AcceptHandler handler) {
        ConnectionHandler first = (connection, readiness) -> connection.attach(handler.accepted(this, connection));
        return driver.stack().listen(local, false, options, first);
    }

    /** Takes joins only, at an announced address with a port of its own. On the loop. */
    Listener listenForJoins(IpEndpoint local) throws SetupException {
        IpEndpoint opened = openPort(local);
        try {
            return driver.stack().listenForJoins(opened);
        } catch (IllegalStateException e) {
            listenPorts.release(opened);
            throw new SetupException("cannot listen on " + local + ": somebody else does on this stack", e);
        }
    }

    /**
     * Whether a connection may start from this local port: what is received over packet sockets is what goes to ports that are reserved for this process.
     * Any thread.
     */
    public boolean mayConnectFrom(int port) {
        return port == 0 || !(resources instanceof LinkOpener opener) || opener.mayConnectFrom(port);
    }

    /** Takes no more connections; those there are go on. On the loop. */
    public void close(Listener listener) {
        driver.stack().close(listener);
        closePort(listener.local());
    }

    /** What {@link #openPort} opened has no listener any more. On the loop. */
    void closePort(IpEndpoint local) {
        listenPorts.release(local);
    }

    /** What lives on these uplinks hears, on the loop, that they are about to be closed. On the loop. */
    public void addCloseListener(Runnable listener) {
        closeListeners.add(listener);
    }

    /** Takes back {@link #addCloseListener}. On the loop. */
    public void removeCloseListener(Runnable listener) {
        closeListeners.remove(listener);
    }

    /** The paths, for messages to people. */
    public String pathNames() {
        return links.stream().map(SegmentLink::name).collect(Collectors.joining(", "));
    }

    /** The address that a connection opened now would try first to start from, null when no path leads there. On the loop. */
    public IpAddress likelyLocalAddress(IpAddress remote, ConnectOptions options) {
        return candidates(options).stream().map(link -> localAddress(link, remote)).filter(Objects::nonNull).findFirst().orElse(null);
    }

    /** All links, best first: not suspected before suspected, then ordinary before backup, then as configured. */
    private List<SegmentLink> candidates(ConnectOptions options) {
        long now = loop().ticker().nanoTime();
        List<SegmentLink> order = new ArrayList<>(links);
        order.removeIf(link -> !options.allowsLink(link.id()) || pathManager.role(link.id()) == PathRole.OFF);
        order.sort(Comparator.<SegmentLink, Boolean>comparing(link -> isSuspect(link.id(), now))
                .thenComparing(link -> pathManager.role(link.id()) == PathRole.BACKUP));
        return order;
    }

    private boolean isSuspect(int linkId, long now) {
        return suspectUntilNanos[linkId] != 0 && suspectUntilNanos[linkId] - now > 0;
    }

    /** No connection is opened any more. On the loop. */
    public boolean isClosed() {
        return closed;
    }

    void started(PendingConnect connect) {
        pending.add(connect);
    }

    void finished(PendingConnect connect) {
        pending.remove(connect);
    }

    void answered(int linkId) {
        suspectUntilNanos[linkId] = 0;
    }

    void unanswered(int linkId) {
        suspectUntilNanos[linkId] = loop().ticker().nanoTime() + SUSPICION_NANOS;
    }

    /** The address to use over a link, null when the link does not lead there now. */
    IpAddress localAddress(SegmentLink link, IpAddress remote) {
        return link.isUp() ? link.localAddressFor(remote) : null;
    }

    MptcpConnection openOver(SegmentLink link, IpEndpoint local, IpEndpoint remote, ConnectOptions options, PendingConnect attachment) {
        try {
            return driver.stack().connect(link.id(), local, remote, options, attachment);
        } finally {
            driver.wake();
        }
    }

    /** One of them that fails keeps nobody else from being told, and nothing from being freed. */
    private void tellClosing(Runnable listener) {
        try {
            listener.run();
        } catch (RuntimeException e) {
            LOG.warn("internal error while a stack was closed: {}", e.toString());
            LOG.debug("internal error while a stack was closed", e);
        }
    }

    /**
     * Sends what is still to be sent, takes the links off the loop, then frees what they stood on. Connections should have been closed or
     * aborted before: their peers hear nothing of them from now on. What is being opened fails with ABORTED. Any thread, also when the loop has ended.
     */
    @Override
    public void close() {
        OnLoop.run(loop(), () -> {
            closed = true;
            List.copyOf(closeListeners).forEach(this::tellClosing);
            List.copyOf(pending).forEach(connect -> tellClosing(connect::uplinksClosing));
            if (quotaTimer != null) {
                quotaTimer.cancel(false);
            }
            listenPorts.close();
            driver.close();
            try {
                resources.close();
            } catch (Exception e) {
                LOG.warn("{}", e.getMessage());
            }
        });
    }
}
