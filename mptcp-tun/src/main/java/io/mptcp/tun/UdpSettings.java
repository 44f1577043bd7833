package io.mptcp.tun;

import io.mptcp.netty.host.PathSpec;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What becomes of datagrams that come by the device.
 *
 * @param use       how they are carried
 * @param path      device of the path for {@link Use#BYPASS}, null for the best that works
 * @param relay     for {@link Use#RELAY}
 * @param duplicate ports of destinations whose datagrams go to the relay over all paths at once
 * @param flows     so many senders, by address and port, at a time; with one more the one that has been silent for longest is forgotten
 */
public record UdpSettings(Use use, String path, RelaySpec relay, List<PortSpan> duplicate, int flows) {
    /** How datagrams are carried. */
    public enum Use {
        /** Past the stack, over one path. */
        BYPASS,
        /** To a relay, over any of the paths. */
        RELAY,
        /** Not at all: their senders are told. */
        REFUSE
    }

    static final UdpSettings DEFAULT = new UdpSettings(Use.BYPASS, null, null, List.of(), 1024);

    boolean isDuplicated(int port) {
        return duplicate.stream().anyMatch(span -> span.contains(port));
    }

    /** @throws ConfigException with the line */
    static UdpSettings read(ConfigNode node, List<PathSpec> paths, List<RelaySpec> relays) throws ConfigException {
        if (node == null) {
            return DEFAULT;
        }
        Map<String, ConfigNode> keys = node.map("use", "path", "relay", "duplicate", "flows");
        Use use = Use.valueOf(ConfigNode.oneOf(keys.get("use"), List.of("bypass", "relay", "refuse"), "bypass").toUpperCase(Locale.ROOT));
        FlowRule.onlyFor(keys.get("path"), use == Use.BYPASS, "bypass");
        FlowRule.onlyFor(keys.get("relay"), use == Use.RELAY, "relay");
        FlowRule.onlyFor(keys.get("duplicate"), use == Use.RELAY, "relay");
        String path = keys.containsKey("path") ? keys.get("path").text() : null;
        if (path != null && paths.stream().noneMatch(one -> one.device().equals(path))) {
            throw keys.get("path").error("there is no path " + path, "name one of paths");
        }
        RelaySpec relay = use == Use.RELAY ? FlowRule.relay(node, keys.get("relay"), relays) : null;
        if (relay != null && relay.tls() == null) {
            throw node.error("relay " + relay.name() + " has no TLS", "datagrams take their keys from it: give a pin or tls-name, or use: bypass");
        }
        return new UdpSettings(use, path, relay, keys.containsKey("duplicate") ? PortSpan.read(keys.get("duplicate")) : List.of(),
                keys.containsKey("flows") ? keys.get("flows").integer(1, 65_536) : DEFAULT.flows);
    }
}
