package io.mptcp.tun.relay;

import io.mptcp.tun.Cidr;
import io.mptcp.tun.ConfigException;
import io.mptcp.tun.ConfigNode;
import io.mptcp.tun.RelaySpec;
import io.mptcp.wire.IpAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Where stock clients of RFC 8803 come: without TLS, known by their addresses.
 *
 * @param clients     networks of those who are served
 * @param cookies     whether a client has to prove by a cookie that it gets what is sent to its address
 * @param secret      cookies are made with; null for one that ends with the process
 * @param connections of one client at a time, an IPv4 address or an IPv6 network of 64 bits
 * @param mptcp       whether destinations are asked for Multipath TCP, too
 */
public record ConvertListen(RelayConfig.Listen listen, List<Cidr> clients, boolean cookies, String secret, int connections, boolean mptcp) {
    private static final int DEFAULT_CONNECTIONS = 1024;
    private static final int SECRET_BYTES = 32;

    boolean serves(IpAddress client) {
        return clients.stream().anyMatch(network -> network.contains(client));
    }

    byte[] secretBytes() {
        if (secret != null) {
            return secret.getBytes(StandardCharsets.UTF_8);
        }
        byte[] bytes = new byte[SECRET_BYTES];
        new SecureRandom().nextBytes(bytes);
        return bytes;
    }

    static List<ConvertListen> read(ConfigNode node) throws ConfigException {
        List<ConvertListen> listen = new ArrayList<>();
        for (ConfigNode item : node == null ? List.<ConfigNode>of() : node.list()) {
            Map<String, ConfigNode> keys = item.map("address", "by", "clients", "cookies", "cookie-secret", "connections", "mptcp");
            List<Cidr> clients = RelayConfig.readNetworks(item.required(keys, "clients", "list the networks of those who may come, e.g. [192.0.2.0/24]: nothing else tells who they are"));
            String secret = keys.containsKey("cookie-secret")
                    ? keys.get("cookie-secret").parsed(RelaySpec::token, "e.g. from 'openssl rand -hex 32'") : null;
            boolean cookies = !keys.containsKey("cookies") || keys.get("cookies").bool();
            if (secret != null && !cookies) {
                throw keys.get("cookie-secret").error("there are no cookies", "leave it out, or say cookies: yes");
            }
            listen.add(new ConvertListen(RelayConfig.listen(item, keys), clients, cookies, secret,
                    keys.containsKey("connections") ? keys.get("connections").integer(1, 1 << 20) : DEFAULT_CONNECTIONS,
                    keys.containsKey("mptcp") && keys.get("mptcp").bool()));
        }
        return List.copyOf(listen);
    }

    @Override
    public String toString() {
        return listen.toString(); // the secret has no business in a log
    }
}
