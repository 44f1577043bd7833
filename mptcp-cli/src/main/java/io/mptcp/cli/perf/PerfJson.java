package io.mptcp.cli.perf;

import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/** Reads the JSON of the control connection (YAML is a superset of it). Keys that are missing have a default; nothing in it can fail later. */
final class PerfJson {
    private final Map<?, ?> map;

    private PerfJson(Map<?, ?> map) {
        this.map = map;
    }

    /** @throws PerfException when it is not a JSON object */
    static PerfJson parse(String text) {
        try {
            LoaderOptions options = new LoaderOptions();
            options.setMaxAliasesForCollections(0);
            options.setNestingDepthLimit(8);
            if (new Yaml(new SafeConstructor(options)).load(text) instanceof Map<?, ?> map) {
                return new PerfJson(map);
            }
        } catch (YAMLException e) {
            throw new PerfException("what the other side sent is not JSON", e);
        }
        throw new PerfException("what the other side sent is not a JSON object", null);
    }

    boolean flag(String key) {
        Object value = map.get(key);
        return Boolean.TRUE.equals(value) || value instanceof Number number && number.doubleValue() != 0;
    }

    boolean has(String key) {
        return map.containsKey(key);
    }

    double number(String key, double otherwise) {
        Object value = map.get(key);
        if (value instanceof Number number) {
            return number.doubleValue();
        }
        try {
            return value == null ? otherwise : Double.parseDouble(value.toString());
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    /** Whole, and between the bounds. @throws PerfException when it is not */
    int whole(String key, int otherwise, int least, int most) {
        double value = number(key, otherwise);
        if (value < least || value > most) {
            throw new PerfException("the other side wants " + key + " " + value + ", possible are " + least + " to " + most, null);
        }
        return (int) value;
    }

    List<PerfJson> list(String key) {
        return map.get(key) instanceof List<?> list
                ? list.stream().filter(Map.class::isInstance).map(item -> new PerfJson((Map<?, ?>) item)).toList() : List.of();
    }
}
