package io.mptcp.tun;

import io.mptcp.cc.CongestionControllers;
import io.mptcp.netty.JsonWriter;
import io.mptcp.netty.host.CountingLink;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.pm.PathRole;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.spi.PathEvent;
import io.mptcp.stack.MptcpConnection;
import io.mptcp.tun.http.HttpCall;
import io.mptcp.tun.http.HttpFailure;
import io.mptcp.tun.http.HttpReply;
import io.mptcp.tun.http.HttpRoutes;
import io.mptcp.tun.http.HttpStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * What can be asked and told over the control socket and from the dashboard: {@code docs/control.md} lists it. Requests are answered on the thread of
 * the server; only what they look at is taken, and what they change is changed, on the daemon's loop.
 */
final class ControlApi {
    /** {@link TunDaemon#reload}. */
    @FunctionalInterface
    interface Reloader {
        String reload() throws ConfigException;
    }

    private static final long CAPTURE_FLUSH_MILLIS = 200;
    private static final int MAX_CAPTURE_SECONDS = 3600;
    private static final String DASHBOARD = resource("dashboard.html");

    private final Uplinks uplinks;
    private final FlowTable flows;
    private final EventLog events;
    private final PathRates rates;
    private final Supplier<StatusReport> status;
    private FlowCapture capture;

    /** @param status taken on the loop */
    ControlApi(Uplinks uplinks, FlowTable flows, EventLog events, PathRates rates, Supplier<StatusReport> status) {
        this.uplinks = uplinks;
        this.flows = flows;
        this.events = events;
        this.rates = rates;
        this.status = status;
    }

    /** @param reload reads the configuration again; it waits for the loop */
    HttpRoutes routes(Reloader reload) {
        return new EndpointApi(uplinks).addTo(new HttpRoutes())
                .add("GET /v1/status", _ -> onLoop(status).thenApply(report -> HttpReply.json(report.json())))
                .add("GET /v1/connections", this::connections)
                .add("GET /v1/paths", this::paths)
                .add("POST /v1/paths", this::setPath)
                .add("GET /v1/scheduler", call -> onLoop(() -> choice(uplinks.scheduler(), Schedulers.names(), Schedulers::description)))
                .add("POST /v1/scheduler", this::setScheduler)
                .add("GET /v1/congestion", call -> onLoop(() -> choice(uplinks.congestion(), CongestionControllers.names(), _ -> null)))
                .add("POST /v1/congestion", this::setCongestion)
                .add("POST /v1/blackholes/clear", call -> onLoop(() -> {
                    uplinks.driver().stack().clearBlackholes();
                    return done();
                }))
                .add("POST /v1/reload", _ -> CompletableFuture.supplyAsync(() -> reload(reload), task -> Thread.ofVirtual().name("reload").start(task)))
                .add("GET /v1/events", this::events)
                .add("GET /v1/capture", this::capture)
                .add("GET /metrics", call -> onLoop(() -> Metrics.take(status.get(), uplinks, rates)).thenApply(metrics -> metrics.reply(call.accept())))
                .add("GET /", _ -> CompletableFuture.completedFuture(HttpReply.of("text/html; charset=utf-8", DASHBOARD)));
    }

    private static HttpReply reload(Reloader reload) {
        try {
            return HttpReply.json(new JsonWriter().beginObject().member("done", reload.reload()).endObject());
        } catch (ConfigException e) {
            throw HttpFailure.conflict(e.getMessage());
        }
    }

    private static String resource(String name) {
        try (InputStream in = ControlApi.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private <T> CompletableFuture<T> onLoop(Supplier<T> task) {
        return CompletableFuture.supplyAsync(task, uplinks.loop());
    }

    private static HttpReply done() {
        return HttpReply.json("{\"ok\":true}");
    }

    // ---- looking ----

    private CompletableFuture<HttpReply> connections(HttpCall call) {
        String token = call.get("token");
        return onLoop(() -> flows.list().stream().filter(flow -> token == null || isToken(flow, token))
                .map(flow -> FlowReport.take(flow, uplinks)).toList())
                .thenApply(reports -> {
                    JsonWriter json = new JsonWriter();
                    json.beginArray();
                    reports.forEach(report -> report.write(json));
                    return HttpReply.json(json.endArray());
                });
    }

    private CompletableFuture<HttpReply> paths(HttpCall call) {
        int seconds = call.get("seconds") == null ? 1 : whole(call, "seconds", 1, PathRates.SECONDS);
        return onLoop(() -> PathReport.take(uplinks, rates, seconds)).thenApply(reports -> {
            JsonWriter json = new JsonWriter();
            json.beginArray();
            reports.forEach(report -> report.write(json));
            return HttpReply.json(json.endArray());
        });
    }

    private static HttpReply choice(String current, List<String> names, Function<String, String> description) {
        JsonWriter json = new JsonWriter();
        json.beginObject().member("current", current).name("available").beginArray();
        for (String name : names) {
            json.beginObject().member("name", name).member("description", description.apply(name)).endObject();
        }
        return HttpReply.json(json.endArray().endObject());
    }

    // ---- changing ----

    private CompletableFuture<HttpReply> setPath(HttpCall call) {
        String device = call.require("device");
        String state = call.require("state");
        return onLoop(() -> {
            List<CountingLink> links = uplinks.links().stream().filter(link -> link.name().equals(device)).toList();
            if (links.isEmpty()) {
                throw HttpFailure.missing("there is no path " + device + ", there are "
                        + uplinks.links().stream().map(CountingLink::name).collect(Collectors.joining(", ")));
            }
            PathRole role = switch (state) {
                case "on" -> PathRole.USE;
                case "backup" -> PathRole.BACKUP;
                case "off" -> PathRole.OFF;
                default -> throw HttpFailure.wrong("'" + state + "' is no state of a path, use on, backup or off");
            };
            links.forEach(link -> setRole(link, role));
            return done();
        });
    }

    private void setRole(CountingLink link, PathRole role) {
        boolean off = role == PathRole.OFF;
        PathRole before = uplinks.pathManager().role(link.id());
        uplinks.pathManager().setRole(link.id(), role, off ? "switched off (mptcp paths set " + link.name() + " on)" : null);
        if (off != (before == PathRole.OFF)) {
            uplinks.pathManager().emit(PathEvent.ofPath(off ? PathEvent.Type.PATH_DOWN : PathEvent.Type.PATH_UP, uplinks.loop().ticker().nanoTime(), link.id(),
                    "switched " + (off ? "off" : "on")));
        }
        uplinks.driver().wake();
    }

    private CompletableFuture<HttpReply> setScheduler(HttpCall call) {
        String name = known(call.require("name"), "scheduler", Schedulers.names());
        String token = call.get("token");
        return onLoop(() -> {
            if (token == null) {
                uplinks.setScheduler(name);
            } else {
                find(token).setScheduler(Schedulers.create(name));
            }
            uplinks.driver().wake();
            return done();
        });
    }

    private CompletableFuture<HttpReply> setCongestion(HttpCall call) {
        String name = known(call.require("name"), "congestion control", CongestionControllers.names());
        return onLoop(() -> {
            uplinks.setCongestion(name);
            return done();
        });
    }

    private static String known(String name, String what, List<String> names) {
        if (!names.contains(name)) {
            throw HttpFailure.wrong("unknown " + what + " '" + name + "', use one of " + String.join(", ", names));
        }
        return name;
    }

    private static int whole(HttpCall call, String name, int least, int most) {
        String text = call.require(name);
        int value = text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : -1;
        if (value < least || value > most) {
            throw HttpFailure.wrong(name + " is '" + text + "', give a number from " + least + " to " + most);
        }
        return value;
    }

    private MptcpConnection find(String token) {
        return flows.list().stream().filter(flow -> isToken(flow, token)).map(CarriedFlow::outer).findFirst()
                .orElseThrow(() -> HttpFailure.missing("there is no connection with token " + token + " (see mptcp connections)"));
    }

    private static boolean isToken(CarriedFlow flow, String token) {
        return flow.outer() != null && !flow.outer().isFallback() && String.format("%08x", flow.outer().token()).equals(token);
    }

    // ---- following ----

    private CompletableFuture<HttpReply> events(HttpCall call) {
        boolean forBrowser = call.accept().contains(HttpReply.EVENT_STREAM);
        long since = call.get("since") == null ? Long.MAX_VALUE : whole(call, "since", 0, Integer.MAX_VALUE);
        return CompletableFuture.completedFuture(HttpReply.stream(forBrowser ? HttpReply.EVENT_STREAM : HttpReply.JSON_LINES, stream -> {
            EventFeed feed = new EventFeed(stream, forBrowser);
            uplinks.loop().execute(() -> {
                events.since(since).forEach(feed);
                events.subscribe(feed);
            });
            stream.onEnd(() -> uplinks.loop().execute(() -> events.unsubscribe(feed)));
        }));
    }

    private CompletableFuture<HttpReply> capture(HttpCall call) {
        String token = call.require("token");
        int seconds = call.get("seconds") == null ? MAX_CAPTURE_SECONDS : whole(call, "seconds", 1, MAX_CAPTURE_SECONDS);
        return onLoop(() -> {
            MptcpConnection connection = find(token);
            if (capture != null) {
                throw HttpFailure.conflict("another capture is running");
            }
            return HttpReply.stream("application/vnd.tcpdump.pcap", stream -> uplinks.loop().execute(() -> capture(connection, seconds, stream)));
        });
    }

    private void capture(MptcpConnection connection, int seconds, HttpStream stream) {
        if (capture != null) {
            stream.end(); // two asked at once
            return;
        }
        FlowCapture started = new FlowCapture(connection, uplinks.links(), stream, uplinks.loop().ticker());
        capture = started;
        stream.onEnd(() -> uplinks.loop().execute(() -> endCapture(started)));
        long endNanos = uplinks.loop().ticker().nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        continueCapture(started, endNanos);
    }

    private void continueCapture(FlowCapture running, long endNanos) {
        if (capture != running) {
            return;
        }
        running.flush();
        if (running.isOver() || uplinks.loop().ticker().nanoTime() - endNanos >= 0) {
            endCapture(running);
        } else {
            uplinks.loop().schedule(() -> continueCapture(running, endNanos), CAPTURE_FLUSH_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void endCapture(FlowCapture running) {
        if (capture == running) {
            capture = null;
            running.close();
        }
    }
}
