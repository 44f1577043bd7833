package io.mptcp.tun;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What becomes of some connections. All that is given has to fit.
 *
 * @param to    destinations, empty for all
 * @param ports of the destination
 * @param from  sources, empty for all
 * @param use   how they are carried
 * @param relay by which relay, null unless {@link Use#RELAY}
 */
public record FlowRule(List<Cidr> to, List<PortSpan> ports, List<Cidr> from, Use use, RelaySpec relay) {
    /** How a connection is carried. */
    public enum Use {
        /** Straight to its destination, by Multipath TCP if that speaks it. */
        DIRECT,
        /** To a relay, which has a connection to the destination. */
        RELAY
    }

    static final FlowRule DIRECT = new FlowRule(List.of(), List.of(PortSpan.ALL), List.of(), Use.DIRECT, null);

    private boolean fits(IpAddress source, IpEndpoint destination) {
        return (to.isEmpty() || to.stream().anyMatch(network -> network.contains(destination.address())))
                && ports.stream().anyMatch(span -> span.contains(destination.port()))
                && (from.isEmpty() || from.stream().anyMatch(network -> network.contains(source)));
    }

    /** The first that fits; the last fits all. */
    static FlowRule choose(List<FlowRule> rules, IpAddress source, IpEndpoint destination) {
        for (FlowRule rule : rules) {
            if (rule.fits(source, destination)) {
                return rule;
            }
        }
        return DIRECT;
    }

    /** What is not ruled goes to the first relay, straight where there is none. @throws ConfigException with the line */
    static List<FlowRule> read(ConfigNode node, List<RelaySpec> relays) throws ConfigException {
        List<FlowRule> rules = new ArrayList<>();
        if (node != null) {
            for (ConfigNode item : node.list()) {
                rules.add(readOne(item, relays));
            }
        }
        rules.add(relays.isEmpty() ? DIRECT : new FlowRule(List.of(), List.of(PortSpan.ALL), List.of(), Use.RELAY, relays.getFirst()));
        return List.copyOf(rules);
    }

    private static FlowRule readOne(ConfigNode node, List<RelaySpec> relays) throws ConfigException {
        Map<String, ConfigNode> keys = node.map("to", "ports", "from", "use", "relay");
        String use = ConfigNode.oneOf(node.required(keys, "use", "direct or relay"), List.of("direct", "relay"), null);
        RelaySpec relay = null;
        if (use.equals("relay")) {
            if (relays.isEmpty()) {
                throw node.error("there is no relay", "add one to relays");
            }
            String name = keys.containsKey("relay") ? keys.get("relay").text() : relays.getFirst().name();
            relay = relays.stream().filter(one -> one.name().equals(name)).findFirst()
                    .orElseThrow(() -> node.error("there is no relay " + name, "name one of relays"));
        } else if (keys.containsKey("relay")) {
            throw node.error("relay is for use: relay", "leave one of them out");
        }
        return new FlowRule(readNetworks(keys.get("to")), PortSpan.read(keys.get("ports")), readNetworks(keys.get("from")),
                use.equals("relay") ? Use.RELAY : Use.DIRECT, relay);
    }

    private static List<Cidr> readNetworks(ConfigNode node) throws ConfigException {
        List<Cidr> networks = new ArrayList<>();
        if (node != null) {
            for (ConfigNode item : node.isList() ? node.list() : List.of(node)) {
                networks.add(item.parsed(Cidr::parse, "write a network as 198.51.100.0/24").network());
            }
        }
        return List.copyOf(networks);
    }
}
