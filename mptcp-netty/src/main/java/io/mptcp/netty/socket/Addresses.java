package io.mptcp.netty.socket;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;

/** Addresses of the JDK and of the stack. */
final class Addresses {
    private Addresses() {
    }

    static IpEndpoint endpoint(InetAddress address, int port) {
        return new IpEndpoint(address == null || address.isAnyLocalAddress() ? IpAddress.ANY : IpAddress.of(address.getAddress()), port);
    }

    /** Where to connect to. The unspecified address is this host, as the JDK has it. */
    static IpEndpoint remote(SocketAddress address) throws IOException {
        if (!(address instanceof InetSocketAddress internet)) {
            throw new IOException("Unsupported address type");
        }
        if (internet.isUnresolved()) {
            throw new UnknownHostException(internet.getHostString());
        }
        InetAddress host = internet.getAddress().isAnyLocalAddress() ? InetAddress.getLocalHost() : internet.getAddress();
        return endpoint(host, internet.getPort());
    }

    static InetAddress inetAddress(IpAddress address) {
        try {
            return InetAddress.getByAddress(address.toBytes());
        } catch (UnknownHostException e) {
            throw new AssertionError(e); // Only for a wrong length.
        }
    }
}
