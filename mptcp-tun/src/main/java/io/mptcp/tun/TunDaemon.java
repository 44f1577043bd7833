package io.mptcp.tun;

import io.mptcp.netty.MptcpDriver;
import io.mptcp.netty.host.OnLoop;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.host.UplinkSettings;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.stack.Limits;
import io.mptcp.stack.Stack;
import io.mptcp.stack.StackConfig;
import io.mptcp.tcp.TcpConfig;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

    private final TunConfig config;
    private final MultiThreadIoEventLoopGroup group;
    private final IoEventLoop loop;
    private final long startNanos;
    private Uplinks uplinks;
    private TunInterface device;
    private MptcpDriver inner;
    private Gateway gateway;
    private StatusReport lastReport;
    private boolean closed;

    private TunDaemon(TunConfig config) {
        this.config = config;
        this.group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        this.loop = group.next();
        this.startNanos = loop.ticker().nanoTime();
    }

    /**
     * Runs until SIGTERM or SIGINT. What keeps it from running is said in one line on standard error.
     *
     * @return exit code for the process
     */
    public static int run(Path configFile) {
        TunConfig config;
        try {
            config = TunConfig.load(configFile);
        } catch (ConfigException e) {
            System.err.println("mptcp-tun: " + e.getMessage());
            return EXIT_CONFIG;
        }
        return run(config);
    }

    /** As {@link #run(Path)}, with a configuration that has been read already. */
    public static int run(TunConfig config) {
        StopSignal signal = StopSignal.install();
        int exitCode = EXIT_FAILED;
        try (TunDaemon daemon = start(config)) {
            System.out.println(daemon.readyLine());
            System.out.flush();
            daemon.watchDevice(signal::fail);
            String failure = signal.await();
            if (failure == null) {
                exitCode = EXIT_OK;
            } else {
                System.err.println("mptcp-tun: " + failure);
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

    /** Sets everything up, or nothing. @throws SetupException with one line when this host does not let it */
    public static TunDaemon start(TunConfig config) throws SetupException {
        TunDaemon daemon = new TunDaemon(config);
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
        StackConfig outer = StackConfig.defaults().withTcp(tcp).withCongestionControl(config.congestion()).withChecksum(config.checksum());
        uplinks = Uplinks.open(loop, config.paths(), new UplinkSettings(outer, config.scheduler(), 0, config.capture(), PORT_SLOTS));

        SecureRandom random = new SecureRandom();
        // Every application's handshake waits for its destination: all that may be open may be half-open.
        StackConfig innerConfig = StackConfig.defaults().withTcp(tcp).withMptcp(false)
                .withLimits(Limits.defaults().toBuilder().maxHalfOpen(limits.connections()).build());
        inner = new MptcpDriver(loop, new Stack(innerConfig, random::nextLong));
        gateway = new Gateway(inner, uplinks, limits);
        OnLoop.call(loop, () -> {
            device = TunInterface.open(config.tun());
            inner.addLink(device.link());
            gateway.start();
            device.configure(); // Last: from now on connections come.
            startStatus();
            return device;
        });
    }

    /** Tells when somebody has taken the device away: it will not come back by itself. */
    private void watchDevice(Consumer<String> onLoss) {
        loop.scheduleAtFixedRate(() -> {
            if (!device.exists()) {
                onLoss.accept("device " + config.tun().device() + " was removed");
            }
        }, DEVICE_CHECK_SECONDS, DEVICE_CHECK_SECONDS, TimeUnit.SECONDS);
    }

    private String readyLine() {
        TunConfig.Tun tun = config.tun();
        return "ready: " + tun.device()
                + (tun.address() == null ? "" : " " + tun.address()) + (tun.address6() == null ? "" : " " + tun.address6())
                + " paths " + config.paths().stream().map(PathSpec::toString).collect(Collectors.joining(" "))
                + " routes " + tun.routes().stream().map(Cidr::toString).collect(Collectors.joining(" "));
    }

    /** Connections and bytes per path as one line of JSON. Any thread. */
    public String statsJson() {
        return loop.submit(this::report).syncUninterruptibly().getNow().json();
    }

    private StatusReport report() {
        return StatusReport.take(config.tun().device(), loop.ticker().nanoTime() - startNanos, gateway, uplinks);
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
        OnLoop.run(loop, () -> {
            if (gateway != null) {
                gateway.close();
            }
            if (inner != null) {
                inner.close();
            }
            if (device != null) {
                device.close();
            }
        });
        if (uplinks != null) {
            uplinks.close();
        }
        group.shutdownGracefully(0, STOP_SECONDS, TimeUnit.SECONDS).awaitUninterruptibly(STOP_SECONDS, TimeUnit.SECONDS);
    }
}
