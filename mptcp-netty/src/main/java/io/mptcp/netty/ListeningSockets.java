package io.mptcp.netty;

import java.util.Arrays;

/** The sockets of a {@link UdpLink} that belong to ports listened on. Immutable: few ports, which seldom change. */
final class ListeningSockets {
    static final ListeningSockets NONE = new ListeningSockets(new int[0], new UdpEndpoint[0]);

    private final int[] ports;
    /** Two in a row for each port: IPv4 and IPv6, null where the link has no such address. */
    private final UdpEndpoint[] sockets;

    private ListeningSockets(int[] ports, UdpEndpoint[] sockets) {
        this.ports = ports;
        this.sockets = sockets;
    }

    private int indexOf(int port) {
        for (int i = 0; i < ports.length; i++) {
            if (ports[i] == port) {
                return i;
            }
        }
        return -1;
    }

    boolean has(int port) {
        return indexOf(port) >= 0;
    }

    /** Null when there is none. */
    UdpEndpoint of(int port, boolean forIpv4) {
        int index = indexOf(port);
        return index < 0 ? null : sockets[forIpv4 ? 2 * index : 2 * index + 1];
    }

    UdpEndpoint[] sockets() {
        return sockets;
    }

    ListeningSockets with(int port, UdpEndpoint ipv4, UdpEndpoint ipv6) {
        int[] morePorts = Arrays.copyOf(ports, ports.length + 1);
        UdpEndpoint[] moreSockets = Arrays.copyOf(sockets, sockets.length + 2);
        morePorts[ports.length] = port;
        moreSockets[sockets.length] = ipv4;
        moreSockets[sockets.length + 1] = ipv6;
        return new ListeningSockets(morePorts, moreSockets);
    }

    ListeningSockets without(int port) {
        int index = indexOf(port);
        if (index < 0) {
            return this;
        }
        int last = ports.length - 1;
        int[] fewerPorts = ports.clone();
        UdpEndpoint[] fewerSockets = sockets.clone();
        fewerPorts[index] = ports[last];
        fewerSockets[2 * index] = sockets[2 * last];
        fewerSockets[2 * index + 1] = sockets[2 * last + 1];
        return new ListeningSockets(Arrays.copyOf(fewerPorts, last), Arrays.copyOf(fewerSockets, 2 * last));
    }
}
