package io.mptcp.cli.check;

import io.mptcp.wire.IpEndpoint;
import java.nio.charset.StandardCharsets;

/**
 * What to check.
 *
 * @param host         name of the server as the user gave it
 * @param remote       the server
 * @param http         ask a web server for headers, so that data flows both ways; otherwise empty lines are sent and no answer is expected
 * @param timeoutNanos longest time to wait for any one answer
 */
record CheckSettings(String host, IpEndpoint remote, boolean http, long timeoutNanos) {
    /** So that the second request fills two segments: only full ones tell the path MTU. Servers take 8000 bytes of headers at least. */
    private static final int PADDING_BYTES = 3000;

    CheckSettings withRemote(IpEndpoint other) {
        return new CheckSettings(host, other, http, timeoutNanos);
    }

    /** What is sent first on a connection, over its first subflow. */
    byte[] firstData() {
        return bytes(http ? request("") : "\r\n");
    }

    /** What is sent when all subflows are there, over each of them. */
    byte[] secondData() {
        return bytes(http ? request("X-Padding: " + "x".repeat(PADDING_BYTES) + "\r\n") : "\r\n");
    }

    private String request(String headers) {
        String name = host.indexOf(':') >= 0 && !host.startsWith("[") ? "[" + host + "]" : host;
        String authority = remote.port() == 80 ? name : name + ":" + remote.port();
        return "HEAD / HTTP/1.1\r\nHost: " + authority + "\r\nUser-Agent: mptcp-check\r\nAccept: */*\r\n" + headers + "\r\n";
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
