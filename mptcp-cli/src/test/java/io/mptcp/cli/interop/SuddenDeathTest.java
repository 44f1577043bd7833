package io.mptcp.cli.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.interop.Transfer.Received;
import io.mptcp.cli.lab.KernelMptcpSocket;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.TwoPathLab;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** SIGKILL leaves no time to tidy up: nothing that {@code mptcp cat} takes from the host may outlive it. */
class SuddenDeathTest extends TwoPathInteropTest {
    private static final int PORT = 5000;
    private static final long BYTES = 1_000_000;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final IpEndpoint service = new IpEndpoint(IpAddress.parse(TwoPathLab.serverV4(1)), PORT);

    @Test
    void aKilledListenerGivesItsPortBackToTheKernel() throws Exception {
        HostState before = HostState.of(network.server());
        LabProcess cat = MptcpProcess.start(network.server(), "cat", "-v", "-l", "--path", "q1", "--path", "q2", "" + PORT);
        cat.awaitLine("listening", PATIENCE);
        KernelMptcpSocket peer = network.client().call(() -> KernelMptcpSocket.connect(service));
        peer.outputStream().write(new byte[] {42});
        assertEquals(42, cat.process().getInputStream().read(), "the connection is up");

        cat.kill();
        cat.awaitExit(PATIENCE);
        peer.close();

        assertEquals(before, HostState.of(network.server()));
        // A drop rule or a reservation that outlived the process would keep the kernel from serving the port.
        int listener = network.server().call(() -> KernelMptcpSocket.listen(KernelMptcp.IPPROTO_MPTCP, service, null));
        try (KernelMptcpSocket client = network.client().call(() -> KernelMptcpSocket.connect(service));
                KernelMptcpSocket server = KernelMptcpSocket.accept(listener)) {
            Transfer.send(client.outputStream(), BYTES, client::shutdownOutput);
            assertEquals(Received.expected(BYTES), Transfer.receive(server.inputStream()).get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
        } finally {
            KernelMptcpSocket.closeListener(listener);
        }
    }

    @Test
    void aKilledClientLeavesTheHostAsItWas() throws Exception {
        HostState before = HostState.of(network.client());
        int listener = network.server().call(() -> KernelMptcpSocket.listen(KernelMptcp.IPPROTO_MPTCP, service, null));
        LabProcess cat = MptcpProcess.start(network.client(), "cat", "--path", "p1", "--path", "p2", TwoPathLab.serverV4(1), "" + PORT);
        try (KernelMptcpSocket server = KernelMptcpSocket.accept(listener)) {
            server.outputStream().write(new byte[] {42});
            assertEquals(42, cat.process().getInputStream().read(), "the connection is up");
            assertTrue(cat.process().isAlive());

            cat.kill();
            cat.awaitExit(PATIENCE);

            assertEquals(before, HostState.of(network.client()));
        } finally {
            KernelMptcpSocket.closeListener(listener);
        }
    }
}
