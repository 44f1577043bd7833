package io.mptcp.tun.relay;

import io.mptcp.tun.Cidr;
import io.mptcp.tun.ConfigException;
import io.mptcp.tun.ConfigNode;
import io.mptcp.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Where programs come that speak SOCKS version 5, with a user's name and token (RFC 1928, RFC 1929).
 *
 * @param tls     whether they do so over TLS; else whoever sees what passes has the token
 * @param clients networks of those who may come, empty for everybody; not empty without TLS
 */
public record SocksListen(RelayConfig.Listen listen, boolean tls, List<Cidr> clients) {
    /** Of a password (RFC 1929 section 2). */
    static final int MAX_TOKEN_LENGTH = 255;

    boolean serves(IpAddress client) {
        return clients.isEmpty() || clients.stream().anyMatch(network -> network.contains(client));
    }

    /** What has to be said about it whenever somebody looks; null for nothing. */
    String warning() {
        return tls ? null : "socks " + listen + " is without TLS: who can read what passes on the way there has the tokens of users, for listen, too";
    }

    static List<SocksListen> read(ConfigNode node) throws ConfigException {
        List<SocksListen> listen = new ArrayList<>();
        for (ConfigNode item : node == null ? List.<ConfigNode>of() : node.list()) {
            Map<String, ConfigNode> keys = item.map("address", "by", RelayConfig.ACCEPT_PROXY, "tls", "clients");
            boolean tls = !keys.containsKey("tls") || keys.get("tls").bool();
            if (!tls && !keys.containsKey("clients")) {
                throw item.error("without TLS whoever can read what passes has the users' tokens",
                        "list in clients the networks that nobody else reads on the way from, e.g. [192.168.7.0/24], or leave tls out");
            }
            listen.add(new SocksListen(RelayConfig.listen(item, keys), tls, keys.containsKey("clients") ? RelayConfig.readNetworks(keys.get("clients")) : List.of()));
        }
        return List.copyOf(listen);
    }
}
