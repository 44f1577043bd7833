package io.mptcp.tun;

import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.PathTerms;
import io.mptcp.pm.PathQuota;
import io.mptcp.pm.PathRole;
import io.mptcp.wire.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The paths of a configuration. */
public final class PathsConfig {
    /** The stack numbers links with one byte, and a connection has at most 64 subflows. */
    static final int MAX_PATHS = 64;

    private PathsConfig() {
    }

    /**
     * The list.
     *
     * @param tunDevice the gateway's own device, which can be none of them; null for none
     * @throws ConfigException with the line
     */
    public static List<PathSpec> read(ConfigNode node, String tunDevice) throws ConfigException {
        List<PathSpec> paths = new ArrayList<>();
        Map<String, Integer> seen = new HashMap<>();
        for (ConfigNode item : node.list()) {
            PathSpec path = readPath(item);
            Integer other = seen.put(path.device() + "," + path.address(), paths.size() + 1);
            if (other != null) {
                throw item.error("device " + path.device() + " is given twice (item " + other + " too)",
                        "keep one, or give each its own address");
            }
            if (path.device().equals(tunDevice)) {
                throw item.error("path " + path.device() + " is the TUN device itself", "name an interface that leads out");
            }
            paths.add(path);
        }
        if (paths.isEmpty()) {
            throw node.error("there are no paths", "list at least one interface, e.g. [{device: eth0}]");
        }
        if (paths.size() > MAX_PATHS) {
            throw node.error("there are " + paths.size() + " paths", "at most " + MAX_PATHS + " can be used");
        }
        return List.copyOf(paths);
    }

    private static PathSpec readPath(ConfigNode node) throws ConfigException {
        Map<String, ConfigNode> keys = node.map("device", "address", "role", "backup", "weight", "cost", "metered", "quota", "quota-then",
                "probe-seconds", "link", "gso");
        String device = deviceName(node.required(keys, "device", "name the interface"));
        IpAddress address = keys.containsKey("address")
                ? keys.get("address").parsed(IpAddress::parse, "write one address of that interface, without a prefix length") : null;
        int weight = keys.containsKey("weight") ? keys.get("weight").integer(1, 1000) : 1;
        PathSpec.Kind kind = keys.containsKey("link") ? keys.get("link").parsed(PathSpec.Kind::of, "packet is the usual one") : PathSpec.Kind.PACKET;
        boolean gso = !keys.containsKey("gso") || keys.get("gso").bool();
        return new PathSpec(device, address, readTerms(keys), weight, kind, gso);
    }

    /** The reverse of reading: the section {@code paths}, without what is as it is by default. */
    public static String yaml(List<PathSpec> paths) {
        StringBuilder yaml = new StringBuilder("paths:\n");
        for (PathSpec path : paths) {
            PathTerms terms = path.terms();
            yaml.append("  - device: ").append(quoted(path.device())).append('\n');
            write(yaml, "address", path.address() == null ? null : quoted(path.address().toString()));
            write(yaml, "role", terms.role() == PathRole.USE ? null : terms.role());
            write(yaml, "weight", path.weight() == 1 ? null : path.weight());
            write(yaml, "cost", terms.cost() == 0 ? null : terms.cost());
            write(yaml, "quota", terms.quota());
            write(yaml, "quota-then", terms.quota() == null ? null : terms.quota().then());
            write(yaml, "probe-seconds", terms.probeSeconds() == 0 ? null : terms.probeSeconds());
            write(yaml, "link", path.kind() == PathSpec.Kind.PACKET ? null : path.kind());
            write(yaml, "gso", path.gso() ? null : false);
        }
        return yaml.toString();
    }

    private static void write(StringBuilder yaml, String key, Object value) {
        if (value != null) {
            yaml.append("    ").append(key).append(": ").append(value).append('\n');
        }
    }

    /** Names that YAML would take for something else get quotes. */
    private static String quoted(String text) {
        return text.matches("[a-z][a-z0-9-]*[0-9-][a-z0-9-]*") ? text : "'" + text.replace("'", "''") + "'";
    }

    private static PathTerms readTerms(Map<String, ConfigNode> keys) throws ConfigException {
        PathTerms terms = PathTerms.DEFAULT;
        if (keys.containsKey("backup")) {
            if (keys.containsKey("role")) {
                throw keys.get("backup").error("backup and role say the same", "keep role");
            }
            terms = terms.withRole(keys.get("backup").bool() ? PathRole.BACKUP : PathRole.USE);
        }
        if (keys.containsKey("role")) {
            terms = terms.withRole(keys.get("role").parsed(PathRole::of, "use is the usual one"));
        }
        if (keys.containsKey("metered")) {
            terms = terms.withCost(keys.get("metered").bool() ? 1 : 0);
        }
        if (keys.containsKey("cost")) {
            terms = terms.withCost(keys.get("cost").integer(0, PathTerms.MAX_COST));
        }
        PathRole then = keys.containsKey("quota-then") ? keys.get("quota-then").parsed(PathRole::of, "backup or off") : PathRole.BACKUP;
        if (keys.containsKey("quota")) {
            terms = terms.withQuota(keys.get("quota").parsed(text -> PathQuota.parse(text, then), "write e.g. 20G/month"));
        }
        return keys.containsKey("probe-seconds") ? terms.withProbeSeconds(keys.get("probe-seconds").integer(0, PathTerms.MAX_PROBE_SECONDS)) : terms;
    }

    static String deviceName(ConfigNode node) throws ConfigException {
        return node.parsed(name -> {
            PathSpec.checkDeviceName(name);
            return name;
        }, "see 'ip link' for the names there are");
    }
}
