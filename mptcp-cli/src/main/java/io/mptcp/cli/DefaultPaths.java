package io.mptcp.cli;

import io.mptcp.netty.host.PathSpec;
import io.mptcp.wire.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.DatagramChannel;
import java.util.List;

/** The paths used when none are given: where routing leads. */
public final class DefaultPaths {
    /** Any port will do: connecting a datagram socket looks the route up and sends nothing. */
    private static final int ANY_PORT = 9;

    private DefaultPaths() {
    }

    /** The interface the host's routing uses towards an address. @throws CommandFailure when there is no route */
    public static PathSpec towards(IpAddress remote) {
        try (DatagramChannel probe = DatagramChannel.open()) {
            InetAddress target = InetAddress.getByAddress(remote.toBytes());
            probe.connect(new InetSocketAddress(target, ANY_PORT));
            InetAddress local = ((InetSocketAddress) probe.getLocalAddress()).getAddress();
            // Addresses of the host itself are reached over the loopback interface, whichever interface has them.
            NetworkInterface device = local.equals(target) ? loopback() : NetworkInterface.getByInetAddress(local);
            if (device != null) {
                return PathSpec.of(device.getName());
            }
        } catch (IOException e) {
            throw CommandFailure.failed(remote + ": no route to host", e);
        }
        throw CommandFailure.failed(remote + ": no interface leads there, give one with --path");
    }

    /**
     * The interfaces that connections to {@code local} can come in by; those of the whole host when it is null or unspecified.
     *
     * @throws CommandFailure when the host does not have this address
     */
    public static List<PathSpec> listeningOn(IpAddress local) {
        try {
            if (local == null || local.isAny()) {
                return NetworkInterface.networkInterfaces().filter(DefaultPaths::takesConnections)
                        .map(device -> PathSpec.of(device.getName())).toList();
            }
            checkOwn(local);
            InetAddress inet = InetAddress.getByAddress(local.toBytes());
            NetworkInterface device = inet.isLoopbackAddress() ? loopback() : NetworkInterface.getByInetAddress(inet);
            return List.of(PathSpec.of(device.getName()));
        } catch (SocketException | UnknownHostException e) {
            throw CommandFailure.failed("the network interfaces cannot be listed: " + e.getMessage(), e);
        }
    }

    /** @throws CommandFailure when connections to {@code local} can never come, as it belongs to another host */
    public static void checkOwn(IpAddress local) {
        if (local != null && !local.isAny() && !isOwn(local)) {
            throw CommandFailure.failed(local + ": no interface has this address");
        }
    }

    private static boolean isOwn(IpAddress address) {
        try {
            InetAddress inet = InetAddress.getByAddress(address.toBytes());
            return inet.isLoopbackAddress() || NetworkInterface.getByInetAddress(inet) != null;
        } catch (SocketException | UnknownHostException _) {
            return false;
        }
    }

    static boolean isOwnIpv4(IpAddress address) {
        return address.isIpv4() && isOwn(address);
    }

    private static boolean takesConnections(NetworkInterface device) {
        try {
            // Point-to-point interfaces have no link layer that a packet socket could use.
            return device.isUp() && !device.isPointToPoint() && device.inetAddresses().findAny().isPresent();
        } catch (SocketException _) {
            return false;
        }
    }

    private static NetworkInterface loopback() throws SocketException {
        return NetworkInterface.networkInterfaces().filter(device -> {
            try {
                return device.isLoopback() && device.isUp();
            } catch (SocketException _) {
                return false;
            }
        }).findFirst().orElse(null);
    }
}
