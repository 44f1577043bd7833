package io.mptcp.tun.relay;

import io.mptcp.netty.host.SetupException;
import io.mptcp.tun.ControlSettings;
import io.mptcp.tun.SdNotify;
import io.mptcp.tun.StopSignal;
import io.mptcp.tun.TunDaemon;
import io.mptcp.tun.http.HttpReply;
import io.mptcp.tun.http.HttpRoutes;
import io.mptcp.tun.http.HttpServer;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A relay as a process: until SIGTERM or SIGINT, with a control socket. */
public final class RelayDaemon {
    private RelayDaemon() {
    }

    /** Runs it. What keeps it from running is said in one line on standard error. @return exit code for the process */
    public static int run(RelayConfig config) {
        StopSignal signal = StopSignal.install();
        int exitCode = TunDaemon.EXIT_FAILED;
        try (RelayServer server = RelayServer.start(config);
                HttpServer control = openControl(config.control(), server);
                SdNotify systemd = SdNotify.start(server.loop(), System.getenv())) {
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

    private static String readyLine(RelayConfig config) {
        List<String> parts = new ArrayList<>();
        config.listen().forEach(listen -> parts.add(text(listen.address()) + " by " + (listen.byKernel() ? "kernel" : "stack")));
        config.forward().forEach(forward -> parts.add(text(forward.listen().address()) + " by " + (forward.listen().byKernel() ? "kernel" : "stack")
                + " to " + text(forward.to())));
        return "ready: relay " + String.join(", ", parts);
    }

    private static IpEndpoint text(InetSocketAddress address) {
        return new IpEndpoint(IpAddress.of(address.getAddress().getAddress()), address.getPort());
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
