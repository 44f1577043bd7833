package io.mptcp.tun;

import io.mptcp.cc.CongestionControllers;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What becomes of some connections. All that is given has to fit.
 *
 * @param to         destinations, empty for all
 * @param ports      of the destination
 * @param from       sources, empty for all
 * @param dscp       code points (RFC 2474) of the packet that asks for the connection, empty for all
 * @param use        how they are carried
 * @param relay      by which relay, null unless {@link Use#RELAY}
 * @param paths      devices of the paths that may carry them, empty for all
 * @param scheduler  by name, null for the daemon's
 * @param congestion congestion control by name, null for the daemon's
 */
public record FlowRule(List<Cidr> to, List<PortSpan> ports, List<Cidr> from, List<Integer> dscp, Use use, RelaySpec relay, List<String> paths,
                       String scheduler, String congestion) {
    /** How a connection is carried. */
    public enum Use {
        /** Straight to its destination, by Multipath TCP if that speaks it. */
        DIRECT,
        /** To a relay, which has a connection to the destination. */
        RELAY,
        /** Straight to its destination in plain TCP, over one path. */
        BYPASS
    }

    static final FlowRule DIRECT = new FlowRule(List.of(), List.of(PortSpan.ALL), List.of(), List.of(), Use.DIRECT, null, List.of(), null, null);

    /** All to a relay. */
    static FlowRule to(RelaySpec relay) {
        return new FlowRule(List.of(), List.of(PortSpan.ALL), List.of(), List.of(), Use.RELAY, relay, List.of(), null, null);
    }

    /** As this, without its relay. */
    FlowRule straight() {
        return new FlowRule(to, ports, from, dscp, Use.DIRECT, null, paths, scheduler, congestion);
    }

    private boolean fits(IpAddress source, IpEndpoint destination, int codePoint) {
        return (to.isEmpty() || to.stream().anyMatch(network -> network.contains(destination.address())))
                && ports.stream().anyMatch(span -> span.contains(destination.port()))
                && (from.isEmpty() || from.stream().anyMatch(network -> network.contains(source)))
                && (dscp.isEmpty() || dscp.contains(codePoint));
    }

    /** Null when it is not carried by a relay. */
    String relayName() {
        return relay == null ? null : relay.name();
    }

    /** The first that fits; the last fits all. @param codePoint {@link Dscp#UNKNOWN} fits no rule that names one */
    static FlowRule choose(List<FlowRule> rules, IpAddress source, IpEndpoint destination, int codePoint) {
        for (FlowRule rule : rules) {
            if (rule.fits(source, destination, codePoint)) {
                return rule;
            }
        }
        return DIRECT;
    }

    /** What is not ruled goes to the first relay, straight where there is none. @throws ConfigException with the line */
    static List<FlowRule> read(ConfigNode node, List<RelaySpec> relays, List<PathSpec> paths) throws ConfigException {
        List<FlowRule> rules = new ArrayList<>();
        if (node != null) {
            for (ConfigNode item : node.list()) {
                rules.add(readOne(item, relays, paths));
            }
        }
        rules.add(relays.isEmpty() ? DIRECT : to(relays.getFirst()));
        return List.copyOf(rules);
    }

    private static FlowRule readOne(ConfigNode node, List<RelaySpec> relays, List<PathSpec> paths) throws ConfigException {
        Map<String, ConfigNode> keys = node.map("to", "ports", "from", "dscp", "use", "relay", "path", "paths", "scheduler", "congestion");
        Use use = Use.valueOf(ConfigNode.oneOf(node.required(keys, "use", "direct, relay or bypass"), List.of("direct", "relay", "bypass"), null)
                .toUpperCase(Locale.ROOT));
        onlyFor(keys.get("relay"), use == Use.RELAY, "relay");
        onlyFor(keys.get("path"), use == Use.BYPASS, "bypass");
        onlyFor(keys.get("scheduler"), use != Use.BYPASS, "direct or relay");
        return new FlowRule(readNetworks(keys.get("to")), PortSpan.read(keys.get("ports")), readNetworks(keys.get("from")), Dscp.read(keys.get("dscp")), use,
                use == Use.RELAY ? relay(node, keys.get("relay"), relays) : null, readPaths(keys.get("paths"), keys.get("path"), paths),
                ConfigNode.oneOf(keys.get("scheduler"), Schedulers.names(), null), ConfigNode.oneOf(keys.get("congestion"), CongestionControllers.names(), null));
    }

    /** @param one as {@code paths}, of one only */
    private static List<String> readPaths(ConfigNode some, ConfigNode one, List<PathSpec> known) throws ConfigException {
        if (some != null && one != null) {
            throw one.error("path and paths say the same", "keep paths");
        }
        ConfigNode node = some != null ? some : one;
        List<String> devices = new ArrayList<>();
        for (ConfigNode item : node == null ? List.<ConfigNode>of() : node.isList() ? node.list() : List.of(node)) {
            String device = item.text();
            if (known.stream().noneMatch(path -> path.device().equals(device))) {
                throw item.error("there is no path " + device, "name one of paths");
            }
            devices.add(device);
        }
        if (some != null && devices.isEmpty()) {
            throw some.error("paths is empty", "name the paths that may carry these connections, or leave it out for all");
        }
        return List.copyOf(devices);
    }

    static void onlyFor(ConfigNode key, boolean right, String use) throws ConfigException {
        if (key != null && !right) {
            throw key.error(key.key() + " is for use: " + use, "leave one of them out");
        }
    }

    static RelaySpec relay(ConfigNode rule, ConfigNode name, List<RelaySpec> relays) throws ConfigException {
        if (relays.isEmpty()) {
            throw rule.error("there is no relay", "add one to relays");
        }
        if (name == null) {
            return relays.getFirst();
        }
        String wanted = name.text();
        return relays.stream().filter(one -> one.name().equals(wanted)).findFirst()
                .orElseThrow(() -> name.error("there is no relay " + wanted, "name one of relays"));
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
