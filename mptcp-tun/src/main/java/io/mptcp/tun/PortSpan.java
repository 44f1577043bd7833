package io.mptcp.tun;

import java.util.ArrayList;
import java.util.List;

/** Ports from one to another, both included. */
public record PortSpan(int first, int last) {
    public static final PortSpan ALL = new PortSpan(1, 0xffff);

    public PortSpan {
        if (first < 1 || last > 0xffff || first > last) {
            throw new IllegalArgumentException("ports " + first + "-" + last + " are not in 1-65535");
        }
    }

    /** {@code 443} or {@code 8000-8100}. @throws IllegalArgumentException when it is neither */
    public static PortSpan parse(String text) {
        if (!text.matches("[0-9]{1,5}(-[0-9]{1,5})?")) {
            throw new IllegalArgumentException("'" + text + "' is neither a port nor ports");
        }
        String[] parts = text.split("-");
        return new PortSpan(Integer.parseInt(parts[0]), Integer.parseInt(parts[parts.length - 1]));
    }

    /** One port, ports, or a list of either; all for null. @throws ConfigException with the line */
    public static List<PortSpan> read(ConfigNode node) throws ConfigException {
        if (node == null) {
            return List.of(ALL);
        }
        String advice = "write e.g. 443, 8000-8100 or [80, 443]";
        if (!node.isList()) {
            return List.of(node.parsed(PortSpan::parse, advice));
        }
        List<PortSpan> spans = new ArrayList<>();
        for (ConfigNode item : node.list()) {
            spans.add(item.parsed(PortSpan::parse, advice));
        }
        return List.copyOf(spans);
    }

    public boolean contains(int port) {
        return port >= first && port <= last;
    }

    @Override
    public String toString() {
        return first == last ? Integer.toString(first) : first + "-" + last;
    }
}
