package io.mptcp.tun;

import io.mptcp.cc.CongestionControllers;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.host.PathTerms;
import io.mptcp.pm.PathQuota;
import io.mptcp.pm.PathRole;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.stack.MptcpPatience;
import io.mptcp.tcp.TcpConfig;
import io.mptcp.wire.IpAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What {@code mptcp-tun} is told by its YAML file. {@code docs/mptcp-tun.example.yaml} explains every key.
 *
 * @param tun        the device the host's connections come in by, null where only the proxy listeners take them
 * @param paths      at least one; the order is the order of preference for the first subflow
 * @param scheduler  packet scheduler, by name
 * @param congestion congestion control, by name
 * @param checksum   whether DSS checksums are asked for (RFC 8684 section 3.1, A flag)
 * @param limits     bounds of the gateway
 * @param log        log level: error, warn, info, debug or trace
 * @param jsonLog    log lines as JSON instead of text
 * @param status     the periodic status line
 * @param proxy      listeners for programs that can be told of a proxy
 * @param control    where the daemon can be asked and told things
 * @param capture    pcapng file that gets every segment of every path, or null
 * @param relays     that connections may be carried to
 * @param rules      which connections go where: the first that fits
 * @param udp        what becomes of datagrams
 * @param patience   with Multipath TCP where it does not get through
 */
public record TunConfig(Tun tun, List<PathSpec> paths, String scheduler, String congestion, boolean checksum, GatewayLimits limits, String log, boolean jsonLog,
                        Status status, Proxy proxy, ControlSettings control, Path capture, List<RelaySpec> relays, List<FlowRule> rules,
                        UdpSettings udp, MptcpPatience patience) {
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

    /**
     * Listeners for use without the device, on loopback.
     *
     * @param socks5      null for none
     * @param httpConnect null for none
     */
    public record Proxy(InetSocketAddress socks5, InetSocketAddress httpConnect) {
        static final Proxy NONE = new Proxy(null, null);
    }

    private static final List<String> LOG_LEVELS = List.of("error", "warn", "info", "debug", "trace");

    /** @throws ConfigException with one line when the file cannot be read or says something that cannot be done */
    public static TunConfig load(Path file) throws ConfigException {
        return read(ConfigNode.load(file));
    }

    /** As {@link #load}; {@code name} stands for the file in messages. */
    public static TunConfig parse(String name, String text) throws ConfigException {
        return read(ConfigNode.parse(name, text));
    }

    /** Every default, over these paths, without a device. */
    public static TunConfig ofPaths(List<PathSpec> paths) {
        return new TunConfig(null, paths, "default", "cubic", false, GatewayLimits.DEFAULT, "warn", false, Status.DEFAULT, Proxy.NONE, ControlSettings.DEFAULT, null,
                List.of(), List.of(FlowRule.DIRECT), UdpSettings.DEFAULT, MptcpPatience.DEFAULT);
    }

    /**
     * For a namespace with one program in it: the device takes everything; there are no listeners.
     *
     * @param otherPaths instead of those there are, unless empty
     */
    public TunConfig forOneProgram(List<PathSpec> otherPaths) {
        Tun everything = new Tun("mptcp0", Cidr.parse("10.255.255.1/30"), Cidr.parse("fd00:6d70:7463:7001::1/64"), 1500,
                List.of(Cidr.parse("0.0.0.0/0"), Cidr.parse("::/0")));
        ControlSettings none = new ControlSettings(null, true, ControlSettings.DEFAULT_PERMISSIONS, null, null, null);
        return new TunConfig(everything, otherPaths.isEmpty() ? paths : otherPaths, scheduler, congestion, checksum, limits, log, jsonLog, new Status(0, false), Proxy.NONE, none,
                capture, relays, rules, udp, patience);
    }

    /** This one with what {@link Reload} takes over from another. */
    TunConfig reloadedWith(TunConfig wanted) {
        GatewayLimits newLimits = new GatewayLimits(wanted.limits.connections, limits.bufferBytes, limits.connectTimeoutSeconds);
        return new TunConfig(tun, wanted.paths, wanted.scheduler, wanted.congestion, checksum, newLimits, wanted.log, wanted.jsonLog, status, proxy, control, capture,
                wanted.relays, wanted.rules, udp, patience);
    }

    private static TunConfig read(ConfigNode root) throws ConfigException {
        Map<String, ConfigNode> keys = root.map("tun", "paths", "scheduler", "congestion", "checksum", "limits", "log", "log-format", "status",
                "proxy", "control", "http", "capture", "relays", "rules", "udp", "mptcp");
        List<RelaySpec> relays = RelaySpec.read(keys.get("relays"));
        Proxy proxy = readProxy(keys.get("proxy"));
        boolean proxyOnly = !keys.containsKey("tun") && !proxy.equals(Proxy.NONE);
        Tun tun = proxyOnly ? null : readTun(root.required(keys, "tun", "add the device and its routes, or a proxy listener"));
        List<PathSpec> paths = PathsConfig.read(root.required(keys, "paths", "list at least one interface"), tun == null ? null : tun.device());
        return new TunConfig(tun, paths,
                ConfigNode.oneOf(keys.get("scheduler"), Schedulers.names(), "default"),
                ConfigNode.oneOf(keys.get("congestion"), CongestionControllers.names(), "cubic"),
                keys.containsKey("checksum") && keys.get("checksum").bool(),
                readLimits(keys.get("limits")),
                ConfigNode.oneOf(keys.get("log"), LOG_LEVELS, "info"),
                ConfigNode.oneOf(keys.get("log-format"), List.of("text", "json"), "text").equals("json"),
                readStatus(keys.get("status")),
                proxy,
                ControlSettings.read(ControlSettings.DEFAULT, keys.get("control"), keys.get("http")),
                keys.containsKey("capture") ? keys.get("capture").parsed(Path::of, "give the name of a file") : null,
                relays, FlowRule.read(keys.get("rules"), relays, paths), UdpSettings.read(keys.get("udp"), paths, relays), readPatience(keys.get("mptcp")));
    }

    private static Tun readTun(ConfigNode node) throws ConfigException {
        Map<String, ConfigNode> keys = node.map("device", "address", "address6", "mtu", "routes");
        String device = keys.containsKey("device") ? PathsConfig.deviceName(keys.get("device")) : "mptcp0";
        Cidr address = keys.containsKey("address") ? interfaceAddress(keys.get("address"), true) : null;
        Cidr address6 = keys.containsKey("address6") ? interfaceAddress(keys.get("address6"), false) : null;
        if (address == null && address6 == null) {
            throw node.error("tun has no address", "add address: 10.255.0.1/30 or address6: fd00:6d70::1/64");
        }
        // RFC 8200 section 5: no IPv6 below 1280 bytes; RFC 791: every host takes 576 bytes.
        int mtuBytes = keys.containsKey("mtu") ? keys.get("mtu").integer(address6 == null ? 576 : 1280, 65_535) : 1500;
        ConfigNode routesNode = node.required(keys, "routes", "list the destinations to take, e.g. [198.51.100.0/24]");
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

    private static GatewayLimits readLimits(ConfigNode node) throws ConfigException {
        GatewayLimits unset = GatewayLimits.DEFAULT;
        if (node == null) {
            return unset;
        }
        Map<String, ConfigNode> keys = node.map("connections", "buffer-bytes", "connect-timeout-seconds");
        return new GatewayLimits(
                keys.containsKey("connections") ? keys.get("connections").integer(1, 65_536) : unset.connections(),
                keys.containsKey("buffer-bytes") ? keys.get("buffer-bytes").integer(65_536, TcpConfig.MAX_BUFFER_BYTES) : unset.bufferBytes(),
                keys.containsKey("connect-timeout-seconds") ? keys.get("connect-timeout-seconds").integer(1, 600) : unset.connectTimeoutSeconds());
    }

    private static MptcpPatience readPatience(ConfigNode node) throws ConfigException {
        MptcpPatience unset = MptcpPatience.DEFAULT;
        if (node == null) {
            return unset;
        }
        Map<String, ConfigNode> keys = node.map("syn-retrans-before-tcp-fallback", "blackhole-timeout-seconds", "close-timeout-seconds");
        ConfigNode retrans = keys.get("syn-retrans-before-tcp-fallback");
        ConfigNode blackhole = keys.get("blackhole-timeout-seconds");
        ConfigNode close = keys.get("close-timeout-seconds");
        return new MptcpPatience(retrans == null ? unset.synRetransBeforeTcpFallback() : retrans.integer(0, 7),
                blackhole == null ? unset.blackholeTimeoutNanos() : TimeUnit.SECONDS.toNanos(blackhole.integer(0, 604_800)),
                close == null ? unset.closeTimeoutNanos() : TimeUnit.SECONDS.toNanos(close.integer(1, 86_400)));
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

    private static Proxy readProxy(ConfigNode node) throws ConfigException {
        if (node == null) {
            return Proxy.NONE;
        }
        Map<String, ConfigNode> keys = node.map("socks5", "http-connect");
        return new Proxy(loopback(keys.get("socks5"), "127.0.0.1:1080"), loopback(keys.get("http-connect"), "127.0.0.1:8118"));
    }

    /** Whoever reaches such a listener may go where this host may. */
    private static InetSocketAddress loopback(ConfigNode node, String example) throws ConfigException {
        if (node == null) {
            return null;
        }
        InetSocketAddress address = node.parsed(ConfigNode::socketAddress, "give address and port, as " + example);
        if (!address.getAddress().isLoopbackAddress()) {
            throw node.error(address.getAddress().getHostAddress() + " can be reached by others", "proxies are for this host only: listen on " + example);
        }
        return address;
    }
}
