package io.mptcp.examples;

import io.mptcp.netty.SwitchableLink;
import io.mptcp.netty.host.MptcpStack;
import io.mptcp.netty.host.SetupException;
import io.mptcp.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Two stacks on the loopback interface, over UDP links, for which any user will do: a server, and a client with two paths that can be cut. With
 * {@code .path("eth0").path("wlan0")} in place of {@code udpPath} the same programs run over real interfaces.
 */
final class Loopback implements AutoCloseable {
    final MptcpStack server;
    final MptcpStack client;
    /** The client's paths, in their order. */
    final List<SwitchableLink> paths = new ArrayList<>();

    Loopback() throws SetupException {
        server = MptcpStack.builder().threadName("server").udpPath("lo", IpAddress.parse("127.0.0.1")).build();
        try {
            client = MptcpStack.builder().threadName("client").udpPath("lo", IpAddress.parse("127.0.0.2")).udpPath("lo", IpAddress.parse("127.0.0.3"))
                    .linkWrapper(link -> {
                        SwitchableLink path = new SwitchableLink(link);
                        paths.add(path);
                        return path;
                    }).build();
        } catch (SetupException e) {
            server.close();
            throw e;
        }
    }

    @Override
    public void close() {
        client.close();
        server.close();
    }
}
