package io.mptcp.tun.http;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** What answers which request. */
public final class HttpRoutes {
    /** Answers one kind of request; it must not wait for anything. Failures other than {@link HttpFailure} are defects. */
    @FunctionalInterface
    public interface Route {
        CompletableFuture<HttpReply> answer(HttpCall call);
    }

    private final Map<String, Route> routes = new LinkedHashMap<>();

    /** @param methodAndPath as in {@code GET /v1/status} */
    public HttpRoutes add(String methodAndPath, Route route) {
        if (routes.put(methodAndPath, route) != null) {
            throw new IllegalArgumentException(methodAndPath + " is answered already");
        }
        return this;
    }

    CompletableFuture<HttpReply> answer(HttpCall call) {
        Route route = routes.get(call.method() + " " + call.path());
        if (route == null) {
            boolean otherMethod = routes.containsKey("GET " + call.path()) || routes.containsKey("POST " + call.path());
            return CompletableFuture.completedFuture(otherMethod ? HttpReply.error(405, call.method() + " is not for " + call.path())
                    : HttpReply.error(404, "there is no " + call.path()));
        }
        try {
            return route.answer(call);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }
}
