package io.mptcp.tun;

import io.mptcp.tun.convert.Proof;
import io.mptcp.tun.stream.Tls;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A relay that connections may be carried to.
 *
 * @param name    for rules
 * @param servers its addresses, tried in this order
 * @param user    who this client is there; null for a converter
 * @param token   what proves it; null for a converter
 * @param tls     null without TLS
 * @param convert null for a relay of ours
 */
public record RelaySpec(String name, List<InetSocketAddress> servers, String user, String token, TlsTrust tls, Converter convert) {
    /**
     * It speaks RFC 8803 as that is written: the message goes with the SYN, without TLS, and it knows its clients by their addresses.
     *
     * @param otherwiseDirect whether connections go straight to their destination while it cannot be used; else they fail
     */
    public record Converter(boolean otherwiseDirect) {
    }

    /** One of ours. */
    public RelaySpec(String name, List<InetSocketAddress> servers, String user, String token, TlsTrust tls) {
        this(name, servers, user, token, tls, null);
    }

    /**
     * By what the relay is known to be the right one.
     *
     * @param pin      of its key, null where its certificate is to be verified
     * @param hostName that certificate has to be for, null with a pin
     */
    public record TlsTrust(String pin, String hostName) {
    }

    private static final String FAIL = "fail";
    private static final String DIRECT = "direct";

    /** From a file that has {@code relays}, as in a configuration, and nothing else. @throws ConfigException with the line */
    public static List<RelaySpec> load(Path file) throws ConfigException {
        ConfigNode root = ConfigNode.load(file);
        return read(root.required(root.map("relays"), "relays", "take a file that 'mptcp-tun relay-setup' has written"));
    }

    /** Those lines of a configuration; empty without any. */
    public static String yaml(List<RelaySpec> relays) {
        StringBuilder yaml = new StringBuilder(relays.isEmpty() ? "" : "relays:\n");
        for (RelaySpec relay : relays) {
            String servers = relay.servers.stream().map(address -> "'" + new IpEndpoint(IpAddress.of(address.getAddress().getAddress()), address.getPort()) + "'")
                    .collect(Collectors.joining(", "));
            yaml.append("  - name: '").append(relay.name).append("'\n    server: [").append(servers).append("]\n    ");
            if (relay.convert != null) {
                yaml.append("convert: true\n    otherwise: ").append(relay.convert.otherwiseDirect ? DIRECT : FAIL).append('\n');
                continue;
            }
            yaml.append("user: '").append(relay.user).append("'\n    token: '").append(relay.token).append("'\n    ");
            if (relay.tls == null) {
                yaml.append("tls: off\n");
            } else if (relay.tls.pin != null) {
                yaml.append("pin: '").append(relay.tls.pin).append("'\n");
            } else {
                yaml.append("tls-name: '").append(relay.tls.hostName.replace("'", "''")).append("'\n");
            }
        }
        return yaml.toString();
    }

    /** @throws ConfigException with the line */
    static List<RelaySpec> read(ConfigNode node) throws ConfigException {
        List<RelaySpec> relays = new ArrayList<>();
        if (node == null) {
            return relays;
        }
        for (ConfigNode item : node.list()) {
            RelaySpec relay = readOne(item);
            if (relays.stream().anyMatch(other -> other.name.equals(relay.name))) {
                throw item.error("relay " + relay.name + " is given twice", "give each a name of its own");
            }
            relays.add(relay);
        }
        return List.copyOf(relays);
    }

    private static RelaySpec readOne(ConfigNode node) throws ConfigException {
        Map<String, ConfigNode> keys = node.map("name", "server", "user", "token", "pin", "tls-name", "tls", "convert", "otherwise");
        ConfigNode server = node.required(keys, "server", "give address and port, as 203.0.113.9:443");
        List<InetSocketAddress> servers = new ArrayList<>();
        for (ConfigNode address : server.isList() ? server.list() : List.of(server)) {
            servers.add(address.parsed(ConfigNode::socketAddress, "give address and port, as 203.0.113.9:443 or '[2001:db8::9]:443'"));
        }
        String name = keys.containsKey("name") ? keys.get("name").parsed(RelaySpec::userName, "write e.g. vps") : "relay";
        if (keys.containsKey("convert") && keys.get("convert").bool()) {
            for (String key : List.of("user", "token", "pin", "tls-name", "tls")) {
                if (keys.containsKey(key)) {
                    throw keys.get(key).error("a converter of RFC 8803 knows no " + key, "leave it out, or convert");
                }
            }
            return new RelaySpec(name, List.copyOf(servers), null, null, null, new Converter(ConfigNode.oneOf(keys.get("otherwise"), List.of(FAIL, DIRECT), FAIL).equals(DIRECT)));
        } else if (keys.containsKey("otherwise")) {
            throw keys.get("otherwise").error("otherwise is for converters of RFC 8803", "leave it out, or add convert: true");
        }
        return new RelaySpec(name, List.copyOf(servers),
                node.required(keys, "user", "the name the relay knows you by").parsed(RelaySpec::userName, "the name the relay knows you by"),
                node.required(keys, "token", "the one the relay has for that user").parsed(RelaySpec::token, "the one the relay has for that user"),
                readTls(node, keys));
    }

    private static TlsTrust readTls(ConfigNode node, Map<String, ConfigNode> keys) throws ConfigException {
        boolean off = keys.containsKey("tls") && !keys.get("tls").bool();
        if ((off ? 1 : 0) + (keys.containsKey("pin") ? 1 : 0) + (keys.containsKey("tls-name") ? 1 : 0) != 1) {
            throw node.error("it has to be said how the relay is known to be the right one",
                    "add pin: sha256/... (what 'mptcp-tun relay-key' printed there), tls-name: HOST of a certificate, or tls: off");
        }
        if (off) {
            return null;
        }
        String pin = keys.containsKey("pin") ? keys.get("pin").parsed(text -> {
            Tls.parsePin(text);
            return text;
        }, "take what 'mptcp-tun relay-key' printed on the relay") : null;
        return new TlsTrust(pin, keys.containsKey("tls-name") ? keys.get("tls-name").text() : null);
    }

    /** @throws IllegalArgumentException when it cannot be the name of a user or a relay */
    public static String userName(String text) {
        if (!text.matches("[A-Za-z0-9._-]{1," + Proof.MAX_USER_BYTES + "}")) {
            throw new IllegalArgumentException("'" + text + "' is not 1 to " + Proof.MAX_USER_BYTES + " letters, digits or . _ -");
        }
        return text;
    }

    /** It is the key of a MAC that others may see: a password would be guessed. @throws IllegalArgumentException when it is short */
    public static String token(String text) {
        if (!text.matches("[A-Za-z0-9._~-]{32,256}")) {
            throw new IllegalArgumentException("32 to 256 letters, digits or . _ ~ - are needed");
        }
        return text;
    }

    @Override
    public String toString() {
        return name; // the token has no business in a log
    }
}
