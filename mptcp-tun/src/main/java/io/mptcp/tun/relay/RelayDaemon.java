package io.mptcp.tun.relay;

import io.mptcp.netty.host.SetupException;
import io.mptcp.tun.ConfigException;
import io.mptcp.tun.ControlSettings;
import io.mptcp.tun.SdNotify;
import io.mptcp.tun.StopSignal;
import io.mptcp.tun.TunDaemon;
import io.mptcp.tun.http.HttpReply;
import io.mptcp.tun.http.HttpRoutes;
import io.mptcp.tun.http.HttpServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/** A relay as a process: until SIGTERM or SIGINT, with a control socket. */
public final class RelayDaemon {
    private static final Logger LOG = LoggerFactory.getLogger(RelayDaemon.class);

    /** Where the configuration comes from, at the start and when it is to be read again. */
    @FunctionalInterface
    public interface ConfigSource {
        /** @throws ConfigException with one line when it cannot be used */
        RelayConfig load() throws ConfigException;
    }

    private RelayDaemon() {
    }

    /**
     * Runs it; SIGHUP makes it read its configuration again. What keeps it from running is said in one line on standard error.
     *
     * @param config read already
     * @param source reads it again
     * @return exit code for the process
     */
    public static int run(RelayConfig config, ConfigSource source) {
        StopSignal signal = StopSignal.install();
        int exitCode = TunDaemon.EXIT_FAILED;
        try (RelayServer server = RelayServer.start(config);
                HttpServer control = openControl(config.control(), server);
                SdNotify systemd = SdNotify.start(server.loop(), System.getenv())) {
            Signal.handle(new Signal("HUP"), _ -> Thread.ofPlatform().name("reload").start(() -> reload(server, source)));
            config.warnings().forEach(LOG::warn);
            String ready = readyLine(config);
            System.out.println(ready);
            System.out.flush();
            systemd.ready(ready);
            signal.await();
            systemd.stopping();
            exitCode = TunDaemon.EXIT_OK;
        } catch (SetupException e) {
            System.err.println("mptcp-tun: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            signal.finished(exitCode);
        }
        return exitCode;
    }

    private static void reload(RelayServer server, ConfigSource source) {
        try {
            LOG.info("configuration read again: {}", server.reload(source.load()));
        } catch (ConfigException e) {
            LOG.warn("configuration not changed: {}", e.getMessage());
        }
    }

    private static String readyLine(RelayConfig config) {
        List<String> parts = new ArrayList<>();
        config.listen().forEach(listen -> parts.add(text(listen)));
        config.convert().forEach(convert -> parts.add(text(convert.listen()) + " for RFC 8803"));
        config.socks().forEach(socks -> parts.add(text(socks.listen()) + " for SOCKS5" + (socks.tls() ? "" : " without TLS")));
        config.forward().forEach(forward -> parts.add(text(forward.listen()) + " to " + RelayConfig.text(forward.to())));
        return "ready: relay " + String.join(", ", parts);
    }

    private static String text(RelayConfig.Listen listen) {
        return listen + " by " + (listen.byKernel() ? "kernel" : "stack");
    }

    private static HttpServer openControl(ControlSettings settings, RelayServer server) throws SetupException {
        HttpServer control = new HttpServer(new HttpRoutes()
                .add("GET /v1/relay", _ -> CompletableFuture.completedFuture(HttpReply.json(server.report().json())))
                .add("GET /metrics", call -> CompletableFuture.completedFuture(RelayMetrics.reply(server.report(), call.accept()))));
        try {
            settings.open(control);
            return control;
        } catch (SetupException e) {
            control.close();
            throw e;
        }
    }
}
