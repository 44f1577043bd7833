package io.mptcp.cli.interop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.lab.KernelMptcpSocket;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.TwoPathLab;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A link that goes away: the kernel is told that its address is gone (REMOVE_ADDR), and takes the same address again when the link is back. */
class LostLinkInteropTest extends TwoPathInteropTest {
    private static final int PORT = 5000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long POLL_NANOS = 20_000_000L;

    /** Waits until a counter of the kernel's server has the value. */
    private void awaitCounter(String name, long value, LabProcess cat) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Map<String, Long> counters = network.server().counters("MPTcpExt");
        while (counters.get(name) < value && System.nanoTime() < deadline) {
            LockSupport.parkNanos(POLL_NANOS);
            counters = network.server().counters("MPTcpExt");
        }
        assertEquals(value, counters.get(name), name + " in " + counters + "; mptcp cat said " + cat.lines());
    }

    @ParameterizedTest
    @ValueSource(strings = {TwoPathLab.SERVICE_V4, TwoPathLab.SERVICE_V6})
    void theKernelHearsThatAnAddressIsGoneAndTakesItAgain(String address) throws Exception {
        IpEndpoint service = new IpEndpoint(IpAddress.parse(address), PORT);
        int listener = network.server().call(() -> KernelMptcpSocket.listen(KernelMptcp.IPPROTO_MPTCP, service, null));
        lab.own(() -> KernelMptcpSocket.closeListener(listener));
        CompletableFuture<byte[]> received = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try (KernelMptcpSocket socket = KernelMptcpSocket.accept(listener)) {
                received.complete(socket.inputStream().readAllBytes());
            } catch (Exception e) {
                received.completeExceptionally(e);
            }
        });
        LabProcess cat = MptcpProcess.start(network.client(), "cat", "--stats", "--path", "p1", "--path", "p2", address, "" + PORT);
        byte[] part = new byte[200_000];
        Arrays.fill(part, (byte) 'x');
        try (OutputStream input = cat.process().getOutputStream()) {
            write(input, part);
            awaitCounter("MPJoinAckRx", 1, cat);
            network.client().ip("link set p2 down");
            awaitCounter("RmAddr", 1, cat);
            write(input, part);
            network.client().ip("link set p2 up");
            if (!service.address().isIpv4()) {
                network.client().ip("address replace " + TwoPathLab.clientV6(2) + "/64 dev p2 nodad"); // the kernel drops it with the link
            }
            network.client().ip("route replace " + (service.address().isIpv4() ? "default via " + TwoPathLab.serverV4(2) : "::/0 via " + TwoPathLab.serverV6(2))
                    + " dev p2 metric 200");
            awaitCounter("MPJoinAckRx", 2, cat);
            write(input, part);
        }
        byte[] all = received.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        byte[] expected = new byte[3 * part.length];
        Arrays.fill(expected, (byte) 'x');
        assertArrayEquals(expected, all);
        assertEquals(0, cat.awaitExit(PATIENCE), () -> cat.lines().toString());
        assertTrue(cat.awaitLine("\"RmAddrTx\":1", PATIENCE).contains("\"fallback\":false"));
        Map<String, Long> kernel = network.server().counters("MPTcpExt");
        assertEquals(0, kernel.get("MPRstTx") + kernel.get("FallbackFailed") + kernel.get("RmAddrDrop"), kernel.toString());
    }

    private static void write(OutputStream input, byte[] part) throws Exception {
        input.write(part);
        input.flush();
    }
}
