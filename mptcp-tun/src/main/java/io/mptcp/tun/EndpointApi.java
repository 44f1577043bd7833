package io.mptcp.tun;

import io.mptcp.netty.JsonWriter;
import io.mptcp.netty.host.CountingLink;
import io.mptcp.netty.host.Uplinks;
import io.mptcp.pm.Endpoint;
import io.mptcp.pm.EndpointFlag;
import io.mptcp.pm.HostPathManager;
import io.mptcp.pm.PathLimits;
import io.mptcp.pm.PathManagerException;
import io.mptcp.tun.http.HttpCall;
import io.mptcp.tun.http.HttpFailure;
import io.mptcp.tun.http.HttpReply;
import io.mptcp.tun.http.HttpRoutes;
import io.mptcp.wire.IpAddress;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Endpoints and limits, by the words of {@code ip mptcp}. Part of {@link ControlApi}. */
final class EndpointApi {
    /** What may fail in the path manager. */
    @FunctionalInterface
    private interface Change {
        void apply(HostPathManager manager) throws PathManagerException;
    }

    private final Uplinks uplinks;

    EndpointApi(Uplinks uplinks) {
        this.uplinks = uplinks;
    }

    HttpRoutes addTo(HttpRoutes routes) {
        return routes
                .add("GET /v1/endpoints", _ -> CompletableFuture.supplyAsync(this::endpoints, uplinks.loop()))
                .add("POST /v1/endpoints/add", call -> change(manager -> manager.addEndpoint(endpoint(call))))
                .add("POST /v1/endpoints/delete", call -> change(manager -> delete(manager, call)))
                .add("POST /v1/endpoints/change", call -> change(manager -> change(manager, call)))
                .add("POST /v1/endpoints/flush", _ -> change(HostPathManager::flushEndpoints))
                .add("GET /v1/limits", _ -> CompletableFuture.supplyAsync(this::limits, uplinks.loop()))
                .add("POST /v1/limits", call -> change(manager -> setLimits(manager, call)));
    }

    private CompletableFuture<HttpReply> change(Change change) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                change.apply(uplinks.pathManager());
            } catch (PathManagerException e) {
                throw HttpFailure.conflict(e.getMessage());
            } catch (IllegalArgumentException e) {
                throw HttpFailure.wrong(e.getMessage());
            }
            uplinks.driver().wake();
            return HttpReply.json("{\"ok\":true}");
        }, uplinks.loop());
    }

    /** As {@code ip -j mptcp endpoint show}; one for a whole interface has no address. */
    private HttpReply endpoints() {
        JsonWriter json = new JsonWriter();
        json.beginArray();
        for (Endpoint endpoint : uplinks.pathManager().endpoints()) {
            json.beginObject();
            if (endpoint.address() != null) {
                json.member("address", endpoint.address().toString());
            }
            json.member("id", endpoint.id());
            if (endpoint.port() != 0) {
                json.member("port", endpoint.port());
            }
            endpoint.flags().forEach(flag -> json.member(flag.toString(), true));
            if (endpoint.linkId() >= 0) {
                json.member("dev", uplinks.name(endpoint.linkId()));
            }
            json.endObject();
        }
        return HttpReply.json(json.endArray());
    }

    private Endpoint endpoint(HttpCall call) {
        Set<EndpointFlag> flags = EnumSet.noneOf(EndpointFlag.class);
        String names = call.get("flags");
        for (String name : names == null || names.isEmpty() ? new String[0] : names.split(",")) {
            flags.add(EndpointFlag.of(name));
        }
        IpAddress address = call.get("address") == null ? null : IpAddress.parse(call.get("address"));
        return new Endpoint(number(call, "id", 0), address, number(call, "port", 0), flags, call.get("dev") == null ? -1 : link(call.get("dev")));
    }

    private int link(String device) {
        for (CountingLink link : uplinks.links()) {
            if (link.name().equals(device)) {
                return link.id();
            }
        }
        throw HttpFailure.missing("there is no path over " + device + " (see mptcp paths)");
    }

    private static void delete(HostPathManager manager, HttpCall call) throws PathManagerException {
        int id = number(call, "id", -1);
        if (id == 0) {
            manager.deleteInitial(IpAddress.parse(call.require("address")));
        } else {
            manager.deleteEndpoint(id > 0 ? id : byAddress(manager, call.require("address")));
        }
    }

    private static int byAddress(HostPathManager manager, String text) {
        IpAddress address = IpAddress.parse(text);
        for (Endpoint endpoint : manager.endpoints()) {
            if (address.equals(endpoint.address())) {
                return endpoint.id();
            }
        }
        throw HttpFailure.missing("there is no endpoint with the address " + address);
    }

    private static void change(HostPathManager manager, HttpCall call) throws PathManagerException {
        int wanted = number(call, "id", -1);
        int id = wanted > 0 ? wanted : byAddress(manager, call.require("address"));
        Endpoint before = manager.endpoint(id);
        manager.changeEndpoint(id, flag(call, "backup", before, EndpointFlag.BACKUP), flag(call, "fullmesh", before, EndpointFlag.FULLMESH));
    }

    private static boolean flag(HttpCall call, String name, Endpoint before, EndpointFlag flag) {
        String value = call.get(name);
        return value == null ? before != null && before.has(flag) : value.equals("true");
    }

    private HttpReply limits() {
        PathLimits limits = uplinks.pathManager().limits();
        return HttpReply.json(new JsonWriter().beginObject().member("add_addr_accepted", limits.addAddrAccepted())
                .member("subflows", limits.subflows()).endObject());
    }

    private void setLimits(HostPathManager manager, HttpCall call) {
        PathLimits before = manager.limits();
        PathLimits wanted = new PathLimits(number(call, "subflows", before.subflows()), number(call, "add_addr_accepted", before.addAddrAccepted()));
        int most = uplinks.config().limits().maxSubflows() - 1;
        if (wanted.subflows() > most) {
            throw new IllegalArgumentException("subflows " + wanted.subflows() + ": a connection has at most " + most + " beside the initial one here");
        }
        manager.setLimits(wanted);
    }

    private static int number(HttpCall call, String name, int unset) {
        String text = call.get(name);
        if (text == null) {
            return unset;
        }
        if (!text.matches("[0-9]{1,5}")) {
            throw new IllegalArgumentException(name + " '" + text + "' is not a number");
        }
        return Integer.parseInt(text);
    }
}
