package io.mptcp.tun;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mptcp.netty.host.SetupException;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.tun.relay.RelayConfig;
import io.mptcp.tun.relay.RelayServer;
import java.io.IOException;

/** A {@link TestNetwork} on whose server relays are started, of which the kernel's sockets take data of SYNs, with a web server in plain TCP and one on MPTCP behind them. */
final class RelayNetwork extends TestNetwork {
    static final int WEB = 8080;
    static final int MPTCP_WEB = 8081;

    private KernelHttpServer web;
    private KernelHttpServer mptcpWeb;

    private RelayNetwork() throws IOException, InterruptedException {
    }

    /** A test that cannot have one is skipped, and says why. */
    static RelayNetwork make() throws Exception {
        String obstacle = obstacle();
        assumeTrue(obstacle == null, obstacle);
        assumeTrue(KernelMptcp.available(), "needs a kernel with MPTCP");
        RelayNetwork network = new RelayNetwork();
        try {
            // RFC 8803 appendix A: without cookies of TCP's own. Both settings are of a namespace.
            setFastOpen(network.client, 5);
            network.fastOpen(3);
            network.web = KernelHttpServer.start(network.serverNamespace(), false, WEB);
            network.mptcpWeb = KernelHttpServer.start(network.serverNamespace(), true, MPTCP_WEB);
            return network;
        } catch (IOException | InterruptedException | RuntimeException e) {
            network.close();
            throw e;
        }
    }

    /** Of the server: bit 1 (2) lets it take data of SYNs. */
    void fastOpen(int bits) throws IOException, InterruptedException {
        setFastOpen(server, bits);
    }

    private static void setFastOpen(String host, int bits) throws IOException, InterruptedException {
        ip("netns", "exec", host, "sysctl", "-q", "-w", "net.ipv4.tcp_fastopen=" + bits);
    }

    /** A relay on the server. @throws SetupException of the relay's start */
    RelayServer startRelay(String yaml) throws Exception {
        RelayConfig config = RelayConfig.parse("relay.yaml", yaml);
        try {
            return serverNamespace().call(() -> RelayServer.start(config)); // threads are in the namespace of who starts them
        } catch (IllegalStateException e) {
            throw e.getCause() instanceof SetupException setup ? setup : e;
        }
    }

    @Override
    public void close() {
        for (KernelHttpServer one : new KernelHttpServer[] {web, mptcpWeb}) {
            if (one != null) {
                one.close();
            }
        }
        super.close();
    }
}
