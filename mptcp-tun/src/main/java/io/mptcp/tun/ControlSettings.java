package io.mptcp.tun;

import io.mptcp.netty.host.SetupException;
import io.mptcp.tun.http.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the daemon can be asked and told things.
 *
 * @param socket       UNIX socket, null for none
 * @param isDefault    nobody chose this socket: where it cannot be had the daemon runs without
 * @param permissions  of the socket's file, as in {@code rw-rw----}
 * @param group        of the socket's file, null for the daemon's own
 * @param http         for metrics and the dashboard, null for none
 * @param token        needed for all of {@code http}; null on a loopback address only
 */
public record ControlSettings(Path socket, boolean isDefault, String permissions, String group, InetSocketAddress http, String token) {
    private static final Logger LOG = LoggerFactory.getLogger(ControlSettings.class);

    /** Where the {@code mptcp} command looks. */
    public static final Path DEFAULT_SOCKET = Path.of("/run/mptcp-tun/control.sock");
    static final String DEFAULT_PERMISSIONS = "rw-rw----";

    static final ControlSettings DEFAULT = new ControlSettings(DEFAULT_SOCKET, true, DEFAULT_PERMISSIONS, null, null, null);

    /**
     * From the keys of that name.
     *
     * @param unset   what holds where nothing is said
     * @param control may be null, as may {@code http}
     * @throws ConfigException with the line
     */
    public static ControlSettings read(ControlSettings unset, ConfigNode control, ConfigNode http) throws ConfigException {
        Path socket = unset.socket();
        String permissions = unset.permissions();
        String group = null;
        if (control != null) {
            Map<String, ConfigNode> keys = control.map("socket", "mode", "group");
            if (keys.containsKey("socket")) {
                String text = keys.get("socket").text();
                socket = text.equals("none") ? null : keys.get("socket").parsed(Path::of, "give the name of a file, or none");
            }
            permissions = keys.containsKey("mode") ? keys.get("mode").parsed(ControlSettings::permissions, "write three octal digits, as 660") : permissions;
            group = keys.containsKey("group") ? keys.get("group").text() : null;
        }
        InetSocketAddress listen = null;
        String token = null;
        if (http != null) {
            Map<String, ConfigNode> keys = http.map("listen", "token");
            listen = http.required(keys, "listen", "give address and port, as 127.0.0.1:9654").parsed(ConfigNode::socketAddress,
                    "give address and port, as 127.0.0.1:9654");
            token = keys.containsKey("token") ? keys.get("token").parsed(ControlSettings::token, "e.g. from 'openssl rand -hex 16'") : null;
            if (token == null && !listen.getAddress().isLoopbackAddress()) {
                throw http.error(listen.getAddress().getHostAddress() + " can be reached by others", "add a token, or listen on 127.0.0.1");
            }
        }
        return new ControlSettings(socket, control == null, permissions, group, listen, token);
    }

    /**
     * Lets a server listen where it is to. A default socket that cannot be had is done without.
     *
     * @throws SetupException with one line; to close the server is the caller's
     */
    public void open(HttpServer server) throws SetupException {
        try {
            if (socket != null) {
                openSocket(server);
            }
            if (http != null) {
                server.listen(http, token);
            }
        } catch (IOException e) {
            throw new SetupException(e.getMessage(), e);
        }
    }

    private void openSocket(HttpServer server) throws IOException {
        try {
            server.listen(socket, permissions, group);
        } catch (IOException e) {
            if (!isDefault) {
                throw e;
            }
            LOG.info("no control socket: {}", e.getMessage());
        }
    }

    private static String permissions(String octal) {
        if (!octal.matches("0?[0-7]{3}")) {
            throw new IllegalArgumentException("'" + octal + "' is no file mode");
        }
        int mode = Integer.parseInt(octal, 8);
        StringBuilder text = new StringBuilder(9);
        for (int bit = 8; bit >= 0; bit--) {
            text.append((mode & 1 << bit) != 0 ? "xwr".charAt(bit % 3) : '-');
        }
        return text.toString();
    }

    static String token(String text) {
        if (!text.matches("[A-Za-z0-9._~-]{16,256}")) {
            throw new IllegalArgumentException("16 to 256 letters, digits or . _ ~ - are needed");
        }
        return text;
    }
}
