package io.mptcp.netty.channel;

import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;

/** Between the addresses of {@code java.net} and the engine's. */
final class SocketAddresses {
    private SocketAddresses() {
    }

    /** @throws RuntimeException as NIO does, when it is none of IP, or a name nobody has looked up */
    static IpEndpoint endpoint(SocketAddress address) {
        if (!(address instanceof InetSocketAddress inet)) {
            throw new UnsupportedAddressTypeException();
        }
        if (inet.isUnresolved()) {
            throw new UnresolvedAddressException();
        }
        IpAddress ip = inet.getAddress().isAnyLocalAddress() ? IpAddress.ANY : IpAddress.of(inet.getAddress().getAddress());
        return new IpEndpoint(ip, inet.getPort());
    }

    /** As {@link #endpoint}; whoever connects to no address in particular means this host, as with the kernel. */
    static IpEndpoint remote(SocketAddress address) {
        IpEndpoint endpoint = endpoint(address);
        return endpoint.address().isAny() ? new IpEndpoint(IpAddress.of(InetAddress.getLoopbackAddress().getAddress()), endpoint.port()) : endpoint;
    }

    static InetSocketAddress socketAddress(IpEndpoint endpoint) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(endpoint.address().toBytes()), endpoint.port());
        } catch (UnknownHostException e) {
            throw new UncheckedIOException(e); // of a length that is not an address's
        }
    }
}
