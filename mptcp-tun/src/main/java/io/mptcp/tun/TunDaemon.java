package io.mptcp.tun;

import io.mptcp.netty.MptcpDriver;
import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.host.OnLoop;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.netty.linux.NetworkNamespace;
import io.mptcp.stack.Limits;
import io.mptcp.stack.Stack;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.tun.http.HttpServer;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.handler.ssl.SslContext;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/**
 * The daemon: a TUN device, the stack that ends the TCP connections coming in by it, the uplinks that carry them on, and between them the
 * gateway. Two stacks, one event loop. The packets of the uplinks leave by packet sockets bound to their interfaces and so never meet the
 * routes that lead into the TUN device.
 */
public final class TunDaemon implements AutoCloseable {
    /** Exit codes of {@link #run}: stopped by a signal, failed, unusable configuration. */
    public static final int EXIT_OK = 0;
    public static final int EXIT_FAILED = 1;
    public static final int EXIT_CONFIG = 2;

    private static final Logger LOG = LoggerFactory.getLogger(TunDaemon.class);
    private static final long STOP_SECONDS = 5;
    private static final long DEVICE_CHECK_SECONDS = 1;
    /** 3072 ports: so many connections to one server at a time. Some are left for other programs of ours. */
    private static final int PORT_SLOTS = 12;

    /** Where another configuration comes from when the daemon is told to read it again. */
    @FunctionalInterface
    public interface ConfigSource {
        /** @throws ConfigException with one line when it cannot be used */
        TunConfig load() throws ConfigException;
    }

    /** As it is in force; what a restart is needed for is as it was at the start. On the loop. */
    private TunConfig config;
    private Reload reload;
    private ConfigSource source = () -> config;
    /** Where the device is, null for where the paths are. */
    private final NetworkNamespace deviceNamespace;
    private final MultiThreadIoEventLoopGroup group;
    private final IoEventLoop loop;
    private final long startNanos;
    private MptcpStack stack;
    private Uplinks uplinks;
    private FlowRouting routing;
    private TunInterface device;
    private MptcpDriver inner;
    /** Null without a device. */
    private UdpBypass udp;
    private final EventLog events = new EventLog();
    private final PathRates rates = new PathRates();
    private final FlowTable flows;
    private HttpServer control;
    private ProxyListeners proxies;
    private StatusReport lastReport;
    private boolean closed;

    private TunDaemon(TunConfig config, NetworkNamespace deviceNamespace) {
        this.config = config;
        this.deviceNamespace = deviceNamespace;
        this.group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        this.loop = group.next();
        this.startNanos = loop.ticker().nanoTime();
        this.flows = new FlowTable(config.limits().connections());
    }

    /**
     * Runs until SIGTERM or SIGINT; SIGHUP makes it read the file again. What keeps it from running is said in one line on standard error.
     *
     * @return exit code for the process
     */
    public static int run(Path configFile) {
        return run(() -> TunConfig.load(configFile));
    }

    /** As {@link #run(Path)}, with a configuration from elsewhere. */
    public static int run(ConfigSource source) {
        TunConfig config;
        try {
            config = source.load();
        } catch (ConfigException e) {
            System.err.println("mptcp-tun: " + e.getMessage());
            return EXIT_CONFIG;
        }
        StopSignal signal = StopSignal.install();
        int exitCode = EXIT_FAILED;
        try (TunDaemon daemon = start(config)) {
            daemon.source = source;
            Signal.handle(new Signal("HUP"), _ -> daemon.reloadInBackground());
            try (SdNotify systemd = SdNotify.start(daemon.loop, System.getenv())) {
                System.out.println(daemon.readyLine());
                System.out.flush();
                systemd.ready(daemon.readyLine());
                daemon.watchDevice(signal::fail);
                String failure = signal.await();
                systemd.stopping();
                if (failure == null) {
                    exitCode = EXIT_OK;
                } else {
                    System.err.println("mptcp-tun: " + failure);
                }
            }
        } catch (SetupException e) {
            System.err.println("mptcp-tun: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            signal.finished(exitCode);
        }
        return exitCode;
    }

    /** A file may be slow to read: not on the loop, and not on the thread of the signal. */
    private void reloadInBackground() {
        Thread.ofPlatform().name("reload").start(() -> {
            try {
                LOG.info("configuration read again: {}", reload());
            } catch (ConfigException e) {
                LOG.warn("configuration not changed: {}", e.getMessage());
            }
        });
    }

    /**
     * Reads the configuration again and does what can be done without dropping connections. Any thread but the loop's.
     *
     * @return what was done and what needs a restart, in one line
     * @throws ConfigException with one line when it cannot be used; then nothing was changed
     */
    String reload() throws ConfigException {
        TunConfig wanted = source.load();
        Map<RelaySpec, SslContext> tls;
        try {
            tls = RelayDialer.contexts(wanted.relays());
        } catch (SetupException e) {
            throw new ConfigException(e.getMessage());
        }
        try {
            return loop.submit(() -> {
                String summary = reload.apply(config, wanted, tls);
                config = config.reloadedWith(wanted);
                return summary;
            }).syncUninterruptibly().getNow();
        } catch (RejectedExecutionException e) {
            throw new ConfigException("the daemon is being stopped");
        }
    }

    /** Sets everything up, or nothing. @throws SetupException with one line when this host does not let it */
    public static TunDaemon start(TunConfig config) throws SetupException {
        return start(config, null);
    }

    /** As {@link #start(TunConfig)}, with the device in another network namespace than the paths. */
    static TunDaemon start(TunConfig config, NetworkNamespace deviceNamespace) throws SetupException {
        TunDaemon daemon = new TunDaemon(config, deviceNamespace);
        try {
            daemon.open();
            return daemon;
        } catch (SetupException | RuntimeException e) {
            daemon.close();
            throw e;
        }
    }

    private void open() throws SetupException {
        TunConfig.GatewayLimits limits = config.limits();
        TcpConfig tcp = TcpConfig.defaults().withBuffers(limits.bufferBytes(), limits.bufferBytes());
        StackConfig outer = StackConfig.defaults().withTcp(tcp).withCongestionControl(config.congestion()).withChecksum(config.checksum()).withPatience(config.patience())
                .withTracer(events);
        MptcpStack.Builder builder = MptcpStack.builder().group(group).config(_ -> outer).scheduler(config.scheduler()).capture(config.capture())
                .portSlots(PORT_SLOTS);
        config.paths().forEach(builder::path);
        stack = builder.build();
        uplinks = stack.shards().getFirst();
        routing = new FlowRouting(config.rules(), new RelayDialer(stack, config.relays()), uplinks);
        events.setPathNames(uplinks::name);
        reload = new Reload(uplinks, flows, routing, config.paths());
        openControl();

        if (config.tun() != null) {
            openDevice(tcp, limits);
        } else {
            OnLoop.run(loop, this::startStatus);
        }
        proxies = new ProxyListeners(uplinks, flows, routing, limits);
        proxies.open(config.proxy());
    }

    private void openDevice(TcpConfig tcp, TunConfig.GatewayLimits limits) throws SetupException {
        SecureRandom random = new SecureRandom();
        // Every application's handshake waits for its destination: all that may be open may be half-open.
        StackConfig innerConfig = StackConfig.defaults().withTcp(tcp).withMptcp(false)
                .withLimits(Limits.defaults().toBuilder().maxHalfOpen(limits.connections()).build());
        inner = new MptcpDriver(loop, new Stack(innerConfig, random::nextLong));
        Gateway gateway = new Gateway(inner, uplinks, flows, routing, limits);
        OnLoop.call(loop, () -> {
            device = inDeviceNamespace(() -> TunInterface.open(config.tun()));
            inner.addLink(device.link());
            udp = new UdpBypass(routing, device.link(), config.udp());
            gateway.start();
            inDeviceNamespace(() -> {
                device.configure(); // Last: from now on connections come.
                return null;
            });
            startStatus();
            return device;
        });
    }

    private <T> T inDeviceNamespace(OnLoop.Task<T> task) throws SetupException {
        if (deviceNamespace == null) {
            return task.run();
        }
        SetupException[] failure = new SetupException[1];
        T result = deviceNamespace.call(() -> {
            try {
                return task.run();
            } catch (SetupException e) {
                failure[0] = e;
                return null;
            }
        });
        if (failure[0] != null) {
            throw failure[0];
        }
        return result;
    }

    private void openControl() throws SetupException {
        control = new HttpServer(new ControlApi(uplinks, flows, events, rates, this::report).routes(this::reload));
        config.control().open(control);
        loop.scheduleAtFixedRate(() -> rates.sample(loop.ticker().nanoTime(), uplinks.links()), 0, 1, TimeUnit.SECONDS);
    }

    /** Tells when somebody has taken the device away: it will not come back by itself. */
    private void watchDevice(Consumer<String> onLoss) {
        if (device == null) {
            return;
        }
        loop.scheduleAtFixedRate(() -> {
            if (!device.exists()) {
                onLoss.accept("device " + config.tun().device() + " was removed");
            }
        }, DEVICE_CHECK_SECONDS, DEVICE_CHECK_SECONDS, TimeUnit.SECONDS);
    }

    private String readyLine() {
        TunConfig.Tun tun = config.tun();
        StringBuilder line = new StringBuilder("ready:");
        if (tun != null) {
            line.append(' ').append(tun.device()).append(tun.address() == null ? "" : " " + tun.address())
                    .append(tun.address6() == null ? "" : " " + tun.address6());
        }
        line.append(" paths ").append(config.paths().stream().map(PathSpec::toString).collect(Collectors.joining(" ")));
        if (tun != null) {
            line.append(" routes ").append(tun.routes().stream().map(Cidr::toString).collect(Collectors.joining(" ")));
        }
        return line.toString();
    }

    /** Connections and bytes per path as one line of JSON. Any thread. */
    public String statsJson() {
        return loop.submit(this::report).syncUninterruptibly().getNow().json();
    }

    private StatusReport report() {
        return StatusReport.take(config.tun() == null ? null : config.tun().device(), loop.ticker().nanoTime() - startNanos, flows, uplinks, udp);
    }

    private void startStatus() {
        int seconds = config.status().everySeconds();
        if (seconds > 0) {
            lastReport = report();
            loop.scheduleAtFixedRate(this::printStatus, seconds, seconds, TimeUnit.SECONDS);
        }
    }

    private void printStatus() {
        StatusReport report = report();
        if (config.status().json()) {
            System.out.println(report.json());
            System.out.flush();
        } else {
            LOG.info("{}", report.line(lastReport));
        }
        lastReport = report;
    }

    /** Resets the connections, and takes away device, routes and links. Any thread but the loop's. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (control != null) {
            control.close();
        }
        if (proxies != null) {
            proxies.close();
        }
        OnLoop.run(loop, () -> {
            flows.close();
            if (udp != null) {
                udp.close();
            }
            if (uplinks != null) {
                uplinks.driver().wake();
            }
            if (inner != null) {
                inner.wake();
                inner.close();
            }
            if (device != null) {
                device.close();
            }
        });
        if (stack != null) {
            stack.close();
        }
        group.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS);
    }
}
