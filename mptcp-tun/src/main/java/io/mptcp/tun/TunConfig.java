package io.mptcp.tun;

import io.mptcp.cc.CongestionControllers;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.PathTerms;
import io.mptcp.pm.PathQuota;
import io.mptcp.pm.PathRole;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.wire.IpAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@code mptcp-tun} is told by its YAML file. {@code docs/mptcp-tun.example.yaml} explains every key.
 *
 * @param tun        the device the host's connections come in by
 * @param paths      at least one; the order is the order of preference for the first subflow
 * @param scheduler  packet scheduler, by name
 * @param congestion congestion control, by name
 * @param checksum   whether DSS checksums are asked for (RFC 8684 section 3.1, A flag)
 * @param limits     bounds of the gateway
 * @param log        log level: error, warn, info, debug or trace
 * @param status     the periodic status line
 * @param capture    pcapng file that gets every segment of every path, or null
 */
public record TunConfig(Tun tun, List<PathSpec> paths, String scheduler, String congestion, boolean checksum, GatewayLimits limits, String log,
                        Status status, Path capture) {
    /**
     * The device.
     *
     * @param address  its IPv4 address, or null
     * @param address6 its IPv6 address, or null; one of the two is there
     * @param routes   destinations whose connections are taken, network addresses only
     */
    public record Tun(String device, Cidr address, Cidr address6, int mtuBytes, List<Cidr> routes) {
    }

    /**
     * Bounds of the gateway.
     *
     * @param connections           connections at a time; more are refused with a reset
     * @param bufferBytes           most bytes buffered per connection, direction and side
     * @param connectTimeoutSeconds how long a destination may take to answer before the application is told
     */
    public record GatewayLimits(int connections, int bufferBytes, int connectTimeoutSeconds) {
        static final GatewayLimits DEFAULT = new GatewayLimits(4096, 8 << 20, 30);
    }

    /**
     * The periodic status line.
     *
     * @param everySeconds 0 for none
     * @param json         a JSON document on standard output instead of a log line
     */
    public record Status(int everySeconds, boolean json) {
        static final Status DEFAULT = new Status(10, false);
    }

    /** The stack numbers links with one byte, and a connection has at most 64 subflows. */
    static final int MAX_PATHS = 64;

    private static final List<String> LOG_LEVELS = List.of("error", "warn", "info", "debug", "trace");

    /** @throws ConfigException with one line when the file cannot be read or says something that cannot be done */
    public static TunConfig load(Path file) throws ConfigException {
        return read(ConfigNode.load(file));
    }

    /** As {@link #load}; {@code name} stands for the file in messages. */
    public static TunConfig parse(String name, String text) throws ConfigException {
        return read(ConfigNode.parse(name, text));
    }

    private static TunConfig read(ConfigNode root) throws ConfigException {
        Map<String, ConfigNode> keys = root.map("tun", "paths", "scheduler", "congestion", "checksum", "limits", "log", "status",
                "capture");
        Tun tun = readTun(required(root, keys, "tun", "add the device and its routes"));
        List<PathSpec> paths = readPaths(required(root, keys, "paths", "list at least one interface"), tun.device());
        return new TunConfig(tun, paths,
                oneOf(keys.get("scheduler"), Schedulers.names(), "default"),
                oneOf(keys.get("congestion"), CongestionControllers.names(), "cubic"),
                keys.containsKey("checksum") && keys.get("checksum").bool(),
                readLimits(keys.get("limits")),
                oneOf(keys.get("log"), LOG_LEVELS, "info"),
                readStatus(keys.get("status")),
                keys.containsKey("capture") ? keys.get("capture").parsed(Path::of, "give the name of a file") : null);
    }

    private static Tun readTun(ConfigNode node) throws ConfigException {
        Map<String, ConfigNode> keys = node.map("device", "address", "address6", "mtu", "routes");
        String device = keys.containsKey("device") ? deviceName(keys.get("device")) : "mptcp0";
        Cidr address = keys.containsKey("address") ? interfaceAddress(keys.get("address"), true) : null;
        Cidr address6 = keys.containsKey("address6") ? interfaceAddress(keys.get("address6"), false) : null;
        if (address == null && address6 == null) {
            throw node.error("tun has no address", "add address: 10.255.0.1/30 or address6: fd00:6d70::1/64");
        }
        // RFC 8200 section 5: no IPv6 below 1280 bytes; RFC 791: every host takes 576 bytes.
        int mtuBytes = keys.containsKey("mtu") ? keys.get("mtu").integer(address6 == null ? 576 : 1280, 65_535) : 1500;
        ConfigNode routesNode = required(node, keys, "routes", "list the destinations to take, e.g. [198.51.100.0/24]");
        List<Cidr> routes = new ArrayList<>();
        for (ConfigNode item : routesNode.list()) {
            routes.add(route(item, address, address6, routes));
        }
        if (routes.isEmpty()) {
            throw routesNode.error("routes is empty", "list the destinations to take, e.g. [198.51.100.0/24]");
        }
        return new Tun(device, address, address6, mtuBytes, List.copyOf(routes));
    }

    private static Cidr interfaceAddress(ConfigNode node, boolean ipv4) throws ConfigException {
        String example = ipv4 ? "write it as 10.255.0.1/30" : "write it as fd00:6d70::1/64";
        Cidr cidr = node.parsed(Cidr::parse, example);
        if (cidr.isIpv4() != ipv4) {
            throw node.error(cidr + " is not " + (ipv4 ? "an IPv4" : "an IPv6") + " address", example);
        }
        if (cidr.address().isAny()) {
            throw node.error(cidr + " cannot be the address of a device", example);
        }
        return cidr;
    }

    private static Cidr route(ConfigNode node, Cidr address, Cidr address6, List<Cidr> before) throws ConfigException {
        Cidr route = node.parsed(Cidr::parse, "write a destination as 198.51.100.0/24");
        if (!route.equals(route.network())) {
            throw node.error(route + " has host bits set", "write " + route.network());
        }
        if (route.isIpv4() ? address == null : address6 == null) {
            throw node.error("route " + route + " needs the device to have an " + (route.isIpv4() ? "IPv4" : "IPv6") + " address",
                    "add " + (route.isIpv4() ? "address" : "address6") + " to tun");
        }
        if (before.contains(route)) {
            throw node.error("route " + route + " is given twice", "keep one");
        }
        return route;
    }

    private static List<PathSpec> readPaths(ConfigNode node, String tunDevice) throws ConfigException {
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
        String device = deviceName(required(node, keys, "device", "name the interface"));
        IpAddress address = keys.containsKey("address")
                ? keys.get("address").parsed(IpAddress::parse, "write one address of that interface, without a prefix length") : null;
        int weight = keys.containsKey("weight") ? keys.get("weight").integer(1, 1000) : 1;
        PathSpec.Kind kind = keys.containsKey("link") ? keys.get("link").parsed(PathSpec.Kind::of, "packet is the usual one") : PathSpec.Kind.PACKET;
        boolean gso = !keys.containsKey("gso") || keys.get("gso").bool();
        return new PathSpec(device, address, readTerms(keys), weight, kind, gso);
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

    private static String deviceName(ConfigNode node) throws ConfigException {
        return node.parsed(name -> {
            PathSpec.checkDeviceName(name);
            return name;
        }, "see 'ip link' for the names there are");
    }

    private static GatewayLimits readLimits(ConfigNode node) throws ConfigException {
        GatewayLimits unset = GatewayLimits.DEFAULT;
        if (node == null) {
            return unset;
        }
        Map<String, ConfigNode> keys = node.map("connections", "buffer-bytes", "connect-timeout-seconds");
        return new GatewayLimits(
                keys.containsKey("connections") ? keys.get("connections").integer(1, 65_536) : unset.connections(),
                keys.containsKey("buffer-bytes") ? keys.get("buffer-bytes").integer(65_536, 1 << 30) : unset.bufferBytes(),
                keys.containsKey("connect-timeout-seconds") ? keys.get("connect-timeout-seconds").integer(1, 600) : unset.connectTimeoutSeconds());
    }

    private static Status readStatus(ConfigNode node) throws ConfigException {
        if (node == null) {
            return Status.DEFAULT;
        }
        Map<String, ConfigNode> keys = node.map("every-seconds", "json");
        return new Status(
                keys.containsKey("every-seconds") ? keys.get("every-seconds").integer(0, 86_400) : Status.DEFAULT.everySeconds(),
                keys.containsKey("json") && keys.get("json").bool());
    }

    private static ConfigNode required(ConfigNode parent, Map<String, ConfigNode> keys, String key, String whatToDo) throws ConfigException {
        ConfigNode node = keys.get(key);
        if (node == null) {
            throw parent.error("'" + key + "' is missing in " + parent.key(), whatToDo);
        }
        return node;
    }

    private static String oneOf(ConfigNode node, List<String> known, String unset) throws ConfigException {
        if (node == null) {
            return unset;
        }
        String value = node.text().toLowerCase(Locale.ROOT);
        if (!known.contains(value)) {
            throw node.error("unknown " + node.key() + " '" + value + "'", "use one of " + String.join(", ", known));
        }
        return value;
    }
}
