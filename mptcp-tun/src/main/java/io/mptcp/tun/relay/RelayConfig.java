package io.mptcp.tun.relay;

import io.mptcp.cc.CongestionControllers;
import io.mptcp.netty.host.PathSpec;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.pm.PathQuota;
import io.mptcp.pm.PathRole;
import io.mptcp.scheduler.Schedulers;
import io.mptcp.tun.BitRate;
import io.mptcp.tun.Cidr;
import io.mptcp.tun.ConfigException;
import io.mptcp.tun.ConfigNode;
import io.mptcp.tun.ControlSettings;
import io.mptcp.tun.PathsConfig;
import io.mptcp.tun.PortSpan;
import io.mptcp.tun.RelaySpec;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What {@code mptcp-tun relay} is told by its YAML file. {@code docs/relay.example.yaml} explains every key.
 *
 * @param listen     where clients of ours come
 * @param convert    where stock clients of RFC 8803 come
 * @param socks      where programs that speak SOCKS5 come
 * @param forward    where clients of a service come; at least one of the four
 * @param paths      for listeners by the stack; empty where there are none
 * @param scheduler  packet scheduler of the stack, by name
 * @param congestion congestion control of the stack, by name
 * @param announce   addresses of this relay itself that clients are told of, and send their UDP to; a port of 0 is that of the connection
 * @param allowJoinInitialAddress whether further subflows may come to where a connection of the stack began: not where a load balancer stands there
 * @param tls        null without TLS
 * @param users      at least one where there is a {@code listen} or {@code socks}
 * @param egress     where they may go
 * @param datagrams  whether UDP is carried, too; with TLS only
 * @param limits     bounds of the relay
 * @param log        log level: error, warn, info, debug or trace
 * @param jsonLog    log lines as JSON instead of text
 * @param control    where the relay can be asked things
 */
public record RelayConfig(List<Listen> listen, List<ConvertListen> convert, List<SocksListen> socks, List<Forward> forward, List<PathSpec> paths, String scheduler,
                          String congestion, List<IpEndpoint> announce, boolean allowJoinInitialAddress, TlsFiles tls, List<User> users, EgressList egress, boolean datagrams, RelayLimits limits,
                          String log, boolean jsonLog, ControlSettings control) {
    static final ControlSettings DEFAULT_CONTROL = new ControlSettings(Path.of("/run/mptcp-tun/relay.sock"), true, "rw-rw----", null, null, null);

    private static final List<String> LOG_LEVELS = List.of("error", "warn", "info", "debug", "trace");
    /** As the kernel's sysctl. */
    private static final String ALLOW_JOIN_INITIAL = "allow-join-initial-addr-port";
    static final String ACCEPT_PROXY = "accept-proxy";
    private static final int DEFAULT_USER_CONNECTIONS = 1024;

    /**
     * Where clients come.
     *
     * @param byKernel  by the kernel's Multipath TCP instead of this stack's
     * @param balancers networks from which a connection begins with a header of PROXY protocol
     */
    public record Listen(InetSocketAddress address, boolean byKernel, List<Cidr> balancers) {
        boolean isBalancer(IpAddress client) {
            return balancers.stream().anyMatch(network -> network.contains(client));
        }

        @Override
        public String toString() {
            return text(address);
        }
    }

    /**
     * A service in plain TCP that is offered by Multipath TCP.
     *
     * @param listen        where its clients come
     * @param to            the service
     * @param proxyProtocol whether it is told, by PROXY protocol version 2, who its clients are
     */
    public record Forward(Listen listen, InetSocketAddress to, boolean proxyProtocol) {
    }

    /** PEM files. */
    public record TlsFiles(Path certificate, Path key) {
    }

    /**
     * Somebody who may use the relay.
     *
     * @param connections most at a time
     * @param rate        of each direction, all connections together; null for any
     * @param quota       both directions together; null for any. Nothing is carried when it has been used up, whatever its {@code then}
     */
    public record User(String name, String token, int connections, BitRate rate, PathQuota quota) {
    }

    /**
     * Bounds of the relay.
     *
     * @param connections           of clients at a time
     * @param halfOpen              of them that have not said who they are
     * @param halfOpenPerClient     of these from one IPv4 address or IPv6 network of 64 bits
     * @param helloTimeoutSeconds   from a connection's beginning until it has
     * @param connectTimeoutSeconds how long a destination may take to answer
     */
    public record RelayLimits(int connections, int halfOpen, int halfOpenPerClient, int helloTimeoutSeconds, int connectTimeoutSeconds) {
        static final RelayLimits DEFAULT = new RelayLimits(16_384, 1024, 256, 10, 10);
    }

    /** This, with what can change while a relay runs as {@code wanted} has it. */
    RelayConfig reloadedWith(RelayConfig wanted) {
        return new RelayConfig(listen, convert, socks, forward, paths, scheduler, congestion, announce, allowJoinInitialAddress, tls, usersOf(wanted), wanted.egress,
                datagrams, wanted.limits, log, jsonLog, control);
    }

    /** A file without anything that users come by says nothing of those who come by what goes on until a restart. */
    private List<User> usersOf(RelayConfig wanted) {
        return users.isEmpty() || wanted.users.isEmpty() ? users : wanted.users;
    }

    /** What comes of {@link #reloadedWith}, in one line for people: what changes, and what does not. @param tlsFiles whether those have something else in them */
    String changes(RelayConfig wanted, boolean tlsFiles) {
        List<String> done = new ArrayList<>();
        note(done, users, usersOf(wanted), "users");
        note(done, egress, wanted.egress, "egress");
        note(done, limits, wanted.limits, "limits");
        note(done, false, tlsFiles, "certificate and key");
        List<String> notDone = new ArrayList<>();
        note(notDone, listen, wanted.listen, "listen");
        note(notDone, convert, wanted.convert, "convert");
        note(notDone, socks, wanted.socks, "socks");
        note(notDone, forward, wanted.forward, "forward");
        note(notDone, paths, wanted.paths, "paths");
        note(notDone, scheduler, wanted.scheduler, "scheduler");
        note(notDone, congestion, wanted.congestion, "congestion");
        note(notDone, announce, wanted.announce, "announce");
        note(notDone, allowJoinInitialAddress, wanted.allowJoinInitialAddress, ALLOW_JOIN_INITIAL);
        note(notDone, tls, wanted.tls, "tls");
        note(notDone, datagrams, wanted.datagrams, "datagrams");
        note(notDone, log, wanted.log, "log");
        note(notDone, jsonLog, wanted.jsonLog, "log-format");
        note(notDone, control, wanted.control, "control and http");
        String summary = done.isEmpty() ? "nothing is to be changed" : "changed: " + String.join(", ", done);
        return notDone.isEmpty() ? summary : summary + "; needs a restart: " + String.join(", ", notDone);
    }

    private static void note(List<String> changes, Object before, Object after, String what) {
        if (!Objects.equals(before, after)) {
            changes.add(what);
        }
    }

    static String text(InetSocketAddress address) {
        return new IpEndpoint(IpAddress.of(address.getAddress().getAddress()), address.getPort()).toString();
    }

    /** Whether this stack takes connections, and not the kernel alone. */
    public boolean usesStack() {
        return !all(listen, convert, socks, forward).stream().allMatch(Listen::byKernel);
    }

    private static List<Listen> all(List<Listen> listen, List<ConvertListen> convert, List<SocksListen> socks, List<Forward> forward) {
        return Stream.of(listen.stream(), convert.stream().map(ConvertListen::listen), socks.stream().map(SocksListen::listen), forward.stream().map(Forward::listen))
                .flatMap(each -> each).toList();
    }

    /** What can be done, and whoever does it should know, a line each. */
    public List<String> warnings() {
        return socks.stream().map(SocksListen::warning).filter(Objects::nonNull).toList();
    }

    /** @throws ConfigException with one line when the file cannot be read or says something that cannot be done */
    public static RelayConfig load(Path file) throws ConfigException {
        return read(ConfigNode.load(file));
    }

    /** As {@link #load}; {@code name} stands for the file in messages. */
    public static RelayConfig parse(String name, String text) throws ConfigException {
        return read(ConfigNode.parse(name, text));
    }

    private static RelayConfig read(ConfigNode root) throws ConfigException {
        Map<String, ConfigNode> keys = root.map("listen", "convert", "socks", "forward", "paths", "scheduler", "congestion", "announce", ALLOW_JOIN_INITIAL, "tls", "users",
                "egress", "datagrams", "limits", "log", "log-format", "control", "http");
        List<Listen> listen = keys.containsKey("listen") ? readListen(keys.get("listen")) : List.of();
        List<ConvertListen> convert = ConvertListen.read(keys.get("convert"));
        List<SocksListen> socks = SocksListen.read(keys.get("socks"));
        List<Forward> forward = keys.containsKey("forward") ? readForward(keys.get("forward")) : List.of();
        List<Listen> all = all(listen, convert, socks, forward);
        if (all.isEmpty()) {
            throw root.error("nothing is listened on", "add where clients come, e.g. listen: [{address: '0.0.0.0:443'}], or convert, socks, or forward");
        }
        List<PathSpec> paths = keys.containsKey("paths") ? PathsConfig.read(keys.get("paths"), null) : List.of();
        boolean byStack = !all.stream().allMatch(Listen::byKernel);
        if (byStack && paths.isEmpty()) {
            throw root.error("'paths' is missing in the file", "list the interfaces that clients come by, e.g. [{device: eth0}], or listen by: kernel");
        }
        boolean allowJoinInitial = !keys.containsKey(ALLOW_JOIN_INITIAL) || keys.get(ALLOW_JOIN_INITIAL).bool();
        if (!allowJoinInitial && !byStack) {
            throw keys.get(ALLOW_JOIN_INITIAL).error("the kernel takes the connections, and this is a setting of its own",
                    "run sysctl net.mptcp.allow_join_initial_addr_port=0");
        }
        boolean socksByTls = socks.stream().anyMatch(SocksListen::tls);
        TlsFiles tls = listen.isEmpty() && !socksByTls ? null : readTls(root.required(keys, "tls", "add {certificate: FILE, key: FILE} ('mptcp-tun relay-key' makes them), or off"));
        if (socksByTls && tls == null) {
            throw keys.get("tls").error("socks needs it", "add {certificate: FILE, key: FILE}, or say tls: no in socks, too, and list clients there");
        }
        boolean hasUsers = !listen.isEmpty() || !socks.isEmpty();
        return new RelayConfig(listen, convert, socks, forward, paths,
                ConfigNode.oneOf(keys.get("scheduler"), Schedulers.names(), "default"),
                ConfigNode.oneOf(keys.get("congestion"), CongestionControllers.names(), "cubic"),
                readAnnounce(keys.get("announce"), all),
                allowJoinInitial,
                tls,
                hasUsers ? readUsers(root.required(keys, "users", "add at least one, e.g. [{name: laptop, token: ...}]"), !socks.isEmpty()) : List.of(),
                readEgress(keys.get("egress")),
                !keys.containsKey("datagrams") || keys.get("datagrams").bool(),
                readLimits(keys.get("limits")),
                ConfigNode.oneOf(keys.get("log"), LOG_LEVELS, "info"),
                ConfigNode.oneOf(keys.get("log-format"), List.of("text", "json"), "text").equals("json"),
                ControlSettings.read(DEFAULT_CONTROL, keys.get("control"), keys.get("http")));
    }

    private static List<Listen> readListen(ConfigNode node) throws ConfigException {
        List<Listen> listen = new ArrayList<>();
        for (ConfigNode item : node.list()) {
            listen.add(listen(item, item.map("address", "by", ACCEPT_PROXY)));
        }
        return List.copyOf(listen);
    }

    static Listen listen(ConfigNode node, Map<String, ConfigNode> keys) throws ConfigException {
        InetSocketAddress address = node.required(keys, "address", "give address and port, as 0.0.0.0:443")
                .parsed(ConfigNode::socketAddress, "give address and port, as 0.0.0.0:443 or '[::]:443'");
        String by = ConfigNode.oneOf(keys.get("by"), List.of("kernel", "stack"), KernelMptcp.available() ? "kernel" : "stack");
        return new Listen(address, by.equals("kernel"), keys.containsKey(ACCEPT_PROXY) ? readNetworks(keys.get(ACCEPT_PROXY)) : List.of());
    }

    /** At least one. */
    static List<Cidr> readNetworks(ConfigNode node) throws ConfigException {
        List<Cidr> networks = new ArrayList<>();
        for (ConfigNode item : node.list()) {
            Cidr network = item.parsed(Cidr::parse, "write a network as 192.0.2.0/24");
            if (!network.equals(network.network())) {
                throw item.error(network + " has host bits set", "write " + network.network());
            }
            networks.add(network);
        }
        if (networks.isEmpty()) {
            throw node.error(node.key() + " is empty", "list networks, e.g. [192.0.2.0/24]");
        }
        return List.copyOf(networks);
    }

    private static List<Forward> readForward(ConfigNode node) throws ConfigException {
        List<Forward> forward = new ArrayList<>();
        for (ConfigNode item : node.list()) {
            Map<String, ConfigNode> keys = item.map("address", "by", ACCEPT_PROXY, "to", "proxy-protocol");
            InetSocketAddress to = item.required(keys, "to", "give address and port of the service, as 127.0.0.1:8080")
                    .parsed(ConfigNode::socketAddress, "give address and port of the service, as 127.0.0.1:8080");
            forward.add(new Forward(listen(item, keys), to, keys.containsKey("proxy-protocol") && keys.get("proxy-protocol").bool()));
        }
        return List.copyOf(forward);
    }

    private static List<IpEndpoint> readAnnounce(ConfigNode node, List<Listen> listeners) throws ConfigException {
        List<IpEndpoint> announce = new ArrayList<>();
        for (ConfigNode item : node == null ? List.<ConfigNode>of() : node.list()) {
            Map<String, ConfigNode> keys = item.map("address", "port");
            IpAddress address = item.required(keys, "address", "give an address of this host").parsed(IpAddress::parse, "give an address of this host");
            int port = keys.containsKey("port") ? keys.get("port").integer(1, 0xffff) : 0;
            if (listeners.stream().anyMatch(listen -> !listen.byKernel() && listen.address().getPort() == port)) {
                throw keys.get("port").error("port " + port + " is listened on, and this one is for joins alone", "give another, or leave it out");
            }
            announce.add(new IpEndpoint(address, port));
        }
        return List.copyOf(announce);
    }

    private static TlsFiles readTls(ConfigNode node) throws ConfigException {
        if (node.isOff()) {
            return null;
        }
        Map<String, ConfigNode> keys = node.map("certificate", "key");
        return new TlsFiles(node.required(keys, "certificate", "name a PEM file").parsed(Path::of, "name a PEM file"),
                node.required(keys, "key", "name a PEM file").parsed(Path::of, "name a PEM file"));
    }

    private static List<User> readUsers(ConfigNode node, boolean socks) throws ConfigException {
        List<User> users = new ArrayList<>();
        for (ConfigNode item : node.list()) {
            Map<String, ConfigNode> keys = item.map("name", "token", "connections", "rate", "quota");
            String name = item.required(keys, "name", "give each user a name").parsed(RelaySpec::userName, "write e.g. laptop-1");
            String token = item.required(keys, "token", "e.g. from 'openssl rand -hex 32'").parsed(RelaySpec::token, "e.g. from 'openssl rand -hex 32'");
            if (users.stream().anyMatch(other -> other.name().equals(name))) {
                throw item.error("user " + name + " is given twice", "keep one");
            }
            if (socks && token.length() > SocksListen.MAX_TOKEN_LENGTH) {
                throw item.error("the token of user " + name + " has " + token.length() + " letters, and a password of SOCKS " + SocksListen.MAX_TOKEN_LENGTH + " at most",
                        "take another, e.g. from 'openssl rand -hex 32'");
            }
            BitRate rate = keys.containsKey("rate") ? keys.get("rate").parsed(BitRate::parse, "write e.g. 20Mbit/s") : null;
            PathQuota quota = keys.containsKey("quota") ? keys.get("quota").parsed(text -> PathQuota.parse(text, PathRole.OFF), "write e.g. 100G/month") : null;
            users.add(new User(name, token, keys.containsKey("connections") ? keys.get("connections").integer(1, 1 << 20) : DEFAULT_USER_CONNECTIONS, rate, quota));
        }
        if (users.isEmpty()) {
            throw node.error("there are no users", "add at least one, e.g. [{name: laptop, token: ...}]");
        }
        return List.copyOf(users);
    }

    private static EgressList readEgress(ConfigNode node) throws ConfigException {
        List<EgressList.Entry> entries = new ArrayList<>();
        if (node != null) {
            for (ConfigNode item : node.list()) {
                Map<String, ConfigNode> keys = item.map("to", "ports");
                Cidr network = item.required(keys, "to", "write a network as 203.0.113.0/24").parsed(Cidr::parse, "write a network as 203.0.113.0/24");
                if (!network.equals(network.network())) {
                    throw item.error(network + " has host bits set", "write " + network.network());
                }
                entries.add(new EgressList.Entry(network, PortSpan.read(keys.get("ports"))));
            }
        }
        return new EgressList(List.copyOf(entries));
    }

    private static RelayLimits readLimits(ConfigNode node) throws ConfigException {
        RelayLimits unset = RelayLimits.DEFAULT;
        if (node == null) {
            return unset;
        }
        Map<String, ConfigNode> keys = node.map("connections", "half-open", "half-open-per-client", "hello-timeout-seconds", "connect-timeout-seconds");
        return new RelayLimits(
                keys.containsKey("connections") ? keys.get("connections").integer(1, 1 << 20) : unset.connections(),
                keys.containsKey("half-open") ? keys.get("half-open").integer(1, 1 << 20) : unset.halfOpen(),
                keys.containsKey("half-open-per-client") ? keys.get("half-open-per-client").integer(1, 1 << 20) : unset.halfOpenPerClient(),
                keys.containsKey("hello-timeout-seconds") ? keys.get("hello-timeout-seconds").integer(1, 600) : unset.helloTimeoutSeconds(),
                keys.containsKey("connect-timeout-seconds") ? keys.get("connect-timeout-seconds").integer(1, 600) : unset.connectTimeoutSeconds());
    }
}
