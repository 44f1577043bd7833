package io.mptcp.tun.http;

import java.util.List;
import java.util.Map;

/**
 * A request.
 *
 * @param method  GET or POST
 * @param path    without the query
 * @param query   values of the query by name, as far as they are given once
 * @param accept  the Accept header, empty without one
 */
public record HttpCall(String method, String path, Map<String, List<String>> query, String accept) {
    /** A value of the query, null without it. */
    public String get(String name) {
        List<String> values = query.get(name);
        return values == null || values.isEmpty() ? null : values.getFirst();
    }

    /** @throws HttpFailure when it is not there */
    public String require(String name) {
        String value = get(name);
        if (value == null || value.isEmpty()) {
            throw HttpFailure.wrong(path + " needs " + name + "=");
        }
        return value;
    }
}
