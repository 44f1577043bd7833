package io.mptcp.cli.control;

import io.mptcp.cli.CommandFailure;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** A value of a JSON document that the daemon sent (YAML is a superset of JSON). What is missing reads as null, 0, false or empty. */
record Json(Object value) {
    private static final int MAX_DEPTH = 16;

    static Json parse(String text) {
        LoaderOptions options = new LoaderOptions();
        options.setMaxAliasesForCollections(0);
        options.setNestingDepthLimit(MAX_DEPTH);
        options.setCodePointLimit(Integer.MAX_VALUE);
        try {
            return new Json(new Yaml(new SafeConstructor(options)).load(text));
        } catch (YAMLException e) {
            throw CommandFailure.failed("what the daemon sent is not JSON: is it of another version?", e);
        }
    }

    Json get(String key) {
        return new Json(value instanceof Map<?, ?> map ? map.get(key) : null);
    }

    List<Json> list() {
        return value instanceof List<?> list ? list.stream().<Json>map(Json::new).toList() : List.of();
    }

    Map<?, ?> map() {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }

    /** Null for null. */
    String text() {
        return value == null ? null : value.toString();
    }

    long whole() {
        return value instanceof Number number ? number.longValue() : 0;
    }

    double number() {
        return value instanceof Number number ? number.doubleValue() : 0;
    }

    boolean flag() {
        return Boolean.TRUE.equals(value);
    }
}
