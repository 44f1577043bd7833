package io.mptcp.cli.interop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mptcp.cli.interop.Transfer.Received;
import io.mptcp.cli.lab.KernelMptcpSocket;
import io.mptcp.cli.lab.LabNamespace;
import io.mptcp.cli.lab.LabProcess;
import io.mptcp.cli.lab.TwoPathLab;
import io.mptcp.netty.linux.KernelMptcp;
import io.mptcp.netty.linux.Syscalls;
import io.mptcp.wire.IpAddress;
import io.mptcp.wire.IpEndpoint;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * {@code mptcp cat} against the MPTCP of the Linux kernel, two paths, 100 MB each way at once. The kernel's own counters are the witness that
 * it was Multipath TCP to the end.
 */
class KernelInteropTest extends TwoPathInteropTest {
    private static final int PORT = 5000;
    private static final long BYTES = 100_000_000;
    private static final long PATIENCE_SECONDS = 120;
    /** A megabyte in one direction at least: without a limit on the cables the schedulers are free to prefer one for the other direction. */
    private static final Pattern BUSY_SUBFLOW =
            Pattern.compile("\"initial\":\\w+,\"bytes_sent\":(\\d{7,},\"bytes_received\":\\d+|\\d+,\"bytes_received\":\\d{7,}),");
    private static final Pattern TROUBLE =
            Pattern.compile("Fallback|Rst|HMacFailure|Corruption|CsumErr|NoMatch|NotMatching|Fail|Fastclose");
    /** A virtual machine that gets a tenth of a processor takes half a minute to start. */
    private static final Duration START_PATIENCE = Duration.ofSeconds(120);

    @ParameterizedTest
    @ValueSource(strings = {TwoPathLab.SERVICE_V4, TwoPathLab.SERVICE_V6})
    void ourClientAndTheKernelsServer(String address) throws Exception {
        int listener = listen(KernelMptcp.IPPROTO_MPTCP, address);
        LabProcess cat = MptcpProcess.start(network.client(), "cat", "--stats", "--path", "p1", "--path", "p2", address, "" + PORT);

        exchangeAndJoin(cat, listener);
    }

    private void exchangeAndJoin(LabProcess cat, int listener) throws Exception {
        exchange(cat, accept(listener), 2);

        Map<String, Long> kernel = network.server().counters("MPTcpExt");
        // A SYN goes again when the machine is so busy that its answer takes more than a second: handshakes that were completed count.
        assertTrue(kernel.get("MPCapableSYNRX") >= 1, kernel.toString());
        assertEquals(1, kernel.get("MPCapableACKRX"), kernel.toString());
        assertTrue(kernel.get("MPJoinSynRx") >= 1, kernel.toString());
        assertEquals(1, kernel.get("MPJoinAckRx"), kernel.toString());
        assertEquals(Map.of(), troubles(kernel));
    }

    @ParameterizedTest
    @ValueSource(strings = {TwoPathLab.SERVICE_V4, TwoPathLab.SERVICE_V6})
    void ourClientOverRawIpSockets(String address) throws Exception {
        int listener = listen(KernelMptcp.IPPROTO_MPTCP, address);
        LabProcess cat = MptcpProcess.start(network.client(), "cat", "--stats", "--path", "p1,link=raw", "--path", "p2,link=raw", address, "" + PORT);

        exchangeAndJoin(cat, listener);
    }

    @Test
    void ourClientOverATunDeviceOfItsOwn() throws Exception {
        network.client().ip("tuntap add mode tun dev t1", "address add 10.66.0.1/24 dev t1", "link set t1 up");
        network.client().sysctl("net.ipv4.ip_forward", "1");
        network.server().ip("route add 10.66.0.0/24 via " + TwoPathLab.clientV4(1));
        int listener = listen(KernelMptcp.IPPROTO_MPTCP, TwoPathLab.SERVICE_V4);
        LabProcess cat = MptcpProcess.start(network.client(), "cat", "--stats", "--path", "t1,link=tun,addr=10.66.0.2", "--path", "p2",
                TwoPathLab.SERVICE_V4, "" + PORT);

        exchangeAndJoin(cat, listener);
    }

    @ParameterizedTest
    @ValueSource(strings = {TwoPathLab.SERVICE_V4, TwoPathLab.SERVICE_V6})
    void theKernelsClientAndOurServer(String address) throws Exception {
        boolean v4 = address.equals(TwoPathLab.SERVICE_V4);
        network.client().ip("mptcp endpoint add " + (v4 ? TwoPathLab.clientV4(2) : TwoPathLab.clientV6(2)) + " dev p2 subflow");
        LabProcess cat = MptcpProcess.start(network.server(), "cat", "-v", "-l", "--stats", "--path", "q1", "--path", "q2",
                address, "" + PORT);
        cat.awaitLine("listening", START_PATIENCE);
        IpEndpoint service = new IpEndpoint(IpAddress.parse(address), PORT);

        exchange(cat, network.client().call(() -> KernelMptcpSocket.connect(service)), 2);

        Map<String, Long> kernel = network.client().counters("MPTcpExt");
        assertTrue(kernel.get("MPCapableSYNTX") >= 1, kernel.toString());
        assertEquals(1, kernel.get("MPCapableSYNACKRX"), kernel.toString());
        assertTrue(kernel.get("MPJoinSynAckRx") >= 1, kernel.toString());
        assertEquals(Map.of(), troubles(kernel));
    }

    @Test
    void aServerWithoutMptcpGetsPlainTcp() throws Exception {
        int listener = listen(Syscalls.IPPROTO_TCP, TwoPathLab.SERVICE_V4);
        LabProcess cat = MptcpProcess.start(network.client(), "cat", "--stats", "--path", "p1", "--path", "p2",
                TwoPathLab.SERVICE_V4, "" + PORT);

        exchange(cat, accept(listener), 1);

        assertTrue(cat.awaitLine("\"fallback\":true", START_PATIENCE).startsWith("{"));
        assertEquals(0, network.server().counters("MPTcpExt").get("MPCapableSYNRX"));
    }

    private int listen(int protocol, String address) {
        IpEndpoint local = new IpEndpoint(IpAddress.parse(address), PORT);
        return network.server().call(() -> KernelMptcpSocket.listen(protocol, local, null));
    }

    /** The listener stays: on Linux joins come in by it, too. */
    private KernelMptcpSocket accept(int listener) throws Exception {
        lab.own(() -> KernelMptcpSocket.closeListener(listener));
        CompletableFuture<KernelMptcpSocket> accepted = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                accepted.complete(KernelMptcpSocket.accept(listener));
            } catch (Exception e) {
                accepted.completeExceptionally(e);
            }
        });
        return accepted.get(START_PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    /** Both directions at once, each to its end. */
    private static void exchange(LabProcess cat, KernelMptcpSocket kernel, int subflows) throws Exception {
        try (kernel) {
            var stdin = cat.process().getOutputStream();
            var upload = Transfer.send(stdin, BYTES, stdin::close);
            var download = Transfer.send(kernel.outputStream(), BYTES, kernel::shutdownOutput);
            var uploaded = Transfer.receive(kernel.inputStream());
            var downloaded = Transfer.receive(cat.process().getInputStream());
            var all = CompletableFuture.allOf(upload, download, uploaded, downloaded);
            try {
                all.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (Exception e) {
                throw new AssertionError("upload " + upload + ", download " + download + ", mptcp cat said " + cat.lines(), e);
            }
            assertEquals(Received.expected(BYTES), uploaded.get(), "what the kernel got");
            assertEquals(Received.expected(BYTES), downloaded.get(), "what mptcp cat got");
            assertEquals(0, cat.awaitExit(START_PATIENCE), () -> cat.lines().toString());
            String statistics = cat.awaitLine("\"subflows\":", START_PATIENCE);
            long used = BUSY_SUBFLOW.matcher(statistics).results().count();
            assertEquals(subflows, used, () -> "subflows that carried a megabyte at least: " + statistics);
        }
    }

    /** Counters that must be 0 when all was well. */
    private static Map<String, Long> troubles(Map<String, Long> counters) {
        Map<String, Long> troubles = new TreeMap<>(counters);
        troubles.values().removeIf(value -> value == 0);
        troubles.keySet().removeIf(name -> !TROUBLE.matcher(name).find());
        return troubles;
    }
}
