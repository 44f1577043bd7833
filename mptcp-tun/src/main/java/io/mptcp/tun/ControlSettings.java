package io.mptcp.tun;

import java.net.InetSocketAddress;
import java.nio.file.Path;

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
    /** Where the {@code mptcp} command looks. */
    public static final Path DEFAULT_SOCKET = Path.of("/run/mptcp-tun/control.sock");
    static final String DEFAULT_PERMISSIONS = "rw-rw----";

    static final ControlSettings DEFAULT = new ControlSettings(DEFAULT_SOCKET, true, DEFAULT_PERMISSIONS, null, null, null);
}
